"""A kubelet over real sockets whose answers are bytes that a test chooses; hangs until it is stopped, never by the clock."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from kube_headroom.kubelet.addresses import Address

TEXT = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"


class Asked(NamedTuple):
    path: str
    headers: dict[str, str]


class Exchange:
    """One request: `ended` is set when the test is over."""

    def __init__(self, connection: ssl.SSLSocket | socket.socket, asked: Asked, ended: threading.Event) -> None:
        self.connection = connection
        self.asked = asked
        self.ended = ended
        self.sent = 0

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)
        self.sent += len(data)

    def head(self, *headers: str, status: str = "200 OK", kind: str = TEXT) -> None:
        lines = (f"HTTP/1.1 {status}", f"Content-Type: {kind}", *headers, "", "")
        self.send("\r\n".join(lines).encode())

    def page(self, body: bytes, *, compressed: bool = True, kind: str = TEXT) -> None:
        """Answer as a Go server does: chunks of 2 KiB."""
        encoding = ("Content-Encoding: gzip",) if compressed else ()
        self.head("Transfer-Encoding: chunked", *encoding, kind=kind)
        body = gzip.compress(body, 1) if compressed else body
        for at in range(0, len(body), 2048):
            self.chunk(body[at : at + 2048])
        self.send(b"0\r\n\r\n")

    def chunk(self, data: bytes) -> None:
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def whole(self, body: bytes, *headers: str, length: int | None = None, status: str = "200 OK") -> None:
        self.head(f"Content-Length: {len(body) if length is None else length}", *headers, status=status)
        self.send(body)

    def drip(self, data: bytes) -> None:
        """Send a byte, wait a little, send the next."""
        for byte in data:
            if self.ended.wait(0.02):
                return
            self.send(bytes([byte]))

    def hang(self) -> None:
        self.ended.wait()


Answer = Callable[[Exchange], None]


class FakeKubelet:
    """Listens on a port of its own; `answer` is called for each request, an OSError in it ends the connection."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self.asked: list[Asked] = []
        self.answer: Answer = lambda exchange: exchange.page(b"")
        self.connections = 0
        self._ended = threading.Event()
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = Address("127.0.0.1", self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        self._ended.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.close_connections()
        for thread in self._threads:
            thread.join()

    def close_connections(self) -> None:
        """End what is connected, as a kubelet that restarts does."""
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, plain: socket.socket) -> None:
        connection = plain
        try:
            if self._tls is not None:
                # The socket object that close_connections() knows must stay usable.
                connection = self._tls.wrap_socket(plain.dup(), server_side=True)
            while (asked := _asked(connection)) is not None:
                self.asked.append(asked)
                self.answer(Exchange(connection, asked, self._ended))
        except OSError:
            pass
        finally:
            connection.close()
            plain.close()


def _asked(connection: socket.socket) -> Asked | None:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        data = connection.recv(4096)
        if not data:
            return None
        head += data
    first, *lines = head.decode().rstrip("\r\n").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Asked(first.split(" ")[1], headers)


@contextmanager
def kubelet(tls: ssl.SSLContext | None, answer: Answer | None = None) -> Iterator[FakeKubelet]:
    fake = FakeKubelet(tls)
    if answer is not None:
        fake.answer = answer
    try:
        yield fake
    finally:
        fake.close()
