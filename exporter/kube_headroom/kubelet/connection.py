"""One connection to one kubelet, each of whose waits ends at a deadline; refuses redirects and answers without an end."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING

from kube_headroom.kubelet.addresses import Address
from kube_headroom.kubelet.failures import Failure, Reason

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CONNECT = 4.0
"""Seconds: a lost first packet is sent again after one and three; no more of the deadline goes to a node that is gone."""
_SHORTEST = 0.001  # seconds; 0 would mean not to wait at all, which is another error than having waited too long


def left(deadline: float) -> float:
    """Return the seconds until a deadline of the monotonic clock; raises TimeoutError past it."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the deadline of the whole request passed")
    return max(seconds, _SHORTEST)


class TimedSocket(ssl.SSLSocket):
    """Waits for bytes until `deadline` in all: a byte now and then does not move it."""

    deadline: float

    def recv_into(self, buffer: WriteableBuffer, nbytes: int | None = None, flags: int = 0) -> int:
        """Read as ssl.SSLSocket does."""
        self.settimeout(left(self.deadline))
        return super().recv_into(buffer, nbytes, flags)


class KubeletConnection(HTTPSConnection):
    """Keep-alive HTTPS of which everything, resolving names excepted, ends at the deadline of the request."""

    def __init__(self, address: Address, context: ssl.SSLContext) -> None:
        super().__init__(address.host, address.port, context=context)
        self.address = address
        self.context = context
        self._deadline = 0.0

    def ask(self, path: str, headers: Mapping[str, str], deadline: float) -> HTTPResponse:
        """Send a GET and return the answer with its body unread; raises what sockets, TLS and http.client raise."""
        self._deadline = deadline
        if isinstance(self.sock, TimedSocket):
            self.sock.deadline = deadline
            self.sock.settimeout(left(deadline))
        elif self.sock is None:
            self.connect()
        self.request("GET", path, headers=headers)
        return self.getresponse()

    def connect(self) -> None:
        """Connect and shake hands; the certificate must be the address's own."""
        try:
            plain = socket.create_connection((self.host, self.port), min(left(self._deadline), CONNECT))
        except ConnectionRefusedError:
            raise
        except OSError as error:  # no route, no such name, no answer: the same for every page
            raise Failure(Reason.UNREACHABLE, str(error.strerror or error)) from None
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.settimeout(left(self._deadline))
            secure = self.context.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise
        if isinstance(secure, TimedSocket):
            secure.deadline = self._deadline
        self.sock = secure

    def interrupt(self) -> None:
        """End whatever waits on this connection; may be called from any thread."""
        if self.sock is not None:
            with suppress(OSError):  # it may end by itself meanwhile
                # Not SSLSocket's own, which takes the session away from under the thread that reads.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
