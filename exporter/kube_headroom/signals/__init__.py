"""Signals: pure functions from a snapshot to samples, one file per question, listed here by scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kube_headroom.catalogue.metric import Sample
from kube_headroom.signals import batch, nodes, objects, replicas, requests, slo, usage

Signal = Callable[[Any], Iterator[Sample]]

SIGNALS: dict[str, tuple[Signal, ...]] = {
    "workload": (
        replicas.info,
        replicas.replicas,
        replicas.pods,
        replicas.containers_waiting,
        replicas.counters,
        batch.jobs,
        batch.autoscaling,
    ),
    "departed": (replicas.counters,),
    "resources": (requests.container_resources, requests.missing_resources, requests.effective_resources),
    "usage": (usage.workload,),
    "node": (nodes.node,),
    "node_usage": (usage.node,),
    "pool": (nodes.pool,),
    "pool_usage": (usage.pool,),
    "volumes": (usage.volume,),
    "namespaces": (objects.namespace,),
    "poddisruptionbudgets": (objects.pod_disruption_budget,),
    "resourcequotas": (objects.resource_quota,),
    "limitranges": (objects.limit_range,),
    "persistentvolumeclaims": (objects.persistent_volume_claim,),
    "slo": (slo.slo,),
}
"""The signals of each scope: what a snapshot key of the state room begins with."""


def samples(scope: str, snapshot: object) -> Iterator[Sample]:
    """Ask every signal of a scope."""
    for signal in SIGNALS[scope]:
        yield from signal(snapshot)
