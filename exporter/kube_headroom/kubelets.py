"""Kubelets between the settings and our own metrics: what their reader is told to do, and what it tells of itself."""

from __future__ import annotations

from collections.abc import Iterator

from kube_headroom.catalogue import kubelets as series
from kube_headroom.catalogue.labels import Finding, Nothing, Page, PageReason, Reason
from kube_headroom.catalogue.metric import Sample
from kube_headroom.kubelet.client import Limits
from kube_headroom.kubelet.health import PageSummary
from kube_headroom.kubelet.reader import Options, Summary
from kube_headroom.kubelet.schedule import PageName
from kube_headroom.overview.content import Source
from kube_headroom.settings import Settings


def options(settings: Settings) -> Options:
    """Return what the settings say of kubelets."""
    return Options(
        intervals={
            PageName.RESOURCE: settings.kubelet_resource_interval,
            PageName.CADVISOR: settings.kubelet_cadvisor_interval,
            PageName.PROBES: settings.kubelet_probes_interval,
            PageName.VOLUMES: settings.kubelet_volumes_interval,
        },
        concurrency=settings.kubelet_concurrency,
        limits=Limits(
            deadline=settings.kubelet_request_timeout,
            compressed=settings.kubelet_compressed_size_limit,
            body=settings.kubelet_body_size_limit,
        ),
        address_types=settings.kubelet_preferred_address_types,
        authority=settings.kubelet_certificate_authority,
        insecure=settings.kubelet_insecure_tls == "true",
    )


def samples(summary: Summary) -> Iterator[Sample]:
    """Report all kubelets together, page by page."""
    yield series.KUBELET_NODES_EXPECTED.at(Nothing(), summary.expected)
    yield series.KUBELET_NODES_SKIPPED.at(Reason("virtual"), summary.virtual)
    yield series.KUBELET_NODES_SKIPPED.at(Reason("no_address"), summary.without_address)
    yield series.KUBELET_TLS_INSECURE.at(Nothing(), summary.insecure)
    for finding, nodes in sorted(summary.findings.items()):
        yield series.KUBELET_NODES_LIMITED.at(Finding(finding), nodes)
    for name, page in summary.pages.items():
        yield from _page(Page(name), page)
        yield series.KUBELET_READINGS_MISSED.at(Page(name), summary.missed[name])
    for (name, oddity), count in sorted(summary.oddities.items()):
        yield series.KUBELET_PAGE_ODDITIES.at(PageReason(name, oddity), count)


def shown(summary: Summary, now: float, stale_after: float) -> Iterator[Source]:
    """Say what the overview shows of all kubelets together, nothing where there is none to read; `stale_after` in seconds."""
    if not summary.expected:
        return
    page = summary.pages[PageName.RESOURCE]
    missing = summary.expected - page.read
    error = (
        f"{missing} of {summary.expected} kubelets not read: see {series.KUBELET_ERRORS.name}" if page.errors else ""
    )
    yield Source(
        name="kubelets",
        state=_state(page, summary.expected, stale=page.oldest is not None and now - page.oldest > stale_after),
        objects=page.read,
        last_success=page.oldest,
        error=error if missing else "",
    )


def _state(page: PageSummary, expected: int, *, stale: bool) -> str:
    if stale:
        return "stale"
    if page.read >= expected:
        return "up"
    if not page.errors:
        return "starting"
    return "partial" if page.read else "down"


def _page(name: Page, page: PageSummary) -> Iterator[Sample]:
    yield series.KUBELET_NODES_READ.at(name, page.read)
    if page.oldest is not None:
        yield series.KUBELET_OLDEST_READING.at(name, page.oldest)
    yield series.KUBELET_READINGS.at(name, page.readings)
    yield series.KUBELET_READING_SECONDS.at(name, page.seconds)
    yield series.KUBELET_RECEIVED_BYTES.at(name, page.received)
    yield series.KUBELET_INFLATED_BYTES.at(name, page.inflated)
    for reason, count in sorted(page.errors.items()):
        yield series.KUBELET_ERRORS.at(PageReason(name.page, reason), count)
