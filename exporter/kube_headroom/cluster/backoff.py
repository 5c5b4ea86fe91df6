"""How long to wait after a failure: client-go's numbers (tools/cache/reflector.go), pure; time and chance are given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

LONGEST_RETRY_AFTER = 120.0  # seconds; an hour would blind us for one overloaded minute


class Pace(NamedTuple):
    """Seconds: the first delay, the largest before jitter, and after how long without failure it starts anew."""

    first: float
    cap: float
    reset_after: float
    factor: float = 2.0
    jitter: float = 1.0


RETRY = Pace(first=0.8, cap=30.0, reset_after=120.0)
# What an administrator has to change: asking each half minute at first, then every few minutes, costs nobody.
DENIED = Pace(first=30.0, cap=240.0, reset_after=900.0, jitter=0.25)
PASSING_DENIALS = 3
"""Denials in a row that are retried like any failure: an API server that starts knows no rights for half a second."""
# A port that refuses connections is no server under load: come back within 5 s of its return (12 tiny packets a minute).
REFUSED = Pace(first=0.8, cap=4.0, reset_after=120.0, jitter=0.25)


class Backoff:
    """Growing, jittered delays; `random` returns floats in [0, 1)."""

    def __init__(self, pace: Pace, random: Callable[[], float]) -> None:
        self._pace = pace
        self._random = random
        self._delay = pace.first
        self._last: float | None = None

    def delay(self, now: float) -> float:
        """Seconds to wait for the failure that happened at `now`."""
        pace = self._pace
        if self._last is not None and now - self._last > pace.reset_after:
            self._delay = pace.first
        delay = self._delay
        self._delay = min(pace.cap, delay * pace.factor)
        jittered = delay * (1.0 + pace.jitter * self._random())
        self._last = now + jittered
        return jittered


def retry_after(header: str | None, now: float) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110 10.2.3: seconds or a date), capped; None for none or nonsense."""
    if not header:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, min((moment - datetime.fromtimestamp(now, UTC)).total_seconds(), LONGEST_RETRY_AFTER))
