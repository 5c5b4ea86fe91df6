"""Spans remembered instead of sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from kube_headroom.tracing.export import Export
from kube_headroom.tracing.spans import traced_by


class Spans(list[ReadableSpan]):
    """All spans, once what they were made in has ended."""

    @property
    def names(self) -> list[str]:
        return [one.name for one in self]

    def named(self, name: str) -> ReadableSpan:
        return next(one for one in self if one.name == name)

    def parent(self, name: str) -> str | None:
        """The name of a span's parent."""
        parent = self.named(name).parent
        return next((one.name for one in self if parent and one.context == parent), None)


def attributes(span: ReadableSpan) -> Mapping[str, object]:
    return dict(span.attributes or {})


@contextmanager
def recorded(environment: Mapping[str, str] | None = None) -> Iterator[Spans]:
    memory, spans = InMemorySpanExporter(), Spans()
    export = Export("http/protobuf", environment or {}, memory)
    with traced_by(export):
        yield spans
    export.end()
    spans += memory.get_finished_spans()
