"""What the demo's SLOs say of the simulated shop's incidents: who burns, how soon, and that it ends."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from kube_headroom import signals
from kube_headroom.demo.options import SLO_FILES
from kube_headroom.settings import read
from kube_headroom.simulator.composition import build
from kube_headroom.simulator.incidents.board import Incidents
from kube_headroom.simulator.world import World
from kube_headroom.slos import Slos
from kube_headroom.snapshot import SloSnapshot
from kube_headroom.timing import Timing
from tests.simulator.watched import Watched

# The first test waits for 38 simulated minutes, which take a busy machine more than the usual two.
pytestmark = pytest.mark.timeout(600)

START = 1_780_000_000.0
BURNING = {"fast_burn", "exhausted"}


class Judged(Watched):
    """A watched world whose SLOs are judged too; `told` holds the latest snapshot of each, by service, SLO and group."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        settings = read({"slo_files": str(SLO_FILES)})
        timing = Timing(clock=lambda: world.now)
        self.slos = Slos(settings, self.inventory, "simulated", timing, stale=frozenset)
        self.told: dict[str, SloSnapshot] = {}

    def _publish(self) -> None:
        now = self.world.now
        for key, snapshot in self.inventory.snapshots(self.inventory.changes()):
            samples = () if snapshot is None else tuple(signals.samples(key[0], snapshot))
            self.slos.put(key, snapshot, samples, now)
        for key, snapshot in self.slos.snapshots(self.slos.changes()):
            if snapshot is not None:
                self.told["/".join(part for part in key[1:4] if part)] = snapshot

    def burning(self) -> set[str]:
        return {name for name, told in self.told.items() if told.state in BURNING}

    def burn_rates(self, window: str) -> dict[str, float]:
        return {name: dict(told.burn_rates)[window] for name, told in self.told.items() if told.burn_rates}


INCIDENTS = ("failing-readiness", "crash-loop", "failing-liveness", "unschedulable-pods")


class Story(NamedTuple):
    """Burn rates after a healthy quarter of an hour, over the hour with eight minutes of incidents, over five minutes at last."""

    healthy: dict[str, float]
    troubled: dict[str, float]
    in_the_end: dict[str, float]
    paging: set[str]
    """Who was in a state that pages while the incidents lasted."""


@pytest.fixture(scope="module")
def story() -> Story:
    """Several incidents at once: each befalls another workload."""
    judged = Judged(build(seed=3, start=START, past=0))
    judged.advance(900)
    healthy = judged.burn_rates("1h")
    incidents = judged.world.part(Incidents)
    for name in INCIDENTS:
        incidents.begin(name)
    judged.advance(480)
    troubled, paging = judged.burn_rates("1h"), judged.burning()
    for name in INCIDENTS:
        incidents.end(name)
    judged.advance(900)
    return Story(healthy, troubled, judged.burn_rates("5m"), paging)


def test_a_healthy_shop_burns_nothing(story: Story) -> None:
    assert {name: rate for name, rate in story.healthy.items() if rate > 1} == {}
    assert len(story.healthy) > 15


@pytest.mark.parametrize(
    "expected",
    [
        pytest.param("shop/cart/availability", id="a cart that is not ready"),
        pytest.param("shop/cart/probe-success", id="its probes that fail"),
        pytest.param("platform/availability/namespace=shop", id="the namespace that it is in"),
        pytest.param("payments/payments/availability", id="payments that crash"),
        pytest.param("platform/availability/namespace=payments", id="their namespace"),
        pytest.param("catalog/catalog/restart-free", id="a catalog that hangs and is restarted"),
        pytest.param("catalog/recommendations/scheduling-latency", id="recommendations that fit on no node"),
    ],
)
def test_within_minutes_of_its_cause_burns(expected: str, story: Story) -> None:
    assert story.troubled[expected] > 1
    assert story.in_the_end[expected] < 1


def test_outages_page_and_recommendations_that_wait_for_a_node_do_not(story: Story) -> None:
    assert {"shop/cart/availability", "payments/payments/availability"} <= story.paging
    assert "catalog/recommendations/availability" not in story.paging


def test_who_has_no_trouble_does_not_burn(story: Story) -> None:
    assert story.troubled["platform/availability/namespace=kube-system"] == 0
