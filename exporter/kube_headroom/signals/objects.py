"""Objects that are no workloads, one sample or a few from each."""

from __future__ import annotations

from collections.abc import Iterator

from kube_headroom import model
from kube_headroom.catalogue import objects as series
from kube_headroom.catalogue.labels import (
    LimitRange,
    NamespaceOwner,
    PersistentVolumeClaim,
    PersistentVolumeClaimPhase,
    PodDisruptionBudget,
    ResourceQuota,
)
from kube_headroom.catalogue.metric import Sample

NANO = 10**9


def namespace(fact: model.Namespace) -> Iterator[Sample]:
    """Say that the namespace exists and who owns it."""
    yield series.NAMESPACE_INFO.at(NamespaceOwner(fact.metadata.name, fact.metadata.owner), 1)


def pod_disruption_budget(fact: model.PodDisruptionBudget) -> Iterator[Sample]:
    """The four counts of its status."""
    labels = PodDisruptionBudget(fact.metadata.namespace, fact.metadata.name)
    yield series.PDB_DISRUPTIONS_ALLOWED.at(labels, fact.disruptions_allowed)
    yield series.PDB_HEALTHY.at(labels, fact.current_healthy)
    yield series.PDB_DESIRED_HEALTHY.at(labels, fact.desired_healthy)
    yield series.PDB_EXPECTED.at(labels, fact.expected_pods)


def resource_quota(fact: model.ResourceQuota) -> Iterator[Sample]:
    """Limit and use of each resource."""
    for metric, amounts in ((series.QUOTA_HARD, fact.hard), (series.QUOTA_USED, fact.used)):
        for resource, amount in sorted(amounts.items()):
            yield metric.at(ResourceQuota(fact.metadata.namespace, fact.metadata.name, resource), amount / NANO)


def limit_range(fact: model.LimitRange) -> Iterator[Sample]:
    """Each number of its constraints."""
    for constraint in fact.constraints:
        labels = LimitRange(
            fact.metadata.namespace,
            fact.metadata.name,
            constraint.resource,
            constraint.limit_type,
            constraint.constraint,
        )
        yield series.LIMIT_RANGE.at(labels, constraint.value / NANO)


def persistent_volume_claim(fact: model.PersistentVolumeClaim) -> Iterator[Sample]:
    """Its phase, what it asks for and what it got."""
    labels = PersistentVolumeClaim(fact.metadata.namespace, fact.metadata.name)
    yield series.PVC_PHASE.at(PersistentVolumeClaimPhase(*labels, fact.phase), 1)
    if fact.requested is not None:
        yield series.PVC_REQUESTED.at(labels, fact.requested / NANO)
    if fact.capacity is not None:
        yield series.PVC_CAPACITY.at(labels, fact.capacity / NANO)
