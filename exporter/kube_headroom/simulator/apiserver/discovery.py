"""What the API server says it serves: the versions, groups and resources, one by one or as one document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kube_headroom.simulator.kinds import RESOURCES, Resource

Document = dict[str, Any]
VERBS = ("get", "list", "watch")
_ALL = (
    *("pods", "services", "replicationcontrollers", "daemonsets", "deployments", "replicasets", "statefulsets"),
    *("cronjobs", "jobs", "horizontalpodautoscalers"),
)
"""What `kubectl get all` gets."""
_EXTENSIONS = "admissionregistration.k8s.io"
GROUPS = tuple(dict.fromkeys(resource.group for resource in RESOURCES if resource.group))


def api_versions(server: str) -> Document:
    """`/api`: the core group's versions."""
    address = {"clientCIDR": "0.0.0.0/0", "serverAddress": server}
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [address]}


def group_list() -> Document:
    """`/apis`: the other groups."""
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(name) for name in GROUPS]}


def group(name: str) -> Document:
    """`/apis/GROUP`."""
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name)}


def resource_list(name: str, version: str) -> Document:
    """`/api/v1` or `/apis/GROUP/VERSION`."""
    resources = [_resource(resource) for resource in _of(name, version)]
    group_version = f"{name}/{version}" if name else version
    listed = {"kind": "APIResourceList", "groupVersion": group_version, "resources": resources}
    return {"apiVersion": "v1", **listed} if name else listed


def aggregated(groups: Iterable[str]) -> Document:
    """The discovery of some groups ("" is the core group) as one document, as clients since 1.26 ask for it."""
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": [_aggregated_group(name) for name in groups],
    }


def _group(name: str) -> Document:
    versions = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions_of(name)]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def versions_of(name: str) -> tuple[str, ...]:
    """Return a group's versions, the preferred one first; none for an unknown group."""
    return tuple(dict.fromkeys(resource.version for resource in RESOURCES if resource.group == name))


def _of(name: str, version: str) -> list[Resource]:
    return sorted(
        (r for r in RESOURCES if (r.group, r.version) == (name, version)), key=lambda resource: resource.plural
    )


def _resource(resource: Resource) -> Document:
    entry: Document = {
        "name": resource.plural,
        "singularName": resource.kind.lower(),
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(VERBS),
    }
    return entry | _names(resource)


def _aggregated_group(name: str) -> Document:
    versions = [
        {
            "version": version,
            "resources": [_aggregated_resource(resource) for resource in _of(name, version)],
            "freshness": "Current",
        }
        for version in versions_of(name)
    ]
    return {"metadata": {"name": name} if name else {}, "versions": versions}


def _aggregated_resource(resource: Resource) -> Document:
    entry: Document = {
        "resource": resource.plural,
        "responseKind": {"group": "", "version": "", "kind": resource.kind},  # empty: as the document around it
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.kind.lower(),
        "verbs": list(VERBS),
    }
    return entry | _names(resource)


def _names(resource: Resource) -> Document:
    """What else a client may call it, alone and together with others."""
    names: Document = {}
    if resource.short_names:
        names["shortNames"] = list(resource.short_names)
    if resource.plural in _ALL:
        names["categories"] = ["all"]
    elif resource.group == _EXTENSIONS:
        names["categories"] = ["api-extensions"]
    return names
