"""Figures of workloads, the same for every source: of the kernel, of a kubelet's raw pages, of the exporter."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tests.e2e.kernel import Cgroup, Figures
from tests.real.client import Object


class Key(NamedTuple):
    """What a figure tells of."""

    workload: str
    figure: str
    detail: str = ""
    """The container, the resource or the probe; "" for the whole workload."""


class Reading(NamedTuple):
    """What a source said; every figure was read at some moment between the two (seconds, monotonic)."""

    begin: float
    end: float
    values: Mapping[Key, float]


class Timeline:
    """Readings of a source, oldest first; every value only grows."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []

    def before(self, moment: float) -> Mapping[Key, float]:
        """The last reading that had ended at a moment: no value was smaller then."""
        number = bisect_right(self.readings, moment, key=lambda reading: reading.end)
        return self.readings[number - 1].values if number else {}

    def after(self, moment: float) -> Mapping[Key, float] | None:
        """The first reading that began at a moment or later: no value was larger then; None if none did."""
        number = bisect_left(self.readings, moment, key=lambda reading: reading.begin)
        return self.readings[number].values if number < len(self.readings) else None

    @property
    def last(self) -> Mapping[Key, float]:
        """The latest reading's values."""
        return self.readings[-1].values if self.readings else {}


class Pods:
    """Whose each pod and container is or was, learned from the API server."""

    def __init__(self) -> None:
        self.workloads: dict[str, str] = {}
        """Of each pod's uid."""
        self.containers: dict[str, str] = {}
        """The name of each container's id."""

    def learn(self, pods: Iterable[Object]) -> None:
        """Take up what pods tell now."""
        for pod in pods:
            self.workloads[pod["metadata"]["uid"]] = pod["metadata"]["labels"]["app"]
            for status in statuses(pod):
                ended = [
                    status.get(word, {}).get("terminated", {}).get("containerID") for word in ("state", "lastState")
                ]
                for container in (status.get("containerID"), *ended):
                    if container:
                        self.containers[container.rpartition("/")[2]] = status["name"]


def statuses(pod: Object) -> list[Object]:
    """The statuses of all containers of a pod, init containers first."""
    found = pod["status"]
    return [*found.get("initContainerStatuses", ()), *found.get("containerStatuses", ())]


class Cgroups:
    """The last figures of every cgroup ever seen, so that nothing is lost with a container or a pod."""

    def __init__(self, pods: Pods) -> None:
        self._pods = pods
        self._seen: dict[Cgroup, Figures] = {}

    def take(self, figures: Mapping[Cgroup, Figures]) -> None:
        """Take up what the cgroups that there are now say."""
        self._seen |= figures

    def workloads(self) -> dict[Key, float]:
        """What they add up to per workload.

        A pod's throttled time is the larger of its own cgroup's and the sum of its containers', each since
        their beginning: a quota of the pod's stops the containers where theirs does not.
        """
        sums: dict[Key, float] = defaultdict(float)
        inside: dict[str, float] = defaultdict(float)
        for (uid, container), figures in self._seen.items():
            workload = self._pods.workloads.get(uid)
            if workload is None:
                continue
            if container:
                inside[uid] += figures.get("throttled_seconds", 0.0)
                # A sandbox has no name, and nothing to tell.
                if name := self._pods.containers.get(container):
                    for figure in ("cpu_seconds", "periods", "throttled_periods", "throttled_seconds"):
                        sums[Key(workload, f"container_{figure}", name)] += figures.get(figure, 0.0)
            else:
                sums[Key(workload, "cpu_seconds")] += figures.get("cpu_seconds", 0.0)
                for figure, value in figures.items():
                    resource, _, kind = figure.partition("_")
                    if kind in ("waiting_seconds", "stalled_seconds"):
                        sums[Key(workload, kind, resource)] += value
        for uid in {uid for uid, _ in self._seen} & self._pods.workloads.keys():
            own = self._seen.get((uid, ""), {}).get("throttled_seconds", 0.0)
            sums[Key(self._pods.workloads[uid], "throttled_seconds")] += max(own, inside[uid])
        return dict(sums)


class Increases:
    """What counters add up to by PromQL's rule: a value that fell began anew at 0."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self.first: dict[str, float] = {}
        """The first value of each series, which no increase holds."""
        self.totals: dict[str, float] = defaultdict(float)

    def take(self, values: Mapping[str, float], *, born_at_zero: bool) -> None:
        """Add what the counters grew by; the first value of each counts where they are born at 0 unseen."""
        for series, value in values.items():
            before = self._last.get(series)
            if before is None:
                self.first[series] = value
                self.totals[series] += value if born_at_zero else 0.0
            else:
                self.totals[series] += value if value < before else value - before
        self._last |= values
