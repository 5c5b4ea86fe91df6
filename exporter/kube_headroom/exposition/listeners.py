"""Listening sockets, bound in the parent so that a bad address is one clear error before anything starts."""

from __future__ import annotations

import errno
import os
import re
import socket
from typing import TYPE_CHECKING

from kube_headroom.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

_ADDRESS = re.compile(r"(?:\[(?P<bracketed>[^\[\]]+)\]|(?P<plain>[^\[\]:]*)):(?P<port>[0-9]{1,5})", re.ASCII)
_LARGEST_PORT = 65535
BACKLOG = 1024
_ADVICE = {
    errno.EADDRINUSE: "; another program listens there, choose another address",
    errno.EACCES: "; ports below 1024 need a privilege, choose a higher one",
    errno.EADDRNOTAVAIL: "; this machine has no such address",
}


class ListenError(UsageError):
    """An address cannot be listened on; the message names it, the reason and what to do."""


def bind(addresses: Iterable[str]) -> tuple[socket.socket, ...]:
    """Return one listening socket per address: all of them, or a ListenError and none.

    Addresses read as exporter-toolkit's: `:9789` (every address, IPv6 and IPv4), `127.0.0.1:0` (any
    free port), `[::1]:9789`, `localhost:9789`.
    """
    listeners: list[socket.socket] = []
    try:
        for address in addresses:
            listeners.append(_bind(address))  # noqa: PERF401 - a comprehension would lose those to close
    except ListenError:
        for listener in listeners:
            listener.close()
        raise
    return tuple(listeners)


def address_of(listener: socket.socket) -> str:
    """Return where a socket listens as HOST:PORT, with the port the system chose."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _bind(address: str) -> socket.socket:
    match = _ADDRESS.fullmatch(address)
    if match is None or int(match["port"]) > _LARGEST_PORT:
        message = f"cannot listen on {address!r}: expected HOST:PORT, such as ':9789', '127.0.0.1:9789' or '[::1]:9789'"
        raise ListenError(message)
    host, port = match["bracketed"] or match["plain"], int(match["port"])
    try:
        if host in {"", "::"}:
            return _bind_everywhere(port)
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(where, family=family, backlog=BACKLOG)
    except OSError as error:
        # create_server adds the address to the system's words, in a form the user never wrote.
        code = error.errno or 0
        reason = error.strerror if isinstance(error, socket.gaierror) else os.strerror(code)
        message = f"cannot listen on {address!r}: {str(reason).lower()}{_ADVICE.get(code, '')}"
        raise ListenError(message) from error


def _bind_everywhere(port: int) -> socket.socket:
    if socket.has_dualstack_ipv6():
        try:
            return socket.create_server(("", port), family=socket.AF_INET6, backlog=BACKLOG, dualstack_ipv6=True)
        except OSError as error:
            # IPv6 compiled in and switched off by sysctl: the socket exists, its addresses do not.
            if error.errno != errno.EADDRNOTAVAIL:
                raise
    return socket.create_server(("", port), backlog=BACKLOG)
