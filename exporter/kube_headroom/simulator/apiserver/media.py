"""Which representation of an object a client asked for, by its Accept header."""

from __future__ import annotations

from typing import NamedTuple

from kube_headroom.simulator.apiserver.status import not_acceptable

JSON = "application/json"
_META_VERSIONS = ("v1", "v1beta1")
_CONVERSIONS = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")
_SPOKEN = ("*/*", JSON)
"""`application/*` is not understood: go-restful, under kube-apiserver, knows one wild card only."""


class Representation(NamedTuple):
    """JSON of the object itself (`kind` is ""), or of what `meta.k8s.io` makes of it."""

    kind: str = ""
    version: str = "v1"

    @property
    def api_version(self) -> str:
        """The `apiVersion` of the conversion's objects."""
        return f"meta.k8s.io/{self.version}"


class _Clause(NamedTuple):
    type: str
    parameters: dict[str, str]

    @property
    def quality(self) -> float:
        try:
            return float(self.parameters.get("q", "1"))
        except ValueError:
            return 1.0


def negotiate(accept: str) -> Representation:
    """Return the first representation of the header that we have; protobuf is passed over, JSON alone is spoken.

    Raises StatusError 406 if there is none.
    """
    clauses = [clause for clause in _clauses(accept) if clause.type in _SPOKEN]
    if not clauses:
        available = f"{JSON}, {JSON};stream=watch"
        raise not_acceptable(f"406: Not Acceptable\n\nAvailable representations: {available}", details={})
    for clause in clauses:
        kind = clause.parameters.get("as", "")
        if not kind:
            return Representation()
        group, version = clause.parameters.get("g", ""), clause.parameters.get("v", "")
        if kind in _CONVERSIONS and group == "meta.k8s.io" and version in _META_VERSIONS:
            return Representation(kind, version)
    raise not_acceptable(f"only the following media types are accepted: {JSON}")


def aggregated_discovery(accept: str) -> bool:
    """Tell whether the client prefers one document of the whole discovery (apidiscovery.k8s.io/v2)."""
    for clause in _clauses(accept):
        if clause.type in _SPOKEN:
            asked = clause.parameters
            wanted = (asked.get("as"), asked.get("g"), asked.get("v"))
            if wanted == ("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2"):
                return True
            if "as" not in asked:
                return False
    return False


def _clauses(accept: str) -> list[_Clause]:
    """The header's clauses, preferred ones first."""
    clauses = []
    for text in (accept or JSON).split(","):
        type_, *parameters = (part.strip() for part in text.split(";"))
        pairs = (parameter.partition("=") for parameter in parameters)
        clauses.append(_Clause(type_, {name.strip(): value.strip() for name, _, value in pairs}))
    return sorted((clause for clause in clauses if clause.quality > 0), key=lambda clause: -clause.quality)
