"""Ports and certificates of the simulated cluster; it knows nothing of what it serves."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import socket
import ssl
from collections.abc import Sequence
from typing import NamedTuple

import trustme
from aiohttp import web

from kube_headroom.errors import UsageError

LOOPBACK = "127.0.0.1"
_BACKLOG = 1024
_LARGEST_PORT = 65535
_SPARE_FILES = 512
"""Open files beside the listening sockets: connections, modules, logs."""
_SHUTDOWN_SECONDS = 1.0
_ADVICE = {
    errno.EADDRINUSE: "another program listens there, choose another port or 0 for a free one",
    errno.EACCES: "ports below 1024 need a privilege, choose a higher one",
    errno.EADDRNOTAVAIL: "this machine has no such address",
}


class Served(NamedTuple):
    """An application, the sockets it listens on, and whether it speaks TLS there."""

    application: web.Application
    sockets: Sequence[socket.socket]
    tls: bool = True


class Authority:
    """A certificate authority of one simulation, and the certificate of all its servers."""

    def __init__(self) -> None:
        authority = trustme.CA()
        self.certificate: bytes = authority.cert_pem.bytes()
        """PEM of what clients have to trust."""
        self.server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", LOOPBACK, "::1").configure_cert(self.server_context)


def bind(port: int, host: str = LOOPBACK) -> socket.socket:
    """Return a socket that listens; port 0 is any free one. Raises UsageError if the address cannot be had."""
    problem = f"the simulated cluster cannot listen on {host}:{port}"
    if not 0 <= port <= _LARGEST_PORT:
        raise UsageError(f"{problem}: a port is a number from 0 to {_LARGEST_PORT}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        code = error.errno or 0
        advice = _ADVICE.get(code, "choose another port")
        raise UsageError(f"{problem}: {os.strerror(code).lower()}; {advice}") from error


def bind_free(count: int) -> list[socket.socket]:
    """Return sockets that listen on free ports of the loopback address: all of them, or a UsageError and none.

    For what has to know its ports before the world is built: `port_of` each.
    """
    _allow_open_files(count)
    bound: list[socket.socket] = []
    try:
        for _ in range(count):
            bound.append(bind(0))  # noqa: PERF401  a comprehension would lose those to close
    except UsageError:
        for listener in bound:
            listener.close()
        raise
    return bound


def port_of(listener: socket.socket) -> int:
    """Return the port that a socket listens on."""
    port: int = listener.getsockname()[1]
    return port


async def start(served: Served, authority: Authority) -> web.AppRunner:
    """Serve an application in the running loop; `end` ends it."""
    runner = web.AppRunner(
        served.application,
        access_log=None,
        handler_cancellation=True,  # a client that goes away ends its watch at once
        shutdown_timeout=_SHUTDOWN_SECONDS,
    )
    await runner.setup()
    tls = authority.server_context if served.tls else None
    for listener in served.sockets:
        await web.SockSite(runner, listener, ssl_context=tls, backlog=_BACKLOG).start()
    return runner


async def end(runner: web.AppRunner) -> None:
    """End what `start` began: handlers get a moment, connections are not waited for."""
    server = runner.server
    transports = [handler.transport for handler in server.connections] if server else []
    await runner.cleanup()
    for transport in transports:
        if transport is not None:
            transport.abort()  # TLS's own farewell waits for clients that keep connections open
    await asyncio.sleep(0)


def _allow_open_files(sockets: int) -> None:
    """Raise this process' soft limit of open files as far as the sockets need it."""
    needed = sockets + _SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        if hard != resource.RLIM_INFINITY and hard < needed:
            raise UsageError(
                f"{sockets} simulated nodes need {needed} open files and this process may open {hard}: "
                "raise the limit (ulimit -Hn) or simulate fewer nodes"
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
