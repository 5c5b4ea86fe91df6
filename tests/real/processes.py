"""Real programs as objects: start, stop, kill, restart; their logs are files, shown when they fail."""

import random
import socket
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests.real.waiting import wait_until

# A busy machine may need long for either; who is quick waits for neither.
READY_SECONDS = 120.0
STOP_SECONDS = 90.0
LOG_LINES_SHOWN = 30
_GIVEN: set[int] = set()


class ProcessFailedError(Exception):
    """A program ended before it was ready, or did not end when asked; carries the end of its log."""


class Process:
    """One program with its log; it may be started again after it was stopped or killed."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        ready: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`ready` is asked until it is true; a refused connection counts as false."""
        self.command = [str(part) for part in command]
        self.log = log
        self._ready = ready
        self._environment = environment
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        """The program's file name."""
        return Path(self.command[0]).name

    @property
    def pid(self) -> int:
        """The process id; ProcessFailedError when it does not run."""
        running = self._running  # once: another thread may be ending it
        if running is None or running.poll() is not None:
            message = f"{self.name} does not run{self._log_end()}"
            raise ProcessFailedError(message)
        return running.pid

    def launch(self) -> None:
        """Start without waiting; `wait_ready` belongs after it."""
        if self._running is not None:
            message = f"{self.name} was started twice"
            raise ProcessFailedError(message)
        with self.log.open("ab") as log:
            # A session of its own, so that Ctrl-C leaves the order of ending to the fixtures.
            self._running = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )

    def wait_ready(self, timeout: float = READY_SECONDS) -> None:
        """Wait until it answers; ProcessFailedError with the end of its log if it ends or stays mute."""
        try:
            wait_until(lambda: self.pid and self._ready(), what=self.name, timeout=timeout)
        except TimeoutError as error:
            message = f"{error}{self._log_end()}"
            raise ProcessFailedError(message) from None

    def start(self, timeout: float = READY_SECONDS) -> None:
        """Launch and wait until it is ready."""
        self.launch()
        self.wait_ready(timeout)

    def stop(self) -> int:
        """End it as an operator would (SIGTERM) and return its exit code."""
        running = self._take()
        running.terminate()
        try:
            return running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
            message = f"{self.name} ignored SIGTERM for {STOP_SECONDS:g} s{self._log_end()}"
            raise ProcessFailedError(message) from None

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        running = self._take()
        running.kill()
        running.wait()

    def wait(self, timeout: float = READY_SECONDS) -> int:
        """Wait until it ends by itself and return its exit code."""
        running = self._take()
        try:
            return running.wait(timeout)
        except subprocess.TimeoutExpired:
            self._running = running
            raise

    def restart(self, timeout: float = READY_SECONDS) -> None:
        """Stop, start, and wait until it is ready."""
        self.stop()
        self.start(timeout)

    def discard(self) -> None:
        """Kill it if it runs: for the end of a test, whatever happened in it."""
        if self._running is not None:
            self.kill()

    def _take(self) -> "subprocess.Popen[bytes]":
        if self._running is None:
            message = f"{self.name} does not run"
            raise ProcessFailedError(message)
        running, self._running = self._running, None
        return running

    def _log_end(self) -> str:
        lines: list[str] = []
        with suppress(FileNotFoundError):
            lines = self.log.read_text(errors="replace").splitlines()
        return "".join(f"\n  {line}" for line in [f"; the end of {self.log}:", *lines[-LOG_LINES_SHOWN:]])


def start_together(processes: Iterable[Process]) -> None:
    """Launch all, then wait for all: they need not wait for each other."""
    started = list(processes)
    for process in started:
        process.launch()
    for process in started:
        process.wait_ready()


def free_port() -> int:
    """A loopback port nobody listens on, below the range the system gives to outgoing
    connections: one of those must not sit on it while a server is between kill and restart.

    None is given twice: those given before may be bound only later, or again.
    """
    while True:
        port = random.randint(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in _GIVEN:
                _GIVEN.add(port)
                return port
