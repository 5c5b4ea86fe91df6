"""A page holds what each key said last: families contiguous, bytes independent of the order of calls."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram

from kube_headroom.catalogue.labels import Node, Workload, WorkloadReason
from kube_headroom.exposition.page import EMPTY_BODY, FamilySize, Page, join
from kube_headroom.exposition.registry import registry_body
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

RESTARTED = WorkloadReason("shop", "Deployment", "cart", "Error")


def test_the_text_page() -> None:
    page = Page(METRICS)
    page.put(("workload", *DATABASE), [MEMORY.at(DATABASE, 2), CPU_SECONDS.at(DATABASE, 0)])
    page.put(("workload", *CART), [MEMORY.at(CART, 1), RESTARTS.at(RESTARTED, 7)])
    assert text_of(page.body()) == (
        "# HELP headroom_workload_memory_request_bytes "
        "Memory requested, from .spec.containers[].resources.requests.\n"
        "# TYPE headroom_workload_memory_request_bytes gauge\n"
        'headroom_workload_memory_request_bytes{namespace="shop",workload_kind="Deployment",workload="cart"} 1\n'
        'headroom_workload_memory_request_bytes{namespace="shop",workload_kind="StatefulSet",workload="database"} 2\n'
        "# HELP headroom_workload_container_restarts_total "
        'Restarts, from .status "restartCount" \\\\ RestartCount\\nof containers.\n'
        "# TYPE headroom_workload_container_restarts_total counter\n"
        'headroom_workload_container_restarts_total{namespace="shop",workload_kind="Deployment",workload="cart",'
        'reason="Error"} 7\n'
        "# HELP headroom_workload_cpu_usage_seconds_total CPU time, from container_cpu_usage_seconds_total.\n"
        "# TYPE headroom_workload_cpu_usage_seconds_total counter\n"
        'headroom_workload_cpu_usage_seconds_total{namespace="shop",workload_kind="StatefulSet",'
        'workload="database"} 0\n'
    )


def test_the_openmetrics_page() -> None:
    page = Page(METRICS)
    page.put(("workload", *CART), [RESTARTS.at(RESTARTED, 7), CPU_SECONDS.at(CART, 0.5)])
    page.put(("node", "n1"), [NODE_CREATED.at(Node("n1"), 1.7e9)])
    assert openmetrics_of(page.body()) == (
        "# TYPE headroom_workload_container_restarts counter\n"
        "# HELP headroom_workload_container_restarts "
        'Restarts, from .status \\"restartCount\\" \\\\ RestartCount\\nof containers.\n'
        'headroom_workload_container_restarts_total{namespace="shop",workload_kind="Deployment",workload="cart",'
        'reason="Error"} 7\n'
        "# TYPE headroom_workload_cpu_usage_seconds counter\n"
        "# UNIT headroom_workload_cpu_usage_seconds seconds\n"
        "# HELP headroom_workload_cpu_usage_seconds CPU time, from container_cpu_usage_seconds_total.\n"
        'headroom_workload_cpu_usage_seconds_total{namespace="shop",workload_kind="Deployment",workload="cart"} 0.5\n'
        "# TYPE headroom_node_created_timestamp_seconds gauge\n"
        "# UNIT headroom_node_created_timestamp_seconds seconds\n"
        "# HELP headroom_node_created_timestamp_seconds Creation time, from .metadata.creationTimestamp.\n"
        'headroom_node_created_timestamp_seconds{node="n1"} 1700000000\n'
        "# EOF\n"
    )


def test_a_page_nobody_wrote_on_is_empty() -> None:
    assert Page(METRICS).body() == EMPTY_BODY
    assert text_of(Page(METRICS).body()) == ""


def test_what_a_key_says_replaces_all_it_said_before() -> None:
    page = Page(METRICS)
    page.put(("workload", *CART), [MEMORY.at(CART, 1), CPU_SECONDS.at(CART, 1)])
    page.put(("workload", *CART), [MEMORY.at(CART, 2)])
    assert list(text_series(text_of(page.body())).values()) == ["2.0"]


def test_a_dropped_key_leaves_nothing_and_the_others_untouched() -> None:
    page = Page(METRICS)
    page.put(("workload", *CART), [MEMORY.at(CART, 1)])
    page.put(("workload", *DATABASE), [CPU_SECONDS.at(DATABASE, 3)])
    page.body()
    page.drop(("workload", *CART))
    page.drop(("workload", "never", "seen"))
    assert MEMORY.name not in text_of(page.body())
    assert list(text_series(text_of(page.body())).values()) == ["3.0"]


def test_an_undeclared_metric_is_refused_and_changes_nothing() -> None:
    page = Page((MEMORY,))
    page.put(("workload", *CART), [MEMORY.at(CART, 1)])
    before = page.body()
    with pytest.raises(ValueError, match=r"workload/shop/Deployment/cart emits .*headroom_workload_cpu_usage_seconds"):
        page.put(("workload", *CART), [MEMORY.at(CART, 2), CPU_SECONDS.at(CART, 1)])
    assert page.body() == before


def test_two_metrics_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="declared more than once: headroom_workload_memory_request_bytes"):
        Page((MEMORY, CPU_SECONDS, MEMORY))


def test_an_unchanged_page_is_not_compressed_again() -> None:
    page = Page(METRICS)
    page.put(("workload", *CART), [MEMORY.at(CART, 1)])
    before = page.body()
    assert page.body() is before
    page.put(("workload", *CART), [MEMORY.at(CART, 1)])
    assert page.body() == before


def test_sizes_are_the_lines_of_each_family() -> None:
    page = Page(METRICS)
    page.put(("workload", *CART), [MEMORY.at(CART, 1), RESTARTS.at(RESTARTED, 7)])
    page.put(("workload", "a\nb"), [MEMORY.at(Workload("a\nb", "Pod", "x"), 1)])
    page.body()
    first = '{namespace="shop",workload_kind="Deployment",workload="cart"} 1\n'
    second = '{namespace="a\\nb",workload_kind="Pod",workload="x"} 1\n'
    restarts = '{namespace="shop",workload_kind="Deployment",workload="cart",reason="Error"} 7\n'
    assert page.sizes() == [
        FamilySize(MEMORY, 2, len(first + second) + 2 * len(MEMORY.name)),
        FamilySize(RESTARTS, 1, len(restarts) + len(RESTARTS.name)),
        FamilySize(CPU_SECONDS, 0, 0),
        FamilySize(NODE_CREATED, 0, 0),
    ]


steps = st.lists(
    st.tuples(
        st.sampled_from([Workload(*"abc"), Workload(*"abd"), Workload(*"b\nc"), Workload(*"zzz")]),
        st.none() | st.lists(st.sampled_from([MEMORY, CPU_SECONDS]), unique=True),
        st.integers(0, 9),
        st.booleans(),
    )
)


@given(steps, st.randoms())
def test_the_bytes_depend_on_what_was_said_last_and_not_on_the_way_there(
    steps: list[tuple[Workload, list[Any] | None, int, bool]], order: random.Random
) -> None:
    page, said = Page(METRICS), dict[Workload, list[Any]]()
    for workload, metrics, value, publish in steps:
        said.pop(workload, None)
        if metrics is None:
            page.drop(tuple(workload))
        else:
            said[workload] = [metric.at(workload, value) for metric in metrics]
            page.put(tuple(workload), said[workload])
        if publish:
            page.body()
    fresh = Page(METRICS)
    for workload, samples in order.sample(sorted(said.items()), len(said)):
        fresh.put(tuple(workload), samples)
    assert page.body() == fresh.body()
    assert page.sizes() == fresh.sizes()


@pytest.mark.parametrize("with_page", [True, False], ids=["after the page", "alone"])
def test_the_exporters_own_registry_joins_the_page(*, with_page: bool) -> None:
    registry = CollectorRegistry()
    Counter("headroom_decode_errors", "Objects skipped.", ["kind"], registry=registry).labels("pods").inc(3)
    Histogram("headroom_publish_seconds", "Time to publish.", registry=registry).observe(0.2)
    page = Page(METRICS)
    if with_page:
        page.put(("workload", *CART), [MEMORY.at(CART, 1)])
    body = join([page.body(), registry_body(registry)])
    for found in (text_series(text_of(body)), openmetrics_series(openmetrics_of(body))):
        assert found["headroom_decode_errors_total", (("kind", "pods"),)] == "3.0"
        assert found["headroom_publish_seconds_count", ()] == "1.0"
        assert any(name == MEMORY.name for name, _ in found) is with_page
    assert openmetrics_of(body).count("# EOF") == 1


def test_a_withdrawn_metric_is_left_out_and_comes_back_as_it_was() -> None:
    page = Page(METRICS)
    page.put(("workload", *CART), [MEMORY.at(CART, 1), CPU_SECONDS.at(CART, 2)])
    whole = page.body()
    assert MEMORY.name not in text_of(page.body(frozenset({MEMORY})))
    assert CPU_SECONDS.name in text_of(page.body(frozenset({MEMORY})))
    assert page.body() == whole
