"""SLIs of services that have no metrics of their own: what an ingress, a mesh, gRPC, traces or the API server tell of them.

A table of counters by template; pure. Each SLI is two bare selectors, which can be counted exactly and grouped by any label.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from rapidfuzz import process

from kube_headroom.slo.objective import EventRatio, Place, Query, Sli

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_SECONDS = MappingProxyType({"seconds": 1, "milliseconds": 1_000})


class Parameter(NamedTuple):
    """What an owner may set; `default` None means must, "" means that the condition is left out."""

    default: str | None
    kind: str = "value"
    help: str = ""


class Condition(NamedTuple):
    """A condition on a label; `$name` stands for a parameter, in the label and in the value."""

    label: str
    operator: str
    value: str


class Template(NamedTuple):
    """Counters of all events and of the good or bad ones, which have the `extra` conditions as well."""

    total: str
    part: str
    good: bool
    conditions: tuple[Condition, ...]
    extra: tuple[Condition, ...]
    parameters: Mapping[str, Parameter]
    unit: str = "seconds"


_WITHIN = Parameter(None, "seconds", "Seconds within which a response is good: one of the histogram's bounds.")
_BUCKET = (Condition("le", "=~", "$within"),)

_INGRESS = {
    "ingress": Parameter(None, help="Name of the Ingress."),
    "namespace": Parameter("", help="Namespace of the Ingress."),
    "namespace_label": Parameter("exported_namespace", "label", "`namespace` where the target's labels are honoured."),
    "service": Parameter("", help="Name of the Service behind it."),
    "service_label": Parameter("exported_service", "label", "`service` where the target's labels are honoured."),
}
_OF_INGRESS = (
    Condition("ingress", "=", "$ingress"),
    Condition("$namespace_label", "=", "$namespace"),
    Condition("$service_label", "=", "$service"),
)
_ISTIO = {
    "service": Parameter(None, help="Name of the called Service."),
    "namespace": Parameter(None, help="Its namespace."),
    "reporter": Parameter("destination", help="Who counts: `destination`, `source`, or `waypoint` in ambient mode."),
}
_OF_ISTIO = (
    Condition("reporter", "=", "$reporter"),
    Condition("destination_service_name", "=", "$service"),
    Condition("destination_service_namespace", "=", "$namespace"),
)
_LINKERD = {
    "workload": Parameter(None, help="Name of the called workload."),
    "workload_label": Parameter("deployment", "label", "`statefulset`, `daemonset` and so on for other kinds."),
    "namespace": Parameter(None, help="Its namespace."),
}
_OF_LINKERD = (
    Condition("direction", "=", "inbound"),
    Condition("namespace", "=", "$namespace"),
    Condition("$workload_label", "=", "$workload"),
)
_GRPC = {
    "service": Parameter(None, help="Full name of the gRPC service, such as `shop.v1.Cart`."),
    "method": Parameter("", help="One method of it."),
    "type": Parameter("unary", help="Kind of call; streams last as long as they are used."),
    "namespace": Parameter("", help="Namespace of the pods, where it is a label of the target."),
    "job": Parameter("", help="Prometheus job."),
}
_OF_GRPC = (
    Condition("grpc_service", "=", "$service"),
    Condition("grpc_method", "=", "$method"),
    Condition("grpc_type", "=", "$type"),
    Condition("namespace", "=", "$namespace"),
    Condition("job", "=", "$job"),
)
_SPANS = {
    "service": Parameter(None, help="`service.name` of the spans."),
    "span": Parameter("", help="One span name."),
    "kind": Parameter("SPAN_KIND_SERVER", help="Kind of span; `SPAN_KIND_CONSUMER` for those that take messages."),
    "service_label": Parameter("service_name", "label", "Label of the service."),
    "span_label": Parameter("span_name", "label", "Label of the span's name."),
    "kind_label": Parameter("span_kind", "label", "Label of the kind."),
}
_OF_SPANS = (
    Condition("$service_label", "=", "$service"),
    Condition("$span_label", "=", "$span"),
    Condition("$kind_label", "=", "$kind"),
)
_API_SERVER = {
    "job": Parameter("apiserver", help="Prometheus job of the API servers."),
    "verb": Parameter("", "pattern", "Verbs that count, such as `LIST|GET`."),
    "resource": Parameter("", "pattern", "Resources that count."),
}
_OF_API_SERVER = (
    Condition("job", "=", "$job"),
    Condition("verb", "=~", "$verb"),
    Condition("verb", "!~", "WATCH|WATCHLIST|CONNECT"),
    Condition("resource", "=~", "$resource"),
    Condition("subresource", "!~", "proxy|attach|log|exec|portforward"),
)

TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        "ingress-nginx-availability": Template(
            "nginx_ingress_controller_requests",
            "nginx_ingress_controller_requests",
            good=False,
            conditions=_OF_INGRESS,
            extra=(Condition("status", "=~", "$bad_codes"),),
            parameters={**_INGRESS, "bad_codes": Parameter("5..", "pattern", "HTTP status codes that are bad.")},
        ),
        "ingress-nginx-latency": Template(
            "nginx_ingress_controller_request_duration_seconds_count",
            "nginx_ingress_controller_request_duration_seconds_bucket",
            good=True,
            conditions=_OF_INGRESS,
            extra=_BUCKET,
            parameters={**_INGRESS, "within": _WITHIN},
        ),
        "istio-availability": Template(
            "istio_requests_total",
            "istio_requests_total",
            good=False,
            conditions=_OF_ISTIO,
            extra=(Condition("response_code", "=~", "$bad_codes"),),
            parameters={**_ISTIO, "bad_codes": Parameter("5..", "pattern", "HTTP status codes that are bad.")},
        ),
        "istio-latency": Template(
            "istio_request_duration_milliseconds_count",
            "istio_request_duration_milliseconds_bucket",
            good=True,
            conditions=_OF_ISTIO,
            extra=_BUCKET,
            parameters={**_ISTIO, "within": _WITHIN},
            unit="milliseconds",
        ),
        "linkerd-availability": Template(
            "response_total",
            "response_total",
            good=False,
            conditions=_OF_LINKERD,
            extra=(Condition("classification", "=", "failure"),),
            parameters=_LINKERD,
        ),
        "linkerd-latency": Template(
            "response_latency_ms_count",
            "response_latency_ms_bucket",
            good=True,
            conditions=_OF_LINKERD,
            extra=_BUCKET,
            parameters={**_LINKERD, "within": _WITHIN},
            unit="milliseconds",
        ),
        "grpc-availability": Template(
            "grpc_server_handled_total",
            "grpc_server_handled_total",
            good=False,
            conditions=_OF_GRPC,
            extra=(Condition("grpc_code", "=~", "$bad_codes"),),
            parameters={
                **_GRPC,
                "bad_codes": Parameter(
                    "Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss",
                    "pattern",
                    "gRPC status codes that are bad: those that are the server's fault.",
                ),
            },
        ),
        "grpc-latency": Template(
            "grpc_server_handling_seconds_count",
            "grpc_server_handling_seconds_bucket",
            good=True,
            conditions=_OF_GRPC,
            extra=_BUCKET,
            parameters={**_GRPC, "within": _WITHIN},
        ),
        "span-metrics-availability": Template(
            "$metric",
            "$metric",
            good=False,
            conditions=_OF_SPANS,
            extra=(Condition("$status_label", "=", "$bad_status"),),
            parameters={
                **_SPANS,
                "metric": Parameter("traces_span_metrics_calls_total", "metric", "Counter of spans."),
                "status_label": Parameter("status_code", "label", "Label of the span's status."),
                "bad_status": Parameter("STATUS_CODE_ERROR", help="Status of spans that are bad."),
            },
        ),
        "span-metrics-latency": Template(
            "${metric}_count",
            "${metric}_bucket",
            good=True,
            conditions=_OF_SPANS,
            extra=_BUCKET,
            parameters={
                **_SPANS,
                "metric": Parameter("traces_span_metrics_duration_milliseconds", "metric", "Histogram of durations."),
                "unit": Parameter("milliseconds", "unit", "Unit of its bounds, `milliseconds` or `seconds`."),
                "within": _WITHIN,
            },
            unit="$unit",
        ),
        "kube-apiserver-availability": Template(
            "apiserver_request_total",
            "apiserver_request_total",
            good=False,
            conditions=_OF_API_SERVER,
            extra=(Condition("code", "=~", "$bad_codes"),),
            parameters={**_API_SERVER, "bad_codes": Parameter("5..", "pattern", "HTTP status codes that are bad.")},
        ),
        "kube-apiserver-latency": Template(
            "apiserver_request_sli_duration_seconds_count",
            "apiserver_request_sli_duration_seconds_bucket",
            good=True,
            conditions=_OF_API_SERVER,
            extra=_BUCKET,
            parameters={**_API_SERVER, "within": _WITHIN},
        ),
    }
)


def expand(template: str, parameters: Mapping[str, str], place: Place) -> Sli:
    """Write a template's SLI with an owner's parameters; raises ValueError with a sentence for what is wrong with them."""
    found = TEMPLATES.get(template)
    if found is None:
        raise ValueError(
            f"unknown template {template!r}{_near(template, TEMPLATES)}; expected one of {', '.join(TEMPLATES)}"
        )
    values = _values(template, found.parameters, parameters)
    if "within" in values:
        unit = _filled(found.unit, values)
        values["within"] = _bound(float(values["within"]) * _SECONDS[unit])
    total, part = (
        Query(_selector(_filled(metric, values), conditions, values), place)
        for metric, conditions in (
            (found.total, found.conditions),
            (found.part, (*found.conditions, *found.extra)),
        )
    )
    return EventRatio(total, good=part) if found.good else EventRatio(total, bad=part)


def _values(template: str, known: Mapping[str, Parameter], given: Mapping[str, str]) -> dict[str, str]:
    for name in given:
        if name not in known:
            raise ValueError(
                f"template {template} has no parameter {name!r}{_near(name, known)}; expected some of {', '.join(known)}"
            )
    values: dict[str, str] = {}
    for name, parameter in known.items():
        value = given.get(name, parameter.default)
        if value is None or (value == "" and parameter.default is None):
            raise ValueError(f"template {template} needs the parameter {name!r}: {parameter.help}")
        expected = _EXPECTED[parameter.kind]
        if value != "" and not expected.met(value):
            raise ValueError(f"parameter {name!r} of template {template}: {value!r} is not {expected.what}")
        values[name] = value
    return values


class _Expected(NamedTuple):
    met: Callable[[str], bool]
    what: str


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def _is_seconds(text: str) -> bool:
    try:
        return 0 < float(text) < math.inf
    except ValueError:
        return False


_EXPECTED = {
    "value": _Expected(lambda _: True, "a label's value"),
    "label": _Expected(lambda text: _LABEL.fullmatch(text) is not None, "a label's name"),
    "metric": _Expected(lambda text: _METRIC.fullmatch(text) is not None, "a metric's name"),
    "pattern": _Expected(_is_pattern, "a regular expression"),
    "seconds": _Expected(_is_seconds, "a number of seconds above 0"),
    "unit": _Expected(lambda text: text in _SECONDS, f"one of {', '.join(_SECONDS)}"),
}


def _bound(bound: float) -> str:
    """A pattern for a bucket's bound: whole numbers are written `1` by Prometheus 2 and `1.0` by Prometheus 3."""
    text = f"{bound:.12g}"
    return f"{text}(\\.0)?" if text.isdigit() else text.replace(".", "\\.").replace("+", "\\+")


def _selector(metric: str, conditions: Iterable[Condition], values: Mapping[str, str]) -> str:
    return f"{metric}{{{','.join(_matchers(conditions, values))}}}"


def _matchers(conditions: Iterable[Condition], values: Mapping[str, str]) -> Iterator[str]:
    for label, operator, value in conditions:
        filled = _filled(value, values)
        if filled:
            escaped = filled.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            yield f'{_filled(label, values)}{operator}"{escaped}"'


def _filled(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda found: values[found[1] or found[2]], text)


def _near(word: str, known: Iterable[str]) -> str:
    match = process.extractOne(word, list(known), score_cutoff=60)
    return f", did you mean {match[0]!r}" if match else ""
