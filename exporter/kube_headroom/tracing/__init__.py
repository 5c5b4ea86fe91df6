"""Spans of the exporter's own work, sent by OpenTelemetry where its environment variables name an endpoint.

Without one nothing of OpenTelemetry is imported. No room but this one knows its packages.
"""

from kube_headroom.tracing.environment import exporting
from kube_headroom.tracing.spans import Counts, Ids, Span, counts, failed, here, identifiers, span

__all__ = ["Counts", "Ids", "Span", "counts", "exporting", "failed", "here", "identifiers", "span"]
