"""Counters read sample by sample: what is counted, what is not, whichever replica answers."""

from __future__ import annotations

import math

import pytest

from kube_headroom.prometheus.options import Options
from kube_headroom.prometheus.reader import Reader
from kube_headroom.timing import Timing
from tests.prometheus.fake_prometheus import Asked, Labels, Reply, Store, matrix, prometheus, refusal, serving
from tests.prometheus.stage import NOW, Remembering, events, objective, reader

KEY = ("shop", "requests")
RATIO = events("sum(rate(requests_total[{{.window}}]))", bad='sum(rate(requests_total{code=~"5.."}[{{.window}}]))')
LABELS = {"__name__": "requests_total", "job": "web", "instance": "a:80"}
Samples = list[tuple[float, float]]


def every(seconds: float, values: list[float], begin: float = NOW - 90) -> Samples:
    return [(begin + index * seconds, value) for index, value in enumerate(values)]


def steady(begin: float, per_scrape: float) -> Samples:
    return every(30, [begin + per_scrape * index for index in range(100)], NOW - 600)


def counted(rows: list[tuple[Labels, Samples]], steps: int = 3, **more: object) -> Remembering:
    """What is counted of series in some steps from now on."""
    store = Store()
    for labels, samples in rows:
        store.add({**LABELS, **labels}, samples)
    intake = Remembering()
    with prometheus(serving(store)) as server:
        asking = reader(server.url, intake, objective(RATIO), **more)
        for index in range(steps + 1):
            asking.evaluate(NOW + 60 * index)
    return intake


def test_reader_counts_up_to_each_evaluation() -> None:
    store = Store()
    store.add({**LABELS, "code": "200"}, steady(1_000, 10))
    store.add({**LABELS, "code": "500"}, steady(5, 1))
    intake = Remembering()
    with prometheus(serving(store)) as server:
        asking = reader(server.url, intake, objective(RATIO))
        for index in range(4):
            asking.evaluate(NOW + 60 * index)

        assert intake.sums(KEY) == {"": (66.0, 6.0)}
        assert [(one.start, one.end) for one in intake.added[KEY]] == [
            (NOW, NOW + 60),
            (NOW + 60, NOW + 120),
            (NOW + 120, NOW + 180),
        ]
        assert server.queries()[1] == "requests_total{}[210s]"
        assert len(server.queries()) == 4, "one question finds the bad ones among all"
        assert asking.summary().series == 2
        assert intake.flaws == {}


@pytest.mark.parametrize(
    ("samples", "events_seen"),
    [
        pytest.param(every(30, [80, 85, 90, 95, 100, 105]), 10, id="what rises is counted from the baseline on"),
        pytest.param(every(30, [80, 85, 90, 95, 3, 8]), 8, id="a reset counts what came after it"),
        pytest.param(every(30, [80, 85, 90, 95, 90, 100]), 5, id="a fall by less than an eighth is jitter of replicas"),
        pytest.param(every(30, [80, 80, 80, 80, 70, 75]), 75, id="a fall by an eighth is a reset"),
        pytest.param(every(30, [80, 80, 80, 80, 0, 0]), 0, id="a reset to nothing counts nothing"),
        pytest.param(every(30, [80, 80, 80, 80, math.nan, 85]), 5, id="a sample that is no number is passed over"),
        pytest.param(every(30, [80, 80, 80, 80, -1, 85]), 5, id="a negative sample is passed over"),
    ],
)
def test_a_series_is_counted(samples: Samples, events_seen: float) -> None:
    assert counted([({"code": "200"}, samples)], steps=1).sums(KEY) == {"": (events_seen, 0.0)}


@pytest.mark.parametrize(
    ("value", "reason"),
    [(math.nan, "nan"), (-1.0, "negative"), (math.inf, "infinite")],
    ids=str,
)
def test_a_sample_that_is_no_count_is_a_flaw(value: float, reason: str) -> None:
    intake = counted([({"code": "200"}, [*every(30, [80, 80, 80, 80]), (NOW + 30, value)])], steps=1)

    assert intake.reasons(KEY) == {reason: 1}


def test_a_newborn_series_counts_from_nothing_and_a_new_target_from_its_first_sample() -> None:
    intake = counted(
        [
            ({"code": "200"}, steady(1_000, 0)),
            ({"code": "500"}, every(30, [2, 3], NOW + 30)),
            ({"code": "200", "instance": "new:80"}, every(30, [7, 9], NOW + 30)),
        ],
        steps=1,
    )

    assert intake.sums(KEY) == {"": (5.0, 3.0)}


def test_series_without_target_labels_never_count_from_nothing() -> None:
    bare = {"instance": "", "job": ""}
    intake = counted(
        [({**bare, "code": "200"}, steady(9, 0)), ({**bare, "code": "500"}, every(30, [50, 53], NOW + 30))]
    )

    assert intake.sums(KEY) == {"": (3.0, 3.0)}


def test_groups_are_counted_apart_and_idle_ones_are_data() -> None:
    store = Store()
    for route, rate in (("/cart", 10.0), ("/pay", 0.0)):
        store.add({**LABELS, "route": route, "code": "200"}, steady(100, rate))
    intake = Remembering()
    sli = events("sum by (route, zone) (rate(requests_total[5m]))", bad='requests_total{code="500"}')
    with prometheus(serving(store)) as server:
        asking = reader(server.url, intake, objective(sli, group_by=("route", "zone")))
        asking.evaluate(NOW)
        asking.evaluate(NOW + 60)

    assert intake.sums(KEY) == {"route=/cart, zone=": (20.0, 0.0), "route=/pay, zone=": (0.0, 0.0)}


def test_without_series_there_are_no_data() -> None:
    assert counted([]).added == {}


def test_good_events_above_all_events_are_clamped_and_counted() -> None:
    store = Store()
    store.add({**LABELS, "__name__": "good_total"}, steady(10, 3))
    store.add(LABELS, steady(10, 2))
    intake = Remembering()
    with prometheus(serving(store)) as server:
        asking = reader(server.url, intake, objective(events("requests_total", good="good_total")))
        asking.evaluate(NOW)
        asking.evaluate(NOW + 60)

        assert {*server.queries()[1:]} == {'{__name__=~"good_total|requests_total"}[210s]'}
    assert intake.sums(KEY) == {"": (4.0, 0.0)}
    assert intake.reasons(KEY) == {"good_above_total": 1}


def test_a_bound_that_the_histogram_does_not_have_is_no_outage() -> None:
    store = Store()
    store.add({**LABELS, "__name__": "seconds_count"}, steady(10, 2))
    store.add({**LABELS, "__name__": "seconds_bucket", "le": "0.5"}, steady(10, 2))
    intake = Remembering()
    sli = events("seconds_count", good='seconds_bucket{le="0.3"}')
    with prometheus(serving(store)) as server:
        asking = reader(server.url, intake, objective(sli))
        for index in range(3):
            asking.evaluate(NOW + 60 * index)

        assert set(server.queries()[1:]) == {'{__name__=~"seconds_bucket|seconds_count",le=~"0\\\\.3|"}[210s]'}
    assert intake.added == {}
    assert intake.reasons(KEY)["no_bucket"] == 3


def test_a_query_with_too_many_series_counts_nothing_until_it_has_less() -> None:
    rows = [({"code": "200", "pod": f"p{index}"}, steady(10, 1)) for index in range(3)]
    intake = counted(rows, steps=2, series_limit=2)

    assert intake.added == {}
    assert intake.reasons(KEY) == {"series_over_limit": 3}


@pytest.mark.parametrize(
    ("silent_steps", "counted_events", "begin"),
    [
        pytest.param(1, 40.0, 0.0, id="two minutes are caught up"),
        pytest.param(5, 40.0, 240.0, id="of a longer gap the last two minutes count, the rest is history"),
    ],
)
def test_after_a_gap(silent_steps: int, counted_events: float, begin: float) -> None:
    store = Store()
    store.add({**LABELS, "code": "200"}, steady(1_000, 10))
    intake = Remembering()
    with prometheus(serving(store)) as server:
        asking = reader(server.url, intake, objective(RATIO))
        answer = server.reply
        asking.evaluate(NOW)
        server.reply = lambda _: refusal(503, "query queue is full")
        for index in range(silent_steps):
            asking.evaluate(NOW + 60 * (index + 1))
        server.reply = answer
        asking.evaluate(NOW + 60 * (silent_steps + 1))

    (stretch,) = intake.added[KEY]
    assert (stretch.start - NOW, stretch.amount.events / 1e6) == (begin, counted_events)


def test_what_happened_while_the_exporter_restarted_counts_once() -> None:
    store = Store()
    store.add({**LABELS, "code": "200"}, steady(1_000, 10))
    intake = Remembering()
    with prometheus(serving(store)) as server:
        asking = Reader(Options(server.url, delay=0.0), intake, Timing(clock=lambda: NOW))
        asking.define([objective(RATIO)], since={KEY: NOW - 60})
        asking.evaluate(NOW)

    assert [(one.start, one.end) for one in intake.added[KEY]] == [(NOW - 60, NOW)]
    assert intake.sums(KEY) == {"": (20.0, 0.0)}


def test_an_objective_that_did_not_change_goes_on_and_one_that_is_gone_ends() -> None:
    store = Store()
    store.add({**LABELS, "code": "200"}, steady(1_000, 10))
    intake = Remembering()
    other = objective(RATIO, "other")
    with prometheus(serving(store)) as server:
        asking = reader(server.url, intake, objective(RATIO), other)
        asking.evaluate(NOW)
        asking.define([objective(RATIO)])
        asking.evaluate(NOW + 60)

    assert intake.sums(KEY) == {"": (20.0, 0.0)}
    assert other.key not in intake.added


def test_labels_in_another_order_are_the_same_series() -> None:
    store = Store()
    store.add({**LABELS, "code": "200"}, steady(1_000, 10))
    turn = iter([False, True, False])

    def reply(asked: Asked) -> Reply:
        rows = store.answer(asked.form["query"], float(asked.form["time"]))
        answer = matrix(*rows)
        if next(turn):
            labels = b'"__name__":"requests_total","code":"200","instance":"a:80","job":"web"'
            mixed = b'"job":"web","instance":"a:80","code":"200","__name__":"requests_total"'
            assert labels in answer.body
            answer = answer._replace(body=answer.body.replace(labels, mixed))
        return answer

    intake = Remembering()
    with prometheus(lambda asked: Reply(404) if asked.call != "query" else reply(asked)) as server:
        asking = reader(server.url, intake, objective(RATIO))
        for index in range(3):
            asking.evaluate(NOW + 60 * index)

    assert intake.sums(KEY) == {"": (40.0, 0.0)}
