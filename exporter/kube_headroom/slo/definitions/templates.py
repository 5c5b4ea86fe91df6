"""Templates of SLIs for what meshes, ingresses and the API server export, asked for by name and parameters."""

from __future__ import annotations

from kube_headroom.slo.definitions.reading import Part, entries, scalar, whole
from kube_headroom.slo.objective import Sli
from kube_headroom.slo.templates import expand


def template(part: Part) -> Sli:
    """Read `metricSource.spec` of type Headroom that names a template; raises ValueError."""
    with whole(part):
        parameters = {str(name.node.value): scalar(value) for name, value in entries(part)}
    return expand(parameters.pop("template"), parameters, part.place)
