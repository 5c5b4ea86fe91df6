"""What OpenTelemetry's environment variables ask of us, and whether the packages it takes are there.

The SDK reads the others by itself: sampler, limits, batches, headers, certificates, timeout, compression.
Source: opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables and .../protocol/exporter.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import structlog

from kube_headroom.tracing.spans import traced_by

log = structlog.get_logger(__name__)

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
EXPORTER = "OTEL_TRACES_EXPORTER"
DISABLED = "OTEL_SDK_DISABLED"
SUPPORTED = ("http/protobuf", "grpc")


class Plan(NamedTuple):
    """Where spans go and how: an endpoint's variable, and one of the supported protocols."""

    variable: str
    protocol: str


def plan_of(environment: Mapping[str, str]) -> Plan | str:
    """Read the plan, or why there is none: "" where nobody asked for traces, else a sentence for whoever did."""
    given = {name: value.strip() for name, value in environment.items() if name.startswith("OTEL_") and value.strip()}
    endpoint = next((name for name in ENDPOINTS if name in given), None)
    if endpoint is None or given.get(DISABLED, "").lower() == "true":
        return ""
    exporter = given.get(EXPORTER, "otlp").lower()
    if exporter == "none":
        return ""
    if exporter != "otlp":
        return f"{EXPORTER} is {exporter!r}; expected otlp or none"
    variable = next((name for name in PROTOCOLS if name in given), PROTOCOLS[0])
    protocol = given.get(variable, SUPPORTED[0]).lower()
    if protocol not in SUPPORTED:
        return f"{variable} is {protocol!r}; expected one of {', '.join(SUPPORTED)}"
    if importlib.util.find_spec("opentelemetry") is None or importlib.util.find_spec("opentelemetry.sdk") is None:
        return (
            f"{endpoint} is set, but the extra `otel` is not installed: pip install 'kube-headroom[otel]', "
            f"or set {DISABLED}=true"
        )
    return Plan(endpoint, protocol)


@contextmanager
def exporting(environment: Mapping[str, str]) -> Iterator[None]:
    """Trace what is done within, if the environment asks for it; whatever stands against it is one warning.

    `environment` is the process's own: the SDK reads the rest of it by itself. The end waits two seconds at most for
    the last spans to be delivered.
    """
    plan = plan_of(environment)
    if not isinstance(plan, Plan):
        if plan:
            log.warning("no traces", why=plan)
        yield
        return
    # Imported here: it takes the extra, and some ten megabytes.
    from kube_headroom.tracing.export import Export  # noqa: PLC0415

    try:
        export = Export(plan.protocol, environment)
    except Exception as error:  # noqa: BLE001  (no traces are no reason for no metrics)
        log.warning("no traces", why=f"{plan.variable} and its companions cannot be used: {error}")
        yield
        return
    log.info("traces are sent", protocol=plan.protocol, to=environment[plan.variable])
    try:
        with traced_by(export):
            yield
    finally:
        export.end()
