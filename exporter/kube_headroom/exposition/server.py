"""The parent's handle on the server process: starts it, feeds it, replaces it when it dies."""

from __future__ import annotations

import json
import logging
import math
import select
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from kube_headroom.exposition.channel import FETCHED, HEARTBEAT, Publication, Setup, encode
from kube_headroom.exposition.listeners import address_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

logger = logging.getLogger(__name__)

_MODULE = "kube_headroom.exposition.process"
_POLL_SECONDS = 0.5
_RESTART_SECONDS = 1.0
_STUCK_SECONDS = 10.0
_TAKING_SECONDS = 1.0
_STOP_SECONDS = 3.0
_HEARD_BYTES = 4096


class Server:
    """Serves what was published last, in a process of its own so that collecting never delays a scrape.

    The listening sockets stay open here: while a dead server process is replaced, new connections
    wait in their queue instead of being refused. Nothing here blocks the publisher; of publications
    that the server process has not taken yet, only the newest is kept.
    """

    def __init__(self, listeners: Sequence[socket.socket], setup: Setup) -> None:
        """Take over bound sockets (see `listeners.bind`); nothing is answered before `start`."""
        self._listeners = tuple(listeners)
        self._setup = setup
        self._news = threading.Condition()
        self._latest: bytes | None = None
        self._unsent: bytes | None = None
        self._stopping = False
        self._sending = False
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._fetched = -math.inf
        self._heard = b""
        self._thread = threading.Thread(target=self._supervise, name="exposition", daemon=True)
        self.restarts = 0

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the server listens, HOST:PORT each, with the ports the system chose."""
        return tuple(address_of(listener) for listener in self._listeners)

    @property
    def pid(self) -> int | None:
        """The server process' id, None where none is running."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    @property
    def fetched(self) -> float:
        """When the newest page was published that somebody fetched with the cluster's series; -inf while there is none."""
        with self._news:
            if self._channel is not None:
                self._hear(self._channel)
            return self._fetched

    def start(self) -> None:
        """Start the server process; connections are taken from now on and answered once it is up."""
        self._thread.start()

    def publish(self, publication: Publication) -> None:
        """Replace what is served; raises ValueError where it is larger than a frame may be."""
        frame = encode(publication)
        with self._news:
            self._latest = self._unsent = frame
            self._news.notify()

    def heartbeat(self) -> None:
        """Say that the collector is alive though nothing changed; a publication says so too.

        To be called from the loop whose death must fail liveness, well within `silence_limit`.
        """
        with self._news:
            if self._unsent is None:
                self._unsent = HEARTBEAT
                self._news.notify()

    def stop(self) -> None:
        """End the server process and free the addresses; running answers get a second to finish, and `fetched` is final.

        A second call does nothing.
        """
        with self._news:
            self._stopping = True
            self._news.notify()
        if self._thread.is_alive():
            self._thread.join(_TAKING_SECONDS)
            with self._news:
                if self._sending and self._channel is not None:
                    # Ends a send that a stuck process never takes.
                    with suppress(OSError):
                        self._channel.shutdown(socket.SHUT_RDWR)
            self._thread.join()
        for listener in self._listeners:
            listener.close()

    def __enter__(self) -> Self:
        """Start the server."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server."""
        self.stop()

    def _supervise(self) -> None:
        while not self._stopping:
            started = time.monotonic()
            try:
                process, channel = self._spawn()
            except OSError as error:
                logger.warning("the HTTP server process cannot be started, trying again: %s", error)
            else:
                self._feed(process, channel)
                code = self._reap(process, channel)
                if self._stopping:
                    return
                self.restarts += 1
                logger.warning("the HTTP server process ended (exit code %d) and is started again", code)
            with self._news:
                # One that dies at birth is not tried more than once a second.
                pause = max(0.0, started + _RESTART_SECONDS - time.monotonic())
                self._news.wait_for(lambda: self._stopping, pause)
                self._unsent = self._latest

    def _spawn(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        ours, theirs = socket.socketpair()
        descriptors = [theirs.fileno(), *(listener.fileno() for listener in self._listeners)]
        # A module in the working directory must not stand in for one of ours: -P.
        command = [sys.executable, "-P", "-m", _MODULE, json.dumps(self._setup._asdict()), *map(str, descriptors)]
        with theirs:
            try:
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=descriptors)  # noqa: S603 - ours
            except OSError:
                ours.close()
                raise
        ours.settimeout(_STUCK_SECONDS)
        with self._news:
            self._process, self._channel = process, ours
            if self._stopping:
                ours.shutdown(socket.SHUT_RDWR)
        return process, ours

    def _feed(self, process: subprocess.Popen[bytes], channel: socket.socket) -> None:
        """Send frames until the process is gone, takes nothing for too long, or the server stops.

        One that hangs while its frames still fit in the socket's buffer is the liveness probe's to find.
        """
        while process.poll() is None:
            with self._news:
                self._news.wait_for(lambda: self._stopping or self._unsent is not None, _POLL_SECONDS)
                if self._stopping:
                    return
                frame, self._unsent = self._unsent, None
                self._sending = frame is not None
            if frame is None:
                continue
            try:
                channel.sendall(frame)
                self._sending = False
            except TimeoutError:
                logger.warning("the HTTP server process took nothing for %g s and is ended", _STUCK_SECONDS)
                process.kill()
                return
            except OSError:
                return

    def _reap(self, process: subprocess.Popen[bytes], channel: socket.socket) -> int:
        """Fall silent, which the process takes as its end, wait for it, and hear what was fetched last."""
        with suppress(OSError):
            channel.shutdown(socket.SHUT_WR)
        try:
            code = process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        with self._news:
            self._hear(channel)
            self._channel, self._heard, self._sending = None, b"", False
            channel.close()
        return code

    def _hear(self, channel: socket.socket) -> None:
        """Take what the process told of fetched pages; with the lock held."""
        self._heard += _received(channel)
        whole = len(self._heard) // FETCHED.size * FETCHED.size
        told, self._heard = self._heard[:whole], self._heard[whole:]
        self._fetched = max([self._fetched, *(at for (at,) in FETCHED.iter_unpack(told))])


def _received(channel: socket.socket) -> bytes:
    """Return what has come, without waiting for more."""
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    content = b""
    with suppress(OSError):
        while poll.poll(0) and (some := channel.recv(_HEARD_BYTES)):
            content += some
    return content
