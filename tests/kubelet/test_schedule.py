"""When kubelets are asked: kept intervals, spread over them, one visit at a time each, and room for those that are well."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kube_headroom.kubelet.addresses import Address
from kube_headroom.kubelet.failures import Reason
from kube_headroom.kubelet.schedule import JITTER, SLOW_VISITS, PageName, Schedule, Target, Visit, place_of

INTERVALS = {PageName.RESOURCE: 15.0, PageName.CADVISOR: 30.0, PageName.PROBES: 30.0, PageName.VOLUMES: 60.0}
START = 1_780_000_000.0
EDGE = 1e-6 * 15  # the grid is counted from the epoch, in floats


class Play:
    """A schedule whose visits take the seconds that a test says, on a clock that moves in steps."""

    def __init__(self, intervals: Mapping[PageName, float] = INTERVALS, concurrency: int = 1000, seed: int = 1) -> None:
        self.now = START
        self.schedule = Schedule(intervals, concurrency, random.Random(seed).random)
        self.begun: dict[tuple[str, PageName], list[float]] = defaultdict(list)
        self.most = 0
        self.seconds: dict[str, float] = {}
        self.reasons: dict[str | tuple[str, PageName], Reason] = {}
        self.visited: set[Target] = set()
        self._running: list[tuple[float, Visit]] = []

    def add(self, *names: str) -> None:
        for name in names:
            self.schedule.add(name, f"uid-{name}", Address(name, 10250), self.now)

    def run(self, seconds: float, step: float = 0.25) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now += step
            self.finish()
            self.schedule.advance(self.now)
            self._begin()

    def finish(self) -> None:
        over = [entry for entry in self._running if entry[0] <= self.now]
        self._running = [entry for entry in self._running if entry[0] > self.now]
        for _, visit in over:
            name = visit.target.name
            self.visited.remove(visit.target)
            reason = self.reasons.get(name) or self.reasons.get((name, visit.page))
            self.schedule.finish(visit, reason, self.now)

    def _begin(self) -> None:
        while (visit := self.schedule.begin(self.now)) is not None:
            name = visit.target.name
            assert visit.target not in self.visited, "two visits at once"
            self.visited.add(visit.target)
            self.begun[name, visit.page].append(self.now)
            self._running.append((self.now + self.seconds.get(name, 0.0), visit))
        self.most = max(self.most, len(self._running))


def names(count: int) -> list[str]:
    return [f"node-{number}" for number in range(count)]


def gaps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(times)]


@given(seed=st.integers(0, 2**32), count=st.integers(1, 20))
def test_every_page_of_every_kubelet_is_asked_once_an_interval(seed: int, count: int) -> None:
    play = Play(seed=seed)
    play.add(*names(count))

    play.run(300.0, step=0.5)

    assert set(play.begun) == {(name, page) for name in names(count) for page in INTERVALS}
    for (_, page), times in play.begun.items():
        interval = INTERVALS[page]
        assert times[0] - START <= interval * (1 + JITTER) + 0.5
        assert all(abs(gap - interval) <= interval * JITTER + 0.5 + EDGE for gap in gaps(times))
    assert set(play.schedule.missed.values()) == {0}


@settings(max_examples=5)
@given(seed=st.integers(0, 2**32))
def test_a_thousand_kubelets_are_spread_over_the_interval(seed: int) -> None:
    play = Play({PageName.RESOURCE: 15.0}, seed=seed)
    play.add(*names(1000))
    play.run(30.0, step=1.0)
    asked: Counter[int] = Counter()

    play.begun.clear()
    play.run(15.0, step=1.0)
    for times in play.begun.values():
        asked.update(int(time - START) for time in times)

    assert sum(asked.values()) == pytest.approx(1000, abs=110)  # some jitter over the edge
    assert max(asked.values()) < 2 * 1000 / 15


def test_a_kubelet_has_the_same_place_in_every_process() -> None:
    assert place_of("node-1", PageName.RESOURCE) == pytest.approx(0.2552, abs=1e-4)
    assert len({place_of("node-1", page) for page in PageName}) == len(PageName)


@given(
    seed=st.integers(0, 2**32),
    slow=st.lists(st.floats(0.1, 100.0), min_size=1, max_size=10),
    concurrency=st.integers(2, 20),
)
def test_no_kubelet_is_asked_twice_at_once_and_no_more_than_allowed_in_all(
    seed: int, slow: list[float], concurrency: int
) -> None:
    play = Play(concurrency=concurrency, seed=seed)
    play.add(*names(len(slow)))
    play.seconds = dict(zip(names(len(slow)), slow, strict=True))

    play.run(200.0)  # Play itself asserts that no two visits of a kubelet overlap

    assert 0 < play.most <= concurrency * (1 + SLOW_VISITS)


def test_a_kubelet_slower_than_its_interval_misses_slots_and_they_are_counted() -> None:
    play = Play({PageName.RESOURCE: 15.0})
    play.add("node-1")
    play.seconds["node-1"] = 40.0

    play.run(300.0)

    asked = len(play.begun["node-1", PageName.RESOURCE])
    assert 6 <= asked <= 8
    assert asked + play.schedule.missed[PageName.RESOURCE] in (19, 20, 21)


@pytest.mark.parametrize("reason", [Reason.TIMEOUT, Reason.UNREACHABLE])
def test_kubelets_that_begin_to_hang_delay_the_others_not_even_then(reason: Reason) -> None:
    hanging, well = names(100), [f"well-{number}" for number in range(100)]
    play = Play(concurrency=32)
    play.add(*hanging, *well)
    play.run(70.0)
    play.reasons = dict.fromkeys(hanging, reason)
    play.seconds = dict.fromkeys(hanging, 10.0)
    play.begun.clear()

    play.run(200.0)

    for name in well:
        for page, interval in INTERVALS.items():
            times = play.begun[name, page]
            assert all(gap <= interval * (1 + JITTER) + 0.25 + EDGE for gap in gaps(times))
            assert len(times) >= 200 // interval
    assert play.most <= 32 * (1 + SLOW_VISITS)


def test_a_suspect_waits_among_the_doubtful() -> None:
    play = Play({PageName.RESOURCE: 15.0}, concurrency=4)
    play.add(*names(40))
    for target in play.schedule:
        target.suspect = True
    play.seconds = dict.fromkeys(names(40), 0.5)

    play.run(30.0, step=0.1)

    assert play.most == 1


@pytest.mark.parametrize(
    ("reason", "rarest"),
    [
        pytest.param(
            Reason.UNREACHABLE, 4, id="a node that cannot be reached, every fourth slot of its most frequent page"
        ),
        pytest.param(Reason.FORBIDDEN, 4, id="a kubelet that refuses us"),
    ],
)
def test_a_failing_node_is_still_tried(reason: Reason, rarest: int) -> None:
    play = Play()
    play.add("node-1")
    play.reasons["node-1"] = reason

    play.run(600.0)
    play.begun.clear()
    play.run(600.0)

    asked = sorted(time for times in play.begun.values() for time in times)
    assert max(gaps(asked)) <= 15.0 * (rarest + 1)
    assert len(asked) <= 600.0 / (15.0 * (rarest - 0.5)) + 1, "its other pages are not tried in between"


@pytest.mark.parametrize(
    ("reason", "rarest"),
    [
        pytest.param(Reason.PAGE, 4, id="what is no page, every fourth slot"),
        pytest.param(Reason.TIMEOUT, 4, id="a page that takes too long"),
        pytest.param(Reason.NOT_FOUND, 20, id="a page that it does not have, every twentieth"),
    ],
)
def test_a_failing_page_is_tried_more_rarely_and_the_others_as_ever(reason: Reason, rarest: int) -> None:
    play = Play()
    play.add("node-1")
    play.reasons["node-1", PageName.PROBES] = reason

    play.run(3600.0)
    play.begun.clear()
    play.run(3600.0)

    assert len(play.begun["node-1", PageName.PROBES]) == pytest.approx(3600 / 30 / rarest, abs=1)
    assert len(play.begun["node-1", PageName.RESOURCE]) == pytest.approx(3600 / 15, abs=1)


def test_a_node_that_is_back_is_asked_as_ever() -> None:
    play = Play()
    play.add("node-1")
    play.reasons["node-1"] = Reason.CONNECTION_REFUSED
    play.run(600.0)
    play.reasons.clear()
    play.run(75.0)
    play.begun.clear()

    play.run(300.0)

    assert {page: len(times) for (_, page), times in play.begun.items()} == {
        page: pytest.approx(300 / interval, abs=1) for page, interval in INTERVALS.items()
    }


@given(st.data())
def test_nodes_come_and_go(data: st.DataObject) -> None:
    play = Play(concurrency=4, seed=data.draw(st.integers(0, 2**32)))
    for _ in range(data.draw(st.integers(1, 12))):
        name = data.draw(st.sampled_from(names(4)))
        play.seconds[name] = data.draw(st.floats(0.0, 40.0))
        if data.draw(st.booleans()):
            play.add(name)
        else:
            play.schedule.remove(name)
            play.begun.clear()
            play.run(50.0)
            assert all(other != name for other, _ in play.begun)
        play.run(data.draw(st.floats(0.0, 40.0)))

    play.seconds.clear()
    play.run(150.0)  # whatever hung has ended
    play.begun.clear()
    play.run(120.0)
    assert set(play.begun) == {(target.name, page) for target in play.schedule for page in INTERVALS}
    play.now += 1.0
    play.finish()
    assert play.schedule.running == 0


def test_a_clock_that_is_set_back_stops_nothing() -> None:
    play = Play({PageName.RESOURCE: 15.0})
    play.add("node-1")
    play.run(60.0)
    play.now -= 86_400.0
    play.begun.clear()

    play.run(60.0)

    assert len(play.begun["node-1", PageName.RESOURCE]) in (3, 4, 5)


def test_after_a_long_sleep_a_page_is_asked_once_and_the_slots_slept_through_are_counted() -> None:
    play = Play({PageName.RESOURCE: 15.0})
    play.add("node-1")
    play.run(60.0)
    play.begun.clear()

    play.now += 3600.0
    play.run(0.25)

    assert len(play.begun["node-1", PageName.RESOURCE]) == 1
    assert play.schedule.missed[PageName.RESOURCE] == pytest.approx(240, abs=1)


def test_without_pages_or_kubelets_there_is_no_slot() -> None:
    assert Schedule({}, 4, random.Random(1).random).next_slot() is None
    nothing = Schedule({}, 4, random.Random(1).random)
    nothing.add("node-1", "uid", Address("node-1", 10250), START)
    nothing.advance(START + 100)
    assert (nothing.next_slot(), nothing.begin(START)) == (None, None)
