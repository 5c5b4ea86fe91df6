"""Whatever counters do, and whichever of two replicas answers: each event counts once if it was ever scraped."""

from __future__ import annotations

import itertools
import json
import math
from typing import NamedTuple

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kube_headroom.prometheus.answers import Row
from kube_headroom.prometheus.counters import Counters
from kube_headroom.prometheus.options import Options
from kube_headroom.prometheus.selectors import counted
from kube_headroom.slo.amount import SCALE
from tests.prometheus.fake_prometheus import Store
from tests.prometheus.stage import NOW, events, objective

SLOTS = 40
SLOT = 30
"""Seconds: in each slot a target may restart, then things happen, then each replica scrapes."""
SCRAPED_AT = (10, 20)
FIRST, EVERY = 7, 2
"""Slots: the first evaluation, and one from the next."""
LEAST_FALL = 1 / 8


class Series(NamedTuple):
    """A counter of a target: exposed from the slot `born` on, with so many events in each slot."""

    code: str
    born: int
    events: list[int]


class Target(NamedTuple):
    name: str
    born: int
    restarts: set[int]
    series: list[Series]
    missed: tuple[set[int], set[int]]
    """Slots that each replica did not scrape."""


@st.composite
def targets(draw: st.DrawFn, name: str) -> Target:
    # An old counter is large: it was there long before the first evaluation.
    born = draw(st.sampled_from([0, 0, 12, 15, 20]))
    restarts = draw(st.sets(st.integers(born + 3, SLOTS - 1), max_size=2))
    births = [born, draw(st.sampled_from([born, born + 4, born + 9]))]
    series = [
        Series(code, begin, draw(st.lists(st.integers(0, 30), min_size=SLOTS, max_size=SLOTS)))
        for code, begin in zip(("200", "500"), births, strict=True)
    ]
    missed = draw(st.tuples(*(st.sets(st.integers(0, SLOTS - 1), max_size=5) for _ in SCRAPED_AT)))
    for gaps in missed:
        # Of two missed scrapes in a row none is beside a third.
        gaps -= {slot for slot in gaps if {slot - 1, slot - 2} <= gaps}
        gaps -= {one.born for one in series}
    return Target(name, born, restarts, series, missed)


class World(NamedTuple):
    targets: list[Target]
    answering: list[int]
    """The replica that answers each evaluation, -1 where none does."""


@st.composite
def worlds(draw: st.DrawFn) -> World:
    count = (SLOTS - FIRST) // EVERY
    answering = draw(st.lists(st.sampled_from([0, 0, 1, 1, -1]), min_size=count, max_size=count))
    # The first asks for baselines; an hour without an answer is another test.
    answering = [max(one, 0) if index == 0 or answering[index - 1] < 0 else one for index, one in enumerate(answering)]
    for index in range(1, count):
        if answering[index] < 0 and answering[index - 1] < 0:
            answering[index] = 0
    return World([draw(targets(name)) for name in ("a", "b")], answering)


def value(target: Target, series: Series, slot: int) -> int:
    """What the counter shows at the end of a slot."""
    begin = max((one for one in target.restarts if one <= slot), default=-1)
    old = 1_000 if begin < 0 and series.born == 0 else 0
    return old + sum(series.events[max(begin, series.born) : slot + 1])


def moment(slot: int, replica: int) -> float:
    return NOW + slot * SLOT + SCRAPED_AT[replica]


def store(world: World, replica: int) -> Store:
    made = Store()
    for target in world.targets:
        for series in target.series:
            labels = {"__name__": "requests_total", "job": "web", "instance": target.name, "code": series.code}
            made.add(
                labels,
                [
                    (moment(slot, replica), float(value(target, series, slot)))
                    for slot in range(series.born, SLOTS)
                    if slot not in target.missed[replica]
                ],
            )
    return made


def evaluations(world: World) -> list[tuple[float, int]]:
    """When, and of which replica, there are answers."""
    times = [NOW + (FIRST + index * EVERY) * SLOT for index in range(len(world.answering))]
    return [(at, replica) for at, replica in zip(times, world.answering, strict=True) if replica >= 0]


def seen_slots(world: World, target: Target, series: Series) -> list[tuple[float, int, int]]:
    """The evaluation, slot and scrape time of each sample that came to be read, in order."""
    seen: list[tuple[float, int, float]] = []
    before, last = NOW, -math.inf
    for at, replica in evaluations(world):
        reach = at - max(math.ceil(at - before), 2 * SLOT) - 5 * SLOT
        for slot in range(series.born, SLOTS):
            when = moment(slot, replica)
            if slot not in target.missed[replica] and reach < when <= at and when > last:
                seen.append((at, slot, when))
                last = when
        before = at
    return [(at, slot, int(when)) for at, slot, when in seen]


def expected(world: World, target: Target, series: Series) -> int:
    """The events that were scraped before the next restart, after the series' baseline."""
    seen = seen_slots(world, target, series)
    if not seen:
        return 0
    first_evaluation = evaluations(world)[0][0]
    baselines = [slot for at, slot, _ in seen if at == first_evaluation]
    of_target = min(when for one in target.series for _, _, when in seen_slots(world, target, one))
    if baselines:
        baseline = baselines[-1]
    elif seen[0][2] > of_target:
        baseline = series.born - 1
    else:
        baseline = seen[0][1]
    slots = [slot for _, slot, _ in seen]
    total = 0
    for slot in range(max(baseline + 1, series.born), slots[-1] + 1):
        following = next(one for one in slots if one >= slot)
        if not any(slot < restart <= following for restart in target.restarts):
            total += series.events[slot]
    return total


def falls_enough(world: World, target: Target, series: Series) -> bool:
    """Whether each restart shows: a counter that has nearly its old value again is no reset to anyone."""
    values = [(slot, value(target, series, slot)) for _, slot, _ in seen_slots(world, target, series)]
    return all(
        now <= before * (1 - LEAST_FALL)
        for (slot, before), (later, now) in itertools.pairwise(values)
        if any(slot < restart <= later for restart in target.restarts)
    )


@settings(deadline=None, max_examples=100)
@given(worlds())
def test_every_event_that_was_scraped_counts_once(world: World) -> None:
    assume(all(falls_enough(world, target, series) for target in world.targets for series in target.series))
    stores = [store(world, replica) for replica in range(len(SCRAPED_AT))]
    sli = events("sum(rate(requests_total[5m]))", bad='sum(rate(requests_total{code="500"}[5m]))')
    total, bad = counted(sli.total.text), counted(sli.bad.text if sli.bad else "")
    assert total
    assert bad
    options = Options("http://prometheus", delay=0.0)
    counters = Counters(objective(sli), (total, bad), options, None)
    sums = [0, 0]
    ends = [NOW + FIRST * SLOT]

    for at, replica in evaluations(world):

        def ask(query: str, when: float, replica: int = replica) -> list[Row]:
            answer = stores[replica].answer(query, when)
            return [
                Row(json.dumps(labels, separators=(",", ":"), sort_keys=True).encode(), samples)
                for labels, samples in answer
            ]

        evaluation = counters.evaluate(ask, at)
        assert evaluation.flaws == {}
        for _, start, end, amount in evaluation.stretches:
            assert start >= ends[-1]
            ends.append(end)
            sums[0] += amount.events
            sums[1] += amount.bad

    of_code = {
        code: sum(
            expected(world, target, series)
            for target in world.targets
            for series in target.series
            if series.code == code
        )
        for code in ("200", "500")
    }
    assert sums == [(of_code["200"] + of_code["500"]) * SCALE, of_code["500"] * SCALE]
