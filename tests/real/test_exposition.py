"""The exact exposition of a namespace in which everything exists once, as a real Prometheus stored it."""

import logging
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Golden
from tests.real.control_plane import ControlPlane
from tests.real.exporter import Exporter, is_own
from tests.real.prometheus import Prometheus, Series, service_monitor
from tests.real.shop import LAST_SCHEDULE_SECONDS, close_shop, open_shop
from tests.real.waiting import wait_until
from tools.build import program

log = logging.getLogger(__name__)

RECORDED = Path(__file__).parents[1] / "golden" / "exposition.txt"
SETTLING_SECONDS = 240
LAST_SUCCESS = "headroom_workload_cronjob_last_success_timestamp_seconds"
LAST_SCHEDULE = "headroom_workload_cronjob_last_schedule_timestamp_seconds"
EVENTS = "headroom_workload_events_total"
# Whether and how often controllers write these hangs on the moment: they are not of the golden file.
INCIDENTAL_EVENTS = (
    "FailedCreate",
    "FailedGetResourceMetric",
    "FailedComputeMetricsReplicas",
    "FailedScheduling",
    "other",
)


@pytest.mark.timeout(3 * SETTLING_SECONDS)
def test_everything_as_prometheus_stores_it(
    control_plane: ControlPlane,
    namespace: str,
    exporter: Callable[..., Exporter],
    prometheus: Callable[..., Prometheus],
    golden: Golden,
) -> None:
    client, started = control_plane.client(), exporter(control_plane.kubeconfig())
    started.start()
    server = prometheus([service_monitor("headroom", started.target)])
    open_shop(client, namespace)

    def text() -> str:
        found = (series for series in stored(server, namespace) if not is_incidental(series))
        return "".join(sorted(f"{line(series, namespace)}\n" for series in found))

    recorded = RECORDED.read_text() if RECORDED.exists() else ""
    try:
        wait_until(lambda: text() == recorded, what="the golden file", timeout=SETTLING_SECONDS)
    except TimeoutError:
        golden(RECORDED, text())

    # After a scrape that took too long there is no series until the next.
    scheduled = wait_until(
        lambda: [series.value for series in stored(server, namespace) if series.labels["__name__"] == LAST_SCHEDULE],
        what="the time of the last schedule",
    )
    assert scheduled == [LAST_SCHEDULE_SECONDS]
    # They are counted all the same, once they are past their hold.
    wait_until(
        lambda: any(series.value for series in stored(server, namespace) if is_incidental(series)),
        what="an incidental event to be counted",
    )
    job = client.read("Job", "nightly-1", namespace)
    assert job["status"]["completionTime"]
    checked = subprocess.run(
        [program("promtool"), "check", "metrics"],
        input=started.page().text,
        text=True,
        capture_output=True,
        check=False,
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")

    close_shop(client, namespace)
    wait_until(
        lambda: {series.labels["__name__"] for series in stored(server, namespace)} == {"headroom_namespace_info"},
        what="the series of what is gone to end",
    )
    log.info("%d series exact, then gone", len(recorded.splitlines()))


def stored(server: Prometheus, namespace: str) -> list[Series]:
    """What tells of the namespace's objects now."""
    found = server.query(f'{{__name__=~"headroom_.+", namespace="{namespace}"}}')
    return [series for series in found if not is_own(series.labels["__name__"])]


def is_incidental(series: Series) -> bool:
    """Whether the series counts events that come and go with the machine's load."""
    return series.labels["__name__"] == EVENTS and series.labels["reason"] in INCIDENTAL_EVENTS


def line(series: Series, namespace: str) -> str:
    """A series as the golden file has it, the namespace's name and what depends on time replaced."""
    labels = dict(series.labels)
    name = labels.pop("__name__")
    assert (labels.pop("job"), labels.pop("instance")) == ("headroom", "headroom")
    varies = name in (LAST_SUCCESS, LAST_SCHEDULE)
    body = ",".join(f'{key}="{value.replace(namespace, "shop")}"' for key, value in sorted(labels.items()))
    return f"{name}{{{body}}} {'*' if varies else f'{series.value:.15g}'}"
