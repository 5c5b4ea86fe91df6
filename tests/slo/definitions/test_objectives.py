"""What right definitions mean, field by field."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

import pytest

from kube_headroom.catalogue.labels import Workload
from kube_headroom.slo.definitions import Defaults, from_annotation, parse_period
from kube_headroom.slo.objective import (
    Alerting,
    Budgeting,
    Calendar,
    ClusterIndicator,
    EventRatio,
    Indicator,
    Maintenance,
    Objective,
    Period,
    Place,
    Query,
    RawRatio,
    Selector,
    Slices,
    Threshold,
)
from tests.slo.definitions.documents import LATENCY, ONCE, SLO, STATE, WEEKLY, read, told

DEFAULTS = Defaults()
ALERTING = Alerting(minimum_bad_events=Fraction(3))
MONTH = Period("30d", 2_592_000)


def one(text: str) -> Objective:
    definitions = read(text)
    assert told(definitions) == []
    [objective] = definitions.objectives
    return objective


def changed(text: str, *edits: tuple[str, str]) -> str:
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_events_and_bad_events() -> None:
    assert one(SLO) == Objective(
        service="shop",
        name="checkout",
        target=Fraction(999, 1000),
        sli=EventRatio(
            total=Query("http_requests_total", Place("a.yaml", 20)),
            bad=Query('http_requests_total{code=~"5.."}', Place("a.yaml", 18)),
        ),
        periods=(MONTH,),
        place=Place("a.yaml", 4),
        alerting=ALERTING,
        owner="payments",
    )


def test_cluster_state() -> None:
    assert one(STATE) == Objective(
        service="shop",
        name="up",
        target=Fraction(999, 1000),
        sli=ClusterIndicator(Indicator.AVAILABILITY, Selector("shop", "Deployment", "cart")),
        periods=(MONTH,),
        place=Place("a.yaml", 4),
        alerting=ALERTING,
    )


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(
            "{indicator: availability, needed: 50%, settle: 1m30s}",
            ClusterIndicator(Indicator.AVAILABILITY, Selector(), needed=Fraction(1, 2), settle=90.0),
            id="replicas needed and how long they settle",
        ),
        pytest.param(
            "{indicator: restart-free, namespace: shop, afterRestart: 2m}",
            ClusterIndicator(Indicator.RESTART_FREE, Selector("shop"), after_restart=120.0),
            id="how long a restart is felt",
        ),
        pytest.param(
            "{indicator: scheduling-latency, within: 10s}",
            ClusterIndicator(Indicator.SCHEDULING_LATENCY, Selector(), within=10.0),
            id="within how long a pod is scheduled",
        ),
        pytest.param(
            "{indicator: probe-success, probe: liveness}",
            ClusterIndicator(Indicator.PROBE_SUCCESS, Selector(), probe="liveness"),
            id="which probe",
        ),
    ],
)
def test_options_of_cluster_state(spec: str, expected: ClusterIndicator) -> None:
    written = "{indicator: availability, namespace: shop, kind: Deployment, name: cart}"
    assert one(changed(STATE, (written, spec))).sli == expected


def test_a_template_is_an_event_ratio_at_the_place_where_it_is_asked_for() -> None:
    written = "{indicator: availability, namespace: shop, kind: Deployment, name: cart}"
    sli = one(changed(STATE, (written, "{template: ingress-nginx-availability, ingress: shop}"))).sli
    assert isinstance(sli, EventRatio)
    assert 'ingress="shop"' in sli.total.text
    assert sli.total.place == Place("a.yaml", 14)


def test_threshold() -> None:
    text = "histogram_quantile(0.9, sum by (le) (rate(seconds_bucket[{{.window}}])))"
    assert one(LATENCY).sli == Threshold(Query(text, Place("a.yaml", 11)), "<=", 0.3)


RAW = ("{indicator: availability, namespace: shop, kind: Deployment, name: cart}", "{query: errors:ratio}")


@pytest.mark.parametrize(("raw_type", "success"), [("success", True), ("failure", False)])
def test_raw_ratio(raw_type: str, success: bool) -> None:
    text = changed(STATE, RAW, ("type: Headroom", "type: Prometheus"), ("success", raw_type))
    assert one(text).sli == RawRatio(Query("errors:ratio", Place("a.yaml", 14)), success=success)


def test_two_gauges_are_a_ratio_over_time() -> None:
    ratio = '(http_requests_total{code=~"5.."}) / (http_requests_total)'
    sli = one(changed(SLO, ("counter: true", "counter: false"))).sli
    assert sli == RawRatio(Query(ratio, Place("a.yaml", 18)), success=False)


def test_rates_are_events_whatever_counter_says() -> None:
    rate = "sum(rate(http_requests_total[{{ .window }}]))"
    text = changed(SLO, ("counter: true", "counter: false"), ("query: http_requests_total}}", f"query: '{rate}'}}}}"))
    assert isinstance(one(text).sli, EventRatio)


ROLLING = "  - duration: 30d\n    isRolling: true\n"


@pytest.mark.parametrize(
    ("window", "annotation", "names"),
    [
        pytest.param(ROLLING, "", ["30d"], id="one"),
        pytest.param(ROLLING.replace("30d", "28d"), "", ["28d"], id="named as written"),
        pytest.param(ROLLING, "month, quarter", ["30d", "month", "quarter"], id="more beside it"),
        pytest.param(ROLLING, "30d, week", ["30d", "week"], id="the same one only once"),
        pytest.param(
            "  - {duration: 1Q, calendar: {startTime: 2024-02-01 06:00:00, timeZone: Asia/Tokyo}}\n", "month",
            ["quarter", "month"], id="of the calendar",
        ),
        pytest.param(
            "  - {duration: 2M, isRolling: false, calendar: {startTime: 2024-02-01, timeZone: UTC}}\n", "",
            ["2-months"], id="two months of the calendar",
        ),
    ],
)  # fmt: skip
def test_periods(window: str, annotation: str, names: list[str]) -> None:
    owner = "    kube-headroom.io/owner: payments\n"
    added = f"{owner}    kube-headroom.io/periods: {annotation}\n" if annotation else owner
    definitions = read(changed(SLO, (ROLLING, window), (owner, added)))
    assert [period.name for period in definitions.objectives[0].periods] == names


def test_added_calendar_periods_go_by_the_windows_clocks() -> None:
    window = "  - {duration: 1Q, calendar: {startTime: 2024-02-01 06:00:00, timeZone: Asia/Tokyo}}\n"
    owner = "    kube-headroom.io/owner: payments\n"
    text = changed(SLO, (ROLLING, window), (owner, f"{owner}    kube-headroom.io/periods: month\n"))
    quarter, month = one(text).periods
    assert quarter.calendar == Calendar("Q", 1, datetime(2024, 2, 1, 6), "Asia/Tokyo")  # noqa: DTZ001 - by the zone's clocks
    assert month.calendar == Calendar("M", 1, datetime(2001, 1, 1), "Asia/Tokyo")  # noqa: DTZ001 - by the zone's clocks


def test_defaults_are_the_settings() -> None:
    defaults = Defaults((parse_period("month"),), Fraction(10), Fraction(0), 7, "example.com/")
    text = changed(SLO, ("  timeWindow:\n", ""), (ROLLING, ""), ("kube-headroom.io", "example.com"))
    [objective] = read(text, defaults=defaults).objectives
    assert objective.periods == defaults.periods
    assert objective.alerting == Alerting(minimum_bad_events=Fraction(10), budget_ticket=Fraction(0))
    assert (objective.group_limit, objective.owner) == (7, "payments")


def test_annotations_say_what_openslo_has_no_field_for() -> None:
    annotations = """\
    kube-headroom.io/owner: payments
    kube-headroom.io/group-by: route, method
    kube-headroom.io/group-limit: "20"
    kube-headroom.io/minimum-bad-events: "12.5"
    kube-headroom.io/budget-ticket: 40%
    kube-headroom.io/freeze: "true"
    kube-headroom.io/alerts: ticket
    example.com/dashboard: https://example.com
"""
    objective = one(changed(SLO, ("    kube-headroom.io/owner: payments\n", annotations)))
    assert (objective.group_by, objective.group_limit) == (("route", "method"), 20)
    assert objective.alerting == Alerting(
        page=False, ticket=True, minimum_bad_events=Fraction(25, 2), budget_ticket=Fraction(2, 5)
    )
    assert objective.freeze


@pytest.mark.parametrize(
    ("method", "fields", "expected"),
    [
        pytest.param(
            "Timeslices", "timeSliceTarget: 0.95\n    timeSliceWindow: 1m", Slices(60, Fraction(19, 20)), id="by target"
        ),
        pytest.param(
            "Timeslices", "timeSliceTarget: 1\n    timeSliceWindow: 5", Slices(300, Fraction(1)), id="bare minutes"
        ),
        pytest.param("RatioTimeslices", "timeSliceWindow: 2h", Slices(7200, Fraction(1)), id="by ratio"),
    ],
)
def test_time_slices(method: str, fields: str, expected: Slices) -> None:
    text = changed(SLO, ("Occurrences", method), ("target: 0.999", f"target: 0.99\n    {fields}"))
    assert (one(text).budgeting, one(text).slices) == (Budgeting(method), expected)


def test_several_objectives_are_several_slos() -> None:
    more = "- target: 0.999\n  - {displayName: The SLA!, targetPercent: 99}\n"
    definitions = read(changed(SLO, ("- target: 0.999\n", more)))
    assert [(each.name, each.target, each.place.line) for each in definitions.objectives] == [
        ("checkout-0", Fraction(999, 1000), 26),
        ("checkout-the-sla", Fraction(99, 100), 27),
    ]


def test_two_slos_with_one_name_are_both_named_and_the_first_is_kept() -> None:
    definitions = read(SLO, "---\n" + SLO.replace("0.999", "0.9"))
    assert [objective.target for objective in definitions.objectives] == [Fraction(999, 1000)]
    assert "error: b.yaml:5: SLO checkout of shop is already declared at a.yaml:4; rename one of the two" in told(
        definitions
    )


SHARED = """\
- {apiVersion: openslo/v1, kind: Service, metadata: {name: shop, annotations: {kube-headroom.io/owner: web}}, spec: {}}
- apiVersion: openslo/v1
  kind: SLI
  metadata: {name: up}
  spec: {ratioMetric: {rawType: success, raw: {metricSource: {metricSourceRef: thanos, spec: {query: up}}}}}
- apiVersion: openslo/v1
  kind: DataSource
  metadata: {name: thanos}
  spec: {type: Prometheus, connectionDetails: {url: https://example.com}}
- apiVersion: openslo/v1
  kind: AlertPolicy
  metadata: {name: OnCall}
  spec: {alertWhenBreaching: true, conditions: [{conditionRef: fast}]}
- apiVersion: openslo/v1
  kind: AlertCondition
  metadata: {name: fast}
  spec: {severity: page, condition: {kind: burnrate, op: gt, threshold: 14.4, lookbackWindow: 1h, alertAfter: 0m}}
"""
REFERRING = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: up, labels: {tags: [a, b], tier: "1"}}
spec:
  service: shop
  description: Answers
  indicatorRef: up
  alertPolicies: [{alertPolicyRef: OnCall}]
  objectives: [{target: 0.99}]
"""


def test_references_reach_across_files_in_any_order() -> None:
    definitions = read(REFERRING, SHARED)
    [objective] = definitions.objectives
    assert objective.sli == RawRatio(Query("up", Place("b.yaml", 5)), success=True)
    assert (objective.owner, objective.description) == ("web", "Answers")
    assert objective.labels == {"tags": "a,b", "tier": "1"}
    assert (objective.alerting.page, objective.alerting.ticket) == (True, False)
    assert told(definitions) == [
        "warning: b.yaml:6: [2]: DataSource thanos is not used: the settings prometheus.* name the server that is asked"
    ]


def test_a_service_that_is_nearly_declared_is_warned_of() -> None:
    [warning] = told(read(SLO.replace("service: shop", "service: shoop"), SHARED.split("- apiVersion", maxsplit=1)[0]))
    assert warning == "warning: a.yaml:8: spec.service: no Service is named 'shoop'; did you mean shop?"


def test_a_broken_document_keeps_the_others_of_its_file() -> None:
    definitions = read(f"{SLO}---\na: [b\n---\n# nothing here\n...\n%YAML 1.2\n---\n{STATE}")
    assert [objective.name for objective in definitions.objectives] == ["checkout", "up"]
    assert told(definitions) == [
        "error: a.yaml:28: not valid YAML: while parsing a flow sequence, did not find expected ',' or ']'"
    ]


def test_documents_of_sloth_are_read_beside_ours() -> None:
    sloth = """\
version: prometheus/v1
service: bank
slos:
- name: requests
  objective: 99.5
  sli: {events: {error_query: 'sum(rate(e[{{.window}}]))', total_query: 'sum(rate(t[{{.window}}]))'}}
  alerting: {name: Requests}
"""
    definitions = read(f"{STATE}---\n{sloth}")
    assert [objective.key for objective in definitions.objectives] == [("bank", "requests"), ("shop", "up")]
    assert definitions.objectives[0].alerting.minimum_bad_events == DEFAULTS.minimum_bad_events


def test_maintenance() -> None:
    weekly, once = read(WEEKLY, ONCE).maintenance
    # 2001-01-07 was a Sunday; 02:00 in Berlin was 01:00 UTC.
    assert weekly == Maintenance(
        "patching", 978_829_200.0, 7200.0, True, "Europe/Berlin", (("", ""),), Place("a.yaml", 3)  # noqa: FBT003 - as declared
    )  # fmt: skip
    assert once == Maintenance(
        "move", 1_772_402_400.0, 18_000.0, False, "UTC", (("shop", "checkout"), ("bank", "")), Place("b.yaml", 3)  # noqa: FBT003 - as declared
    )  # fmt: skip


def test_maintenance_of_what_is_nearly_an_slo_is_warned_of() -> None:
    assert told(read(SLO, ONCE)) == []
    assert told(read(SLO.replace("name: checkout", "name: check-out"), ONCE)) == [
        "warning: b.yaml:3: spec.objectives: no SLO is named 'shop checkout' (service and name); did you mean shop check-out?"
    ]


def test_two_maintenance_objects_with_one_name_are_both_named() -> None:
    assert told(read(WEEKLY, WEEKLY)) == [
        "error: b.yaml:3: metadata.name: Maintenance patching is already declared at a.yaml:3; rename one of the two"
    ]


CART = Workload("shop", "Deployment", "cart")


def test_annotation_of_a_workload() -> None:
    objectives, problems = from_annotation(" availability=99.9, probe-success = 99.5 % ", CART, "shop-team", DEFAULTS)
    assert problems == []
    place = Place("deployment shop/cart", 0)
    assert objectives == [
        Objective(
            "shop/cart", name, target, ClusterIndicator(Indicator(name), Selector(*CART)), (MONTH,), place,
            alerting=ALERTING, owner="shop-team",
        )
        for name, target in (("availability", Fraction(999, 1000)), ("probe-success", Fraction(199, 200)))
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kept", "expected"),
    [
        ("", [], "expected SLOs such as `availability=99.9, probe-success=99.5`, found nothing"),
        ("availability", [], "expected SLOs such as `availability=99.9, probe-success=99.5`, found 'availability'"),
        (
            "availability=0.999",
            [],
            "availability=0.999: targets are percentages; write availability=99.9 for 0.999",
        ),
        (
            "availabilty=99, restart-free=99",
            ["restart-free"],
            "unknown indicator 'availabilty'; did you mean availability?",
        ),
        ("availability=99, availability=98", ["availability"], "availability is stated twice; the first one counts"),
        (
            "availability=100",
            [],
            "a target of 100 leaves no error budget: a single bad event overspends it; choose less than 100",
        ),
        ("job-success=99", [], "job-success is for CronJob or Job, not for a Deployment"),
    ],
)
def test_annotation_with_a_mistake_keeps_the_rest(text: str, kept: list[str], expected: str) -> None:
    objectives, problems = from_annotation(text, CART, "", DEFAULTS)
    assert [objective.name for objective in objectives] == kept
    assert [str(problem) for problem in problems] == [f"deployment shop/cart: kube-headroom.io/slo: {expected}"]
