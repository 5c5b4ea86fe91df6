"""Nodes, namespaces, events, and the objects that bound workloads, as facts."""

from __future__ import annotations

from kube_headroom import model
from kube_headroom.cluster.api import core as wire
from kube_headroom.cluster.api.groups import BudgetStatus, PodDisruptionBudget
from kube_headroom.cluster.facts.conversion import Conversion, first_of, group_of, present

# The second is what nodes of 1.16 and before carry (kubernetes.io/docs/reference/labels-annotations-taints).
ZONE_LABELS = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
# Nodes without a machine: virtual-kubelet and what is built on it (Azure, Alibaba), and Liqo.
VIRTUAL_LABELS = (("type", "virtual-kubelet"), ("type", "virtual-node"), ("liqo.io/type", "virtual-node"))
CONFIG_MAP_LIMIT = 256 * 1024  # characters: some thousand SLOs, and a quarter of what the API server takes
CONSTRAINTS = ("max", "min", "default", "default_request", "max_limit_request_ratio")


def namespace(conversion: Conversion, source: wire.ApiObject) -> model.Namespace:
    """A namespace's metadata."""
    return model.Namespace(conversion.metadata(source))


def node(conversion: Conversion, source: wire.Node) -> model.Node:
    """A node."""
    status = source.status or wire.NodeStatus()
    labels = (source.metadata.labels if source.metadata else None) or {}
    endpoint = status.daemon_endpoints.kubelet_endpoint if status.daemon_endpoints else None
    conditions = tuple(
        (conversion.interned(one.type), conversion.interned(one.status or "Unknown"))
        for one in present(status.conditions)
        if one.type
    )
    return model.Node(
        metadata=conversion.metadata(source),
        pool=conversion.interned(first_of(labels, conversion.keys.node_pool)),
        zone=conversion.interned(first_of(labels, ZONE_LABELS)),
        kubelet_version=conversion.interned((status.node_info and status.node_info.kubelet_version) or ""),
        unschedulable=bool(source.spec and source.spec.unschedulable),
        allocatable=conversion.resource_list(status.allocatable),
        conditions=conversion.interned(conditions),
        addresses=tuple(
            (conversion.interned(one.type), one.address)
            for one in present(status.addresses)
            if one.type and one.address
        ),
        kubelet_port=(endpoint and endpoint.port) or 0,
        virtual=any(labels.get(key) == value for key, value in VIRTUAL_LABELS),
        capacity=conversion.resource_list(status.capacity),
    )


def pod_disruption_budget(conversion: Conversion, source: PodDisruptionBudget) -> model.PodDisruptionBudget:
    """A PodDisruptionBudget."""
    status = source.status or BudgetStatus()
    return model.PodDisruptionBudget(
        metadata=conversion.metadata(source),
        disruptions_allowed=status.disruptions_allowed or 0,
        current_healthy=status.current_healthy or 0,
        desired_healthy=status.desired_healthy or 0,
        expected_pods=status.expected_pods or 0,
    )


def resource_quota(conversion: Conversion, source: wire.ResourceQuota) -> model.ResourceQuota:
    """A ResourceQuota."""
    status = source.status or wire.QuotaStatus()
    return model.ResourceQuota(
        conversion.metadata(source), conversion.resource_list(status.hard), conversion.resource_list(status.used)
    )


def limit_range(conversion: Conversion, source: wire.LimitRange) -> model.LimitRange:
    """All numbers of a LimitRange."""
    constraints = tuple(
        model.LimitRangeConstraint(item.type or "", constraint, resource, nanos)
        for item in present(source.spec.limits if source.spec else None)
        for constraint in CONSTRAINTS
        for resource, nanos in conversion.resource_list(getattr(item, constraint)).items()
    )
    return model.LimitRange(conversion.metadata(source), constraints)


def persistent_volume_claim(conversion: Conversion, source: wire.PersistentVolumeClaim) -> model.PersistentVolumeClaim:
    """A claim; sizes are None where the API names none."""
    spec, status = source.spec or wire.ClaimSpec(), source.status or wire.ClaimStatus()
    requests = spec.resources.requests if spec.resources else None
    return model.PersistentVolumeClaim(
        metadata=conversion.metadata(source),
        phase=conversion.interned(status.phase or ""),
        requested=conversion.resource_list(requests).get("storage"),
        capacity=conversion.resource_list(status.capacity).get("storage"),
    )


def config_map(conversion: Conversion, source: wire.ConfigMap) -> model.ConfigMap:
    """A ConfigMap's texts by key, as many as the limit has room for; binary ones are not read."""
    data: list[tuple[str, str]] = []
    left_out: list[str] = []
    room = CONFIG_MAP_LIMIT
    for key, text in sorted((source.data or {}).items()):
        if text is None:
            continue
        if len(text) > room:
            left_out.append(key)
            continue
        data.append((key, text))
        room -= len(text)
    return model.ConfigMap(conversion.metadata(source), tuple(data), tuple(left_out))


def event(conversion: Conversion, source: wire.Event) -> model.Event:
    """An event; those of the newer API count their repetitions in `series`."""
    involved = source.involved_object or wire.ObjectReference()
    series = source.series.count if source.series else None
    return model.Event(
        metadata=conversion.metadata(source),
        involved_group=conversion.interned(group_of(involved.api_version)),
        involved_kind=conversion.interned(involved.kind or ""),
        involved_namespace=conversion.interned(involved.namespace or ""),
        involved_name=conversion.interned(involved.name or ""),
        involved_uid=involved.uid or "",
        reason=conversion.interned(source.reason or ""),
        event_type=conversion.interned(source.type or ""),
        count=max(source.count or 0, series or 0, 1),
    )
