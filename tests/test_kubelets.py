"""The settings of kubelets reach their reader, and its summary becomes our own metrics."""

from __future__ import annotations

from pathlib import Path

import pytest

from kube_headroom import kubelets
from kube_headroom.kubelet.failures import Reason
from kube_headroom.kubelet.health import Finding, PageSummary
from kube_headroom.kubelet.pages import Oddity
from kube_headroom.kubelet.reader import Options, Summary
from kube_headroom.kubelet.schedule import PageName
from kube_headroom.overview.content import Source
from kube_headroom.settings import read

SUMMARY = Summary(
    expected=3,
    virtual=1,
    without_address=2,
    insecure=True,
    pages={
        PageName.RESOURCE: PageSummary(2, 1000.5, 10, 1.5, 4000, 9000, {Reason.TIMEOUT: 1}),
        PageName.PROBES: PageSummary(0, None, 4, 0.5, 0, 0, {Reason.NOT_FOUND: 3, Reason.FORBIDDEN: 1}),
    },
    missed={PageName.RESOURCE: 5, PageName.PROBES: 0},
    oddities={(PageName.RESOURCE, Oddity.DUPLICATE): 6},
    findings={Finding.NO_PROBES_PAGE: 1},
)


def test_defaults_of_the_settings_are_those_of_the_reader() -> None:
    chosen = kubelets.options(read())

    assert {str(page): seconds for page, seconds in chosen.intervals.items()} == {
        "resource": 15,
        "cadvisor": 30,
        "probes": 30,
        "volumes": 60,
    }
    assert chosen == Options(chosen.intervals)


def test_each_setting_reaches_the_reader() -> None:
    chosen = kubelets.options(
        read(
            {
                "kubelet_request_timeout": "3s",
                "kubelet_concurrency": "7",
                "kubelet_compressed_size_limit": "1Mi",
                "kubelet_body_size_limit": "8Mi",
                "kubelet_preferred_address_types": ("Hostname",),
                "kubelet_certificate_authority": "/etc/ca.crt",
            }
        )
    )

    assert (chosen.limits.deadline, chosen.limits.compressed, chosen.limits.body) == (3, 2**20, 2**23)
    assert (chosen.concurrency, chosen.address_types, chosen.authority) == (7, ("Hostname",), Path("/etc/ca.crt"))
    assert kubelets.options(read({"kubelet_insecure_tls": "true"})).insecure


def test_a_summary_becomes_a_few_series() -> None:
    found = {(metric.name, *labels): float(value) for metric, labels, value in kubelets.samples(SUMMARY)}

    assert found == {
        ("headroom_kubelet_nodes_expected",): 3,
        ("headroom_kubelet_nodes_skipped", "virtual"): 1,
        ("headroom_kubelet_nodes_skipped", "no_address"): 2,
        ("headroom_kubelet_tls_insecure",): 1,
        ("headroom_kubelet_nodes_limited", "no_probes_page"): 1,
        ("headroom_kubelet_nodes_read", "resource"): 2,
        ("headroom_kubelet_nodes_read", "probes"): 0,
        ("headroom_kubelet_oldest_reading_timestamp_seconds", "resource"): 1000.5,
        ("headroom_kubelet_readings_total", "resource"): 10,
        ("headroom_kubelet_readings_total", "probes"): 4,
        ("headroom_kubelet_reading_seconds_total", "resource"): 1.5,
        ("headroom_kubelet_reading_seconds_total", "probes"): 0.5,
        ("headroom_kubelet_received_bytes_total", "resource"): 4000,
        ("headroom_kubelet_received_bytes_total", "probes"): 0,
        ("headroom_kubelet_inflated_bytes_total", "resource"): 9000,
        ("headroom_kubelet_inflated_bytes_total", "probes"): 0,
        ("headroom_kubelet_errors_total", "resource", "timeout"): 1,
        ("headroom_kubelet_errors_total", "probes", "forbidden"): 1,
        ("headroom_kubelet_errors_total", "probes", "not_found"): 3,
        ("headroom_kubelet_readings_missed_total", "resource"): 5,
        ("headroom_kubelet_readings_missed_total", "probes"): 0,
        ("headroom_kubelet_page_oddities_total", "resource", "duplicate"): 6,
    }


UNREAD = "of 3 kubelets not read: see headroom_kubelet_errors_total"


@pytest.mark.parametrize(
    ("expected", "page", "shown"),
    [
        pytest.param(
            0, PageSummary(0, None, 0, 0, 0, 0, {}), [], id="a cluster of virtual nodes has no kubelet to read"
        ),
        pytest.param(
            3,
            PageSummary(1, 1000.0, 1, 0, 0, 0, {}),
            [Source("kubelets", "starting", 1, 1000.0, "")],
            id="not all were asked yet",
        ),
        pytest.param(
            3,
            PageSummary(3, 1000.0, 9, 0, 0, 0, {Reason.TIMEOUT: 1}),
            [Source("kubelets", "up", 3, 1000.0, "")],
            id="all are read, whatever failed before",
        ),
        pytest.param(
            3,
            PageSummary(2, 1000.0, 9, 0, 0, 0, {Reason.TIMEOUT: 1}),
            [Source("kubelets", "partial", 2, 1000.0, f"1 {UNREAD}")],
            id="one does not answer",
        ),
        pytest.param(
            3,
            PageSummary(0, None, 9, 0, 0, 0, {Reason.FORBIDDEN: 9}),
            [Source("kubelets", "down", 0, None, f"3 {UNREAD}")],
            id="none answers",
        ),
        pytest.param(
            3,
            PageSummary(3, 900.0, 9, 0, 0, 0, {}),
            [Source("kubelets", "stale", 3, 900.0, "")],
            id="one was asked too long ago",
        ),
    ],
)
def test_the_overview_has_one_line_for_all_kubelets(expected: int, page: PageSummary, shown: list[Source]) -> None:
    summary = SUMMARY._replace(expected=expected, pages={PageName.RESOURCE: page})
    assert [*kubelets.shown(summary, 1010.0, 60.0)] == shown
