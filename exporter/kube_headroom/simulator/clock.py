"""Simulated time: it begins where it is told to, runs at a speed and can stand still."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Unix seconds that pass `speed` times as fast as `monotonic`; safe to read from any thread."""

    def __init__(self, start: float, *, speed: float = 1.0, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.speed = speed
        self._monotonic = monotonic
        # One tuple, so that a reader in another thread sees both halves of a pause or neither.
        self._anchor = (start, monotonic(), speed)

    def now(self) -> float:
        """Return the simulated Unix time."""
        shown, at, speed = self._anchor
        return shown + (self._monotonic() - at) * speed

    def pause(self) -> None:
        """Stand still until `resume`."""
        self._anchor = (self.now(), self._monotonic(), 0.0)

    def resume(self) -> None:
        """Go on from where it stands."""
        self._anchor = (self.now(), self._monotonic(), self.speed)
