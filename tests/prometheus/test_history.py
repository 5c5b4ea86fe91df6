"""The past, read in chunks."""

from __future__ import annotations

import promql_parser as promql
import pytest

from kube_headroom.prometheus.backlog import seconds_of
from kube_headroom.prometheus.history import Piece, pieces
from kube_headroom.slo.objective import RawRatio, Selector, Sli, Threshold
from tests.prometheus.fake_prometheus import Asked, Reply, matrix, prometheus, refusal, success
from tests.prometheus.stage import NOW, Remembering, events, objective, query, reader

KEY = ("shop", "requests")
HOUR = 3_600.0
DAY = 24 * HOUR
RATIO = events("sum by (route) (rate(all_total[{{.window}}]))", bad='bad_total{code="500"}')
AT = NOW - NOW % HOUR


@pytest.mark.parametrize(
    ("gap", "found"),
    [
        pytest.param((AT - 600, AT), [Piece(AT - 600, AT, 300)], id="five minutes for what is recent"),
        pytest.param((AT - 40, AT), [], id="nothing where there is hardly a scrape"),
        pytest.param((AT - 630, AT), [Piece(AT - 300, AT, 300), Piece(AT - 630, AT - 300, 330)], id="with a rest"),
        pytest.param(
            (AT - 8 * HOUR, AT - 5 * HOUR),
            [Piece(AT - 6 * HOUR, AT - 5 * HOUR, 300), Piece(AT - 8 * HOUR, AT - 6 * HOUR, 3600)],
            id="hours before, the newest first",
        ),
        pytest.param(
            (AT - 3 * DAY, AT - 2 * DAY + 1800),
            [
                Piece(AT - 2 * DAY, AT - 2 * DAY + 1800, 1800),
                Piece(AT - 3 * DAY, AT - 2 * DAY, 3600),
            ],
            id="a day in one question",
        ),
    ],
)
def test_gaps_are_cut_into_pieces(gap: tuple[float, float], found: list[Piece]) -> None:
    assert pieces([gap], AT, 60) == found


def test_pieces_cover_a_month_once() -> None:
    found = pieces([(AT - 30 * DAY, AT)], AT, 60)

    assert found == sorted(found, key=lambda piece: -piece.end)
    assert [piece.start for piece in found[:-1]] == [piece.end for piece in found[1:]]
    assert (found[0].end, found[-1].start) == (AT, AT - 30 * DAY)
    assert all(round((piece.end - piece.start) / piece.chunk) <= 72 for piece in found)


def filled(sli: Sli, gap: tuple[float, float], reply: object, **more: object) -> tuple[Remembering, list[Asked]]:
    intake = Remembering()
    with prometheus(reply) as server:  # type: ignore[arg-type]
        asking = reader(server.url, intake, objective(sli, group_by=("route",)), **more)
        asking.back_fill(KEY, [gap])
        moments = NOW
        while asking.summary().pending and moments < NOW + 600:
            asking.read_past(moments)
            moments += 61
        return intake, [one for one in server.asked if one.call != "status/runtimeinfo"]


def per_chunk(asked: Asked) -> Reply:
    """Ten events in each chunk of /cart, one bad in the first only."""
    if asked.call != "query_range":
        return Reply(404)
    first, last, step = (float(asked.form[name]) for name in ("start", "end", "step"))
    ends = [first + index * step for index in range(round((last - first) / step) + 1)]
    bad = "bad_total" in asked.form["query"]
    return matrix(({"route": "/cart"}, [(first, 1.0)] if bad else [(end, 10.0) for end in ends]))


def test_counters_are_read_as_increases_of_each_chunk() -> None:
    begin = NOW - NOW % 300 - 900
    intake, asked = filled(RATIO, (begin, begin + 900), per_chunk)

    assert [one.form["query"] for one in asked] == [
        "sum by (route) (increase(all_total{}[300s]))",
        'sum by (route) (increase(bad_total{code="500"}[300s]))',
    ]
    assert [(one.member.group, one.start - begin, one.end - begin, one.amount) for one in intake.filled[KEY]] == [
        ("route=/cart", 600.0, 900.0, (10_000_000, 0)),
        ("route=/cart", 300.0, 600.0, (10_000_000, 0)),
        ("route=/cart", 0.0, 300.0, (10_000_000, 1_000_000)),
    ]
    assert intake.added == {}


@pytest.mark.parametrize(
    ("sli", "text"),
    [
        pytest.param(
            RawRatio(query("rate(errors[{{.window}}])")),
            "sum_over_time((avg by (route) (clamp_max((rate(errors[120s])) >= 0, 1)))[300s:60s])",
            id="a share, averaged over the chunk's steps",
        ),
        pytest.param(
            Threshold(query("latency"), "<=", 0.3),
            "sum_over_time((avg by (route) (((latency) > -Inf) <= bool 0.29999999999999999))[300s:60s])",
            id="a threshold, compared at each step",
        ),
        pytest.param(
            events("a / b", bad="rate(a[{{.window}}]) * 2"),
            "rate(a[300s]) * 2",
            id="a rate over the chunk",
        ),
    ],
)
def test_expressions_are_asked_over_each_chunk(sli: Sli, text: str) -> None:
    begin = NOW - NOW % 300 - 300
    _, asked = filled(sli, (begin, begin + 300), per_chunk)

    assert asked[1].form["query"] == text
    for one in asked:
        promql.parse(one.form["query"])


def test_our_own_counters_tell_the_past_of_cluster_state() -> None:
    intake = Remembering()
    labels = {"slo_group": "", "namespace": "shop", "workload_kind": "Deployment", "workload": "cart"}
    begin = NOW - NOW % 300 - 300

    def reply(asked: Asked) -> Reply:
        return matrix((labels, [(begin + 300, 290.0)])) if asked.call == "query_range" else Reply(404)

    with prometheus(reply) as server:
        asking = reader(server.url, intake)
        asking.from_counters(("shop", 'up"'), [(begin, begin + 300)])
        assert asking.read_past(NOW)
        assert not asking.read_past(NOW)

        assert server.queries()[0] == (
            "max by (slo_group, namespace, workload_kind, workload) "
            '(increase(headroom_slo_events_total{slo_service="shop",slo="up\\""}[300s]))'
        )
    (stretch,) = intake.filled["shop", 'up"']
    assert stretch.member == ("", Selector("shop", "Deployment", "cart"))


def test_a_piece_that_cannot_be_read_is_tried_three_times() -> None:
    begin = NOW - NOW % 300 - 300
    intake, asked = filled(
        RATIO, (begin, begin + 300), lambda one: refusal(422, "too many") if one.form else Reply(404)
    )

    assert len(asked) == 3
    assert intake.reasons(KEY) == {"past_unread": 1}


def test_nothing_is_asked_beyond_what_the_server_keeps_or_we_want() -> None:
    def reply(asked: Asked) -> Reply:
        return success({"storageRetention": "1d or 10GB"}) if not asked.form else per_chunk(asked)

    intake, asked = filled(RATIO, (NOW - 40 * DAY, NOW - 12 * HOUR), reply, back_fill=3 * DAY)

    assert min(float(one.form["start"]) for one in asked) > NOW - 2.1 * DAY
    assert intake.filled[KEY]


def test_a_retention_shorter_than_the_period_is_a_flaw() -> None:
    intake = Remembering()
    with prometheus(lambda asked: matrix() if asked.form else success({"storageRetention": "15d"})) as server:
        asking = reader(server.url, intake, objective(RATIO))
        asking.evaluate(NOW)
        asking.evaluate(NOW + 60)

    assert intake.reasons(KEY) == {"retention_short": 1}


@pytest.mark.parametrize(
    ("told", "seconds"), [("15d", 15 * DAY), ("10GB or 15d", 15 * DAY), ("10GB", None), ("", None), ("0s", None)]
)
def test_retention_is_read(told: str, seconds: float | None) -> None:
    assert seconds_of(told) == seconds
