"""Samples become lines that Prometheus' own rules and prometheus_client's parsers read back unchanged."""

from __future__ import annotations

import math
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from kube_headroom.catalogue.labels import Node, Workload, WorkloadReason
from kube_headroom.catalogue.metric import Aggregation, Counter, Sample, Unit
from kube_headroom.exposition.page import Page
from kube_headroom.exposition.render import number, render
from tests.exposition.stage import (
    CART,
    CPU_SECONDS,
    DATABASE,
    MEMORY,
    METRICS,
    NODE_CREATED,
    RESTARTS,
    openmetrics_of,
    openmetrics_series,
    text_of,
    text_series,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(0.0, "0", id="zero"),
        pytest.param(-0.0, "0", id="negative zero is zero"),
        pytest.param(5, "5", id="an int"),
        pytest.param(True, "1", id="a bool is its number"),
        pytest.param(1.5, "1.5", id="a fraction"),
        pytest.param(0.1, "0.1", id="the shortest decimal that reads back"),
        pytest.param(2.0**53, "9007199254740992", id="the last exact integer"),
        pytest.param(2.0**53 + 2, "9007199254740994", id="beyond the last exact integer"),
        pytest.param(1e16, "1e+16", id="large"),
        pytest.param(1e308, "1e+308", id="near the largest"),
        pytest.param(5e-324, "5e-324", id="the smallest"),
        pytest.param(math.nan, "NaN", id="not a number"),
        pytest.param(-math.nan, "NaN", id="not a number, negative"),
        pytest.param(math.inf, "+Inf", id="infinity"),
        pytest.param(-math.inf, "-Inf", id="negative infinity"),
    ],
)
def test_values_are_written_as_prometheus_reads_them(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("workload", "written"),
    [
        pytest.param("cart", "cart", id="plain"),
        pytest.param("", "", id="empty"),
        pytest.param('say "hi"', r"say \"hi\"", id="quotes are escaped"),
        pytest.param("C:\\cart", r"C:\\cart", id="backslashes are escaped"),
        pytest.param("a\nb", r"a\nb", id="newlines are escaped"),
        pytest.param("\\n", r"\\n", id="a backslash before n is no newline"),
        pytest.param('"} 1\nevil{x="', r"\"} 1\nevil{x=\"", id="a label cannot end its line"),
        pytest.param("naïve 🛒", "naïve 🛒", id="beyond ASCII"),
        pytest.param("a\ud800b", "a?b", id="a lone surrogate is replaced"),
        pytest.param("x" * 65536, "x" * 65536, id="64 KiB"),
    ],
)
def test_label_values_are_escaped(workload: str, written: str) -> None:
    lines = render([MEMORY.at(Workload("shop", "Deployment", workload), 1)])
    expected = (
        'headroom_workload_memory_request_bytes{namespace="shop",workload_kind="Deployment",'
        f'workload="{written}"}} 1\n'
    )
    assert lines == {MEMORY: expected.encode()}


def test_samples_are_grouped_by_metric_in_the_order_given() -> None:
    lines = render(
        [
            MEMORY.at(CART, 1),
            CPU_SECONDS.at(CART, 2.5),
            MEMORY.at(DATABASE, 3),
            RESTARTS.at(WorkloadReason("shop", "Deployment", "cart", "OOMKilled"), 4),
            NODE_CREATED.at(Node("n1"), 1.7e9),
        ]
    )
    assert {metric.name: text.decode() for metric, text in lines.items()} == {
        MEMORY.name: (
            f'{MEMORY.name}{{namespace="shop",workload_kind="Deployment",workload="cart"}} 1\n'
            f'{MEMORY.name}{{namespace="shop",workload_kind="StatefulSet",workload="database"}} 3\n'
        ),
        CPU_SECONDS.name: (f'{CPU_SECONDS.name}{{namespace="shop",workload_kind="Deployment",workload="cart"}} 2.5\n'),
        RESTARTS.name: (
            f'{RESTARTS.name}{{namespace="shop",workload_kind="Deployment",workload="cart",reason="OOMKilled"}} 4\n'
        ),
        NODE_CREATED.name: f'{NODE_CREATED.name}{{node="n1"}} 1700000000\n',
    }


def test_label_sets_of_equal_values_and_different_names_are_told_apart() -> None:
    lines = render([NODE_CREATED.at(Node("x"), 1), _POOLS.at(_Pool("x"), 1)])
    assert lines[NODE_CREATED] == b'headroom_node_created_timestamp_seconds{node="x"} 1\n'
    assert lines[_POOLS] == b'headroom_pools_total{node_pool="x"} 1\n'


def test_a_sample_with_too_few_labels_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"headroom_workload_memory_request_bytes has the labels namespace, .*not 1"):
        render([Sample(MEMORY, ("shop",), 1.0)])


def test_nothing_renders_to_nothing() -> None:
    assert render([]) == {}


workloads = st.builds(Workload, st.text(), st.text(), st.text())
observations = st.dictionaries(workloads, st.floats(), max_size=8)


@given(observations)
def test_any_label_and_any_float_read_back_from_text(observed: dict[Workload, float]) -> None:
    assert text_series(text_of(_page(observed).body())) == _expected(observed)


@given(observations)
def test_any_label_and_any_float_read_back_from_openmetrics(observed: dict[Workload, float]) -> None:
    assert openmetrics_series(openmetrics_of(_page(observed).body())) == _expected(observed)


@given(st.lists(st.tuples(workloads, st.floats(min_value=0)), unique_by=lambda row: row[0], min_size=1, max_size=8))
def test_the_page_says_what_prometheus_client_says(rows: list[tuple[Workload, float]]) -> None:
    page = Page(METRICS)
    for workload, value in rows:
        page.put(("workload", *workload), [MEMORY.at(workload, value), CPU_SECONDS.at(workload, value)])
    registry = CollectorRegistry()
    registry.register(_Same(rows))
    body = page.body()
    assert text_series(text_of(body)) == text_series(generate_latest(registry).decode())
    theirs = generate_openmetrics(registry).decode()  # type: ignore[no-untyped-call]
    assert openmetrics_series(openmetrics_of(body)) == openmetrics_series(theirs)
    assert _headers(text_of(body)) == _headers(generate_latest(registry).decode())
    assert _headers(openmetrics_of(body)) == _headers(theirs)


class _Same:
    """The same samples through prometheus_client."""

    def __init__(self, rows: list[tuple[Workload, float]]) -> None:
        self._rows = rows

    def collect(self) -> list[GaugeMetricFamily | CounterMetricFamily]:
        memory = GaugeMetricFamily(MEMORY.name, MEMORY.help, labels=MEMORY.label_names, unit="bytes")
        cpu = CounterMetricFamily(CPU_SECONDS.name, CPU_SECONDS.help, labels=CPU_SECONDS.label_names, unit="seconds")
        for workload, value in self._rows:
            memory.add_metric(workload, value)
            cpu.add_metric(workload, value)
        return [memory, cpu]


class _Pool(NamedTuple):
    node_pool: str


_POOLS = Counter(
    name="headroom_pools_total",
    help="Pools.",
    labels=_Pool,
    unit=Unit.NONE,
    aggregation=Aggregation.SUM,
)


def _page(observed: dict[Workload, float]) -> Page:
    page = Page(METRICS)
    for workload, value in observed.items():
        page.put(("workload", *workload), [MEMORY.at(workload, value)])
    return page


def _expected(observed: dict[Workload, float]) -> dict[tuple[str, tuple[tuple[str, str], ...]], str]:
    return {
        (MEMORY.name, tuple(sorted(workload._asdict().items()))): repr(abs(value) if math.isnan(value) else value + 0.0)
        for workload, value in observed.items()
    }


def _headers(text: str) -> set[str]:
    return {line for line in text.split("\n") if line.startswith("#")}
