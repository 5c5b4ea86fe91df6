"""How Kubernetes' semantic conventions become our labels, as statements of the collector's transform processor."""

from __future__ import annotations

from collections.abc import Iterator

from kube_headroom.catalogue.labels import Workload

NAMESPACE = "k8s.namespace.name"

KINDS = {
    # An owner goes before what it owns: a Deployment's pods name its ReplicaSet too, a CronJob's their Job.
    "k8s.deployment.name": "Deployment",
    "k8s.statefulset.name": "StatefulSet",
    "k8s.daemonset.name": "DaemonSet",
    "k8s.cronjob.name": "CronJob",
    "k8s.job.name": "Job",
    "k8s.replicaset.name": "ReplicaSet",
}
"""Resource attributes and the kinds they name, as our `workload_kind` has them."""

ATTRIBUTES = (NAMESPACE, *KINDS)

_NAMESPACE, _KIND, _NAME = Workload._fields


def statements(prefix: str = "") -> Iterator[str]:
    """Give a data point our labels in place of the attributes; `prefix` such as `client_` is before both."""
    namespace, kind, name = (f'attributes["{prefix}{label}"]' for label in (_NAMESPACE, _KIND, _NAME))
    attributes = {attribute: f'attributes["{prefix}{attribute}"]' for attribute in ATTRIBUTES}
    yield f"set({namespace}, {attributes[NAMESPACE]}) where {attributes[NAMESPACE]} != nil"
    for attribute, value in KINDS.items():
        of = attributes[attribute]
        known = f"{kind} == nil and {of} != nil"
        yield f"set({name}, {of}) where {known}"
        yield f'set({kind}, "{value}") where {known}'
    for attribute in ATTRIBUTES:
        yield f'delete_key(attributes, "{prefix}{attribute}")'
