"""Whatever comes, in whatever order, with gaps, restarts and maintenance: the engine says what brute force says."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from kube_headroom.slo.amount import Amount
from kube_headroom.slo.engine.counters import Limits
from kube_headroom.slo.engine.engine import Engine
from kube_headroom.slo.engine.flow import SECOND
from kube_headroom.slo.intake import Member, Stretch
from kube_headroom.slo.objective import Alerting, Budgeting, Calendar, Maintenance, Objective, Period, Slices
from tests.slo.engine.objectives import ALONE, KEY, MONTH, ROLLING, engine, maintenance, objective
from tests.slo.engine.reference import Reference

EXAMPLES = 40
BERLIN = ZoneInfo("Europe/Berlin")
STARTS = [
    pytest.param(moment, id=name)
    for name, moment in {
        "summer time begins": datetime(2026, 3, 28, 14, 0, 17, tzinfo=BERLIN),
        "summer time ends": datetime(2026, 10, 24, 14, 0, 17, tzinfo=BERLIN),
        "a month ends": datetime(2026, 5, 31, 20, 0, 5, tzinfo=BERLIN),
        "a leap day comes": datetime(2028 - 4, 2, 28, 20, 0, 5, tzinfo=UTC),
    }.items()
]
CALENDARS = (
    MONTH,
    Period("week", 604_800, Calendar("w", 1, datetime(2024, 1, 1, 2, 30), "Europe/Berlin")),  # noqa: DTZ001
    Period("day", 86_400, Calendar("d", 1, datetime(2024, 1, 1), "Australia/Lord_Howe")),  # noqa: DTZ001
    Period("quarter", 7_889_238, Calendar("Q", 1, datetime(2024, 1, 1, tzinfo=UTC), "Asia/Kolkata")),
)
MAINTENANCE = (
    (),
    (maintenance(datetime(2026, 1, 4, 1, 30, tzinfo=BERLIN), 3, weekly=True),),
    (
        maintenance(datetime(2026, 1, 4, 2, 30, tzinfo=BERLIN), 1.5, weekly=True),
        maintenance(datetime(2026, 3, 28, 15, 0, tzinfo=BERLIN), 20, weekly=False),
        maintenance(datetime(2026, 5, 31, 21, 0, tzinfo=BERLIN), 0.01, weekly=False),
    ),
)
SLICES = (
    (Budgeting.OCCURRENCES, None),
    (Budgeting.TIMESLICES, Slices(600, Fraction(9, 10))),
    (Budgeting.TIMESLICES, Slices(3_600, Fraction(1, 2))),
    (Budgeting.RATIO_TIMESLICES, Slices(1_800, Fraction(9, 10))),
)
seconds = st.sampled_from([0.001, 0.5, 7.25, 29.999, 30.0, 60.0, 311.5, 3_600.0, 40_000.0, 100_000.0])
amounts = st.tuples(st.integers(0, 10**9), st.fractions(0, 1, max_denominator=50)).map(
    lambda pair: Amount(pair[0], round(pair[0] * pair[1]))
)
gaps = st.sampled_from([0.0, 0.0, 0.0, 0.0, 41.5, 5_000.0])
acts = st.one_of(
    st.tuples(st.just("add"), gaps, seconds, amounts),
    st.tuples(st.just("add"), gaps, seconds, amounts),
    st.tuples(st.just("late"), st.sampled_from([1.0, 40.0, 9_000.0]), seconds, amounts),
    st.tuples(st.just("fill"), st.sampled_from([0.0, 30.0, 2_500.0, 7_000.0, 90_000.0]), seconds, amounts),
    st.tuples(st.just("wait"), seconds, st.just(0.0), amounts),
    st.tuples(st.just("restart"), seconds, st.just(0.0), amounts),
)
objectives = st.builds(
    lambda target, calendars, slices, freeze, least: objective(
        target=target,
        periods=(ROLLING, *calendars),
        budgeting=slices[0],
        slices=slices[1],
        freeze=freeze,
        alerting=Alerting(minimum_bad_events=Fraction(least)),
    ),
    st.sampled_from([Fraction(1, 2), Fraction(99, 100), Fraction(9999, 10000)]),
    st.lists(st.sampled_from(CALENDARS), min_size=1, max_size=2, unique=True),
    st.sampled_from(SLICES),
    st.booleans(),
    st.sampled_from(["0", "1", "100"]),
)


class Race:
    """The engine beside the reference, through the same acts."""

    def __init__(self, start: datetime, declared: Objective, upkeep: tuple[Maintenance, ...]) -> None:
        self.now = round(start.timestamp() * SECOND)
        self.engine_now = self.now
        self.declared, self.upkeep = declared, upkeep
        self.engine = self.begin()
        self.reference = Reference(declared, upkeep)
        self.heard = float("-inf")
        self.last = (0.0, 0.0, 0.0, 0.0)
        self.rows: dict[str, bytes] = {}
        self.refused = 0

    def begin(self) -> Engine:
        return engine(self.declared, now=self.now / SECOND, upkeep=self.upkeep, limits=Limits(oldest=1e9, ahead=1e9))

    def act(self, kind: str, offset: float, length: float, amount: Amount) -> None:
        shift, duration = round(offset * SECOND), round(length * SECOND)
        end = self.reference.end or self.now
        if kind == "add":
            self.take(end + shift, end + shift + duration, amount)
        elif kind == "late":
            self.take(end - shift - duration, end - shift, amount)
        elif kind == "fill":
            self.fill(end - shift - duration, end - shift, amount)
        elif kind == "wait":
            self.now += shift
        else:
            self.restart(shift)
        self.compare()

    def take(self, start: int, end: int, amount: Amount) -> None:
        self.now = max(self.now, end)
        self.engine.add(KEY, [Stretch(Member(), start / SECOND, end / SECOND, amount)])
        taken = self.reference.add((start, end, *amount))
        self.refused += not taken
        if taken:
            self.heard = max(self.heard, self.now / SECOND)

    def fill(self, start: int, end: int, amount: Amount) -> None:
        self.engine.fill(KEY, [Stretch(Member(), start / SECOND, end / SECOND, amount)])
        oldest = self.filled_since()
        self.refused += not (end > oldest and self.reference.fill((start, end, *amount), oldest))

    def filled_since(self) -> int:
        """Back-fill reaches as far back as the longest period."""
        return self.engine_now - max(period.seconds for period in self.declared.periods) * SECOND

    def restart(self, away: int) -> None:
        self.rows.update(self.engine.rows(self.now / SECOND))
        self.refused -= self.engine.flaws().get((*KEY, "out_of_order"), 0)
        self.refused -= self.engine.flaws().get((*KEY, "covered_already"), 0)
        self.refused -= self.engine.flaws().get((*KEY, "too_old"), 0)
        self.now += away
        self.engine_now = self.now
        self.engine = self.begin()
        self.engine.restore([*self.rows.items()], self.now / SECOND)
        assert not self.engine.flaws()
        if self.reference.end is not None:
            self.heard = min(self.reference.end, self.now) / SECOND
        self.last = (0.0, 0.0, 0.0, 0.0)

    def compare(self) -> None:
        now = self.now / SECOND
        self.engine.changes(now)
        self.engine_now = self.now
        shown = self.engine.snapshot(ALONE, now)
        assert shown is not None
        assert sum(self.engine.flaws().values()) == self.refused
        assert shown.evaluated_at == (None if self.reference.end is None else self.reference.end / SECOND)
        if self.reference.end is not None:
            self.compare_totals()
        if now - self.heard > Limits().missing_after:
            assert (shown.counters, shown.burn_rates, shown.budgets, shown.state) == (None, (), (), "")
            return
        windows = self.reference.windows(self.now)
        expected = {name: float(self.reference.burn(sums)) for name, sums in windows.items()}
        assert dict(shown.burn_rates) == pytest.approx(expected, rel=1e-9, abs=1e-9)
        for budget, (name, (counted, excluded, length)) in zip(
            shown.budgets, self.reference.periods(self.now).items(), strict=True
        ):
            assert budget.period == name
            left = float(self.reference.remaining(self.now, name))
            assert budget.remaining == pytest.approx(left, rel=1e-9, abs=1e-9)
            covered = min((counted.covered + excluded.covered) / max(length, 1), 1.0)
            assert budget.coverage == pytest.approx(covered, rel=1e-9)
        assert shown.state == self.reference.state(self.now)
        event(shown.state)
        self.compare_counters(shown.counters)

    def compare_totals(self) -> None:
        totals = self.engine.totals(KEY, Member(), self.now / SECOND)
        expected = self.reference.periods(self.now)
        assert {name: (tuple(sums.counted), tuple(sums.excluded)) for name, sums in totals.items()} == {
            name: (tuple(counted), tuple(excluded)) for name, (counted, excluded, _) in expected.items()
        }

    def compare_counters(self, counters: tuple[float, float, float | None, float | None] | None) -> None:
        assert counters is not None
        events, bad, more, more_bad = counters
        assert (more is None) == (more_bad is None) == (not self.upkeep)
        values = (events, bad, more or 0.0, more_bad or 0.0)
        assert all(now >= before for now, before in zip(values, self.last, strict=True))
        assert bad <= events
        self.last = values


@pytest.mark.parametrize("start", STARTS)
@given(
    declared=objectives,
    upkeep=st.sampled_from(MAINTENANCE),
    before=st.sampled_from([0, 10**8, 10**12]),
    course=st.lists(acts, min_size=4, max_size=16),
)
@settings(max_examples=EXAMPLES, deadline=None)
def test_the_engine_says_what_brute_force_says_where(
    start: datetime,
    declared: Objective,
    upkeep: tuple[Maintenance, ...],
    before: int,
    course: list[tuple[str, float, float, Amount]],
) -> None:
    race = Race(start, declared, upkeep)
    if before:
        race.act("add", 0.0, 300_000.0, Amount(before, 0))
    for act in course:
        race.act(*act)
