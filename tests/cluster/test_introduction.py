"""The first questions to a server, and what their answers mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from kube_headroom.cluster.connection import Connection
from kube_headroom.cluster.credentials import Access
from kube_headroom.cluster.failures import Failure, Reason
from kube_headroom.cluster.introduction import introduce
from tests.cluster.fake_api import FakeApi, Handler, serving

KUBE_SYSTEM = "/api/v1/namespaces/kube-system"


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serving() as found:
        yield found


def connect(api: FakeApi, answers: dict[str, tuple[int, Any]]) -> Connection:
    def answer(handler: Handler) -> None:
        status, body = answers[handler.path]
        handler.json(body, status=status)

    api.answer = answer
    return Connection(lambda: Access(api.url, urllib3.PoolManager(), lambda: ""))


VERSION = (200, {"major": "1", "minor": "36+", "gitVersion": "v1.36.3-eks-1"})


def test_a_server_says_its_minor_its_version_and_its_cluster(api: FakeApi) -> None:
    connection = connect(api, {"/version": VERSION, KUBE_SYSTEM: (200, {"metadata": {"uid": "u-1"}})})
    assert introduce(connection) == (36, "v1.36.3-eks-1", "u-1")


@pytest.mark.parametrize("status", [403, 404])
def test_where_kube_system_cannot_be_read_the_address_stands_for_the_cluster(api: FakeApi, status: int) -> None:
    connection = connect(api, {"/version": (200, {}), KUBE_SYSTEM: (status, {"message": "no"})})
    assert introduce(connection) == (0, "", api.url)


@pytest.mark.parametrize(
    ("version", "namespace", "reason"),
    [
        pytest.param((401, {}), (200, {}), Reason.UNAUTHORIZED, id="a refused token"),
        pytest.param((200, "hello"), (200, {}), Reason.DECODE, id="an answer that is no object"),
        pytest.param(VERSION, (500, {}), Reason.SERVER_ERROR, id="an error on the second question"),
    ],
)
def test_no_introduction_with(
    api: FakeApi, version: tuple[int, Any], namespace: tuple[int, Any], reason: Reason
) -> None:
    with pytest.raises(Failure) as raised:
        introduce(connect(api, {"/version": version, KUBE_SYSTEM: namespace}))
    assert raised.value.reason is reason


def test_a_server_that_is_gone_is_a_failure() -> None:
    with serving() as other:
        gone = other.url
    connection = Connection(lambda: Access(gone, urllib3.PoolManager(), lambda: ""))
    with pytest.raises(Failure) as raised:
        introduce(connection)
    assert raised.value.reason is Reason.CONNECTION_REFUSED
