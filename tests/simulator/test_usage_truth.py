"""What the exporter counts of usage is what the simulated kernels have in their books, whatever befalls the shop."""

from __future__ import annotations

from collections import defaultdict

import pytest

from kube_headroom.catalogue import usage as series
from kube_headroom.simulator.composition import build
from kube_headroom.simulator.incidents.board import Incidents, Planned
from tests.simulator.watched import Books, Watched

START = 1_780_000_000.0
SECONDS = 1500
UNREAD = 60.0
"""Seconds of a run that no row tells of: a page's interval and cAdvisor's own, which is 30 s when a cgroup idles."""
PLANNED = (
    Planned(60, "throttled-service"),
    Planned(120, "crash-loop", seconds=600),
    Planned(180, "failing-liveness", seconds=600),
    Planned(240, "oom-loop", seconds=600),
    Planned(300, "node-flapping", seconds=400),
    Planned(360, "bad-image", seconds=600),
)

Workload = tuple[str, str]


class Truth:
    """The kernels' books by workload: what each container's runs used, how much of it after the last row, and throttling."""

    def __init__(self, watched: Watched) -> None:
        names = watched.workloads
        self.cpu: dict[tuple[Workload, str], float] = defaultdict(float)
        self.unread: dict[tuple[Workload, str], float] = defaultdict(float)
        own: dict[str, float] = {}
        inner: dict[str, float] = defaultdict(float)
        for (uid, container, _), books in watched.cgroups.items():
            if container:
                self.cpu[names[uid], container] += books.cpu
                self.unread[names[uid], container] += books.cpu * min(1.0, UNREAD / books.seconds)
                inner[uid] += books.throttled
            else:
                own[uid] = books.throttled
        self.throttled: dict[Workload, float] = defaultdict(float)
        for uid, seconds in own.items():
            self.throttled[names[uid]] += max(seconds, inner[uid])


@pytest.fixture(scope="module")
def watched() -> Watched:
    watched = Watched(build(seed=5, start=START, past=0))
    watched.world.part(Incidents).plan(PLANNED)
    watched.advance(SECONDS)
    return watched


def test_no_counter_ever_falls_and_no_row_is_refused(watched: Watched) -> None:
    assert watched.fallen == []
    assert watched.inventory.losses().rows_refused == {}


def test_cpu_is_what_the_kernels_counted_but_for_what_was_not_read_yet(watched: Watched) -> None:
    truth = Truth(watched)
    wrong = {}
    for (workload, container), used in truth.cpu.items():
        counted = sum(
            value
            for (name, labels), value in watched.samples.items()
            if name == series.CPU_USAGE.name and (labels[0], labels[2], labels[3]) == (*workload, container)
        )
        if not used - truth.unread[workload, container] - 0.1 <= counted <= used + 1e-6:
            wrong[workload, container] = (counted, used)
    assert wrong == {}
    assert len(truth.cpu) > 25


def test_throttled_time_is_the_pods_when_their_own_limit_stops_them(watched: Watched) -> None:
    truth = Truth(watched)
    workload = ("shop", "checkout")
    counted = watched.total(series.CPU_THROTTLED.name, "shop", "Deployment", "checkout")
    assert truth.throttled[workload] * (1 - 2 * UNREAD / SECONDS) <= counted <= truth.throttled[workload] + 1e-6
    assert counted > 100


def test_the_books_hold_what_the_test_thinks(watched: Watched) -> None:
    assert all(books >= Books() for books in watched.cgroups.values())
    assert watched.total("headroom_workload_container_restarts_total", "payments", "Deployment", "payments") > 10
