"""Threads that wait for kubelets, and those that read what came: as many as had to be at once, never more than allowed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")

_PATIENCE = 1.0  # seconds for a thread to end; one that resolves a name cannot be hurried


class Workers(Generic[T]):
    """Does `work` on what is handed over, which must raise nothing; the threads are daemons."""

    def __init__(self, work: Callable[[T], None]) -> None:
        self._work = work
        self._queue: SimpleQueue[T | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def hand_over(self, item: T, running: int) -> None:
        """Have an item worked on: `running` may be at once, this one included; threads are started for as many."""
        with self._lock:
            if running > len(self._threads):
                thread = threading.Thread(target=self._run, name=f"kubelets-{len(self._threads) + 1}", daemon=True)
                self._threads.append(thread)
                thread.start()
        self._queue.put(item)

    def end(self) -> None:
        """End all threads once what they do is over."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(_PATIENCE)

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            self._work(item)
