"""The demo beside a real Prometheus that scrapes it: SLIs that are queries burn in real time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.demo.process import Demo, running
from tests.real.prometheus import Prometheus, Series, service_monitor
from tests.real.waiting import wait_until

PATIENCE_SECONDS = 240
"""A turn that a busy machine is late with is made up for at the next, some steps later."""


class Beside(NamedTuple):
    """A demo, and the Prometheus that it asks and that scrapes it."""

    demo: Demo
    prometheus: Prometheus


def targets_from(file: Path, job: str) -> dict[str, object]:
    """A job whose targets are written later, once they have their ports."""
    job_of = service_monitor(job, "")
    del job_of["static_configs"]
    return {**job_of, "file_sd_configs": [{"files": [str(file)], "refresh_interval": "1s"}]}


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    folder = tmp_path_factory.mktemp("beside")
    files = {job: folder / f"{job}.json" for job in ("headroom", "shop")}
    prometheus = Prometheus(folder, [targets_from(file, job) for job, file in files.items()])
    # The shop counts its requests every five seconds: a rate over no more than that may miss all of them.
    flags = ("--prometheus.url", prometheus.url, "--prometheus.scrape-interval", "1s", "--slo.step", "10s")
    prometheus.process.start()
    try:
        with running(folder, *flags, "--counter-hold", "2s") as demo:
            for job, address in (
                ("headroom", demo.where["metrics"]),
                ("shop", demo.where["incident"].removeprefix("curl -X POST ")),
            ):
                host = urlsplit(address).netloc
                files[job].write_text(json.dumps([{"targets": [host]}]))
            yield Beside(demo, prometheus)
    finally:
        prometheus.process.discard()


def found(beside: Beside, query: str) -> list[Series]:
    answer: list[Series] = []

    def there() -> bool:
        answer[:] = beside.prometheus.query(query)
        return bool(answer)

    wait_until(there, what=query, timeout=PATIENCE_SECONDS)
    return answer


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param('slo_service="shop", slo="requests", slo_group="service=cart"', id="counters, by service"),
        pytest.param('slo_service="checkout", slo="latency"', id="a histogram in Sloth's words"),
        pytest.param('slo_service="payments", slo="serving"', id="a ratio with a bound"),
    ],
)
def test_events_of_a_query_are_counted(labels: str, beside: Beside) -> None:
    (events,) = found(beside, f"headroom_slo_events_total{{{labels}}} > 2")
    (bad,) = found(beside, f"headroom_slo_bad_events_total{{{labels}}}")
    assert bad.value <= events.value


def test_an_outage_burns_the_budget_of_requests_and_of_replicas(beside: Beside) -> None:
    found(beside, 'headroom_slo_events_total{slo="requests", slo_group="service=cart"} > 10')
    beside.demo.control("POST", "/incidents/failing-readiness")
    found(beside, 'headroom_slo_burn_rate{slo="requests", slo_group="service=cart", window="5m"} > 14.4')
    found(beside, 'headroom_slo_burn_rate{slo_service="shop/cart", slo="availability", window="5m"} > 14.4')


def test_prometheus_stands_among_the_sources(beside: Beside) -> None:
    found(beside, "headroom_prometheus_up == 1")
    assert found(beside, "headroom_prometheus_objectives_failing == 0")
