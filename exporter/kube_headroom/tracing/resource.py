"""Who we are, in the words of OpenTelemetry's semantic conventions for services and Kubernetes.

Source: opentelemetry.io/docs/specs/semconv/non-normative/k8s-attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

DOWNWARD = {
    "POD_NAME": "k8s.pod.name",
    "POD_UID": "k8s.pod.uid",
    "POD_NAMESPACE": "k8s.namespace.name",
    "NODE_NAME": "k8s.node.name",
    "CONTAINER_NAME": "k8s.container.name",
}
"""Environment variables by which manifests hand on the downward API, and the attributes they give."""

_INSTANCE = ("POD_NAMESPACE", "POD_NAME", "CONTAINER_NAME")


def attributes_of(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what we know of ourselves; what OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME say goes before it."""
    found = {attribute: environment[name] for name, attribute in DOWNWARD.items() if environment.get(name)}
    instance = [environment.get(name, "") for name in _INSTANCE]
    found |= {"service.name": "kube-headroom", "service.version": version("kube-headroom")}
    if environment.get("POD_NAMESPACE"):
        found["service.namespace"] = environment["POD_NAMESPACE"]
    if all(instance):
        found["service.instance.id"] = ".".join(instance)
    return found
