"""Templates of SLIs for what meshes, ingresses and the API server export, asked for by name and parameters."""

from __future__ import annotations

from kube_headroom.slo.definitions.reading import Part, entries, scalar
from kube_headroom.slo.objective import EventRatio, RawRatio


def template(part: Part) -> EventRatio | RawRatio:
    """Read `metricSource.spec` of type Headroom that names a template."""
    parameters = {str(name.node.value): scalar(value) for name, value in entries(part)}
    raise part.at("template").error(f"unknown template {parameters.pop('template')}")
