"""What is due when: a controller's delayed queue."""

from __future__ import annotations

import heapq
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Timers(Generic[Key]):
    """Keys and when they are due; a key waits once, for its earliest time."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Key]] = []
        self._at: dict[Key, float] = {}
        self._order = 0

    def wake(self, key: Key, at: float) -> None:
        """Make a key due at `at` (Unix seconds), or earlier if it already is."""
        if at >= self._at.get(key, float("inf")):
            return
        self._at[key] = at
        self._order += 1
        heapq.heappush(self._heap, (at, self._order, key))

    def cancel(self, key: Key) -> None:
        """Forget a key."""
        self._at.pop(key, None)

    def take(self, now: float) -> list[Key]:
        """Return what is due at `now`, in the order of its times, and forget it."""
        due = []
        while self._heap and self._heap[0][0] <= now:
            at, _, key = heapq.heappop(self._heap)
            if self._at.get(key) == at:
                del self._at[key]
                due.append(key)
        return due
