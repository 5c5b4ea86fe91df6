"""Counters of one workload: born at 0, held there until a scrape must have seen it, never falling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kube_headroom.catalogue.metric import Counter, Sample


class Tally:
    """Counts by (counter, labels); a newborn shows 0 for `hold` seconds from its first reading on.

    Prometheus sees no increase in a series that is born above 0, so what is counted during the hold is
    shown as one step at its end (DESIGN, law 3).
    """

    __slots__ = ("_entries", "_hold")

    def __init__(self, hold: float) -> None:
        self._hold = hold
        self._entries: dict[tuple[Counter[Any], tuple[str, ...]], tuple[int, float]] = {}

    @property
    def counted(self) -> bool:
        """Whether anything is above 0, shown or held."""
        return any(value for value, _ in self._entries.values())

    def seed(self, counter: Counter[Any], labels: tuple[str, ...]) -> bool:
        """Create the series at 0 and say whether it is new."""
        key = (counter, labels)
        if key in self._entries:
            return False
        self._entries[key] = (0, -1.0)
        return True

    def add(self, counter: Counter[Any], labels: tuple[str, ...], amount: int) -> None:
        """Count `amount` more; a negative amount is a programming error."""
        if amount < 0:
            message = f"{counter.name} cannot fall by {amount}"
            raise ValueError(message)
        value, shown_from = self._entries.get((counter, labels), (0, -1.0))
        self._entries[counter, labels] = (value + amount, shown_from)

    def samples(self, now: float) -> Iterator[Sample]:
        """Yield what may be shown at `now`; the first call for a series starts its hold."""
        for key, (value, shown_from) in self._entries.items():
            if shown_from < 0:
                shown_from = now + self._hold  # noqa: PLW2901  the loop goes on with the entry it just wrote
                self._entries[key] = (value, shown_from)
            counter, labels = key
            yield counter.at(labels, value if now >= shown_from else 0)

    def due(self, now: float) -> float | None:
        """When the next held count becomes visible, None if nothing is held back."""
        held = [shown for value, shown in self._entries.values() if value and shown > now]
        return min(held, default=None)
