"""Field selectors: which fields the API server can select by, by resource, and how it reads the query."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from kube_headroom.simulator.apiserver.status import bad_request
from kube_headroom.simulator.kinds import Resource
from kube_headroom.simulator.store import Object

Read = Callable[[Object], str]


def _at(path: str, missing: str = "") -> Read:
    """Read the text at a path, as Go prints it where it is no string."""
    *parents, last = path.split(".")

    def read(stored: Object) -> str:
        part = stored
        for name in parents:
            part = part.get(name) or {}
        value = part.get(last)
        if isinstance(value, bool):
            return str(value).lower()
        return missing if value is None else str(value)

    return read


def _table(*paths: str) -> dict[str, Read]:
    return {path: _at(path) for path in paths}


def _source(event: Object) -> str:
    return (event.get("source") or {}).get("component") or event.get("reportingComponent") or ""


_METADATA = _table("metadata.name", "metadata.namespace")
_FIELDS: Mapping[str, dict[str, Read]] = {
    "pods": {
        **_table("spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName"),
        **_table("status.phase", "status.podIP", "status.nominatedNodeName"),
        "spec.hostNetwork": _at("spec.hostNetwork", "false"),
        "spec.host": _at("spec.nodeName"),
    },
    "nodes": {"spec.unschedulable": _at("spec.unschedulable", "false")},
    "namespaces": _table("status.phase"),
    "services": _table("spec.clusterIP", "spec.type"),
    "secrets": _table("type"),
    "jobs": {"status.successful": _at("status.succeeded", "0")},
    "events": {
        **_table(
            *(f"involvedObject.{field}" for field in ("kind", "namespace", "name", "uid", "apiVersion")),
            *(f"involvedObject.{field}" for field in ("resourceVersion", "fieldPath")),
            *("reason", "reportingComponent", "type"),
        ),
        "source": _source,
    },
}
_UNNAMESPACED = ("nodes", "namespaces")
"""Of these not even `metadata.namespace` is known."""
_REFUSALS = {"jobs": 'field label "{}" not supported for Job'}
_STANDARD_REFUSAL = '"{}" is not a known field selector: only "metadata.name", "metadata.namespace"'
_TERMS = re.compile(r"((?:\\.|[^\\,])*)(?:,|\Z)", re.DOTALL)
_TERM = re.compile(r"(?P<field>.*?)(?P<operator>!=|==|=)(?P<value>.*)", re.DOTALL)


class _Term(NamedTuple):
    read: Read
    value: str
    equal: bool


class FieldSelector(NamedTuple):
    """All terms have to hold; none is everything."""

    terms: tuple[_Term, ...]

    def matches(self, stored: Object) -> bool:
        """Tell whether the object is selected."""
        return all((term.read(stored) == term.value) is term.equal for term in self.terms)


def field_selector(resource: Resource, text: str) -> FieldSelector:
    """Return the selector of a query; raises StatusError 400 for what is none and for fields that cannot select."""
    terms: list[tuple[str, str, bool]] = []
    for part in sorted(match[1] for match in _TERMS.finditer(text)):
        if not part:
            continue
        term = _TERM.fullmatch(part)
        if term is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        terms.append((term["field"], _unescape(term["value"]), term["operator"] != "!="))
    return FieldSelector(tuple(_Term(_reader(resource, field), value, equal) for field, value, equal in terms))


def _reader(resource: Resource, field: str) -> Read:
    known = _FIELDS.get(resource.plural, {})
    if field in known:
        return known[field]
    if field == "metadata.name" or (field in _METADATA and resource.plural not in _UNNAMESPACED):
        return _METADATA[field]
    default = "field label not supported: {}" if known else _STANDARD_REFUSAL
    raise bad_request(_REFUSALS.get(resource.plural, default).format(field))


def _unescape(value: str) -> str:
    r"""Take `\\`, `\,` and `\=` for what they mean; other escapes and a bare `=` are refused."""
    plain = re.sub(r"\\([\\,=])", "", value)
    if "\\" in plain:
        raise bad_request(f"invalid field selector: invalid escape sequence: {value[value.index(chr(92)) :][:2]}")
    if "=" in plain:
        raise bad_request(f"invalid field selector: unescaped character in value: {ord('=')}")
    return re.sub(r"\\([\\,=])", r"\1", value)
