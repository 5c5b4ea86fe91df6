"""Job success, probe success and throttle-free time: rises of counters that the exporter shows anyway."""

from __future__ import annotations

import pytest

from kube_headroom.catalogue import batch
from kube_headroom.catalogue import usage as series
from kube_headroom.catalogue.labels import Workload, WorkloadContainerProbe
from kube_headroom.catalogue.metric import Sample
from kube_headroom.slo.objective import Indicator, Selector
from kube_headroom.snapshot import ContainerUsage, UsageSnapshot, WorkloadSnapshot
from tests import facts
from tests.slo.measures.stage import WEB, Stage, objective, played, usage, workload

REPORT = Workload("shop", "CronJob", "report")


def ended(finished: int, failed: int) -> WorkloadSnapshot:
    counters = (batch.JOBS_FINISHED.at(REPORT, finished), batch.JOBS_FAILED.at(REPORT, failed))
    return workload(REPORT, controller=facts.cron_job(), counters=counters)


def probed(total: int, failed: int, container: str = "app", probe: str = "readiness") -> tuple[Sample, ...]:
    labels = WorkloadContainerProbe(*WEB, container, probe)
    return series.PROBES.at(labels, total), series.PROBE_FAILURES.at(labels, failed)


def throttled(periods: float, bad: float, name: str = "app") -> ContainerUsage:
    return ContainerUsage(name, None, None, None, None, None, None, (periods, bad, 0.0))


JOBS = {
    "what ended before we looked is where counting begins": ([(0, ended(7, 3))], [(0, 60, 0, 0)]),
    "a Job that ends is an event, a failed one a bad one": (
        [(0, ended(0, 0)), (10, ended(1, 0)), (20, ended(3, 1))],
        [(0, 60, 3, 1)],
    ),
    "a CronJob made anew counts from nothing": (
        [(0, ended(7, 3)), (10, ended(1, 1)), (20, ended(2, 1))],
        [(0, 60, 2, 1)],
    ),
    "what a CronJob counted before it went is not lost": (
        [(0, ended(0, 0)), (10, ended(2, 1)), (20, None), (40, ended(2, 1))],
        [(0, 20, 2, 1), (40, 60, 0, 0)],
    ),
}


@pytest.mark.parametrize(("story", "stretches"), JOBS.values(), ids=JOBS.keys())
def test_jobs(
    story: list[tuple[float, WorkloadSnapshot | None]], stretches: list[tuple[float, float, float, float]]
) -> None:
    stage = Stage(objective(Indicator.JOB_SUCCESS, Selector(*REPORT)))
    for at, snapshot in story:
        if snapshot is None:
            stage.gone(at, REPORT)
        else:
            stage.put(at, snapshot)
    assert stage.step(60) == stretches


READY, LIVE = probed(100, 10), probed(50, 50, probe="liveness")
PROBES = {
    "a workload without this probe has no data": ([(0, usage()), (30, usage(probes=LIVE))], []),
    "probes of the chosen type count, of every container": (
        [
            (0, usage(probes=(*READY, *LIVE, *probed(5, 0, "proxy")))),
            (30, usage(probes=(*probed(106, 12), *probed(99, 99, probe="liveness"), *probed(10, 1, "proxy")))),
        ],
        [(0, 60, 11, 3)],
    ),
    "a container named like a probe is none": (
        [(0, usage(probes=(*READY, *probed(0, 0, "readiness", "startup")))), (30, usage(probes=(*READY, *probed(9, 9, "readiness", "startup"))))],
        [(0, 60, 0, 0)],
    ),
    "a series that appears later began at nothing": (
        [(0, usage(probes=READY)), (30, usage(probes=(*READY, *probed(4, 1, "proxy"))))],
        [(0, 60, 4, 1)],
    ),
    "while no kubelet tells of what runs there is a gap, and nothing is lost": (
        [(0, usage(probes=READY)), (20, usage(probes=READY, measured=0)), (40, usage(probes=probed(130, 20)))],
        [(0, 20, 0, 0), (40, 60, 30, 10)],
    ),
    "where nothing runs there is nothing to tell of": (
        [(0, usage(probes=READY)), (20, usage(probes=READY, expected=0, measured=0))],
        [(0, 60, 0, 0)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("story", "stretches"), PROBES.values(), ids=PROBES.keys())
def test_probes(story: list[tuple[float, UsageSnapshot]], stretches: list[tuple[float, float, float, float]]) -> None:
    assert played(Stage(objective(Indicator.PROBE_SUCCESS)), story, 60) == stretches


def test_the_owner_chooses_the_probe() -> None:
    stage = Stage(objective(Indicator.PROBE_SUCCESS, probe="liveness"))
    stage.put(0, usage(probes=(*READY, *LIVE)))
    stage.put(1, usage(probes=(*probed(200, 100), *probed(60, 51, probe="liveness"))))
    assert stage.step(30) == [(0, 30, 10, 1)]


def test_periods_in_which_a_limit_stopped_a_container_are_bad() -> None:
    stage = Stage(objective(Indicator.THROTTLE_FREE))
    stage.put(0, usage(containers=(throttled(1000, 400), throttled(50, 0, "proxy"))))
    stage.put(30, usage(containers=(throttled(1300, 410), throttled(350, 2, "proxy"))))
    assert stage.step(30) == [(0, 30, 600, 12)]


def test_without_a_limit_there_is_no_throttling_to_be_free_of() -> None:
    stage = Stage(objective(Indicator.THROTTLE_FREE))
    stage.put(0, usage(containers=(throttled(0, 0)._replace(cfs=()),)))
    assert stage.step(30) == []
