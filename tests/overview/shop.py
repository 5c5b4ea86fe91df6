"""A small shop in trouble, made of facts: what the browser is shown where no cluster is needed."""

from __future__ import annotations

from typing import Any

from kube_headroom.model import Namespace, PodDisruptionBudget, ResourceQuota
from kube_headroom.readings import Reading, ResourcePage
from kube_headroom.resources import PodResources
from tests.facts import (
    autoscaler,
    container,
    controller,
    ended,
    metadata,
    node,
    pod,
    reference,
    replica_set,
    replicas,
    status,
)
from tests.facts import resources as amounts
from tests.stage import Stage

HOSTILE = '<img src=x onerror="window.hacked=1"></script><b>&amp;'
"""A name that would be markup if it ever became any; an owner's label may hold it."""

WORKLOADS = (
    # name, namespace, owner, replicas, CPU, memory
    ("checkout", "shop", "payments", 6, "500m", "512Mi"),
    ("cart", "shop", "storefront", 4, "250m", "256Mi"),
    ("frontend", "shop", "storefront", 8, "300m", "256Mi"),
    ("search", "shop", "discovery", 5, "2", "4Gi"),
    ("recommender", "ml", "discovery", 4, "1500m", "8Gi"),
    ("ledger", "payments", "payments", 3, "1", "2Gi"),
    ("invoices", "payments", "payments", 2, "200m", "512Mi"),
    ("gateway", "edge", "platform", 4, "500m", "512Mi"),
)
ON_SPOT = ("ml",)


class Shop:
    """A stage with workloads, all healthy; `trouble` breaks some of them."""

    def __init__(self, owner: str = "payments") -> None:
        self.stage = Stage()
        self.owner = owner
        stage = self.stage
        spot = amounts(cpu="8", memory="32Gi", pods="110")
        stage.relist(
            "nodes",
            *(node(f"general-{index}", zone="abc"[index % 3]) for index in range(1, 9)),
            *(node(f"spot-{index}", pool="spot", allocatable=spot) for index in range(1, 5)),
        )
        names = sorted({namespace for _, namespace, *_ in WORKLOADS})
        stage.relist("namespaces", *(Namespace(metadata=metadata(name, namespace="")) for name in names))
        stage.relist("replicasets", *(self._replica_set(*workload[:2]) for workload in WORKLOADS))
        stage.relist("deployments", *(self.deployment(name) for name, *_ in WORKLOADS))
        stage.relist("pods", *(self.pod(name, index) for name, _, _, count, *_ in WORKLOADS for index in range(count)))
        stage.start()

    def deployment(self, name: str, **counts: Any) -> Any:
        _, namespace, owner, count, *_ = _of(name)
        shown = self.owner if owner == "payments" else owner
        return controller(name, namespace=namespace, owner=shown, replicas=replicas(count, **counts))

    def pod(self, name: str, index: int, **fields: Any) -> Any:
        _, namespace, _, _, cpu, memory = _of(name)
        asked = {"cpu": cpu, "memory": memory}
        held = PodResources(containers=(container("app", requests=asked, limits=asked),))
        pool, nodes = ("spot", 4) if namespace in ON_SPOT else ("general", 8)
        place = sum(map(ord, name)) + index
        known = {"node": f"{pool}-{place % nodes + 1}", "resources": held, "namespace": namespace}
        return pod(
            f"{name}-{index}", controller=reference("ReplicaSet", f"{name}-5d9f", uid=f"rs-{name}"), **(known | fields)
        )

    def crash(self, name: str, index: int, times: int, reason: str = "Error") -> None:
        """Let one replica loop: `times` restarts, waiting for the next."""
        last = ended(f"{name}-{index}-{times}", reason)
        broken = status(
            "app", ready=False, restart_count=times, waiting_reason="CrashLoopBackOff", last_terminated=last
        )
        self.stage.upsert("pods", self.pod(name, index, ready=False, statuses=(broken,)))

    def measure(self, *nodes: str, cores: float, memory: float) -> None:
        """Let the kubelets of these nodes tell four times what the whole node uses."""
        for times in range(4):
            now = self.stage.now
            for name in nodes:
                page = ResourcePage(
                    containers=(),
                    pods=(),
                    node_cpu=Reading(100 + 15 * cores * times, now),
                    node_working_set=Reading(memory, now),
                    failed=False,
                )
                self.stage.inventory.page(name, page, now)
            self.stage.wait(15)

    def trouble(self) -> None:
        """Break a few things in the ways that people meet."""
        stage = self.stage
        self.crash("checkout", 0, 7)
        self.crash("checkout", 1, 6)
        stage.upsert("deployments", self.deployment("checkout", ready=4, available=4))
        self.crash("search", 2, 4, "OOMKilled")
        stage.upsert("deployments", self.deployment("search", ready=4, available=4))
        missing = status("app", ready=False, waiting_reason="ImagePullBackOff")
        stage.upsert("pods", self.pod("invoices", 0, phase="Pending", ready=False, statuses=(missing,)))
        stage.upsert("deployments", self.deployment("invoices", ready=1, available=1, deadline_exceeded=True))
        stage.upsert(
            "pods", self.pod("recommender", 3, phase="Pending", node="", unschedulable=True, ready=False, statuses=())
        )
        stage.upsert("deployments", self.deployment("recommender", ready=3, available=3))
        scaler = autoscaler("frontend", target="frontend", current=8, desired=8, maximum=8, limited=True)
        stage.upsert("horizontalpodautoscalers", scaler)
        stage.upsert("nodes", node("general-7", conditions=(("Ready", "Unknown"),)))
        budget = metadata("ledger", namespace="payments", owner=self.owner)
        stage.upsert(
            "poddisruptionbudgets",
            PodDisruptionBudget(
                metadata=budget, disruptions_allowed=0, current_healthy=3, desired_healthy=3, expected_pods=3
            ),
        )
        limit = metadata("compute", namespace="ml", owner="discovery")
        stage.upsert(
            "resourcequotas",
            ResourceQuota(metadata=limit, hard=amounts(memory="34Gi"), used=amounts(memory="32Gi")),
        )

    def _replica_set(self, name: str, namespace: str) -> Any:
        made = replica_set(f"{name}-5d9f", name)
        return type(made)(
            metadata=metadata(
                f"{name}-5d9f", uid=f"rs-{name}", namespace=namespace, controller=reference("Deployment", name)
            )
        )


def _of(name: str) -> tuple[str, str, str, int, str, str]:
    (found,) = (workload for workload in WORKLOADS if workload[0] == name)
    return found
