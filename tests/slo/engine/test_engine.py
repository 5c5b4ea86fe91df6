"""What the engine promises besides its sums: counters, missing data, definitions that change, groups, gaps, memory."""

from __future__ import annotations

import gc
import tracemalloc
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.slo.amount import SCALE, Amount
from kube_headroom.slo.engine.counters import Counters, Limits
from kube_headroom.slo.engine.engine import Engine
from kube_headroom.slo.engine.flow import SECOND, Flow
from kube_headroom.slo.engine.ring import Ring
from kube_headroom.slo.intake import Member, Stretch
from kube_headroom.slo.objective import (
    Alerting,
    Budgeting,
    ClusterIndicator,
    Indicator,
    Objective,
    Period,
    Query,
    RawRatio,
    Selector,
    Slices,
    Threshold,
)
from kube_headroom.snapshot import SloSnapshot
from tests.slo.engine.objectives import ALONE, EVENTS, KEY, PLACE, ROLLING, engine, maintenance, objective, stretch

NOW = 1_770_000_000.0
STEP = 30.0
DAY = 86_400


def show(of: Engine, now: float) -> SloSnapshot:
    of.changes(now)
    snapshot = of.snapshot(ALONE, now)
    assert snapshot is not None
    return snapshot


def counted(of: Engine, now: float) -> tuple[float, float] | None:
    snapshot = show(of, now)
    return snapshot.counters[:2] if snapshot.counters else None


def feed(into: Engine, begin: float, end: float, bad: float = 0.0) -> None:
    """An event a second, `bad` of them bad, a stretch each step."""
    for at in range(round((end - begin) / STEP)):
        now = begin + (at + 1) * STEP
        into.add(KEY, [stretch(now - STEP, now, STEP, bad * STEP)])
        show(into, now)


def test_before_the_first_data_an_objective_shows_what_was_declared() -> None:
    snapshot = show(engine(now=NOW), NOW)
    assert snapshot.objective == 0.99
    assert (snapshot.counters, snapshot.burn_rates, snapshot.budgets, snapshot.state) == (None, (), (), "")
    assert snapshot.evaluated_at is None


def test_counters_are_held_at_zero_from_their_first_snapshot_and_then_show_the_sum() -> None:
    cart = engine(now=NOW)
    values = []
    for step in range(1, 5):
        now = NOW + step * STEP
        cart.add(KEY, [stretch(now - STEP, now, 10, 1)])
        values.append(counted(cart, now))
    assert values == [(0, 0), (0, 0), (30, 3), (40, 4)]
    assert counted(cart, NOW + 100) == (40, 4), "a clock set back holds nothing again"


def test_of_an_hour_that_arrives_at_once_the_counters_take_the_last_two_minutes_and_the_budget_all() -> None:
    cart = engine(now=NOW)
    feed(cart, NOW, NOW + 300)
    now = NOW + 3_900
    cart.add(KEY, [stretch(NOW + 300, now, 3_600, 3_600)])
    assert counted(cart, now) == (300 + 120, 120)
    assert show(cart, now).budgets[0].bad == 3_600


def test_what_arrives_too_old_moves_no_counter() -> None:
    cart = engine(now=NOW)
    feed(cart, NOW, NOW + 300)
    cart.add(KEY, [stretch(NOW + 300, NOW + 330, 30, 30)])
    assert counted(cart, NOW + 3_600) == (300, 0)


def test_back_fill_moves_windows_and_budgets_and_no_counter() -> None:
    cart = engine(now=NOW)
    feed(cart, NOW, NOW + 300)
    before = counted(cart, NOW + 300)
    cart.fill(KEY, [stretch(NOW - 600, NOW, 600, 600)])
    assert counted(cart, NOW + 300) == before
    snapshot = show(cart, NOW + 300)
    assert snapshot.budgets[0].events == 900
    assert dict(snapshot.burn_rates)["1h"] == pytest.approx(600 / 900 / 0.01)


@given(
    steps=st.lists(
        st.tuples(st.sampled_from([0, 1, 30, 60, 500]), st.lists(st.tuples(st.integers(0, 900), st.integers(1, 900)))),
        max_size=12,
    )
)
def test_counters_never_move_by_more_than_the_time_passed_and_two_minutes(
    steps: list[tuple[int, list[tuple[int, int]]]],
) -> None:
    counters, limits = Counters(), Limits(counter_hold=0, oldest=1e6)
    now, end = NOW, round(NOW) * SECOND
    seen = []
    for passed, stretches in steps:
        now += passed
        for gap, length in stretches:
            begin, end = end + gap * SECOND, end + (gap + length) * SECOND
            counters.note(Flow(begin, end, length * SCALE, 0), begin, end, excluded=False)
        counters.settle(now, limits)
        seen.append((now, counters.shown(now, 0, excludes=False)[0]))
    for at, (earlier, before) in enumerate(seen):
        for later, value in seen[at:]:
            assert 0 <= value - before <= later - earlier + limits.catch_up


def test_an_objective_without_data_is_withdrawn_and_comes_back_with_its_value() -> None:
    cart = engine(now=NOW)
    feed(cart, NOW, NOW + 300)
    assert show(cart, NOW + 420).state == "healthy"
    assert ALONE in cart.changes(NOW + 421)
    gone = show(cart, NOW + 421)
    assert (gone.counters, gone.burn_rates, gone.budgets, gone.state) == (None, (), (), "")
    assert gone.evaluated_at == NOW + 300
    assert cart.changes(NOW + 3_000) == []
    cart.add(KEY, [stretch(NOW + 3_000, NOW + 3_030, 30)])
    assert counted(cart, NOW + 3_030) == (330, 0)


def test_an_evaluation_step_looks_at_an_objective_when_data_came_or_time_moved_its_windows_on() -> None:
    cart = engine(now=NOW)
    feed(cart, NOW, NOW + 300)
    assert cart.changes(NOW + 330) == []
    cart.add(KEY, [stretch(NOW + 300, NOW + 330, 1)])
    assert cart.changes(NOW + 331) == [ALONE]
    assert cart.changes(NOW + 390) == [ALONE]


def test_idle_is_not_missing() -> None:
    cart = engine(now=NOW)
    cart.add(KEY, [stretch(NOW, NOW + 30, 0)])
    snapshot = show(cart, NOW + 30)
    assert dict(snapshot.burn_rates) == dict.fromkeys(("5m", "30m", "1h", "2h", "6h", "1d", "3d"), 0.0)
    assert snapshot.budgets[0].remaining == 1
    assert snapshot.counters == (0, 0, None, None)


def test_maintenance_counts_apart_and_leaves_the_burn_rate_alone() -> None:
    begin = datetime(2026, 3, 29, 1, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    now = begin.timestamp()
    cart = engine(now=now - 300, upkeep=(maintenance(begin, 1, weekly=True),))
    feed(cart, now - 300, now)
    feed(cart, now, now + 300, bad=1)
    assert show(cart, now + 300).counters == (300, 0, 300, 300)
    totals = cart.totals(KEY, Member(), now + 300)["30d"]
    assert (totals.counted.bad, totals.excluded.bad) == (0, 300 * SCALE)
    assert show(cart, now + 300).state == "healthy"


def test_a_freeze_ends_when_a_tenth_of_the_budget_is_left_again() -> None:
    cart = engine(objective(freeze=True, target=Fraction(1, 2), periods=(Period("1d", DAY),)), now=NOW)
    quarter, states = DAY // 4, []
    for number, bad in enumerate([6, 9, 6, 0, 6, 0], start=1):
        end = NOW + number * quarter
        cart.changes(end)
        cart.add(KEY, [stretch(end - quarter, end, 10, bad)])
        snapshot = show(cart, end)
        states.append((round(snapshot.budgets[0].remaining, 2), snapshot.state))
    assert states[0][1] != "frozen"
    assert [state for left, state in states if left < 0.1][-1] == "frozen"
    assert states[-1][0] >= 0.1
    assert states[-1][1] != "frozen"


def test_an_outage_in_the_first_hour_spends_its_share_of_the_whole_period() -> None:
    cart = engine(objective(target=Fraction(999, 1000), periods=(ROLLING,)), now=NOW)
    cart.changes(NOW + 3600)
    cart.add(KEY, [stretch(NOW, NOW + 3600, 3600, 259.2)])
    budget = show(cart, NOW + 3600).budgets[0]
    assert budget.remaining == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("later", "kept"),
    [
        pytest.param(objective(target=Fraction(999, 1000)), True, id="another target keeps it"),
        pytest.param(objective(periods=(Period("90d", 90 * DAY),)), True, id="another period keeps it"),
        pytest.param(
            objective(sli=EVENTS._replace(total=Query("total", PLACE._replace(line=9)))),
            True,
            id="another line keeps it",
        ),
        pytest.param(
            objective(sli=EVENTS._replace(total=Query("other", PLACE))), False, id="another query begins anew"
        ),
        pytest.param(
            objective(budgeting=Budgeting.TIMESLICES, slices=Slices(60, Fraction(1, 2))), False, id="slices begin anew"
        ),
    ],
)
def test_the_history_of_a_changed_definition(later: Objective, kept: bool) -> None:
    cart = engine(now=NOW)
    feed(cart, NOW, NOW + 300, bad=0.1)
    cart.define([later], (), NOW + 300)
    snapshot = show(cart, NOW + 300)
    assert snapshot.counters == ((300, 30, None, None) if kept else None)
    assert [budget.events for budget in snapshot.budgets] == ([300] * len(later.periods) if kept else [])


def test_a_period_made_longer_and_shorter_again_loses_no_event() -> None:
    cart = engine(now=NOW)
    cart.fill(KEY, [stretch(NOW - day * DAY - 7_777, NOW - day * DAY, 7 * day + 1, day) for day in range(25, 0, -1)])
    before = cart.totals(KEY, Member(), NOW)["30d"]
    for name, days in (("90d", 90), ("365d", 365), ("30d", 30)):
        cart.define([objective(periods=(Period(name, days * DAY),))], (), NOW)
        assert cart.totals(KEY, Member(), NOW)[name] == before


def test_an_objective_that_is_gone_for_less_than_a_day_keeps_its_history() -> None:
    cart = engine(now=NOW)
    feed(cart, NOW, NOW + 300)
    cart.define([], (), NOW + 300)
    assert cart.changes(NOW + 300) == [ALONE]
    assert cart.snapshot(ALONE, NOW + 300) is None
    assert [bool(value) for _, value in cart.rows(NOW + 300)] == [True]
    cart.define([objective()], (), NOW + 360)
    cart.add(KEY, [stretch(NOW + 330, NOW + 360, 30)])
    assert counted(cart, NOW + 360) == (330, 0)
    cart.define([], (), NOW + 360)
    assert cart.rows(NOW + 370)[0][1]
    assert [value for _, value in cart.rows(NOW + 361 + DAY)] == [b""]


def test_groups_over_the_limit_are_refused_and_counted_and_silent_ones_forgotten() -> None:
    cart = engine(objective(group_by=("route",), group_limit=2, periods=(ROLLING,)), now=NOW)
    routes = [Member(f"route=/{name}") for name in "abc"]
    cart.add(KEY, [stretch(NOW, NOW + 30, 1, 0, route) for route in routes])
    assert cart.members(KEY) == routes[:2]
    assert cart.flaws() == {(*KEY, "groups_over_limit"): 1}
    keys = cart.changes(NOW + 30)
    assert {key[3] for key in keys if cart.snapshot(key, NOW + 30)} == {"route=/a", "route=/b"}
    assert len(cart.rows(NOW + 30)) == 2
    later = NOW + 31 * DAY
    cart.changes(later)
    assert cart.members(KEY) == []
    assert sorted(value for _, value in cart.rows(later)) == [b"", b""]


@pytest.mark.parametrize(
    ("taken", "reason"),
    [
        pytest.param(stretch(NOW + 10, NOW + 40, 1), "out_of_order", id="one before the last one's end"),
        pytest.param(stretch(NOW + 60, NOW + 60, 1), "no_time", id="one without time"),
        pytest.param(stretch(NOW + 30, NOW + 60, -1), "negative", id="negative events"),
        pytest.param(stretch(NOW + 30, NOW + 60, 1, 2), "bad_above_events", id="more bad ones than events"),
        pytest.param(stretch(NOW + 30, NOW + 31, 10**8), "too_many", id="more than ten million a second"),
        pytest.param(stretch(NOW + 30, NOW + 9_000, 1), "in_the_future", id="one that ends in the future"),
        pytest.param(stretch(NOW, float("nan"), 1), "nan", id="an end that is not a number"),
        pytest.param(stretch(NOW, float("inf"), 1), "nan", id="an end that never comes"),
    ],
)
def test_a_stretch_is_refused_and_counted(taken: Stretch, reason: str) -> None:
    cart = engine(now=NOW)
    feed(cart, NOW, NOW + 30)
    cart.add(KEY, [taken])
    assert cart.flaws() == {(*KEY, reason): 1}
    assert show(cart, NOW + 30).budgets[0].events == 30


def test_ends_that_were_computed_differently_still_touch() -> None:
    cart = engine(now=NOW)
    cart.add(KEY, [stretch(NOW, NOW + 30, 30), stretch(NOW + 29.9995, NOW + 60, 30)])
    assert not cart.flaws()
    assert cart.gaps(KEY, NOW) == []


def test_gaps_are_what_no_member_covers() -> None:
    cart = engine(objective(group_by=("route",)), now=NOW + 1_000)
    first, second = Member("route=/a"), Member("route=/b")
    assert cart.gaps(KEY, NOW - 100) == [(NOW - 100, NOW + 1_000)]
    cart.add(KEY, [stretch(NOW, NOW + 100, 1, 0, first), stretch(NOW + 200, NOW + 300, 1, 0, first)])
    cart.add(KEY, [stretch(NOW + 50, NOW + 150, 1, 0, second), stretch(NOW + 400, NOW + 1_000, 1, 0, second)])
    assert cart.gaps(KEY, NOW - 100) == [(NOW - 100, NOW), (NOW + 150, NOW + 200), (NOW + 300, NOW + 400)]
    cart.fill(KEY, [stretch(NOW - 100, NOW + 400, 1, 0, first)])
    assert cart.gaps(KEY, NOW - 100) == []
    assert cart.gaps(("no", "such"), NOW) == []


def test_rows_wait_for_their_objective_and_what_cannot_be_used_is_counted() -> None:
    cart = engine(now=NOW)
    feed(cart, NOW, NOW + 300)
    rows = cart.rows(NOW + 300)
    assert cart.rows(NOW + 300) == []
    cart.give_back(rows)
    assert cart.rows(NOW + 300) == rows
    late = Engine(Limits())
    late.restore([*rows, ("no key", b""), ('["shop","pay","","","",""]', b"torn")], NOW + 310)
    late.define([objective(), objective(name="pay")], (), NOW + 320)
    assert show(late, NOW + 320).budgets[0].events == 300
    assert late.flaws() == {("", "", "row_unreadable"): 1, ("shop", "pay", "row_unreadable"): 1}
    assert {text for text, value in late.rows(NOW + 320) if not value} == {"no key", '["shop","pay","","","",""]'}
    other = engine(objective(sli=RawRatio(Query("x", PLACE))), now=NOW)
    other.restore(rows, NOW + 310)
    assert other.flaws() == {(*KEY, "row_of_another_sli"): 1}


CLUSTER = ClusterIndicator(Indicator.AVAILABILITY, Selector("shop", "Deployment", "cart"))
NORMAL = {"1h": 14.4, "6h": 6.0, "1d": 3.0, "3d": 1.0}


@pytest.mark.parametrize(
    ("declared", "sli", "unit", "thresholds", "ticket"),
    [
        pytest.param(objective(), "events", "events", NORMAL, 0.2, id="a ratio of events"),
        pytest.param(objective(sli=RawRatio(Query("x", PLACE))), "ratio", "seconds", NORMAL, 0.2, id="a raw ratio"),
        pytest.param(
            objective(sli=Threshold(Query("x", PLACE), "<", 1.0)), "threshold", "seconds", NORMAL, 0.2, id="a threshold"
        ),
        pytest.param(objective(sli=CLUSTER), "availability", "seconds", NORMAL, 0.2, id="availability"),
        pytest.param(
            objective(sli=CLUSTER._replace(indicator=Indicator.JOB_SUCCESS)), "job-success", "jobs", {}, 0.2, id="rare jobs"
        ),
        pytest.param(
            objective(
                sli=CLUSTER._replace(indicator=Indicator.JOB_SUCCESS),
                budgeting=Budgeting.TIMESLICES,
                slices=Slices(60, Fraction(1, 2)),
            ),
            "job-success", "slices", NORMAL, 0.2, id="jobs in slices",
        ),
        pytest.param(
            objective(alerting=Alerting(page=False)), "events", "events", {"1d": 3.0, "3d": 1.0}, 0.2, id="without pages"
        ),
        pytest.param(
            objective(alerting=Alerting(ticket=False)), "events", "events", {"1h": 14.4, "6h": 6.0}, None, id="without tickets"
        ),
        pytest.param(
            objective(target=Fraction(9, 10)), "events", "events", NORMAL | {"1h": 8.0}, 0.2, id="a budget too large for 14.4"
        ),
    ],
)  # fmt: skip
def test_the_declaration_shows(
    declared: Objective, sli: str, unit: str, thresholds: dict[str, float], ticket: float | None
) -> None:
    cart = engine(declared, now=NOW)
    (key,) = cart.changes(NOW)
    snapshot = cart.snapshot(key, NOW)
    assert snapshot is not None
    assert key == ("slo", *snapshot.slo)
    assert (snapshot.sli, snapshot.unit, snapshot.budget_ticket) == (sli, unit, ticket)
    assert dict(snapshot.thresholds) == thresholds


@given(
    edges=st.lists(st.integers(1, 10**11), min_size=2, max_size=8, unique=True).map(sorted),
    events=st.integers(0, 10**14),
    bad=st.integers(0, 10**14),
)
def test_however_a_flow_is_cut_its_pieces_add_up_and_none_has_more_bad_events_than_events(
    edges: list[int], events: int, bad: int
) -> None:
    flow = Flow(edges[0], edges[-1], events, bad)
    ring = Ring(3_600, 2 * DAY, edges[-1])
    for begin, end in pairwise(edges):
        ring.add(flow, begin, end)
    assert ring.since(0) == (events + bad, bad, edges[-1] - edges[0])
    assert all(some <= every for some, every in zip(ring.bad, ring.events, strict=True))


def test_a_member_with_full_rings_and_the_most_gaps_takes_no_more_than_20_kilobytes() -> None:
    members = 20
    names = [f"cart-{number}" for number in range(members)]
    tracemalloc.start()
    try:
        carts = engine(*(objective(name=name) for name in names), now=NOW)
        for name in names:
            hours = range(700, 0, -1)
            carts.fill(
                ("shop", name),
                [
                    Stretch(
                        Member(), NOW - hour * 3_600, NOW - hour * 3_600 + 3_500, Amount(10**9 + hour, 10**8 + hour)
                    )
                    for hour in hours
                ],
            )
            carts.add(("shop", name), [stretch(NOW, NOW + 30, 1_000, 3)])
        for key in carts.changes(NOW + 30):
            carts.snapshot(key, NOW + 30)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] / members <= 20_000
    finally:
        tracemalloc.stop()


@given(
    acts=st.lists(
        st.tuples(
            st.sampled_from([0, 1, 299, 300, 4_000]), st.sampled_from([0, 0, 600, 90_000]), st.integers(1, 9_000)
        ),
        max_size=20,
    )
)
def test_the_sums_that_a_window_keeps_are_the_sums_of_its_buckets(acts: list[tuple[int, int, int]]) -> None:
    now = 10**7 * SECOND
    ring = Ring(300, 21_600, now)
    for passed, back, length in acts:
        now += passed * SECOND
        end = now - back * SECOND
        ring.add(Flow(end - length * SECOND, end, length * 7, length), end - length * SECOND, end)
        for window in (7_200 * SECOND, 21_600 * SECOND):
            assert ring.window(window, now) == ring.since(now - window)


def test_two_halves_of_a_slice_are_one_event() -> None:
    begin = NOW // 600 * 600
    cart = engine(objective(budgeting=Budgeting.TIMESLICES, slices=Slices(600, Fraction(1, 2))), now=begin + 900)
    cart.add(KEY, [stretch(begin, begin + 300, 5), stretch(begin + 600, begin + 900, 5)])
    cart.fill(KEY, [stretch(begin + 300, begin + 600, 5)])
    assert cart.totals(KEY, Member(), begin + 900)["30d"].counted.events == SCALE


def test_back_fill_into_a_slice_that_is_not_over_takes_nothing_from_the_windows() -> None:
    begin = NOW // 3_600 * 3_600
    now = begin + 2_400
    cart = engine(objective(budgeting=Budgeting.TIMESLICES, slices=Slices(3_600, Fraction(1, 2))), now=now)
    cart.add(KEY, [stretch(begin - 36_000, begin, 36_000), stretch(now - 1, now, 1)])
    before = show(cart, now).budgets[0].events
    cart.fill(KEY, [stretch(begin, now - 1, 2_399, 2_399)])
    snapshot = show(cart, now)
    assert (before, snapshot.budgets[0].events) == (10, 11)
    hours_shown = (6 * 3_600 - 2_400) / 3_600
    assert dict(snapshot.burn_rates)["6h"] == pytest.approx(1 / (hours_shown + 1) / 0.01)
