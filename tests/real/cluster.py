"""A cluster as its API tells it at one time: the objects, whose each pod is, and what the scheduler's own library charges.

Worked out apart from the exporter: of its code nothing is used.
"""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from tests.real.client import Client, Object
from tools.build import program

MINOR = 36
"""Of both stages' API servers: the scheduler's rule depends on it."""
KINDS = (
    *("Namespace", "Node", "Pod", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"),
    *("HorizontalPodAutoscaler", "PodDisruptionBudget", "ResourceQuota", "LimitRange", "PersistentVolumeClaim"),
)
CONTROLLERS = ("Deployment", "StatefulSet", "DaemonSet", "CronJob")
MIRROR = "kubernetes.io/config.mirror"
SUFFIXES = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    **{suffix: Decimal(1000) ** (power + 1) for power, suffix in enumerate("kMGTPE")},
    **{f"{suffix}i": Decimal(1024) ** (power + 1) for power, suffix in enumerate("KMGTPE")},
}

Workload = tuple[str, str, str]
"""Namespace, kind and name."""


class Pod(NamedTuple):
    """A pod, whose it is, and what the scheduler's library makes of it, in base units."""

    workload: Workload
    object: Object
    requests: dict[str, float]
    limits: dict[str, float]

    @property
    def node(self) -> str:
        """The node it is bound to, or ""."""
        name: str = self.object["spec"].get("nodeName", "")
        return name

    @property
    def phase(self) -> str:
        """Its phase."""
        phase: str = self.object["status"]["phase"]
        return phase

    @property
    def terminal(self) -> bool:
        """Whether it is over."""
        return self.phase in ("Succeeded", "Failed")

    @property
    def running(self) -> list[Object]:
        """The containers that stay: the one-shot init containers are left out."""
        spec = self.object["spec"]
        stay = [one for one in spec.get("initContainers", ()) if one.get("restartPolicy") == "Always"]
        return stay + list(spec["containers"])

    @property
    def statuses(self) -> list[Object]:
        """The status of every container, init containers included."""
        status = self.object["status"]
        return [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]


class Cluster:
    """The objects by kind, the pods by workload."""

    def __init__(self, client: Client) -> None:
        """Read everything; the lists are not of one moment, which is why they are read until both sides agree."""
        with ThreadPoolExecutor(4) as pool:
            self.objects = dict(zip(KINDS, pool.map(client.objects, KINDS), strict=True))
        self._between = {one["metadata"]["uid"]: one for kind in ("ReplicaSet", "Job") for one in self.objects[kind]}
        found = self.objects["Pod"]
        owners = [self._workload_of(pod) for pod in found]
        self.pods = [
            Pod(owner, pod, *charge) for pod, owner, charge in zip(found, owners, charges(found), strict=True) if owner
        ]
        self.jobs = [(self._job_owner(job), job) for job in self.objects["Job"]]
        self.controllers = {
            (one["metadata"]["namespace"], kind, one["metadata"]["name"]): one
            for kind in CONTROLLERS
            for one in self.objects[kind]
        }

    @property
    def workloads(self) -> dict[Workload, None]:
        """Everything that has a controller, a Job or a pod."""
        return dict.fromkeys(
            [*self.controllers, *(owner for owner, _ in self.jobs), *(pod.workload for pod in self.pods)]
        )

    @property
    def restarts(self) -> dict[tuple[Workload, str, str], int]:
        """The restarts of each container that there is, by workload, the pod's uid and the container's name."""
        return {
            (pod.workload, pod.object["metadata"]["uid"], status["name"]): status["restartCount"]
            for pod in self.pods
            for status in pod.statuses
        }

    def pods_of(self) -> dict[Workload, list[Pod]]:
        """The pods of each workload, none for one that has no pod."""
        grouped: dict[Workload, list[Pod]] = {workload: [] for workload in self.workloads}
        for pod in self.pods:
            grouped[pod.workload].append(pod)
        return grouped

    def sums(self, rows: Callable[[Pod], Iterable[tuple[tuple[str, ...], float]]]) -> dict[tuple[str, ...], float]:
        """Add up, by labels, what `rows` tells of each pod."""
        total: dict[tuple[str, ...], float] = defaultdict(float)
        for pod in self.pods:
            for labels, value in rows(pod):
                total[labels] += value
        return total

    def each(self, kind: str) -> Iterator[tuple[tuple[str, ...], Object]]:
        """The objects of a kind with their namespace, if they have one, and their name."""
        for one in self.objects[kind]:
            metadata = one["metadata"]
            yield tuple(metadata[key] for key in ("namespace", "name") if key in metadata), one

    def _workload_of(self, pod: Object) -> Workload | None:
        """The pod's workload; None for one whose ReplicaSet or Job is gone."""
        metadata = pod["metadata"]
        owner = controller(pod)
        if MIRROR in metadata.get("annotations", {}):
            return metadata["namespace"], "StaticPod", metadata["name"]
        if owner is None:
            return metadata["namespace"], "Pod", metadata["name"]
        if owner["kind"] in ("ReplicaSet", "Job"):
            between = self._between.get(owner["uid"])
            if between is None:
                return None
            owner = controller(between) or owner
        return metadata["namespace"], owner["kind"], owner["name"]

    def _job_owner(self, job: Object) -> Workload:
        owner = controller(job) or {"kind": "Job", "name": job["metadata"]["name"]}
        return job["metadata"]["namespace"], owner["kind"], owner["name"]


def controller(one: Object) -> Object | None:
    """The reference to the object's controller."""
    return next((owner for owner in one["metadata"].get("ownerReferences", ()) if owner.get("controller")), None)


def condition(one: Object, kind: str) -> Object:
    """A condition of the object's status, empty where it has none of that kind."""
    return next((row for row in one["status"].get("conditions", ()) if row["type"] == kind), {})


def amount(text: str) -> float:
    """A quantity in its base unit."""
    number = text.rstrip("numkKMGTPEi")
    return float(Decimal(number) * SUFFIXES.get(text[len(number) :], 1))


def seconds(text: str) -> float:
    """A time of the API in Unix seconds."""
    return datetime.fromisoformat(text).timestamp()


def charges(pods: Iterable[Object]) -> list[tuple[dict[str, float], dict[str, float]]]:
    """What Kubernetes' own library makes of each pod: requests and limits in base units."""
    questions = "\n".join(json.dumps({"pod": pod, "minor": MINOR, "useStatus": True}) for pod in pods)
    done = subprocess.run(
        [program("oracle")], input=questions, stdout=subprocess.PIPE, text=True, check=True, timeout=60
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return [(_base(answer.get("requests", {})), _base(answer.get("limits", {}))) for answer in answers]


def _base(nanos: dict[str, int]) -> dict[str, float]:
    return {resource: value / 10**9 for resource, value in nanos.items()}
