"""Naming and documentation rules, for every declared series at once."""

from __future__ import annotations

import re
from collections import Counter as Tally
from typing import Any, NamedTuple

import pytest

from kube_headroom.catalogue.document import SCOPES
from kube_headroom.catalogue.exporter import EXPORTER_METRICS
from kube_headroom.catalogue.labels import Node
from kube_headroom.catalogue.metric import Aggregation, Counter, Gauge, Metric, Unit
from kube_headroom.catalogue.metrics import CLUSTER_METRICS

ALL = (*CLUSTER_METRICS, *EXPORTER_METRICS)
RESERVED = {"type", "job", "instance", "cluster", "severity", "service", "le", "quantile"}
SUFFIXES_OF_OTHER_TYPES = ("_count", "_sum", "_bucket", "_created")
# promlint's list, as far as a name of ours could fall into it.
NOT_BASE_UNITS = re.compile(
    r"_(milliseconds|ms|minutes|hours|days|kilobytes|megabytes|kib|mib|gib|millicores|percent)(_|$)"
)
TYPE_IN_NAME = re.compile(r"_(gauge|counter|histogram|summary)(_|$)")
SOURCE_IN_HELP = re.compile(r"`(\.[a-zA-Z][a-zA-Z0-9.\[\]]*|/metrics(/[a-z]+)?)`")


def wrong_name(metric: Metric[Any]) -> list[str]:
    stem = metric.name.removesuffix("_total")
    units = [unit.value for unit in sorted(Unit, key=len, reverse=True) if unit]
    suffix = next((unit for unit in units if stem.endswith(f"_{unit}")), "")
    rules = {
        "no headroom_ prefix": not metric.name.startswith("headroom_"),
        "not [a-z_]": not re.fullmatch(r"[a-z]+(_[a-z]+)*", metric.name),
        "unit is not the suffix": suffix != metric.unit.value,
        "_total without a counter": metric.name.endswith("_total") and not isinstance(metric, Counter),
        "counter without _total": isinstance(metric, Counter) and not metric.name.endswith("_total"),
        "suffix of a histogram or summary": stem.endswith(SUFFIXES_OF_OTHER_TYPES),
        "not a base unit": bool(NOT_BASE_UNITS.search(metric.name)),
        "type in the name": bool(TYPE_IN_NAME.search(metric.name)),
        "info that is no gauge": stem.endswith("_info") and not isinstance(metric, Gauge),
        "info that does not say 1": stem.endswith("_info") and not metric.help.startswith("Always 1"),
    }
    return [rule for rule, broken in rules.items() if broken]


def wrong_labels(metric: Metric[Any]) -> list[str]:
    names = metric.label_names
    rules = {
        "reserved": RESERVED & {*names},
        "twice": len(set(names)) < len(names),
        "not [a-z_]": any(not re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names),
        "of Prometheus": any(name.startswith("__") for name in names),
    }
    return [rule for rule, broken in rules.items() if broken]


def wrong_help(metric: Metric[Any]) -> list[str]:
    rules = {
        "no full stop": not metric.help.endswith("."),
        "more than one line": "\n" in metric.help,
        # What the exporter says of itself has no source but its own count.
        "names no field or endpoint": metric not in EXPORTER_METRICS and not SOURCE_IN_HELP.search(metric.help),
    }
    return [rule for rule, broken in rules.items() if broken]


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_every_series_keeps_the_rules(metric: Metric[Any]) -> None:
    assert wrong_name(metric) + wrong_labels(metric) + wrong_help(metric) == []


def test_no_name_is_declared_twice() -> None:
    assert [name for name, times in Tally(metric.name for metric in ALL).items() if times > 1] == []


def test_every_series_is_documented_once() -> None:
    documented = [metric for scope in SCOPES for metric in scope.metrics]

    assert sorted(metric.name for metric in documented) == sorted(metric.name for metric in ALL)


def test_every_symbol_of_a_scope_is_in_its_tuple() -> None:
    from kube_headroom.catalogue import (  # noqa: PLC0415  looks inside
        batch,
        exporter,
        kubelets,
        node_usage,
        nodes,
        objects,
        prometheus,
        slo,
        slo_engine,
        usage,
        volumes,
        workloads,
    )

    symbols = {
        value
        for module in (
            batch,
            exporter,
            kubelets,
            node_usage,
            nodes,
            objects,
            prometheus,
            slo,
            slo_engine,
            usage,
            volumes,
            workloads,
        )
        for value in vars(module).values()
        if isinstance(value, Metric)
    }
    assert symbols == {*ALL}


class Bad(NamedTuple):
    job: str
    CamelCase: str


def gauge(name: str, text: str = "A node (`.spec`).", unit: Unit = Unit.NONE) -> Gauge[Node]:
    return Gauge(name, text, Node, unit, Aggregation.SUM)


@pytest.mark.parametrize(
    ("metric", "broken"),
    [
        pytest.param(gauge("node_ready"), "no headroom_ prefix", id="a foreign prefix"),
        pytest.param(gauge("headroom_nodeReady"), "not [a-z_]", id="camel case"),
        pytest.param(gauge("headroom_node_cpu", unit=Unit.CORES), "unit is not the suffix", id="a missing unit"),
        pytest.param(gauge("headroom_node_cpu_cores"), "unit is not the suffix", id="an undeclared unit"),
        pytest.param(
            gauge("headroom_node_start_timestamp_seconds", unit=Unit.SECONDS),
            "unit is not the suffix",
            id="a timestamp declared as a duration",
        ),
        pytest.param(gauge("headroom_node_pods_total"), "_total without a counter", id="a gauge in _total"),
        pytest.param(
            Counter("headroom_node_pods", "Pods (`.spec`).", Node, Unit.NONE, Aggregation.SUM),
            "counter without _total",
            id="a counter not in _total",
        ),
        pytest.param(gauge("headroom_pods_count"), "suffix of a histogram or summary", id="a histogram's suffix"),
        pytest.param(gauge("headroom_age_ms"), "not a base unit", id="milliseconds"),
        pytest.param(gauge("headroom_pods_gauge"), "type in the name", id="the type in the name"),
        pytest.param(gauge("headroom_node_info"), "info that does not say 1", id="an info of another value"),
        pytest.param(gauge("headroom_node", "A node (`.spec`)"), "no full stop", id="a help without a full stop"),
        pytest.param(gauge("headroom_node", "A\nnode (`.spec`)."), "more than one line", id="a help of two lines"),
        pytest.param(gauge("headroom_node", "A node."), "names no field or endpoint", id="a help without a source"),
        pytest.param(
            Gauge("headroom_node", "A node (`.spec`).", Bad, Unit.NONE, Aggregation.SUM),
            "reserved",
            id="a label that scrapes set",
        ),
    ],
)
def test_the_rules_object_to(metric: Metric[Any], broken: str) -> None:
    assert broken in wrong_name(metric) + wrong_labels(metric) + wrong_help(metric)
