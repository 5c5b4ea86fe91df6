"""Puts the simulated cluster together: the shop and every part that acts in it, in the order they act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kube_headroom.simulator.controllers import defaults, limits
from kube_headroom.simulator.controllers.autoscalers import Autoscalers
from kube_headroom.simulator.controllers.budgets import Budgets
from kube_headroom.simulator.controllers.cronjobs import CronJobs
from kube_headroom.simulator.controllers.daemonsets import DaemonSets
from kube_headroom.simulator.controllers.deployments import Deployments
from kube_headroom.simulator.controllers.drains import Drains
from kube_headroom.simulator.controllers.garbage import Garbage
from kube_headroom.simulator.controllers.jobs import Jobs
from kube_headroom.simulator.controllers.nodes import Nodes
from kube_headroom.simulator.controllers.quotas import Quotas
from kube_headroom.simulator.controllers.replicasets import ReplicaSets
from kube_headroom.simulator.controllers.scheduler import Scheduler
from kube_headroom.simulator.controllers.statefulsets import StatefulSets
from kube_headroom.simulator.incidents.board import Incidents
from kube_headroom.simulator.kubelet.housekeeping import Housekeepings
from kube_headroom.simulator.kubelet.kubelet import Kubelets
from kube_headroom.simulator.request_metrics import RequestMetrics
from kube_headroom.simulator.shop.operator import KafkaOperator
from kube_headroom.simulator.shop.population import measured, populate, rows
from kube_headroom.simulator.shop.routine import Routine
from kube_headroom.simulator.shop.rows import Workload
from kube_headroom.simulator.traffic import Traffic
from kube_headroom.simulator.world import Part, World

COMING_UP_SECONDS = 240.0
"""Until everything that was created at once is ready; customers come then."""
PAST_SECONDS = 2 * 3600.0
"""Long enough that events of the beginning have expired and the first deploys and jobs are behind."""
SETTLING_SECONDS = 60.0
"""In the world's own steps, so that rates over a minute are right at the start."""
COMING_UP_TICK, PAST_TICK = 5.0, 30.0
"""Until then steps are coarse: what kubelets do every few seconds is done less often, and nothing else differs."""


def build(  # noqa: PLR0913  the settings of the demo's command line
    *,
    seed: int,
    start: float,
    nodes: int = 12,
    workloads: int = 25,
    ports: Mapping[int, int] | None = None,
    past: float = PAST_SECONDS,
) -> World:
    """Return the cluster at `start` (Unix seconds), having run for `past` seconds and the time it takes to come up.

    `ports` gives the ports of the nodes' kubelets on this machine, by the node's number from 0. The past of 12 nodes
    takes about two seconds; a cluster of hundreds is better built with a `past` of 0.
    """
    opens = start - SETTLING_SECONDS - past
    world = World(seed=seed, start=opens - COMING_UP_SECONDS)
    copies = rows(workloads)
    defaults.register(world)
    limits.enforce(world)
    populate(world, copies, node_count=nodes, ports=ports)
    traffic = Traffic(world, measured(copies), opens=opens)
    world.add(*_parts(world, traffic, [copy.row for copy in copies]))
    usual = world.tick
    for until, world.tick in ((opens, COMING_UP_TICK), (opens + past, PAST_TICK), (start, usual)):
        world.advance(until)
    return world


def _parts(world: World, traffic: Traffic, shop: Sequence[Workload]) -> tuple[Part, ...]:
    cadvisors = Housekeepings(world)
    return (
        Incidents(world),
        Routine(world, shop),
        traffic,
        Nodes(world),
        Quotas(world),
        CronJobs(world),
        Jobs(world),
        Deployments(world),
        ReplicaSets(world),
        StatefulSets(world),
        DaemonSets(world),
        KafkaOperator(world, shop),
        Autoscalers(world, cadvisors.usage),
        Budgets(world),
        Drains(world),
        Garbage(world),
        Scheduler(world),
        Kubelets(world, traffic.rate_at),
        cadvisors,
        RequestMetrics(world, traffic),
    )
