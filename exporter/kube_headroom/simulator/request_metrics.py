"""The services' own request metrics, as their instrumentation exposes them; one page for all, for honor_labels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric

from kube_headroom.simulator.kubelet.runtime import RunningContainer, RunningPod
from kube_headroom.simulator.store import Name
from kube_headroom.simulator.traffic import REFRESH_SECONDS, Backend, Service, Traffic
from kube_headroom.simulator.world import World

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds in seconds: the Prometheus client libraries' classic ones."""
TIMEOUT_SECONDS = BUCKETS[-1]
KEPT_SECONDS = 300.0
CODES = ("200", "500", "502", "504")
"""Answered; failed by itself; failed because somebody it called did; too late."""
_UNANSWERED = "503"
_SPREAD = 0.55
"""Standard deviation of the logarithm of a request's duration."""
_LABELS = ("namespace", "service", "pod")


@dataclass(slots=True)
class _Counts:
    """What one process counted since it started; fractions of requests are carried, never shown."""

    labels: tuple[str, str, str]
    container_id: str
    seen: float
    answered: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CODES, 0))
    carried: dict[str, float] = field(default_factory=lambda: dict.fromkeys(CODES, 0.0))
    within: list[float] = field(default_factory=lambda: [0.0] * len(BUCKETS))
    seconds: float = 0.0

    @property
    def requests(self) -> int:
        """All requests that ended, however they ended."""
        return sum(self.answered.values())


@dataclass(slots=True)
class _Outcome:
    """How a Service's requests end just now, for those that call it."""

    failing: float = 1.0
    """Share answered with an error, or not at all."""
    slower: float = 0.0
    """Seconds that a request takes longer than at the Service's best."""


class RequestMetrics:
    """Counts the requests of every measured Service; a part of the world, after the kubelets."""

    def __init__(self, world: World, traffic: Traffic) -> None:
        self._world = world
        self._traffic = traffic
        self._counts: dict[str, _Counts] = {}
        """By pod uid."""
        self._unanswered = {(each.namespace, each.name): 0.0 for each in traffic.services if each.demand.measured}
        self._usual: dict[Name, float] = {}
        self._due = world.now + REFRESH_SECONDS
        self._last = world.now
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def step(self, now: float) -> None:
        """Count what ended since the last time; forget pods that are gone."""
        if now < self._due:
            return
        seconds = now - self._last
        self._last, self._due = now, now + REFRESH_SECONDS
        outcomes: dict[Name, _Outcome] = {}
        for service in reversed(self._traffic.services):
            outcomes[service.namespace, service.name] = self._count(service, outcomes, seconds)
        gone = [uid for uid, counts in self._counts.items() if now - counts.seen > KEPT_SECONDS]
        for uid in gone:
            del self._counts[uid]

    def page(self) -> bytes:
        """Return the page in Prometheus' text format, as things stood at the last step."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Return the families; the interface of a prometheus_client collector."""
        requests = CounterMetricFamily(
            "http_requests", "Requests by outcome; without a pod: nobody answered.", labels=(*_LABELS, "code")
        )
        durations = HistogramMetricFamily("http_request_duration_seconds", "Time to answer.", labels=_LABELS)
        for (namespace, service), lost in self._unanswered.items():
            requests.add_metric((namespace, service, "", _UNANSWERED), math.floor(lost))
        for counts in self._counts.values():
            for code, number in counts.answered.items():
                requests.add_metric((*counts.labels, code), number)
            buckets = [(str(bound), math.floor(number)) for bound, number in zip(BUCKETS, counts.within, strict=True)]
            durations.add_metric(counts.labels, [*buckets, ("+Inf", counts.requests)], counts.seconds)
        yield requests
        yield durations

    def _count(self, service: Service, outcomes: dict[Name, _Outcome], seconds: float) -> _Outcome:
        """Add what happened at a Service, and return how its callers fared."""
        name = (service.namespace, service.name)
        if not service.backends:
            self._lose(name, service.rate * seconds)
            return _Outcome()
        failing, extra = _from_callees(service, outcomes)
        each = service.rate / len(service.backends) * seconds
        shares, medians = 0.0, []
        for backend in service.backends.values():
            container, slow = self._process(backend)
            if container is None:
                self._lose(name, each)
                shares += 1.0
                continue
            median = container.program.latency * slow + extra
            medians.append(median)
            late = 1.0 - _cumulative(TIMEOUT_SECONDS, median)
            mix = {"504": late, "502": failing * (1 - late)}
            mix["500"] = container.program.error_ratio * (1 - late) * (1 - failing)
            shares += sum(mix.values())
            if service.demand.measured:
                _add(self._of(backend, service, container), each, median, mix)
        if not medians:
            return _Outcome()
        mean = sum(medians) / len(medians)
        usual = self._usual[name] = min(mean, self._usual.get(name, mean))
        return _Outcome(shares / len(service.backends), max(0.0, mean - usual))

    def _lose(self, name: Name, requests: float) -> None:
        if name in self._unanswered:
            self._unanswered[name] += requests

    def _process(self, backend: Backend) -> tuple[RunningContainer | None, float]:
        """Return the answering process, if it lives where the Service sends to, and how many times slower it is."""
        machine = self._world.machines[backend.node]
        pod = machine.pods.get(backend.uid) if machine.up else None
        container = pod.containers.get(backend.container) if pod else None
        if pod is None or container is None or not _answers(container, self._world.now):
            return None, 1.0
        return container, _slowdown(pod, container)

    def _of(self, backend: Backend, service: Service, container: RunningContainer) -> _Counts:
        """Return the process's counts: new ones after a restart."""
        known = self._counts.get(backend.uid)
        if known is None or known.container_id != container.id:
            labels = (service.namespace, service.name, backend.name)
            known = self._counts[backend.uid] = _Counts(labels, container.id, self._world.now)
        known.seen = self._world.now
        return known


def _answers(container: RunningContainer, now: float) -> bool:
    hangs = container.program.hangs_after
    return hangs is None or now - container.started < hangs


def _slowdown(pod: RunningPod, container: RunningContainer) -> float:
    """Return wanted over granted CPU of the container's cgroup or the pod's, whichever starves more."""
    cgroups = (pod.cgroup, container.cgroup)
    return max([1.0, *(each.wanted / each.granted for each in cgroups if each.granted > 0)])


def _from_callees(service: Service, outcomes: dict[Name, _Outcome]) -> tuple[float, float]:
    """Return the share of requests that fail because a call fails, and the seconds that calls take longer."""
    succeed, extra = 1.0, 0.0
    for callee, ratio in service.callees:
        outcome = outcomes[callee.namespace, callee.name]
        call_fails = 1.0 - (1.0 - outcome.failing) ** max(1.0, ratio)
        succeed *= 1.0 - min(1.0, ratio) * call_fails
        extra += ratio * outcome.slower
    return 1.0 - succeed, extra


def _add(counts: _Counts, requests: float, median: float, mix: dict[str, float]) -> None:
    """Count requests whose durations are spread log-normally around a median, by outcome."""
    ended = 0
    for code in CODES:
        share = 1.0 - sum(mix.values()) if code == "200" else mix[code]
        counts.carried[code] += requests * share
        whole = math.floor(counts.carried[code])
        counts.carried[code] -= whole
        counts.answered[code] += whole
        ended += whole
    for index, bound in enumerate(BUCKETS):
        counts.within[index] += ended * _cumulative(bound, median)
    counts.seconds += ended * min(TIMEOUT_SECONDS, median * math.exp(_SPREAD**2 / 2))


@lru_cache(maxsize=4096)
def _cumulative(bound: float, median: float) -> float:
    """Return the share of requests that take at most `bound` seconds."""
    return 0.5 * (1.0 + math.erf(math.log(bound / median) / (_SPREAD * math.sqrt(2))))
