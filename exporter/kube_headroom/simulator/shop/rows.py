"""What the shop's tables are made of: containers, workloads, demand; the words of the API where it has them."""

from __future__ import annotations

from typing import NamedTuple

from kube_headroom.simulator.program import IDLE, Program


class Amount(NamedTuple):
    """CPU and memory as quantities; "" leaves one out."""

    cpu: str = ""
    memory: str = ""


class Container(NamedTuple):
    """A container and the program its image holds."""

    image: str
    name: str = ""
    """"" for the workload's name."""
    program: Program = IDLE
    requests: Amount = Amount()
    limits: Amount = Amount()
    port: int = 0
    """0: it listens to nothing and is not probed."""
    probe: str = "http"
    """How the kubelet asks: "http", "tcp" or "exec"."""


class Demand(NamedTuple):
    """Who asks the workload's Service, and whom it asks in turn."""

    peak: float = 0.0
    """Requests per second from outside at the busiest hour of the week."""
    calls: tuple[tuple[str, float], ...] = ()
    """`namespace/service` and requests to it for each request."""
    measured: bool = True
    """Its own instrumentation counts requests over HTTP."""


class Autoscale(NamedTuple):
    """A HorizontalPodAutoscaler on CPU."""

    least: int
    most: int
    utilization: int
    """Percent of the request."""


class Workload(NamedTuple):
    """A workload and the objects that belong to it. Kinds beyond the API's: StaticPod, Kafka (an operator's)."""

    kind: str
    namespace: str
    name: str
    containers: tuple[Container, ...]
    replicas: int = 1
    owner: str = ""
    """Team in `kube-headroom.io/owner`; "" leaves the annotation to the namespace."""
    slo: str = ""
    """SLOs as the annotation `kube-headroom.io/slo` states them."""
    init: tuple[Container, ...] = ()
    sidecars: tuple[Container, ...] = ()
    """Native ones: init containers that stay."""
    pool: str = "general"
    priority: str = ""
    claim: str = ""
    """Size of the claim that each replica has."""
    schedule: str = ""
    demand: Demand | None = None
    autoscale: Autoscale | None = None
    available: int = 0
    """`minAvailable` of its PodDisruptionBudget; 0: it has none."""
