"""Whatever a kubelet, or what stands in its place, answers: one failure, in time, within bounds."""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
import trustme

from kube_headroom.kubelet.addresses import Address
from kube_headroom.kubelet.failures import Failure, Reason
from tests.kubelet.conftest import Cluster, Connect, Start
from tests.kubelet.fake_kubelet import Answer, Exchange, kubelet

PAGE = b'# TYPE up counter\nup{a="b"} 1\n' * 1000
PACKED = gzip.compress(PAGE)
GZIP = "Content-Encoding: gzip"
CHUNKED = "Transfer-Encoding: chunked"


def sequence(*steps: Callable[[Exchange], object]) -> Answer:
    def answer(exchange: Exchange) -> None:
        for step in steps:
            step(exchange)

    return answer


def whole(body: bytes, *headers: str, length: int | None = None, status: str = "200 OK") -> Answer:
    return lambda exchange: exchange.whole(body, *headers, length=length, status=status)


def raw(data: bytes) -> Answer:
    """Send bytes and end the connection."""

    def answer(exchange: Exchange) -> None:
        exchange.send(data)
        raise OSError

    return answer


def reset(exchange: Exchange) -> None:
    linger = struct.pack("ii", 1, 0)  # close() then sends RST
    exchange.head(CHUNKED)
    exchange.chunk(PAGE[:2048])
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    raise OSError


def endless(exchange: Exchange) -> None:
    exchange.head(CHUNKED)
    while not exchange.ended.is_set():
        exchange.chunk(PAGE)


def endless_gzip(exchange: Exchange) -> None:
    """A stored block of deflate again and again: as large on the wire as inflated."""
    exchange.head(CHUNKED, GZIP)
    exchange.chunk(b"\x1f\x8b\x08\0\0\0\0\0\0\xff")
    block = b"\0" + struct.pack("<HH", 60_000, 60_000 ^ 0xFFFF) + b"#" * 60_000
    while not exchange.ended.is_set():
        exchange.chunk(block)


def page_with(head: bytes) -> Answer:
    return raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" + head)


HOSTILE = [
    pytest.param(whole(b"Unauthorized", status="401 Unauthorized"), Reason.UNAUTHORIZED, "answered 401: Unauthorized", id="401"),
    pytest.param(whole(b"Forbidden (verb=get)\n", status="403 Forbidden"), Reason.FORBIDDEN, "(verb=get)", id="403"),
    pytest.param(whole(b"404 page not found\n", status="404 Not Found"), Reason.NOT_FOUND, "answered 404", id="404"),
    pytest.param(whole(b"collected before", status="500 Oh"), Reason.HTTP, "500: collected before", id="a page that cannot be made"),
    pytest.param(whole(b"x" * 10_000, status="500 Oh"), Reason.HTTP, "answered 500", id="a refusal too long to be read"),
    pytest.param(whole(b"", status="204 No Content"), Reason.HTTP, "answered 204", id="a success that is no page"),
    pytest.param(lambda exchange: exchange.page(b"<html>Sign in</html>", kind="text/html"), Reason.PAGE, "text/html", id="HTML"),
    pytest.param(page_with(b"Content-Encoding: br\r\nContent-Length: 1\r\n\r\nx"), Reason.PAGE, "encoded as br", id="an encoding nobody asked for"),
    pytest.param(whole(PACKED[: len(PACKED) // 2], GZIP), Reason.GZIP, "ends before", id="half a gzip stream"),
    pytest.param(whole(PACKED[:-8] + b"\0" * 8, GZIP), Reason.GZIP, "", id="a gzip stream with a wrong checksum"),
    pytest.param(whole(PACKED + b"more", GZIP), Reason.GZIP, "goes on after", id="a gzip stream with something after it"),
    pytest.param(whole(PAGE, GZIP), Reason.GZIP, "not gzip", id="text that says it is gzip"),
    pytest.param(sequence(whole(PAGE, length=len(PAGE) + 1), raw(b"")), Reason.CONNECTION, "IncompleteRead", id="a length longer than the body"),
    pytest.param(whole(PACKED, GZIP, length=len(PACKED) - 9), Reason.GZIP, "ends before", id="a length shorter than the body"),
    pytest.param(whole(b"", length=2**40), Reason.TOO_LARGE, "kubelet-body-size-limit", id="a length of a terabyte"),
    pytest.param(whole(b"", GZIP, length=2**30), Reason.TOO_LARGE, "kubelet-compressed-size-limit", id="a gzip stream of a gigabyte"),
    pytest.param(page_with(b"\r\n" + PAGE), Reason.HTTP, "neither a length nor chunks", id="a body without an end"),
    pytest.param(page_with(b"Transfer-Encoding: chunked\r\n\r\n-1\r\n" + PAGE), Reason.HTTP, "chunks are damaged", id="a chunk of size -1"),
    pytest.param(page_with(b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 15 + b"\r\n"), Reason.TOO_LARGE, "more than", id="a chunk of an exabyte"),
    pytest.param(page_with(b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 99 + b"\r\n"), Reason.HTTP, "chunks are damaged", id="a chunk larger than any number"),
    pytest.param(page_with(b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n"), Reason.HTTP, "chunks are damaged", id="a chunk longer than it says"),
    pytest.param(page_with(b"Transfer-Encoding: chunked\r\n\r\n9\r\nabc"), Reason.CONNECTION, "IncompleteRead", id="half a chunk"),
    pytest.param(page_with(b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), Reason.CONNECTION, "IncompleteRead", id="chunks without a last one"),
    pytest.param(page_with(b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * 200), Reason.HTTP, "trailers", id="trailers without end"),
    pytest.param(page_with(b"x: y\r\n" * 200 + b"\r\n"), Reason.CONNECTION, "more than 100 headers", id="200 headers"),
    pytest.param(page_with(b"x: " + b"y" * 100_000 + b"\r\n\r\n"), Reason.CONNECTION, "more than 65536 bytes", id="a header of 100 KB"),
    pytest.param(reset, Reason.CONNECTION, "", id="a connection that is reset"),
    pytest.param(raw(b""), Reason.CONNECTION, "without response", id="a connection that ends without a word"),
    pytest.param(raw(b"\x00\xff garbage\r\n" * 20), Reason.CONNECTION, "", id="garbage"),
    pytest.param(raw(b"SSH-2.0-OpenSSH_9.2\r\n"), Reason.CONNECTION, "SSH-2.0", id="another protocol"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "reason", "said"), HOSTILE)
def test_an_answer_that_is_no_page_is_a_failure_with_its_reason(
    start: Start, connect: Connect, answer: Answer, reason: Reason, said: str
) -> None:
    with pytest.raises(Failure) as caught:
        connect().fetch(start(answer).address, "/metrics").inflated()

    assert (caught.value.reason, said in caught.value.message) == (reason, True), caught.value.message


SLOW = [
    pytest.param(Exchange.hang, id="nothing at all"),
    pytest.param(sequence(lambda exchange: exchange.head(CHUNKED), Exchange.hang), id="a head and nothing after it"),
    pytest.param(
        sequence(lambda exchange: exchange.head(CHUNKED), lambda exchange: exchange.drip(b"400\r\n" + PAGE)),
        id="one byte at a time",
    ),
    pytest.param(
        sequence(lambda exchange: exchange.head("Content-Length: 9999"), lambda exchange: exchange.drip(PAGE)),
        id="one byte at a time of a known length",
    ),
    pytest.param(lambda exchange: exchange.drip(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 99), id="one byte of the head at a time"),
    pytest.param(lambda exchange: exchange.drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 99), id="to be continued again and again"),
]  # fmt: skip


@pytest.mark.parametrize("answer", SLOW)
def test_everything_together_ends_at_the_deadline_however_often_a_byte_comes(
    start: Start, connect: Connect, answer: Answer
) -> None:
    with pytest.raises(Failure) as caught:
        connect(deadline=0.3).fetch(start(answer).address, "/metrics")

    assert caught.value.reason is Reason.TIMEOUT


def test_a_handshake_that_hangs_ends_at_the_deadline(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Failure) as caught:
        connect(deadline=0.3).fetch(Address("127.0.0.1", silent.getsockname()[1]), "/metrics")

    assert caught.value.reason is Reason.TIMEOUT


def test_a_port_that_nobody_listens_at_is_refused(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = Address("127.0.0.1", closed.getsockname()[1])

    with pytest.raises(Failure) as caught:
        connect().fetch(address, "/metrics")

    assert caught.value.reason is Reason.CONNECTION_REFUSED


def test_a_name_that_nobody_knows_is_unreachable(connect: Connect) -> None:
    with pytest.raises(Failure) as caught:
        connect().fetch(Address("kubelet.invalid", 10250), "/metrics")

    assert caught.value.reason is Reason.UNREACHABLE


def test_a_port_that_speaks_no_tls_gets_no_token(connect: Connect) -> None:
    with kubelet(None, whole(PAGE)) as fake, pytest.raises(Failure) as caught:
        connect(deadline=0.3).fetch(fake.address, "/metrics")

    assert caught.value.reason in (Reason.TLS, Reason.TIMEOUT)
    assert fake.asked == []


@pytest.mark.parametrize(
    ("answer", "limits"),
    [
        pytest.param(endless, {}, id="an endless body"),
        pytest.param(endless_gzip, {}, id="an endless gzip stream"),
    ],
)
def test_a_body_without_end_is_refused_at_the_limit(
    start: Start, connect: Connect, answer: Answer, limits: dict[str, int]
) -> None:
    client, fake = connect(**limits), start(answer)
    tracemalloc.start()
    try:
        with pytest.raises(Failure) as caught:
            client.fetch(fake.address, "/metrics")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert caught.value.reason is Reason.TOO_LARGE
    assert peak < 50e6


def test_a_gzip_bomb_is_inflated_no_further_than_the_limit(start: Start, connect: Connect) -> None:
    deflate = zlib.compressobj(1, wbits=31)
    bomb = b"".join(deflate.compress(b" " * 2**20) for _ in range(256)) + deflate.flush()
    client, fake = connect(), start(whole(bomb, GZIP))
    tracemalloc.start()
    try:
        answer = client.fetch(fake.address, "/metrics")
        with pytest.raises(Failure) as caught:
            answer.inflated()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert caught.value.reason is Reason.TOO_LARGE
    assert peak < 50e6


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_a_redirect_is_not_followed_and_the_token_stays_here(start: Start, connect: Connect, status: str) -> None:
    other = start(whole(PAGE))
    fake = start(whole(b"", f"Location: https://{other.address}/metrics", status=status))

    with pytest.raises(Failure) as caught:
        connect().fetch(fake.address, "/metrics")

    assert caught.value.reason is Reason.REDIRECT
    assert other.connections == 0


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda _authority: trustme.CA().issue_cert("127.0.0.1"), id="of an unknown authority"),
        pytest.param(lambda authority: authority.issue_cert("node-2"), id="of another node"),
    ],
)
def test_who_shows_a_wrong_certificate_gets_no_token(
    authority: trustme.CA, connect: Connect, make: Callable[[trustme.CA], trustme.LeafCert]
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    make(authority).configure_cert(context)
    with kubelet(context, whole(PAGE)) as fake, pytest.raises(Failure) as caught:
        connect().fetch(fake.address, "/metrics")

    assert caught.value.reason is Reason.CERTIFICATE
    assert fake.asked == []


def test_what_a_kubelet_repeats_of_our_request_does_not_show_the_token(
    start: Start, connect: Connect, cluster: Cluster
) -> None:
    def echo(exchange: Exchange) -> None:
        exchange.whole(f"who is {exchange.asked.headers['authorization']}?".encode(), status="403 Forbidden")

    fake = start(echo)
    with pytest.raises(Failure) as caught:
        connect().fetch(fake.address, "/metrics")

    assert fake.asked[0].headers["authorization"] == f"Bearer {cluster.token}"
    assert cluster.token not in caught.value.message
    assert "who is Bearer [redacted]?" in caught.value.message
