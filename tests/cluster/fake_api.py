"""A small API server over real sockets: answers by path, remembers what it was asked, hangs when told to."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Asked(NamedTuple):
    path: str
    headers: dict[str, str]


class FakeApi:
    """`answer(handler)` writes the answer; by default an empty object to those whose token is accepted."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.accepted: set[str] | None = None
        self.answer: Callable[[Handler], None] = lambda handler: handler.json({"minor": "36+"})
        self.released = threading.Event()  # ends whatever hangs
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.api = self  # type: ignore[attr-defined]
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def port(self) -> int:
        return self._server.server_port

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def api(self) -> FakeApi:
        found: FakeApi = self.server.api  # type: ignore[attr-defined]
        return found

    def do_GET(self) -> None:
        self.api.asked.append(Asked(self.path, {name.lower(): value for name, value in self.headers.items()}))
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.api.accepted is not None and token not in self.api.accepted:
            self.json({"kind": "Status", "code": 401, "message": "Unauthorized"}, status=401)
        else:
            self.api.answer(self)

    def json(self, body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def stream(self, *chunks: bytes, hang: bool = False) -> None:
        """Chunks as the API server sends them; with `hang` the end never comes."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for chunk in chunks:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.flush()
        if hang:
            self.api.released.wait()
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[FakeApi]:
    api = FakeApi(tls)
    api.start()
    try:
        yield api
    finally:
        api.stop()
