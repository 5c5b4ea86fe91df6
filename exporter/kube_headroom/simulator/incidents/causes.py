"""What incidents are made of: causes that hold while a `with` block does, and are taken back at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from kube_headroom.simulator.incidents.target import Target
from kube_headroom.simulator.program import repository
from kube_headroom.simulator.store import Object
from kube_headroom.simulator.traffic import Traffic
from kube_headroom.simulator.world import World


def template(owner: Object) -> Object:
    """Return the pod template of a workload."""
    spec = owner["spec"]
    made: Object = spec["jobTemplate"]["spec"]["template"] if "jobTemplate" in spec else spec["template"]
    return made


def main_container(world: World, target: Target) -> Object:
    """Return the first container of the target's pod template; raises LookupError when the target is gone."""
    owner = target.read(world.store)
    if owner is None:
        raise LookupError(f"{target} is gone")
    container: Object = template(owner)["spec"]["containers"][0]
    return container


@contextmanager
def altered(world: World, target: Target, **changes: Any) -> Iterator[None]:  # noqa: ANN401  fields of Program
    """Let the target's main program behave otherwise, in the pods that run and in those to come."""
    name = repository(main_container(world, target)["image"])
    alteration = world.registry.alter(name, **changes)
    try:
        yield
    finally:
        world.registry.restore(name, alteration)


@contextmanager
def multiplied(world: World, target: Target, factor: float) -> Iterator[None]:
    """Let so many times the usual requests come to the Service of the target's name."""
    traffic = world.part(Traffic)
    traffic.multiply(target.namespace, target.name, factor)
    try:
        yield
    finally:
        traffic.multiply(target.namespace, target.name, 1.0)


@contextmanager
def released(world: World, target: Target, tag: str, *, exists: bool = True, **changes: Any) -> Iterator[None]:  # noqa: ANN401  fields of Program
    """Ship a version of the target whose program differs so, or whose image nobody pushed; roll back at the end."""
    before: str = main_container(world, target)["image"]
    image = f"{repository(before)}:{tag}"
    if exists:
        world.registry.push(image, replace(world.registry.program(before), **changes))
    with edited_container(world, target, image=image):
        yield


@contextmanager
def edited_container(world: World, target: Target, **changes: Any) -> Iterator[None]:  # noqa: ANN401  JSON
    """Change fields of the main container in the target's pod template, which rolls it out; roll back at the end."""
    before = main_container(world, target)

    def edit(owner: Object, container: Object) -> Object:
        spec = owner["spec"]
        pod = spec["template"]["spec"]
        containers = [container, *pod["containers"][1:]]
        return {**spec, "template": {**spec["template"], "spec": {**pod, "containers": containers}}}

    _edit(world, target, lambda owner: edit(owner, {**before, **changes}))
    try:
        yield
    finally:
        _edit(world, target, lambda owner: edit(owner, before))


@contextmanager
def edited(world: World, target: Target, **changes: Any) -> Iterator[None]:  # noqa: ANN401  JSON
    """Change fields of the target's spec, and put the former values back at the end."""
    owner = target.read(world.store)
    if owner is None:
        raise LookupError(f"{target} is gone")
    before = {field: owner["spec"][field] for field in changes if field in owner["spec"]}
    _edit(world, target, lambda found: {**found["spec"], **changes})
    try:
        yield
    finally:
        _edit(
            world,
            target,
            lambda found: {**{key: value for key, value in found["spec"].items() if key not in changes}, **before},
        )


@contextmanager
def off(world: World, target: Target, *, power: bool) -> Iterator[None]:
    """Take a node's machine off the network; without power it has another boot when it is back."""
    machine = world.machines[target.name]
    machine.up, machine.powered = False, not power
    try:
        yield
    finally:
        machine.up = machine.powered = True
        if power:
            machine.boot = world.now


def _edit(world: World, target: Target, spec: Callable[[Object], Object]) -> None:
    """Write the target's new spec; a target that is gone meanwhile needs none."""
    owner = target.read(world.store)
    if owner is not None:
        world.store.change(target.resource, owner, spec=spec(owner))
