"""The Prometheus that SLIs are asked of: what its reader is told to do, and what it tells of itself."""

from __future__ import annotations

from collections.abc import Iterator

from kube_headroom.catalogue import prometheus as series
from kube_headroom.catalogue.labels import Nothing, Reason
from kube_headroom.catalogue.metric import Sample
from kube_headroom.overview.content import Source
from kube_headroom.prometheus.health import Summary
from kube_headroom.prometheus.options import Options
from kube_headroom.settings import Settings


def options(settings: Settings) -> Options:
    """Return what the settings say of that server; `prometheus.url` is given."""
    headers = (header.partition(":") for header in settings.prometheus_headers)
    return Options(
        url=settings.prometheus_url or "",
        headers={name: value.strip() for name, _, value in headers},
        bearer_token_file=settings.prometheus_bearer_token_file,
        username=settings.prometheus_username or "",
        password_file=settings.prometheus_password_file,
        certificate_authority=settings.prometheus_certificate_authority,
        client_certificate=settings.prometheus_client_certificate,
        client_key=settings.prometheus_client_key,
        insecure=settings.prometheus_insecure_tls == "true",
        tenant=settings.prometheus_tenant or "",
        timeout=settings.prometheus_request_timeout,
        step=settings.slo_step,
        concurrency=settings.prometheus_concurrency,
        series_limit=settings.prometheus_series_limit,
        scrape_interval=settings.prometheus_scrape_interval,
        back_fill=settings.prometheus_back_fill,
    )


def samples(summary: Summary) -> Iterator[Sample]:
    """Report how asking goes; nothing of an answer before the first."""
    if summary.up is not None:
        yield series.PROMETHEUS_UP.at(Nothing(), summary.up)
    if summary.last_success is not None:
        yield series.PROMETHEUS_LAST_SUCCESS.at(Nothing(), summary.last_success)
    yield series.PROMETHEUS_OBJECTIVES.at(Nothing(), summary.objectives)
    yield series.PROMETHEUS_OBJECTIVES_FAILING.at(Nothing(), summary.failing)
    yield series.PROMETHEUS_SERIES.at(Nothing(), summary.series)
    yield series.PROMETHEUS_CHUNKS_PENDING.at(Nothing(), summary.pending)
    yield series.PROMETHEUS_REQUESTS.at(Nothing(), summary.requests)
    yield series.PROMETHEUS_REQUEST_SECONDS.at(Nothing(), summary.seconds)
    for reason, count in sorted(summary.errors.items()):
        yield series.PROMETHEUS_ERRORS.at(Reason(reason), count)


def shown(summary: Summary) -> Iterator[Source]:
    """Say what the overview shows of that server, nothing while no SLO needs it."""
    if not summary.objectives:
        return
    states = {None: "starting", True: "partial" if summary.failing else "up", False: "down"}
    error = (
        f"{summary.failing} of {summary.objectives} SLOs have no answer: the log names them" if summary.failing else ""
    )
    yield Source(
        name="prometheus",
        state=states[summary.up],
        objects=summary.objectives - summary.failing,
        last_success=summary.last_success,
        error=f"see {series.PROMETHEUS_ERRORS.name}" if summary.up is False else error,
    )
