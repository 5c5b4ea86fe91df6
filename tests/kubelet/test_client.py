"""Connections and credentials: kept, renewed, given up."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from kube_headroom.errors import UsageError
from kube_headroom.kubelet.addresses import Address
from kube_headroom.kubelet.client import Client, Limits
from kube_headroom.kubelet.failures import Failure, Reason
from kube_headroom.kubelet.trust import RENEWED_AT_MOST_EVERY, Trust
from tests.kubelet.conftest import Cluster, Connect, Start
from tests.kubelet.fake_kubelet import Exchange, FakeKubelet, kubelet

PAGE = b'# TYPE up counter\nup{a="b"} 1\n' * 1000


def serve(exchange: Exchange) -> None:
    exchange.page(PAGE)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def only(token: str, fake: FakeKubelet) -> None:
    """Have a kubelet know one token."""

    def answer(exchange: Exchange) -> None:
        if exchange.asked.headers.get("authorization") == f"Bearer {token}":
            exchange.page(PAGE)
        else:
            exchange.whole(b"Unauthorized", status="401 Unauthorized")

    fake.answer = answer


@pytest.mark.parametrize("compressed", [True, False], ids=["gzip", "identity"])
def test_a_page_arrives_as_it_was_made(start: Start, connect: Connect, compressed: bool) -> None:
    fake = start(lambda exchange: exchange.page(PAGE, compressed=compressed))

    answer = connect().fetch(fake.address, "/metrics/cadvisor")

    assert answer.inflated() == PAGE
    assert [asked.path for asked in fake.asked] == ["/metrics/cadvisor"]
    assert fake.asked[0].headers["accept-encoding"] == "gzip"
    assert fake.asked[0].headers["host"] == str(fake.address)


def test_pages_of_one_kubelet_come_over_one_connection(start: Start, connect: Connect) -> None:
    fake, client = start(serve), connect()

    pages = [client.fetch(fake.address, "/metrics").inflated() for _ in range(3)]

    assert (pages, fake.connections) == ([PAGE] * 3, 1)


def test_a_connection_that_the_kubelet_gave_up_is_replaced_in_silence(start: Start, connect: Connect) -> None:
    fake, client = start(serve), connect()
    client.fetch(fake.address, "/metrics")
    fake.close_connections()

    assert client.fetch(fake.address, "/metrics").inflated() == PAGE
    assert fake.connections == 2


def test_a_connection_that_the_kubelet_closes_is_not_kept(start: Start, connect: Connect) -> None:
    fake, client = start(lambda exchange: exchange.whole(PAGE, "Connection: close")), connect()

    assert [client.fetch(fake.address, "/metrics").body for _ in range(2)] == [PAGE] * 2
    assert fake.connections == 2


def test_a_new_connection_that_breaks_is_not_tried_again(start: Start, connect: Connect) -> None:
    def hang_up(_exchange: Exchange) -> None:
        raise OSError

    fake = start(hang_up)
    with pytest.raises(Failure):
        connect().fetch(fake.address, "/metrics")

    assert len(fake.asked) == 1


def test_no_more_connections_are_kept_than_allowed(start: Start, connect: Connect) -> None:
    first, second, client = start(serve), start(serve), connect(kept=1)

    for fake in (first, second, second, first):
        client.fetch(fake.address, "/metrics")

    assert (first.connections, second.connections) == (2, 1)


def test_the_connection_of_a_kubelet_that_is_gone_is_closed(start: Start, connect: Connect) -> None:
    fake, client = start(serve), connect()
    client.fetch(fake.address, "/metrics")

    client.forget(fake.address)

    assert client.fetch(fake.address, "/metrics").inflated() == PAGE
    assert fake.connections == 2


def test_the_end_interrupts_whoever_waits(start: Start, connect: Connect) -> None:
    client = connect()

    def end_while_waiting(exchange: Exchange) -> None:
        client.end()
        exchange.hang()

    with pytest.raises(Failure):
        client.fetch(start(end_while_waiting).address, "/metrics")


def test_a_token_that_changed_in_its_file_is_used_at_once(start: Start, connect: Connect, cluster: Cluster) -> None:
    fake, client = start(serve), connect()
    client.fetch(fake.address, "/metrics")
    cluster.token = "the-next"
    only("the-next", fake)

    assert client.fetch(fake.address, "/metrics").inflated() == PAGE
    assert cluster.refreshed == 0


def test_a_refused_token_is_read_anew_and_tried_once_more(start: Start, cluster: Cluster) -> None:
    clock, fake = Clock(), start(serve)
    client = Client(Trust(cluster, monotonic=clock), Limits())
    cluster.next_token = "the-next"
    only("the-next", fake)
    clock.now += RENEWED_AT_MOST_EVERY

    assert client.fetch(fake.address, "/metrics").inflated() == PAGE
    assert (cluster.refreshed, len(fake.asked)) == (1, 2)
    client.end()


def test_a_thousand_refusals_at_once_read_the_credentials_once(start: Start, cluster: Cluster) -> None:
    clock, fake = Clock(), start(serve)
    client = Client(Trust(cluster, monotonic=clock), Limits())
    only("nobody's", fake)
    clock.now += RENEWED_AT_MOST_EVERY

    for _ in range(20):
        with pytest.raises(Failure) as caught:
            client.fetch(fake.address, "/metrics")
        assert caught.value.reason is Reason.UNAUTHORIZED

    assert (cluster.refreshed, len(fake.asked)) == (1, 20)
    client.end()


def test_an_authority_that_was_replaced_is_trusted_when_the_old_one_does_not_do(cluster: Cluster) -> None:
    clock, other = Clock(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    other.issue_cert("127.0.0.1").configure_cert(context)
    client = Client(Trust(cluster, monotonic=clock), Limits())
    with kubelet(context, serve) as fake:
        with pytest.raises(Failure) as caught:
            client.fetch(fake.address, "/metrics")
        cluster.authority.unlink()
        other.cert_pem.write_to_path(str(cluster.authority))
        clock.now += RENEWED_AT_MOST_EVERY
        page = client.fetch(fake.address, "/metrics").inflated()
        client.end()

    assert (caught.value.reason, page) == (Reason.CERTIFICATE, PAGE)


@pytest.mark.parametrize("name", ["127.0.0.1", "node-2"], ids=["its own name", "another's name"])
def test_insecure_trusts_whoever_answers(cluster: Cluster, name: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(name).configure_cert(context)
    client = Client(Trust(cluster, insecure=True), Limits())
    with kubelet(context, serve) as fake:
        page = client.fetch(fake.address, "/metrics").inflated()
        client.end()

    assert page == PAGE


def test_an_authority_of_the_settings_replaces_the_clusters(
    cluster: Cluster, tmp_path: Path, tls: ssl.SSLContext
) -> None:
    own = tmp_path / "kubelets.crt"
    ours = trustme.CA()
    ours.cert_pem.write_to_path(str(own))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.issue_cert("127.0.0.1").configure_cert(context)
    client = Client(Trust(cluster, authority=own), Limits())
    with kubelet(context, serve) as fake, kubelet(tls, serve) as of_the_cluster:
        page = client.fetch(fake.address, "/metrics").inflated()
        with pytest.raises(Failure) as caught:
            client.fetch(of_the_cluster.address, "/metrics")
        client.end()

    assert (page, caught.value.reason) == (PAGE, Reason.CERTIFICATE)


def test_a_kubelets_own_self_signed_certificate_can_be_the_authority(cluster: Cluster, tmp_path: Path) -> None:
    """Go takes any certificate of the file for an anchor, so one that has no right to sign others must do."""
    leaf = trustme.CA().issue_cert("127.0.0.1")
    pinned = tmp_path / "kubelet.crt"
    leaf.cert_chain_pems[0].write_to_path(str(pinned))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    client = Client(Trust(cluster, authority=pinned), Limits())
    with kubelet(context, serve) as fake:
        page = client.fetch(fake.address, "/metrics").inflated()
        client.end()

    assert page == PAGE


def test_a_client_certificate_is_shown_where_the_kubeconfig_has_one(
    cluster: Cluster, tmp_path: Path, authority: trustme.CA
) -> None:
    ours = authority.issue_cert("kube-headroom")
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    ours.cert_chain_pems[0].write_to_path(str(certificate))
    ours.private_key_pem.write_to_path(str(key))
    certificates = cluster.access.certificates._replace(certificate=str(certificate), key=str(key))
    cluster.access = cluster.access._replace(authorization=str, certificates=certificates)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    client = Client(Trust(cluster), Limits())
    with kubelet(context, serve) as fake:
        page = client.fetch(fake.address, "/metrics").inflated()
        client.end()

    assert page == PAGE
    assert "authorization" not in fake.asked[0].headers


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file"), ("no PEM", "expected a file of PEM certificates")],
    ids=["a missing file", "a file of something else"],
)
def test_an_authority_that_cannot_be_read_is_said_at_once(
    cluster: Cluster, tmp_path: Path, content: str | None, said: str
) -> None:
    path = tmp_path / "kubelets.crt"
    if content is not None:
        path.write_text(content)

    with pytest.raises(UsageError, match=f"kubelet-certificate-authority {path}.*{said}"):
        Trust(cluster, authority=path)


@pytest.mark.parametrize("error", [FileNotFoundError, ValueError], ids=["a file", "a plugin's output"])
def test_credentials_that_cannot_be_read_are_our_own_failure_and_not_quoted(
    cluster: Cluster, connect: Connect, error: type[Exception]
) -> None:
    def broken() -> str:
        raise error(cluster.token)

    cluster.access = cluster.access._replace(authorization=broken)
    with pytest.raises(Failure) as caught:
        connect().fetch(Address("127.0.0.1", 1), "/metrics")

    assert caught.value.reason is Reason.CREDENTIALS
    assert cluster.token not in caught.value.message
