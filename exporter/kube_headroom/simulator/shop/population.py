"""Fills a world with the shop: what existed for weeks is dated back, what controllers make they make themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import count, islice
from typing import NamedTuple

from cronsim import CronSim

from kube_headroom.simulator.shop import cluster, nodes
from kube_headroom.simulator.shop.fulfilment import FULFILMENT
from kube_headroom.simulator.shop.operator import static_pod
from kube_headroom.simulator.shop.platform import PLATFORM
from kube_headroom.simulator.shop.rows import Demand, Workload
from kube_headroom.simulator.shop.selling import SELLING
from kube_headroom.simulator.shop.templates import SPECS, companions, pod_labels, stated
from kube_headroom.simulator.store import Object, owner_reference, timestamp
from kube_headroom.simulator.world import World

SHOP = SELLING + FULFILMENT
DAY = 86_400.0


class Copy(NamedTuple):
    """A row of the tables in a copy of the shop; `base` is the namespace as the tables name it."""

    row: Workload
    base: str


def rows(workloads: int) -> list[Copy]:
    """Return so many workloads: the platform's, then the shop's again and again with numbered namespaces."""
    endless = (_numbered(row, number) for number in count(1) for row in SHOP)
    platform = [Copy(row, row.namespace) for row in PLATFORM[:workloads]]
    return [*platform, *islice(endless, workloads - len(platform))]


def populate(world: World, copies: Sequence[Copy], *, node_count: int, ports: Mapping[int, int] | None = None) -> None:
    """Create everything that exists before the world's first tick."""
    _add_cluster(world, copies)
    _add_nodes(world, node_count, ports)
    for copy in copies:
        _push(world, copy.row)
        _add_workload(world, copy.row)


def _numbered(row: Workload, number: int) -> Copy:
    if number == 1:
        return Copy(row, row.namespace)
    demand = row.demand and row.demand._replace(
        calls=tuple((_in_copy(callee, number), ratio) for callee, ratio in row.demand.calls)
    )
    return Copy(row._replace(namespace=f"{row.namespace}-{number}", demand=demand), row.namespace)


def _in_copy(callee: str, number: int) -> str:
    namespace, _, name = callee.partition("/")
    return f"{namespace}-{number}/{name}"


def _add_cluster(world: World, copies: Sequence[Copy]) -> None:
    store = world.store
    founded = timestamp(world.now - 412 * DAY)
    for resource, made in cluster.classes(founded):
        store.create(resource, made)
    bases = dict.fromkeys(cluster.EMPTY_NAMESPACES, "") | {copy.row.namespace: copy.base for copy in copies}
    for name, base in bases.items():
        days = 412 if not base or base == "kube-system" else world.chance("namespace", name).uniform(150, 400)
        created = timestamp(world.now - days * DAY)
        store.create("namespaces", cluster.namespace(name, cluster.OWNERS.get(base, ""), created))
        for resource, made in cluster.policies(base, name, created):
            store.create(resource, made)


def _add_nodes(world: World, node_count: int, ports: Mapping[int, int] | None) -> None:
    for place in nodes.places(world, node_count):
        made = nodes.node(place, now=world.now, version=world.kubernetes, ports=ports)
        stored = world.store.create("nodes", made)
        reference = {key: owner_reference(stored)[key] for key in ("apiVersion", "kind", "name", "uid")}
        held = nodes.lease(place, now=world.now)
        world.store.create("leases", {**held, "metadata": {**held["metadata"], "ownerReferences": [reference]}})
        world.machines[place.name] = nodes.machine(place)


def _push(world: World, row: Workload) -> None:
    for container in (*row.init, *row.sidecars, *row.containers):
        world.registry.push(container.image, container.program)


def _add_workload(world: World, row: Workload) -> None:
    days = world.chance("workload", row.namespace, row.name).uniform(9, 140)
    created = timestamp(world.now - days * DAY)
    for resource, made in companions(row, world.store.count("services")):
        world.store.create(resource, {**made, "metadata": {**made["metadata"], "creationTimestamp": created}})
    if row.kind == "StaticPod":
        for node in world.store.all("nodes"):
            world.store.create("pods", static_pod(row, node, world.now))
    elif row.kind in SPECS:
        resource, spec = SPECS[row.kind]
        metadata = {
            "name": row.name,
            "namespace": row.namespace,
            "labels": pod_labels(row),
            "annotations": stated(row),
        }
        if row.kind not in ("Job", "Pod"):
            metadata["creationTimestamp"] = created
        world.store.create(resource, {"metadata": metadata, "spec": spec(row), **_status(world, row)})


def _status(world: World, row: Workload) -> Object:
    """What the API server or the controller said of the object before the world began."""
    if row.kind == "Pod":
        return {"status": {"phase": "Pending"}}
    if row.kind == "CronJob":
        last = next(CronSim(row.schedule, datetime.fromtimestamp(world.now, UTC), reverse=True)).timestamp()
        ran = max(container.program.runs_seconds or 0 for container in row.containers)
        return {"status": {"lastScheduleTime": timestamp(last), "lastSuccessfulTime": timestamp(last + ran + 5)}}
    return {}


def measured(copies: Sequence[Copy]) -> dict[tuple[str, str], Demand]:
    """Return the demand on each Service that has one, by namespace and name."""
    return {(row.namespace, row.name): row.demand for row, _ in copies if row.demand}
