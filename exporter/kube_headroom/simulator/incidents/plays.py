"""How each incident goes: a generator that sets its causes, is asked once per tick, and takes them back when closed."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack
from typing import Any

from kube_headroom.resources import parse_quantity
from kube_headroom.simulator.controllers.drains import Drains
from kube_headroom.simulator.events import Reporter
from kube_headroom.simulator.incidents.causes import (
    altered,
    edited,
    edited_container,
    main_container,
    multiplied,
    off,
    released,
)
from kube_headroom.simulator.incidents.target import Target
from kube_headroom.simulator.world import World

Playing = Generator[None, None, None]
Play = Callable[[World, Target], Playing]

Mi = 2**20
NANOS = 10**9
UP_SECONDS, DOWN_SECONDS = 120.0, 75.0
"""A node that flaps: long enough away to be found out (50 s), too short to lose its pods (300 s)."""
STORM_SECONDS = 5.0
CANDIDATE = "candidate"


def for_ever() -> Playing:
    """Leave everything to the cluster."""
    while True:
        yield


def altering(**changes: Any) -> Play:  # noqa: ANN401  fields of Program
    """Let the target's program behave otherwise for as long as the incident lasts."""

    def play(world: World, target: Target) -> Playing:
        with altered(world, target, **changes):
            yield from for_ever()

    return play


def leaking(seconds: float) -> Play:
    """Let the target leak so fast that an empty container reaches its memory limit in that time."""

    def play(world: World, target: Target) -> Playing:
        limit = main_container(world, target).get("resources", {}).get("limits", {}).get("memory")
        limit_bytes = parse_quantity(limit) / NANOS if limit else 512 * Mi
        with altered(world, target, memory_growth=limit_bytes / seconds):
            yield from for_ever()

    return play


def rushed(factor: float) -> Play:
    """Let so many times the usual requests come to the target."""

    def play(world: World, target: Target) -> Playing:
        with multiplied(world, target, factor):
            yield from for_ever()

    return play


def releasing(*, exists: bool = True, **changes: Any) -> Play:  # noqa: ANN401  fields of Program
    """Ship a version of the target that behaves so, or whose image does not exist."""

    def play(world: World, target: Target) -> Playing:
        with released(world, target, CANDIDATE, exists=exists, **changes):
            yield from for_ever()

    return play


def asking_too_much(world: World, target: Target) -> Playing:
    """Ship a version that asks for more CPU than any node has."""
    most = max(machine.cores for machine in world.machines.values())
    resources = {"requests": {"cpu": str(int(most) + 4)}}
    with edited_container(world, target, resources=resources):
        yield from for_ever()


def over_quota(world: World, target: Target) -> Playing:
    """Cut the quota to what is used, then scale every Deployment of the namespace up by a half."""
    quota = target.read(world.store)
    assert quota is not None  # noqa: S101  the board found it
    with ExitStack() as causes:
        causes.enter_context(edited(world, target, hard=dict(quota["status"]["used"])))
        for owner in world.store.all("deployments", target.namespace):
            more = -(-owner["spec"]["replicas"] * 3 // 2)
            causes.enter_context(edited(world, _target("deployments", owner), replicas=more))
        yield from for_ever()


def blocked_drain(world: World, target: Target) -> Playing:
    """Let a budget allow nothing, then drain the node of the first pod that it guards."""
    budget = target.read(world.store)
    assert budget is not None  # noqa: S101  the board found it
    guarded = budget["spec"]["selector"]["matchLabels"].items()
    pods = [
        pod
        for pod in world.store.all("pods", target.namespace)
        if guarded <= pod["metadata"].get("labels", {}).items() and pod["spec"].get("nodeName")
    ]
    with edited(world, target, minAvailable="100%"):
        yield  # the budget's controller takes note before the first eviction
        yield
        drains = world.part(Drains)
        node = pods[0]["spec"]["nodeName"] if pods else next(iter(world.machines))
        drains.drain(node)
        try:
            yield from for_ever()
        finally:
            drains.uncordon(node)


def without_power(world: World, target: Target) -> Playing:
    """Switch the node off."""
    with off(world, target, power=True):
        yield from for_ever()


def flapping(world: World, target: Target) -> Playing:
    """Take the node off the network again and again."""
    while True:
        with off(world, target, power=False):
            yield from _wait(world, DOWN_SECONDS)
        yield from _wait(world, UP_SECONDS)


def mounts_failing(world: World, target: Target) -> Playing:
    """Let every kubelet report that it cannot refresh the volumes of the namespace's pods, each time in other words."""
    number = 0
    while True:
        for pod in world.store.all("pods", target.name):
            node = pod["spec"].get("nodeName", "")
            if node and world.machines[node].up:
                number += 1
                message = (
                    'MountVolume.SetUp failed for volume "secrets-store" : rpc error: code = Unavailable '
                    f"desc = connection error, request {number}"
                )
                world.events.record(pod, "Warning", "FailedMount", message, Reporter("kubelet", node))
        yield from _wait(world, STORM_SECONDS)


def _wait(world: World, seconds: float) -> Playing:
    until = world.now + seconds
    while world.now < until:
        yield


def _target(resource: str, owner: dict[str, Any]) -> Target:
    return Target(resource, owner["metadata"].get("namespace", ""), owner["metadata"]["name"])
