"""An authority, kubelets that it signed for, and a client that trusts it."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import trustme
import urllib3

from kube_headroom.cluster.credentials import Access, Certificates
from kube_headroom.kubelet.client import Client, Limits
from kube_headroom.kubelet.trust import Trust
from tests.kubelet.fake_kubelet import Answer, FakeKubelet, kubelet


class Cluster:
    """The credentials that the API server gets: a token, an authority, and how often they were read anew."""

    def __init__(self, directory: Path, authority: trustme.CA) -> None:
        self.token = "token-of-ours"
        self.next_token: str | None = None
        self.refreshed = 0
        self.authority = directory / "ca.crt"
        authority.cert_pem.write_to_path(str(self.authority))
        self.access = self._access()

    def refresh(self, refused: Access | None = None) -> Access:
        assert refused is self.access
        self.refreshed += 1
        if self.next_token is not None:
            self.token = self.next_token
        self.access = self._access()
        return self.access

    def _access(self) -> Access:
        pool = urllib3.PoolManager()
        return Access("https://api", pool, lambda: f"Bearer {self.token}", Certificates(authority=str(self.authority)))


Start = Callable[[Answer], FakeKubelet]
Connect = Callable[..., Client]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def cluster(tmp_path: Path, authority: trustme.CA) -> Cluster:
    return Cluster(tmp_path, authority)


@pytest.fixture
def start(tls: ssl.SSLContext) -> Iterator[Start]:
    """Start a kubelet that answers as a test says."""
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(kubelet(tls, answer))


@pytest.fixture
def connect(cluster: Cluster) -> Iterator[Connect]:
    """Make a client of the cluster's credentials; keywords are its limits."""
    with ExitStack() as stack:

        def made(**limits: Any) -> Client:
            client = Client(Trust(cluster), Limits()._replace(**{"deadline": 20.0} | limits))
            stack.callback(client.end)
            return client

        yield made
