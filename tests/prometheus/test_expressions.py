"""Expressions, whose values are read at whole steps and late enough."""

from __future__ import annotations

from typing import Any

import pytest

from kube_headroom.slo.objective import RawRatio, Sli, Threshold
from tests.prometheus.fake_prometheus import Asked, Labels, Reply, prometheus, refusal, vector
from tests.prometheus.stage import NOW, Remembering, events, objective, query, reader

KEY = ("shop", "requests")
AT = NOW - NOW % 60
Values = dict[str, list[tuple[Labels, float | str]]]
EVENTS = events("rate(total[{{.window}}]) * 1", bad="rate(bad[{{ .window }}]) * 1")
RAW = RawRatio(query("errors:ratio * 1"))
GOOD = RawRatio(query("errors:ratio * 1"), success=True)
SLOW = Threshold(query("latency * 1"), "<", 0.3)


def answering(values: Values) -> Any:
    def reply(asked: Asked) -> Reply:
        if asked.call != "query":
            return Reply(404)
        word = next(word for word in values if word in asked.form["query"])
        return vector(*values[word])

    return reply


def evaluated(sli: Sli, values: Values, group_by: tuple[str, ...] = (), steps: int = 1) -> Remembering:
    intake = Remembering()
    with prometheus(answering(values)) as server:
        asking = reader(server.url, intake, objective(sli, group_by=group_by))
        for index in range(steps):
            asking.evaluate(AT + 45 + 60 * index)
    return intake


@pytest.mark.parametrize(
    ("sli", "values", "sums", "flaws"),
    [
        pytest.param(EVENTS, {"total": [({}, 2)], "bad": [({}, 0.5)]}, {"": (120, 30)}, {}, id="rates times the step"),
        pytest.param(EVENTS, {"total": [({}, 2)], "bad": []}, {"": (120, 0)}, {}, id="bad without series is none"),
        pytest.param(EVENTS, {"total": [({}, 0)], "bad": []}, {"": (0, 0)}, {}, id="nothing happened"),
        pytest.param(EVENTS, {"total": [], "bad": [({}, 1)]}, {}, {}, id="no series, no data"),
        pytest.param(
            EVENTS,
            {"total": [({}, 1)], "bad": [({}, 2)]},
            {"": (60, 60)},
            {"good_above_total": 1},
            id="more bad than all",
        ),
        pytest.param(EVENTS, {"total": [({}, "NaN")], "bad": [({}, 2)]}, {}, {"nan": 1}, id="all is NaN"),
        pytest.param(EVENTS, {"total": [({}, 1)], "bad": [({}, "NaN")]}, {}, {"nan": 1}, id="bad is NaN"),
        pytest.param(EVENTS, {"total": [({}, "+Inf")], "bad": []}, {}, {"infinite": 1}, id="all is infinite"),
        pytest.param(EVENTS, {"total": [({}, -1)], "bad": []}, {}, {"negative": 1}, id="all is negative"),
        pytest.param(
            EVENTS,
            {"total": [({"a": "1"}, 1), ({"a": "2"}, 2)], "bad": []},
            {"": (180, 0)},
            {},
            id="several series are added",
        ),
        pytest.param(
            events("increase(total[{{.window}}]) * 1", bad="bad * 1"),
            {"increase": [({}, 120)], "bad": []},
            {"": (60, 0)},
            {},
            id="an increase is spread over its window",
        ),
        pytest.param(RAW, {"errors": [({}, 0.25)]}, {"": (60, 15)}, {}, id="a share of bad seconds"),
        pytest.param(GOOD, {"errors": [({}, 0.25)]}, {"": (60, 45)}, {}, id="a share of good seconds"),
        pytest.param(RAW, {"errors": [({}, 1.5)]}, {"": (60, 60)}, {"ratio_above_one": 1}, id="a share above one"),
        pytest.param(RAW, {"errors": [({}, "NaN")]}, {}, {"nan": 1}, id="a share of nothing"),
        pytest.param(
            RAW, {"errors": [({"a": "1"}, 0), ({"a": "2"}, 1)]}, {"": (60, 30)}, {}, id="several shares are averaged"
        ),
        pytest.param(SLOW, {"latency": [({}, 0.2)]}, {"": (60, 0)}, {}, id="below the bound"),
        pytest.param(SLOW, {"latency": [({}, "+Inf")]}, {"": (60, 60)}, {}, id="beyond the last bucket"),
        pytest.param(SLOW, {"latency": [({}, "NaN")]}, {}, {"nan": 1}, id="a quantile of nothing"),
        pytest.param(
            SLOW, {"latency": [({"a": "1"}, 0.2), ({"a": "2"}, 0.4)]}, {"": (60, 30)}, {}, id="half of them too slow"
        ),
    ],
)
def test_values_become_amounts(
    sli: Sli, values: Values, sums: dict[str, tuple[float, float]], flaws: dict[str, int]
) -> None:
    intake = evaluated(sli, values)

    assert (intake.sums(KEY), intake.reasons(KEY)) == (sums, flaws)


def test_groups_are_kept_apart() -> None:
    values: Values = {"latency": [({"route": "/a"}, 0.2), ({"route": "/b"}, 0.4)]}

    assert evaluated(SLOW, values, ("route",)).sums(KEY) == {"route=/a": (60.0, 0.0), "route=/b": (60.0, 60.0)}


def test_queries_are_asked_at_whole_steps_one_scrape_and_fifteen_seconds_late() -> None:
    intake = Remembering()
    with prometheus(answering({"total": [({}, 1)], "bad": []})) as server:
        asking = reader(server.url, intake, objective(EVENTS))
        asking.evaluate(AT + 44)
        asking.evaluate(AT + 45)
        asking.evaluate(AT + 104)

        asked = [(one.form["query"], float(one.form["time"]) - AT) for one in server.asked if one.call == "query"]
    assert asked == [
        ("rate(total[120s]) * 1", -60.0),
        ("rate(bad[120s]) * 1", -60.0),
        ("rate(total[120s]) * 1", 0.0),
        ("rate(bad[120s]) * 1", 0.0),
    ]
    assert [(one.start - AT, one.end - AT) for one in intake.added[KEY]] == [(-120, -60), (-60, 0)]


def test_steps_that_failed_are_caught_up_for_two_minutes() -> None:
    intake = Remembering()
    with prometheus(answering({"total": [({}, 1)], "bad": []})) as server:
        asking = reader(server.url, intake, objective(EVENTS))
        answer = server.reply
        for index, reply in enumerate([answer, lambda _: refusal(422, "too many samples"), None, None, None, answer]):
            if reply:
                server.reply = reply
            asking.evaluate(AT + 45 + 60 * index)

    assert [(one.start - AT, one.end - AT) for one in intake.added[KEY]] == [(-60, 0), (180, 240), (240, 300)]
