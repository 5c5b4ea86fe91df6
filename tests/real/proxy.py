"""A proxy in front of a real API server that tells one lie at a time: histories that are gone, objects that are broken."""

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tests.real.certificates import write_kubeconfig
from tests.real.site import Site

EXPIRED = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Expired", "code": 410}
GONE = json.dumps({"type": "ERROR", "object": EXPIRED | {"message": "too old resource version"}}).encode() + b"\n"
BROKEN = (OSError, http.client.HTTPException, ValueError, AttributeError)

Rewrite = Callable[[bytes], bytes]


def unchanged(text: bytes) -> bytes:
    """The rewrite that changes nothing."""
    return text


class Proxy:
    """Speaks plain HTTP to the exporter and, as the administrator, TLS to the API server.

    `rewrite` gets each body of a list and each line of a watch. `expire` ends open watches with the
    ERROR event that the server itself sends for a version it no longer has.
    """

    def __init__(self, site: Site) -> None:
        """Listen on a port of its own."""
        self.rewrite: Rewrite = unchanged
        self._site = site
        self._tls = site.tls()
        self._watches: set[_Watch] = set()
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="proxy", daemon=True)
        self._thread.start()

    def kubeconfig(self, path: Path) -> Path:
        """Write a kubeconfig that leads here."""
        server = f"http://127.0.0.1:{self._server.server_port}"
        return write_kubeconfig(path, server=server, authority=self._site.authority.certificate, user={})

    def expire(self) -> int:
        """Tell every open watch that its history is gone; the number of watches told."""
        with self._lock:
            watches = [*self._watches]
        return sum(watch.end(GONE) for watch in watches)

    def close(self) -> None:
        """End at once."""
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
            watches = [*self._watches]
        for watch in watches:
            watch.end(b"")

    def upstream(self) -> http.client.HTTPSConnection:
        """A connection to the API server."""
        address = urlsplit(self._site.url)
        return http.client.HTTPSConnection(address.hostname or "", address.port, context=self._tls, timeout=700)

    def opened(self, watch: "_Watch") -> None:
        """Take note of a watch."""
        with self._lock:
            self._watches.add(watch)

    def closed(self, watch: "_Watch") -> None:
        """Forget a watch."""
        with self._lock:
            self._watches.discard(watch)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024  # hundreds of watches begin anew at one time


class _Watch:
    """One watch on its way through; lines and the end are never mixed."""

    def __init__(self, send: Callable[[bytes], None], upstream: http.client.HTTPSConnection) -> None:
        self._send = send
        self._upstream = upstream
        self._lock = threading.Lock()
        self._ended = False

    def line(self, text: bytes) -> None:
        with self._lock:
            if not self._ended:
                self._send(text)

    def end(self, last: bytes) -> bool:
        """Say a last line and cut both sides."""
        with self._lock, suppress(*BROKEN):
            if self._ended:
                return False
            self._ended = True
            if last:
                self._send(last)
                self._send(b"")
        with suppress(*BROKEN):
            # The socket below TLS: a reader on another thread sees its end and nothing else.
            socket.socket.shutdown(self._upstream.sock, socket.SHUT_RDWR)
        return True


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        upstream = self.proxy.upstream()
        try:
            upstream.request("GET", self.path, headers={"Accept": self.headers["Accept"]})
            answer = upstream.getresponse()
            if "watch=" in self.path and answer.status == 200:
                self._watch(upstream, answer)
            else:
                self._whole(answer)
        except BROKEN:
            self.close_connection = True
        finally:
            upstream.close()

    def _whole(self, answer: http.client.HTTPResponse) -> None:
        body = self.proxy.rewrite(answer.read())
        self._head(answer, {"Content-Length": str(len(body))})
        self.wfile.write(body)

    def _watch(self, upstream: http.client.HTTPSConnection, answer: http.client.HTTPResponse) -> None:
        self._head(answer, {"Transfer-Encoding": "chunked"})
        watch = _Watch(self._chunk, upstream)
        self.proxy.opened(watch)
        try:
            for line in self._lines(answer):
                watch.line(self.proxy.rewrite(line))
        finally:
            self.proxy.closed(watch)
            watch.end(b"")
            self.close_connection = True

    def _lines(self, answer: http.client.HTTPResponse) -> Iterator[bytes]:
        while line := answer.readline():
            yield line

    def _head(self, answer: http.client.HTTPResponse, framing: dict[str, str]) -> None:
        self.send_response(answer.status)
        for name, value in ({"Content-Type": answer.headers["Content-Type"]} | framing).items():
            self.send_header(name, value)
        self.end_headers()

    def _chunk(self, text: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (http.server's name)
        """Say nothing."""
