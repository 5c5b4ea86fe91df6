"""The server process: `python -m kube_headroom.exposition.process SETUP CHANNEL LISTENER...`.

Inherits its sockets as file descriptors and imports little: no cluster client, no collector.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import signal
import socket
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import uvicorn

from kube_headroom.exposition.application import Application
from kube_headroom.exposition.channel import FETCHED, ChannelError, Setup, read
from kube_headroom.exposition.listeners import BACKLOG

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

logger = logging.getLogger(__name__)

_LARGEST_REQUEST_HEAD = 16 * 1024
_SHUTDOWN_SECONDS = 1
_TICK_SECONDS = 1.0
_KEEP_ALIVE_GRACE = 10.0


class _HTTPServer(uvicorn.Server):
    """uvicorn that wakes once a second, not ten times, which would cost more CPU than the scrapes.

    It leaves SIGINT to the parent, which gets the same Ctrl-C and ends us in order.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop = asyncio.get_running_loop()
        self._ending = asyncio.Event()

    def end(self) -> None:
        self.should_exit = True
        self._ending.set()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        if sig == signal.SIGTERM:
            self._loop.call_soon_threadsafe(self.end)

    async def main_loop(self) -> None:
        # 0 is the tick that renews the Date header.
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), _TICK_SECONDS)


async def serve(setup: Setup, channel: socket.socket, listeners: Sequence[socket.socket]) -> None:
    """Serve until the parent closes its end of the channel or SIGTERM; raises ChannelError for a broken frame."""

    def fetched(at: float) -> None:
        # What does not fit is told with the next page; a parent that is gone is noticed by who reads.
        with suppress(OSError):
            channel.send(FETCHED.pack(at), socket.MSG_DONTWAIT)

    application = Application(setup, fetched=fetched)
    server = _HTTPServer(
        uvicorn.Config(
            application,
            loop="asyncio",
            http="h11",
            ws="none",
            interface="asgi3",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            limit_concurrency=setup.connection_limit,
            timeout_keep_alive=setup.keep_alive,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
            h11_max_incomplete_event_size=_LARGEST_REQUEST_HEAD,
        )
    )
    listening = asyncio.create_task(_listen(channel, application, server))
    sweeping = asyncio.create_task(_cut_the_stuck(server, setup))
    # Everything imported lives as long as the process; collections need not walk it.
    gc.freeze()
    await server.serve(sockets=list(listeners))
    sweeping.cancel()
    listening.cancel()
    results = await asyncio.gather(listening, sweeping, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


async def _listen(channel: socket.socket, application: Application, server: _HTTPServer) -> None:
    """Hand every frame to the application until the parent's end closes."""
    loop = asyncio.get_running_loop()
    channel.settimeout(0)

    async def receive(length: int) -> bytes:
        content = bytearray(length)
        filled = 0
        while filled < length:
            count = await loop.sock_recv_into(channel, memoryview(content)[filled:])
            if not count:
                raise EOFError
            filled += count
        return bytes(content)

    try:
        while True:
            application.hear(await read(receive))
    except (EOFError, ConnectionError):
        pass
    finally:
        server.end()


async def _cut_the_stuck(server: uvicorn.Server, setup: Setup) -> None:
    """Abort connections that make no progress: uvicorn only times out those that wait after an answer.

    A connection shows the same request (or none yet) for as long as it is stuck, whether its client
    drips a header, reads nothing, or went away without a word.
    """
    seen: dict[Any, tuple[_Progress, float]] = {}
    while True:
        await asyncio.sleep(_TICK_SECONDS)
        now = time.monotonic()
        moving: dict[Any, tuple[_Progress, float]] = {}
        for connection in tuple[Any, ...](server.server_state.connections):
            progress = _progress(connection)
            before, since = seen.get(connection, (progress, now))
            if before != progress:
                since = now
            limit = setup.keep_alive + _KEEP_ALIVE_GRACE if progress.answered else setup.request_limit
            if now - since > limit:
                connection.transport.abort()
            else:
                moving[connection] = (progress, since)
        seen = moving


class _Progress(NamedTuple):
    """How far a connection is: its current request, and whether that is answered."""

    request: object
    answered: bool


def _progress(connection: Any) -> _Progress:  # noqa: ANN401 - uvicorn's protocol types share no ancestor
    cycle = connection.cycle
    return _Progress(cycle, cycle is not None and cycle.response_complete)


def main(arguments: Sequence[str]) -> int:
    """Run the server process; the exit code is 0 for an end that was asked for."""
    setup = Setup(**json.loads(arguments[0]))
    channel, *listeners = (socket.socket(fileno=int(descriptor)) for descriptor in arguments[1:])
    # uvicorn warns of every malformed request: whoever reaches the port could fill the log.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    # Until uvicorn takes over, and again after it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        asyncio.run(serve(setup, channel, listeners))
    except ChannelError as error:
        logger.error("the HTTP server process ends: %s", error)  # noqa: TRY400 - one line, no traceback
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
