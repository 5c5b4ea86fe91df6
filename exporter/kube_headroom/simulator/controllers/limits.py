"""LimitRange admission: defaults for new pods, and the refusal of pods and claims out of bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kube_headroom.resources import effective_limits, effective_requests
from kube_headroom.simulator.controllers.admission import forbidden
from kube_headroom.simulator.controllers.defaults import with_status
from kube_headroom.simulator.controllers.quantities import (
    NANOS,
    Form,
    Quantity,
    canonical,
    pod_resources,
    quantity,
    written_form,
)
from kube_headroom.simulator.store import Object, Store
from kube_headroom.simulator.world import World

ANNOTATION = "kubernetes.io/limit-ranger"
_LISTS = (("containers", "container"), ("initContainers", "init container"))
_MINOR = 36

Quantities = Mapping[str, Quantity]
Asked = tuple[str, Quantities, Quantities]
"""A limit's type, and the requests and limits that it bounds."""


def enforce(world: World) -> None:
    """Let LimitRanges rule what is created from now on: after the API's own defaults, before a pod's QoS class."""
    admissions = world.store.admissions
    place = admissions.index(with_status) if with_status in admissions else len(admissions)
    admissions.insert(place, lambda resource, new: _admit(world.store, resource, new))


def _admit(store: Store, resource: str, new: Object) -> Object:
    if resource == "limitranges":
        return {**new, "spec": {**new["spec"], "limits": [_completed(item) for item in new["spec"]["limits"]]}}
    if resource not in ("pods", "persistentvolumeclaims"):
        return new
    ranges = store.all("limitranges", new["metadata"]["namespace"])
    items = [[_completed(item) for item in found["spec"]["limits"]] for found in ranges]
    if resource == "pods":
        for limits in items:
            new = _defaulted(new, limits)
    for limits in items:
        # A Go map has no order; what is refused for several reasons names them sorted here.
        wrong = [
            message for item in limits for asked in _bounded(item, resource, new) for message in _breaches(item, asked)
        ]
        if wrong:
            distinct = list(dict.fromkeys(wrong))
            raise forbidden(resource, new, distinct[0] if len(distinct) == 1 else f"[{', '.join(distinct)}]")
    return new


def _completed(item: Object) -> Object:
    """Fill in what a container's limit leaves out: default from max, defaultRequest from default, else from min."""
    item = {part: _canonical(value) if isinstance(value, dict) else value for part, value in item.items()}
    if item["type"] != "Container":
        return item
    default = {**item.get("max", {}), **item.get("default", {})}
    request = {**item.get("min", {}), **default, **item.get("defaultRequest", {})}
    return {**item, **({"default": default} if default else {}), **({"defaultRequest": request} if request else {})}


def _canonical(listed: Mapping[str, str]) -> dict[str, str]:
    return {name: canonical(text) for name, text in listed.items()}


def _defaulted(pod: Object, limits: list[Object]) -> Object:
    """Give a pod's containers the requests and limits they lack, and say so in an annotation."""
    defaults: dict[str, dict[str, str]] = {"requests": {}, "limits": {}}
    for item in limits:
        if item["type"] == "Container":
            defaults["requests"] |= item.get("defaultRequest", {})
            defaults["limits"] |= item.get("default", {})
    told: list[str] = []
    spec = dict(pod["spec"])
    for part, called in _LISTS:
        if part in spec:
            spec[part] = [_filled(container, defaults, called, told) for container in spec[part]]
    if not told:
        return pod
    annotations = {**pod["metadata"].get("annotations", {}), ANNOTATION: f"LimitRanger plugin set: {'; '.join(told)}"}
    return {**pod, "metadata": {**pod["metadata"], "annotations": annotations}, "spec": spec}


def _filled(container: Object, defaults: Mapping[str, Mapping[str, str]], called: str, told: list[str]) -> Object:
    resources = dict(container.get("resources", {}))
    for kind, word in (("requests", "request"), ("limits", "limit")):
        given = resources.get(kind, {})
        missing = sorted(name for name in defaults[kind] if name not in given)
        if missing:
            resources[kind] = {**given, **{name: defaults[kind][name] for name in missing}}
            told.append(f"{', '.join(missing)} {word} for {called} {container['name']}")
    return {**container, "resources": resources}


def _bounded(item: Object, resource: str, new: Object) -> Iterator[Asked]:
    """Return what a limit bounds in an object: its containers, the pod as a whole, or the claim."""
    type_ = item["type"]
    spec = new["spec"]
    if type_ == "PersistentVolumeClaim" and resource == "persistentvolumeclaims":
        yield type_, _read(spec.get("resources", {}).get("requests")), {}
    elif type_ == "Container" and resource == "pods":
        for part, _ in _LISTS:
            for container in spec.get(part, ()):
                resources = container.get("resources", {})
                yield type_, _read(resources.get("requests")), _read(resources.get("limits"))
    elif type_ == "Pod" and resource == "pods":
        asked = pod_resources(new)
        requests = effective_requests(asked, minor=_MINOR, use_status=False)
        limits = effective_limits(asked, minor=_MINOR, use_status=False)
        forms: Callable[[str], Form] = lambda name: written_form(new, name, "requests")  # noqa: E731  one use, one line
        yield (
            type_,
            {name: Quantity(nanos, forms(name)) for name, nanos in requests.items()},
            {name: Quantity(nanos, written_form(new, name, "limits")) for name, nanos in limits.items()},
        )


def _breaches(item: Object, asked: Asked) -> Iterator[str]:
    type_, requests, limits = asked
    for bound, check in (("min", _too_little), ("max", _too_much), ("maxLimitRequestRatio", _too_far)):
        for name, text in sorted(item.get(bound, {}).items()):
            message = check(type_, name, quantity(text), requests.get(name), limits.get(name))
            if message:
                yield message


def _too_little(type_: str, name: str, bound: Quantity, request: Quantity | None, limit: Quantity | None) -> str:
    start = f"minimum {name} usage per {type_} is {bound}"
    if request is None:
        return f"{start}.  No request is specified"
    if request.nanos < bound.nanos:
        return f"{start}, but request is {request}"
    if limit is not None and limit.nanos < bound.nanos:
        return f"{start}, but limit is {limit}"
    return ""


def _too_much(type_: str, name: str, bound: Quantity, request: Quantity | None, limit: Quantity | None) -> str:
    start = f"maximum {name} usage per {type_} is {bound}"
    bounded, word = (request, "request") if type_ == "PersistentVolumeClaim" else (limit, "limit")
    if bounded is None:
        return f"{start}.  No {word} is specified"
    if bounded.nanos > bound.nanos:
        return f"{start}, but {word} is {bounded}"
    if request is not None and request.nanos > bound.nanos:
        return f"{start}, but request is {request}"
    return ""


def _too_far(type_: str, name: str, bound: Quantity, request: Quantity | None, limit: Quantity | None) -> str:
    start = f"{name} max limit to request ratio per {type_} is {bound}"
    if request is None or not request.nanos:
        return f"{start}, but no request is specified or request is 0"
    if limit is None or not limit.nanos:
        return f"{start}, but no limit is specified or limit is 0"
    ratio = limit.nanos / request.nanos
    return f"{start}, but provided ratio is {ratio:f}" if ratio > bound.nanos / NANOS else ""


def _read(listed: Mapping[str, Any] | None) -> dict[str, Quantity]:
    return {name: quantity(text) for name, text in (listed or {}).items()}
