"""The alerts about workloads, nodes and the exporter, in promtool of Prometheus 2 and 3."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from alerts import pack
from alerts.rules import Alert, Group, page
from kube_headroom.catalogue import nodes
from kube_headroom.catalogue.labels import Node, NodeInfo
from tests.alerts.scenes import SCENES, TROUBLES
from tests.alerts.troubles import Scene, ends, row
from tests.real.test_slo_rules import PROMTOOLS, output
from tools.build import program

LEFT = next(scene for scene in SCENES if scene.sentence.startswith("leaves it to the node's page"))
KILLED = next(scene for scene in SCENES if scene.trouble.alert == "HeadroomOOMLoop")
NODE = next(trouble for trouble in TROUBLES if trouble.alert == "HeadroomNodeNotReady")
ALERTS = tuple(dict.fromkeys((scene.trouble.alert, scene.trouble.severity) for scene in SCENES))


def played(tests: list[dict[str, Any]], alert: str, folder: Path) -> None:
    """Play tests in both promtools, with the alert's own rules; they must pass."""
    own = (rule for group in pack.groups() for rule in group.rules if isinstance(rule, Alert) and rule.name == alert)
    rules = folder / "rules.yaml"
    rules.write_text(page((Group("own", "1m", tuple(own)),)))
    file = folder / "run.yaml"
    file.write_text(json.dumps({"rule_files": [str(rules)], "evaluation_interval": "1m", "tests": tests}))
    with ThreadPoolExecutor() as both:
        list(both.map(lambda promtool: output(program(promtool), "test", "rules", file), PROMTOOLS))


@pytest.mark.parametrize(("alert", "severity"), ALERTS, ids=[f"{alert} as {severity}" for alert, severity in ALERTS])
def test_every_scene(alert: str, severity: str, tmp_path: Path) -> None:
    own = [scene for scene in SCENES if (scene.trouble.alert, scene.trouble.severity) == (alert, severity)]

    played([scene.document() for scene in own], alert, tmp_path)


def firing_in(minute: int, alert: str, *clusters: str) -> dict[str, Any]:
    """Return promtool's question for the clusters in which an alert fires."""
    return {
        "expr": f'max by (cluster) (ALERTS{{alertname="{alert}", alertstate="firing"}})',
        "eval_time": f"{minute}m",
        "exp_samples": [{"labels": f'{{cluster="{cluster}"}}', "value": 1} for cluster in clusters],
    }


def in_cluster(series: dict[str, str], cluster: str) -> dict[str, str]:
    """Return a series as a Prometheus of several clusters holds it."""
    return series | {"series": series["series"].replace("{", f'{{cluster="{cluster}", ', 1)}


def test_a_lost_node_explains_no_outage_in_another_cluster(tmp_path: Path) -> None:
    both, apart = LEFT.document(), LEFT.document()
    both["input_series"] = [in_cluster(series, "a") for series in both["input_series"]]
    apart["input_series"] = [
        in_cluster(series, "a" if series["series"].startswith("headroom_node") else "b")
        for series in apart["input_series"]
    ]
    both["promql_expr_test"] = [firing_in(60, LEFT.trouble.alert)]
    apart["promql_expr_test"] = [firing_in(60, LEFT.trouble.alert, "b")]

    played([both, apart], LEFT.trouble.alert, tmp_path)


def test_a_cluster_that_is_watched_does_not_speak_for_one_that_is_not(tmp_path: Path) -> None:
    dead, living = (KILLED._replace(lives=lives).document() for lives in (((0, 80),), KILLED.lives))
    document = living | {
        "input_series": [
            in_cluster(series, cluster)
            for cluster, scene in (("a", dead), ("b", living))
            for series in scene["input_series"]
        ],
        "promql_expr_test": [
            firing_in(79, "HeadroomExporterDown"),
            firing_in(95, "HeadroomExporterDown", "a"),
            firing_in(140, "HeadroomExporterDown", "a"),
        ],
    }

    played([document], "HeadroomExporterDown", tmp_path)


SINCE = "Since 1970-01-01 00:45:00 +0000 UTC."
RUNBOOK, GRAFANA = "https://kube-headroom.io/runbooks", "https://kube-headroom.io/grafana/d"
CART_PAGE = (
    f"{GRAFANA}/headroom-workload?var-cluster=&var-namespace=shop&var-workload_kind=Deployment&var-workload=cart"
)
NODE_ROWS = (
    row(nodes.NODE_INFO, 1, labels=NodeInfo("n1", "general", "zone-a", "v1.36.0")),
    row(nodes.NODE_PODS, 12, labels=Node("n1")),
)
SAID = {
    "a workload's page": (
        SCENES[0],
        55,
        {
            "summary": "Deployment shop/cart lacks replicas",
            "description": "0 of 4 replicas available, 0 ready. 0 pods on nodes that are not ready, 0 without a node. "
            f"Waiting lately: none. Ends of its containers in the last 30m: none. Owner: checkout. {SINCE}",
            "runbook_url": f"{RUNBOOK}/HeadroomWorkloadUnavailable",
            "dashboard_url": CART_PAGE,
        },
    ),
    "a workload's ticket, with what ended and how often": (
        # One a minute: fewer, and Prometheus 2 and 3 extrapolate them to different numbers.
        KILLED._replace(trouble=KILLED.trouble._replace(rows=(ends("OOMKilled", 0, 1, 0),))),
        90,
        {
            "summary": "Deployment shop/cart is killed for memory again and again",
            "description": "In the last 30m: app OOMKilled 30×. Highest share of its memory limit: app 50%. "  # noqa: RUF001
            "4 of 4 replicas available, 4 ready. Owner: checkout. Since 1970-01-01 00:48:00 +0000 UTC.",
            "runbook_url": f"{RUNBOOK}/HeadroomOOMLoop",
            "dashboard_url": CART_PAGE,
        },
    ),
    "a node's page, with the workload that has no page of its own": (
        LEFT._replace(trouble=NODE._replace(rows=(*LEFT.trouble.rows, *NODE_ROWS))),
        55,
        {
            "summary": "Node n1 is not ready",
            "description": "It is in pool general, zone zone-a, with 12 pods. Workloads with pods on such nodes and no ready "
            "replica: Deployment shop/cart; they do not page for themselves. Other nodes that are not ready: none. "
            f"{SINCE}",
            "runbook_url": f"{RUNBOOK}/HeadroomNodeNotReady",
            "dashboard_url": f"{GRAFANA}/headroom-cluster?var-cluster=&var-node=n1",
        },
    ),
}


@pytest.mark.parametrize(("scene", "minute", "annotations"), SAID.values(), ids=SAID)
def test_what_a_person_reads(scene: Scene, minute: int, annotations: dict[str, str], tmp_path: Path) -> None:
    document, trouble = scene.document(), scene.trouble
    del document["promql_expr_test"]
    told = [{"exp_labels": {"severity": trouble.severity, **trouble.labels}, "exp_annotations": annotations}]
    document["alert_rule_test"] = [{"eval_time": f"{minute}m", "alertname": trouble.alert, "exp_alerts": told}]

    played([document], trouble.alert, tmp_path)
