"""Log lines about nodes, held back where thousands of nodes say the same: the counters go on."""

from __future__ import annotations

import threading
from collections.abc import Callable

WINDOW = 60.0  # seconds
LINES = 10  # of one topic in a window


class Lines:
    """Says at most ten lines a minute on each topic, the last of them with a word that more are held back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._said: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def say(self, topic: str, log: Callable[..., object], line: str, **values: object) -> None:
        """Log a line unless its topic has had its share."""
        now = self._clock()
        with self._lock:
            begun, lines = self._said.get(topic, (now, 0))
            if not 0 <= now - begun < WINDOW:
                begun, lines = now, 0
            self._said[topic] = (begun, lines + 1)
        if lines < LINES - 1:
            log(line, **values)
        elif lines == LINES - 1:
            log(f"{line}; more of this kind are counted but not logged for a minute", **values)
