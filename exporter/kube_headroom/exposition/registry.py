"""The exporter's own metrics: a prometheus_client registry as one more part of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector

from kube_headroom.exposition.deflate import deflate
from kube_headroom.exposition.page import Body

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import CollectorRegistry, Metric


class _Read(Collector):
    """What a registry told once, for both dialects: they agree, and it is asked half as often."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._families = [*registry.collect()]

    def collect(self) -> Iterable[Metric]:
        return self._families


def registry_body(registry: CollectorRegistry) -> Body:
    """Return the registry in both dialects; the page that ends with it adds the one `# EOF`."""
    read = _Read(registry)
    openmetrics: bytes = generate_openmetrics(read)  # type: ignore[no-untyped-call]
    return Body(deflate(generate_latest(read)), deflate(openmetrics.removesuffix(b"# EOF\n")))
