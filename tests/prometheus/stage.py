"""An intake that remembers, and objectives in one line."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from kube_headroom.prometheus.options import Options
from kube_headroom.prometheus.reader import Reader
from kube_headroom.slo.amount import SCALE
from kube_headroom.slo.intake import Key, Stretch
from kube_headroom.slo.objective import EventRatio, Objective, Period, Place, Query, Sli
from kube_headroom.timing import Timing

PLACE = Place("slos.yaml", 7)
NOW = 1_800_000_000.0


class Remembering:
    """An intake; refuses what overlaps, as the contract says."""

    def __init__(self) -> None:
        self.added: dict[Key, list[Stretch]] = {}
        self.filled: dict[Key, list[Stretch]] = {}
        self.flaws: Counter[tuple[Key, str]] = Counter()

    def add(self, key: Key, stretches: list[Stretch]) -> None:
        for one in stretches:
            last = max((each.end for each in self.added.get(key, []) if each.member == one.member), default=0.0)
            assert one.start >= last, (one, last)
            assert 0 <= one.amount.bad <= one.amount.events
            assert one.end > one.start
        self.added.setdefault(key, []).extend(stretches)

    def fill(self, key: Key, stretches: list[Stretch]) -> None:
        self.filled.setdefault(key, []).extend(stretches)

    def flaw(self, key: Key, reason: str, times: int = 1) -> None:
        self.flaws[key, reason] += times

    def sums(self, key: Key) -> dict[str, tuple[float, float]]:
        """Events and bad ones of each group."""
        sums: dict[str, tuple[float, float]] = {}
        for member, _, _, amount in self.added.get(key, []):
            events, bad = sums.get(member.group, (0.0, 0.0))
            sums[member.group] = (events + amount.events / SCALE, bad + amount.bad / SCALE)
        return sums

    def reasons(self, key: Key) -> dict[str, int]:
        return {reason: times for (of, reason), times in self.flaws.items() if of == key}


def query(text: str) -> Query:
    return Query(text, PLACE)


def events(total: str, *, good: str | None = None, bad: str | None = None) -> EventRatio:
    return EventRatio(query(total), query(good) if good else None, query(bad) if bad else None)


def objective(sli: Sli, name: str = "requests", group_by: tuple[str, ...] = ()) -> Objective:
    month = Period("30d", 30 * 86_400)
    return Objective("shop", name, Fraction(999, 1000), sli, (month,), PLACE, group_by=group_by)


def reader(url: str, intake: Remembering, *objectives: Objective, **more: object) -> Reader:
    """A reader of a server that is asked for what is there at once."""
    options = Options(url, delay=0.0)._replace(**more)  # type: ignore[arg-type]
    made = Reader(options, intake, Timing(clock=lambda: NOW))
    made.define(objectives)
    return made
