"""Work that takes simulated time, one piece after the other: a generator yields the seconds until it goes on."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Protocol

Work = Generator[float, None, None]


class Timer(Protocol):
    """Tells the time and calls back."""

    now: float

    def schedule(self, at: float, callback: Callable[[float, int], None], turn: int) -> None:
        """Call back in the first tick at or after `at`."""


class Task:
    """Begins a piece of work whenever it was asked to since it began the last one; a pod worker's loop."""

    def __init__(self, begin: Callable[[], Work], timer: Timer, queue: Callable[[Callable[[], None]], None]) -> None:
        """`queue` takes what has to be called in this tick."""
        self.finished = False
        """Nothing is begun any more."""
        self._begin = begin
        self._timer = timer
        self._queue = queue
        self._work: Work | None = None
        self._asked = False
        self._queued = False
        self._turn = 0

    @property
    def busy(self) -> bool:
        """Work is in progress."""
        return self._work is not None

    def ask(self) -> None:
        """Begin another piece of work as soon as the present one is done."""
        self._asked = True
        if self._work is None:
            self._enqueue()

    def abandon(self) -> None:
        """Give up the work in progress; not to be called by that work itself."""
        self._turn += 1
        if self._work is not None:
            self._work.close()
            self._work = None

    def _enqueue(self) -> None:
        if not self._queued and not self.finished:
            self._queued = True
            self._queue(self._run)

    def _run(self) -> None:
        """Work until something takes time, or nothing is left to do."""
        self._queued = False
        while not self.finished:
            if self._work is None:
                if not self._asked:
                    return
                self._asked = False
                self._work = self._begin()
            try:
                seconds = next(self._work)
            except StopIteration:
                self._work = None
                continue
            self._turn += 1
            self._timer.schedule(self._timer.now + seconds, self._resume, self._turn)
            return

    def _resume(self, _now: float, turn: int) -> None:
        if turn == self._turn:
            self._enqueue()
