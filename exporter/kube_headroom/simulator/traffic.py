"""Who asks whom, and how often: the shop's requests by hour and weekday, split over the pods that are ready."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from kube_headroom.simulator.controllers.pods import is_ready, is_terminating
from kube_headroom.simulator.shop.rows import Demand
from kube_headroom.simulator.store import Name, Object
from kube_headroom.simulator.world import Marks, World

HOURS = (
    0.16, 0.11, 0.09, 0.08, 0.09, 0.13, 0.24, 0.42, 0.60, 0.72, 0.80, 0.90,
    1.00, 0.92, 0.80, 0.76, 0.78, 0.82, 0.90, 0.96, 0.88, 0.68, 0.44, 0.26,
)  # fmt: skip
"""Share of the peak at each full hour, UTC: a peak at lunch, another in the evening."""
WEEKDAYS = (0.97, 1.0, 0.98, 0.97, 0.92, 0.72, 0.66)
"""From Monday."""
REFRESH_SECONDS = 5.0
_NOISE_SECONDS = 600.0
_NOISE = 0.05


class Backend(NamedTuple):
    """A pod that a Service sends requests to; `container` is the one that answers."""

    uid: str
    name: str
    node: str
    container: str


@dataclass(slots=True)
class Service:
    """A Service with demand, as it stands. Rates in requests per second."""

    namespace: str
    name: str
    demand: Demand
    selector: Object = field(default_factory=dict)
    backends: dict[str, Backend] = field(default_factory=dict)
    """The ready ones, by pod uid."""
    multiplier: float = 1.0
    rate: float = 0.0
    callees: list[tuple[Service, float]] = field(default_factory=list)

    def selects(self, pod: Object) -> bool:
        """Tell whether the Service's selector names the pod; an empty selector names none."""
        labels = pod["metadata"].get("labels", {})
        return bool(self.selector) and all(labels.get(key) == value for key, value in self.selector.items())


class Traffic:
    """The requests that arrive at every pod; a part of the world."""

    def __init__(self, world: World, demands: Mapping[Name, Demand], *, opens: float = 0.0) -> None:
        """Follow the Services of `demands`; nobody comes before `opens`. Raises ValueError for calls in a circle."""
        self._world = world
        self._opens = opens
        self._by_name = {name: Service(*name, demand) for name, demand in demands.items()}
        self.services = tuple(_ordered(self._by_name))
        """Every caller before whom it calls."""
        self._by_namespace: dict[str, list[Service]] = {}
        for service in self.services:
            self._by_namespace.setdefault(service.namespace, []).append(service)
        self._rates: dict[str, float] = {}
        self._noise: dict[Name, tuple[float, float, float]] = {}
        self._due = 0.0
        self._marks = Marks(world.store, ["pods", "services"])
        for stored in world.store.all("services"):
            self._select(stored)

    def rate_at(self, pod_uid: str) -> float:
        """Return the requests per second that arrive at a pod."""
        return self._rates.get(pod_uid, 0.0)

    def multiply(self, namespace: str, service: str, factor: float) -> None:
        """Let so many times its usual requests come to a Service; 1 takes it back. Raises KeyError for no such demand."""
        self._by_name[namespace, service].multiplier = factor
        self._due = 0.0

    def step(self, now: float) -> None:
        """Follow the pods that became ready or went, and the hour."""
        for change in self._marks.take():
            if change.resource == "services":
                gone = change.type == "DELETED"
                self._select({**change.object, "spec": {}} if gone else change.object)
            else:
                self._follow(change.object, gone=change.type == "DELETED")
        if now >= self._due:
            self._due = now + REFRESH_SECONDS
            self._refresh(now)

    def _select(self, stored: Object) -> None:
        metadata = stored["metadata"]
        service = self._by_name.get((metadata["namespace"], metadata["name"]))
        selector = stored["spec"].get("selector", {})
        if service is not None and service.selector != selector:
            service.selector = selector
            service.backends.clear()
            for pod in self._world.store.all("pods", service.namespace):
                self._follow(pod, gone=False)
            self._due = 0.0

    def _follow(self, pod: Object, *, gone: bool) -> None:
        metadata = pod["metadata"]
        answers = not gone and not is_terminating(pod) and is_ready(pod)
        for service in self._by_namespace.get(metadata["namespace"], ()):
            chosen = answers and service.selects(pod)
            if chosen == (metadata["uid"] in service.backends):
                continue
            self._due = 0.0
            if chosen:
                container = pod["spec"]["containers"][0]["name"]
                service.backends[metadata["uid"]] = Backend(
                    metadata["uid"], metadata["name"], pod["spec"]["nodeName"], container
                )
            else:
                del service.backends[metadata["uid"]]

    def _refresh(self, now: float) -> None:
        usual = share_of_peak(now) if now >= self._opens else 0.0
        for service in self.services:
            service.rate = service.demand.peak * usual * self._slow_noise(service, now) if service.demand.peak else 0.0
        self._rates = {}
        for service in self.services:
            service.rate *= service.multiplier
            if not service.backends:
                continue
            for callee, ratio in service.callees:
                callee.rate += service.rate * ratio
            each = service.rate / len(service.backends)
            for uid in service.backends:
                self._rates[uid] = self._rates.get(uid, 0.0) + each

    def _slow_noise(self, service: Service, now: float) -> float:
        """Return a factor that wanders around 1: every ten minutes another value, straight lines between."""
        name = (service.namespace, service.name)
        slot = now // _NOISE_SECONDS
        at, before, after = self._noise.get(name, (-1.0, 0.0, 0.0))
        if at != slot:
            before, after = (self._drawn(name, slot + step) for step in (0, 1))
            self._noise[name] = (slot, before, after)
        part = now / _NOISE_SECONDS - slot
        return before + (after - before) * part

    def _drawn(self, name: Name, slot: float) -> float:
        return max(0.5, self._world.chance("traffic", *name, str(int(slot))).gauss(1.0, _NOISE))


def share_of_peak(now: float) -> float:
    """Return the week's curve at Unix seconds: straight lines between the full hours, UTC."""
    moment = datetime.fromtimestamp(now, UTC)
    hour = moment.weekday() * 24 + moment.hour
    before, after = (WEEKDAYS[at // 24 % 7] * HOURS[at % 24] for at in (hour, hour + 1))
    return before + (after - before) * (now % 3600 / 3600)


def _ordered(services: Mapping[Name, Service]) -> Iterator[Service]:
    """Return callers before callees; calls to what has no demand of its own are left out."""
    waiting = dict.fromkeys(services, 0)
    for service in services.values():
        service.callees = [
            (services[callee], ratio)
            for callee, ratio in ((_name(called), ratio) for called, ratio in service.demand.calls)
            if callee in services
        ]
        for callee, _ in service.callees:
            waiting[callee.namespace, callee.name] += 1
    free = [name for name, callers in waiting.items() if not callers]
    while free:
        name = free.pop()
        del waiting[name]
        yield services[name]
        for callee, _ in services[name].callees:
            waiting[callee.namespace, callee.name] -= 1
        free += [each for each in _names(services[name].callees) if not waiting[each]]
    if waiting:
        raise ValueError(f"these services call each other in a circle: {', '.join(map('/'.join, waiting))}")


def _name(called: str) -> Name:
    namespace, _, name = called.partition("/")
    return namespace, name


def _names(callees: Iterable[tuple[Service, float]]) -> dict[Name, None]:
    return dict.fromkeys((callee.namespace, callee.name) for callee, _ in callees)
