"""Sloth's own two formats by table: `prometheus/v1` files, and PrometheusServiceLevel objects."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import NamedTuple

from kube_headroom.slo.definitions.reading import Field, Part, Reader, each, record
from kube_headroom.slo.definitions.values import ignored, on_text, one_of, truth
from kube_headroom.slo.objective import Query
from kube_headroom.slo.sloth import values
from kube_headroom.slo.sloth.specification import (
    Alert,
    Dialect,
    ErrorEvents,
    ErrorRatio,
    Metadata,
    ServiceLevelObjective,
    Sli,
    Specification,
)

# What an API server adds to an object's metadata; nothing of it reaches the rules.
_OF_THE_SERVER = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "managedFields",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
)


class WrittenEvents(NamedTuple):
    """`sli.events`."""

    part: Part
    error_query: Query
    total_query: Query


class WrittenRatio(NamedTuple):
    """`sli.raw`."""

    part: Part
    error_ratio_query: Query


class WrittenSli(NamedTuple):
    """`sli`."""

    part: Part
    events: WrittenEvents | None = None
    raw: WrittenRatio | None = None
    plugin: None = None


class WrittenAlert(NamedTuple):
    """`page_alert` or `ticket_alert`."""

    part: Part
    disable: bool = False
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}


class WrittenAlerting(NamedTuple):
    """`alerting`."""

    part: Part
    name: str = ""
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    page_alert: WrittenAlert | None = None
    ticket_alert: WrittenAlert | None = None


class WrittenObjective(NamedTuple):
    """One of `slos`."""

    part: Part
    name: str
    objective: Fraction
    sli: Sli
    alerting: WrittenAlerting
    description: str = ""
    labels: Mapping[str, str] = {}
    plugins: None = None


class WrittenService(NamedTuple):
    """A `prometheus/v1` document, or the `spec` of an object."""

    part: Part
    service: str
    slos: tuple[ServiceLevelObjective, ...]
    labels: Mapping[str, str] = {}
    version: str = ""
    slo_plugins: None = None


def _sli(written: WrittenSli) -> Sli:
    if written.events and written.raw:
        raise written.part.error("events and raw exclude each other; keep one")
    if written.raw:
        return values.countable(written.part, ErrorRatio(written.raw.error_ratio_query))
    if not written.events:
        raise written.part.error("expected events or raw: what is counted")
    error, total = written.events.error_query, written.events.total_query
    if error.text == total.text:
        raise written.events.part.error("the error query and the total query are the same: every event is bad")
    return values.countable(written.part, ErrorEvents(error, total))


def _alert(alerting: WrittenAlerting, own: WrittenAlert | None) -> Alert | None:
    if own is None:
        return Alert(alerting.name, alerting.labels, alerting.annotations)
    if own.disable:
        return None
    labels, annotations = {**alerting.labels, **own.labels}, {**alerting.annotations, **own.annotations}
    return Alert(alerting.name, labels, annotations)


def _objective(written: WrittenObjective) -> ServiceLevelObjective:
    alerting = written.alerting
    page, ticket = _alert(alerting, alerting.page_alert), _alert(alerting, alerting.ticket_alert)
    if (page or ticket) and not alerting.name:
        raise alerting.part.error("missing field name: what the alerts are called; or disable both alerts")
    return ServiceLevelObjective(
        name=written.name,
        percent=float(written.objective * 100),
        target=written.objective,
        sli=written.sli,
        place=written.part.place,
        description=written.description,
        labels=written.labels,
        page=page,
        ticket=ticket,
    )


def _specification(written: WrittenService) -> Specification:
    objectives = (slo._replace(labels={**written.labels, **slo.labels}) for slo in written.slos)
    return Specification(Dialect.PROMETHEUS, written.service, tuple(objectives), written.part.place)


class WrittenObject(NamedTuple):
    """A PrometheusServiceLevel."""

    part: Part
    kind: str
    metadata: Metadata
    spec: Specification
    api_version: str = ""
    status: Part | None = None


def _metadata(
    *,
    name: str,
    namespace: str = "",
    labels: Mapping[str, str] = {},
    annotations: Mapping[str, str] | None = None,
    **_: Part,
) -> Metadata:
    return Metadata(name, namespace, labels, annotations)


def _object(written: WrittenObject) -> Specification:
    return written.spec._replace(dialect=Dialect.KUBERNETES, metadata=written.metadata, place=written.part.place)


def _camel(snake: str) -> str:
    return re.sub("_([a-z])", lambda match: match[1].upper(), snake)


def _service_fields(spelled: Callable[[str], str]) -> tuple[Field, ...]:
    """The fields of a service with its SLOs; Sloth's own formats differ in their spelling alone."""
    texts = Field("labels", values.labels), Field("annotations", values.labels)
    alert = record(WrittenAlert, Field("disable", on_text(truth)), *texts)
    alerting = record(
        WrittenAlerting,
        Field("name", values.text),
        *texts,
        Field(spelled("page_alert"), alert),
        Field(spelled("ticket_alert"), alert),
    )
    events = record(
        WrittenEvents, *(Field(spelled(name), values.query, required=True) for name in ("error_query", "total_query"))
    )
    ratio = record(WrittenRatio, Field(spelled("error_ratio_query"), values.query, required=True))
    sli = record(
        WrittenSli,
        Field("events", events),
        Field("raw", ratio),
        Field("plugin", values.go_source),
    )
    objective = record(
        WrittenObjective,
        Field("name", values.name, required=True),
        Field("objective", values.percentage, required=True),
        Field("description", values.any_text),
        Field("labels", values.labels),
        Field("sli", values.then(sli, _sli), required=True),
        Field("alerting", alerting, required=True),
        Field("plugins", values.go_source),
    )
    return (
        Field("service", values.name, required=True),
        Field("labels", values.labels),
        Field("slos", values.some(each(values.then(objective, _objective))), required=True),
        Field(spelled("slo_plugins"), values.go_source),
    )


_METADATA = record(
    _metadata,
    Field("name", values.text, required=True),
    Field("namespace", values.any_text),
    Field("labels", values.metadata_texts),
    Field("annotations", values.metadata_texts),
    *(Field(name, ignored) for name in _OF_THE_SERVER),
)
PROMETHEUS: Reader[Specification] = values.then(
    record(WrittenService, Field("version", on_text(one_of("prometheus/v1"))), *_service_fields(str)), _specification
)
KUBERNETES: Reader[Specification] = values.then(
    record(
        WrittenObject,
        Field("apiVersion", on_text(one_of("sloth.slok.dev/v1"))),
        Field("kind", on_text(one_of("PrometheusServiceLevel")), required=True),
        Field("metadata", _METADATA, required=True),
        Field("spec", values.then(record(WrittenService, *_service_fields(_camel)), _specification), required=True),
        Field("status", ignored),
    ),
    _object,
)
