"""The exporter's own metrics: a prometheus_client registry as one more part of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from kube_headroom.exposition.deflate import deflate
from kube_headroom.exposition.page import Body

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry


def registry_body(registry: CollectorRegistry) -> Body:
    """Return the registry in both dialects; the page that ends with it adds the one `# EOF`."""
    openmetrics: bytes = generate_openmetrics(registry)  # type: ignore[no-untyped-call]
    return Body(deflate(generate_latest(registry)), deflate(openmetrics.removesuffix(b"# EOF\n")))
