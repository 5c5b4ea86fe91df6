from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.slo.definitions import Document
from kube_headroom.slo.sloth.definitions import specifications
from kube_headroom.slo.sloth.output import one_document, outputs, text
from kube_headroom.slo.sloth.rules import Request
from tests.slo.sloth.refusals import FILE, OBJECT, OPENSLO, RAW

IDENTITY = 'sloth_id="shop-requests", sloth_service="shop", sloth_slo="requests"'


def made(definition: str, request: Request = Request(), *, kubernetes: bool | None = None) -> list[Any]:  # noqa: B008 - a constant
    found, problems = specifications([Document("slos.yaml", definition)])
    documents, more = outputs(found, request, version="test", kubernetes=kubernetes)
    assert not [*problems, *more]
    return list(yaml.safe_load_all("".join(text(documents, version="test"))))


def rules(definition: str, request: Request = Request(), *, last: bool = True) -> dict[str, Any]:  # noqa: B008 - a constant
    groups = made(definition, request)[-1 if last else 0]["groups"]
    return {rule.get("record") or rule["labels"]["sloth_severity"]: rule for group in groups for rule in group["rules"]}


def test_an_slo_has_its_rules_in_three_groups() -> None:
    (document,) = made(FILE)
    assert [(group["name"], len(group["rules"])) for group in document["groups"]] == [
        ("sloth-slo-sli-recordings-shop-requests", 8),
        ("sloth-slo-meta-recordings-shop-requests", 7),
        ("sloth-slo-alerts-shop-requests", 2),
    ]


EXPRESSIONS = {
    "bad events over all of them": (
        FILE,
        "slo:sli_error:ratio_rate5m",
        "(sum(rate(failed_total[5m])))\n/\n(sum(rate(requests_total[5m])))\n",
    ),
    "a ratio in brackets": (RAW, "slo:sli_error:ratio_rate3d", "(avg_over_time(failed_ratio[3d]))"),
    "good events as what is missing to one": (
        OPENSLO,
        "slo:sli_error:ratio_rate1h",
        (
            "(\n  1 - (\n    (\n      sum(rate(answered_total[1h]))\n    )\n    /\n"
            "    (\n      sum(rate(requests_total[1h]))\n    )\n  )\n)"
        ),
    ),
    "the period as the mean of its shortest windows": (
        FILE,
        "slo:sli_error:ratio_rate30d",
        (
            f"sum_over_time(slo:sli_error:ratio_rate5m{{{IDENTITY}}}[30d])\n/ ignoring (sloth_window)\n"
            f"count_over_time(slo:sli_error:ratio_rate5m{{{IDENTITY}}}[30d])\n"
        ),
    ),
    "the objective in all the digits of a double": (FILE, "slo:objective:ratio", "vector(0.9990000000000001)"),
    "the budget as a difference": (FILE, "slo:error_budget:ratio", "vector(1-0.9990000000000001)"),
    "the page with unrounded thresholds": (
        FILE,
        "page",
        (
            "(\n"
            f"    max(slo:sli_error:ratio_rate5m{{{IDENTITY}}} > (14.4 * 0.0009999999999999432)) without (sloth_window)\n"
            "    and\n"
            f"    max(slo:sli_error:ratio_rate1h{{{IDENTITY}}} > (14.4 * 0.0009999999999999432)) without (sloth_window)\n"
            ")\nor\n(\n"
            f"    max(slo:sli_error:ratio_rate30m{{{IDENTITY}}} > (6 * 0.0009999999999999432)) without (sloth_window)\n"
            "    and\n"
            f"    max(slo:sli_error:ratio_rate6h{{{IDENTITY}}} > (6 * 0.0009999999999999432)) without (sloth_window)\n"
            ")\n"
        ),
    ),
}


@pytest.mark.parametrize(("definition", "name", "expected"), EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_the_expression_is(definition: str, name: str, expected: str) -> None:
    assert rules(definition)[name]["expr"] == expected


def test_28_days_are_four_weeks_with_factors_of_their_own() -> None:
    of_28_days = rules(FILE, Request(period=28))
    assert of_28_days["slo:sli_error:ratio_rate4w"]["labels"]["sloth_window"] == "4w"
    assert of_28_days["slo:time_period:days"]["expr"] == "vector(28)"
    factors = {"page": ("13.44", "5.6000000000000005"), "ticket": ("2.8000000000000003", "0.9333333333333333")}
    for severity, each in factors.items():
        assert all(f"({factor} * 0.0009999999999999432)" in of_28_days[severity]["expr"] for factor in each)


def test_later_labels_win_and_the_selector_stays() -> None:
    definition = FILE.replace("    objective:", "    labels: {owner: own, sloth_id: mine}\n    objective:")
    burn = rules(definition, Request(labels={"owner": "all"}))["slo:current_burn_rate:ratio"]
    assert burn["labels"] == {"owner": "all", "sloth_id": "mine", "sloth_service": "shop", "sloth_slo": "requests"}
    assert IDENTITY in burn["expr"]


def test_an_alert_has_its_own_labels_and_annotations_beside_sloths() -> None:
    page = rules(FILE)["page"]
    assert page["alert"] == "Requests"
    assert page["labels"] == {"severity": "critical", "sloth_severity": "page"}
    assert page["annotations"] == {
        "summary": "{{$labels.sloth_service}} {{$labels.sloth_slo}} SLO error budget burn rate is over expected.",
        "title": "(page) {{$labels.sloth_service}} {{$labels.sloth_slo}} SLO error budget burn rate is too fast.",
    }


INFORMATION = {
    "a file": (FILE, "cli-gen-prom", "prometheus/v1", "99.9"),
    "OpenSLO": (OPENSLO, "cli-gen-openslo", "openslo/v1alpha", "99.9"),
    "a small objective": (FILE.replace("99.9", "0.00001"), "cli-gen-prom", "prometheus/v1", "0.00001"),
}


@pytest.mark.parametrize(("definition", "mode", "spec", "objective"), INFORMATION.values(), ids=INFORMATION)
def test_the_info_series_tells_of(definition: str, mode: str, spec: str, objective: str) -> None:
    found, _ = specifications([Document("slos.yaml", definition)])
    (document,), _ = outputs(found, Request(), version="test")
    (info,) = (
        rule
        for group in document.content["groups"]
        for rule in group["rules"]
        if rule.get("record") == "sloth_slo_info"
    )
    told = {
        name: value for name, value in info["labels"].items() if name in {"sloth_mode", "sloth_spec", "sloth_objective"}
    }
    assert told == {"sloth_mode": mode, "sloth_spec": spec, "sloth_objective": objective}
    assert info["labels"]["sloth_version"] == "test"


def test_an_object_makes_an_object_of_its_name() -> None:
    (rule,) = made(OBJECT)
    assert (rule["apiVersion"], rule["kind"]) == ("monitoring.coreos.com/v1", "PrometheusRule")
    assert rule["metadata"] == {
        "name": "shop",
        "namespace": "web",
        "labels": {"app.kubernetes.io/component": "SLO", "app.kubernetes.io/managed-by": "sloth"},
    }
    assert len(rule["spec"]["groups"]) == 3


NAMES = {
    "a file": (FILE.replace("service: shop", "service: My_Shop"), "my-shop"),
    "OpenSLO": (OPENSLO, "shop-requests"),
    "an object": (OBJECT, "shop"),
}


@pytest.mark.parametrize(("definition", "name"), NAMES.values(), ids=NAMES)
def test_asked_for_objects_there_is_one_of(definition: str, name: str) -> None:
    (rule,) = made(definition, kubernetes=True)
    assert (rule["kind"], rule["metadata"]["name"]) == ("PrometheusRule", name)


def test_asked_for_files_an_object_makes_one() -> None:
    (document,) = made(OBJECT, kubernetes=False)
    assert list(document) == ["groups"]


def test_one_document_holds_all_groups_in_their_order() -> None:
    found, _ = specifications(
        [Document("slos.yaml", f"{FILE}---\n{OBJECT.replace('service: shop', 'service: web')}---\n{OPENSLO}")]
    )
    documents, problems = outputs(found, Request(), version="test")
    whole, rule = one_document(documents)
    assert not problems
    assert rule.kubernetes
    assert whole.content["groups"] == [*documents[0].content["groups"], *documents[2].content["groups"]]


def test_two_documents_do_not_make_the_same_object() -> None:
    found, _ = specifications(
        [Document("slos.yaml", f"{OBJECT}---\n{OBJECT.replace('service: shop', 'service: web')}")]
    )
    _, problems = outputs(found, Request(), version="test")
    assert [str(problem) for problem in problems] == [
        "slos.yaml:21: the PrometheusRule shop is made of slos.yaml:1 already; put them into one document"
    ]


def test_a_file_without_any_rule_is_told_of() -> None:
    definition = FILE.replace(
        "        labels:\n          severity: critical\n",
        "        disable: true\n      ticket_alert: {disable: true}\n",
    )
    found, _ = specifications([Document("slos.yaml", definition)])
    _, problems = outputs(found, Request(recordings=False), version="test")
    assert [problem.message for problem in problems] == ["no rules are left: its alerts are all disabled"]


@given(st.decimals("0.0000001", "99.9999999999", places=10))
def test_an_objective_is_told_as_it_was_written(objective: Decimal) -> None:
    found, _ = specifications([Document("slos.yaml", FILE.replace("99.9", f"{objective:f}"))])
    (document,), _ = outputs(found, Request(), version="test")
    told = document.content["groups"][1]["rules"][-1]["labels"]["sloth_objective"]
    assert float(told) == float(objective)
    assert "e" not in told
