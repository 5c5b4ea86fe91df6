"""Puts the simulated cluster together: the shop and every part that acts in it, in the order they act."""

from __future__ import annotations

from collections.abc import Mapping

from kube_headroom.simulator.controllers import defaults
from kube_headroom.simulator.controllers.cronjobs import CronJobs
from kube_headroom.simulator.controllers.deployments import Deployments
from kube_headroom.simulator.controllers.garbage import Garbage
from kube_headroom.simulator.controllers.jobs import Jobs
from kube_headroom.simulator.controllers.replicasets import ReplicaSets
from kube_headroom.simulator.request_metrics import RequestMetrics
from kube_headroom.simulator.shop.operator import KafkaOperator
from kube_headroom.simulator.shop.population import measured, populate, rows
from kube_headroom.simulator.shop.routine import Routine
from kube_headroom.simulator.traffic import Traffic
from kube_headroom.simulator.world import World

WARM_UP_SECONDS = 300.0
"""Before `start`, so that the shop has come up when somebody looks."""
OPENS_SECONDS = 150.0
"""Before `start`, customers come: after everything is ready, and long enough for autoscalers to have settled."""


def build(  # noqa: PLR0913  the settings of the demo's command line
    *,
    seed: int,
    start: float,
    nodes: int = 12,
    workloads: int = 25,
    ports: Mapping[int, int] | None = None,
    warm_up: float = WARM_UP_SECONDS,
) -> World:
    """Return the cluster at `start` (Unix seconds), having run for `warm_up` seconds.

    `ports` gives the ports of the nodes' kubelets on this machine, by the node's number from 0.
    """
    world = World(seed=seed, start=start - warm_up)
    copies = rows(workloads)
    shop = [copy.row for copy in copies]
    defaults.register(world)
    populate(world, copies, node_count=nodes, ports=ports)
    traffic = Traffic(world, measured(copies), opens=start - OPENS_SECONDS)
    world.add(
        Routine(world, shop),
        traffic,
        CronJobs(world),
        Jobs(world),
        Deployments(world),
        ReplicaSets(world),
        KafkaOperator(world, shop),
        Garbage(world),
        RequestMetrics(world, traffic),
    )
    world.advance(start)
    return world
