"""Whether two tell the same of a cluster: rows by metric and label values, compared until they agree or time is up."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from kube_headroom.catalogue.metric import Counter, Metric
from tests.real.exporter import Page, labels_of
from tests.real.waiting import wait_until

Rows = Mapping[tuple[str, ...], float]
"""Values by the values of the metric's labels, in the order of the catalogue; a counter's zeros are left out."""
Expected = Mapping[Metric[Any], Rows]

SHOWN = 60


def agree(expected: Callable[[], Expected], page: Callable[[], Page], *, who: str) -> int:
    """Wait until the page shows what is expected, no row more and none less; returns the number of rows compared.

    Both are asked anew each time: between two questions the cluster moves. Fails with the rows that differ.
    """
    seen: list[str] = []
    compared = 0

    def agreed() -> bool:
        nonlocal compared
        wanted, shown = expected(), page()
        seen[:] = differences(wanted, shown, who)
        compared = sum(map(len, wanted.values()))
        return not seen

    try:
        wait_until(agreed, what="agreement")
    except TimeoutError:
        more = [f"... and {len(seen) - SHOWN} more"] if len(seen) > SHOWN else []
        pytest.fail("\n".join([f"{len(seen)} of {compared} rows differ:", *seen[:SHOWN], *more]), pytrace=False)
    return compared


def differences(expected: Expected, page: Page, who: str) -> list[str]:
    """One line for each row that differs; `who` says what is expected."""
    found = []
    shown = _by_metric(page, expected)
    for metric, wanted in expected.items():
        present = shown[metric]
        for labels in sorted(wanted.keys() | present.keys()):
            one, other = wanted.get(labels), present.get(labels)
            if one is None or other is None or not math.isclose(one, other, rel_tol=1e-9):
                found.append(f"{metric.name}{list(labels)}: {who} {_told(one)}, the page {_told(other)}")
    return found


def _by_metric(page: Page, metrics: Expected) -> dict[Metric[Any], dict[tuple[str, ...], float]]:
    by_name = {metric.name: metric for metric in metrics}
    rows: dict[Metric[Any], dict[tuple[str, ...], float]] = {metric: {} for metric in metrics}
    for series, value in page.series.items():
        metric = by_name.get(series.partition("{")[0])
        if metric is not None and (value or not isinstance(metric, Counter)):
            labels = labels_of(series)
            assert labels.keys() == set(metric.label_names), series
            rows[metric][tuple(labels[name] for name in metric.label_names)] = value
    return rows


def _told(value: float | None) -> str:
    return "nothing" if value is None else f"{value:.17g}"
