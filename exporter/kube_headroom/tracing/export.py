"""OpenTelemetry's SDK at work: spans wait in a bounded queue, a thread delivers them, nobody waits for it.

The only file that imports its packages. A collector that is down costs its spans, which are counted, and one log line.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from importlib.metadata import version

import structlog
from opentelemetry import context, trace
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from kube_headroom.redaction import redact, redact_value
from kube_headroom.tracing.resource import attributes_of
from kube_headroom.tracing.spans import Attributes, Counts, Ids

log = structlog.get_logger(__name__)

LAST_SECONDS = 2.0
"""What the end of the process waits for its last spans."""

_CHATTY = ("opentelemetry.exporter", "opentelemetry.sdk._shared_internal")

_READER_OF_HEADERS = "opentelemetry.util.re"


def _without_header(record: logging.LogRecord) -> bool:
    """Keep what the SDK says of a header that it cannot read, without the header: there the tokens are."""
    record.msg, record.args = "a header of OTEL_EXPORTER_OTLP_HEADERS is no name=value, and left out", ()
    return True


class _LastWords(logging.Handler):
    """Keeps what the SDK says of a delivery that failed: it says so for every batch, and once is enough."""

    said = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.said = redact(record.getMessage())


class _Delivery(SpanExporter):
    """Another exporter, its successes counted and its failures told once until the next success."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._words = _LastWords()
        self._failing = False
        self.delivered = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = SpanExportResult.FAILURE
        try:
            result = self._exporter.export(spans)
        except Exception as error:  # noqa: BLE001  (the SDK would log it for every batch, with its traceback)
            self._words.said = redact(f"{type(error).__name__}: {error}")
        failed = result is not SpanExportResult.SUCCESS
        if not failed:
            self.delivered += len(spans)
        if failed and not self._failing:
            log.warning("traces cannot be delivered, spans are lost until they can", why=self._words.said)
        elif self._failing and not failed:
            log.info("traces are delivered again")
        self._failing = failed
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)

    def listen(self) -> None:
        """Take what the SDK's loggers say of deliveries."""
        for name in _CHATTY:
            logger = logging.getLogger(name)
            logger.addHandler(self._words)
            logger.propagate = False

    def leave(self) -> None:
        """Give the SDK's loggers back."""
        for name in _CHATTY:
            logger = logging.getLogger(name)
            logger.removeHandler(self._words)
            logger.propagate = True


class _Queue(BatchSpanProcessor):
    """The SDK's queue, with a count of the spans that came."""

    def __init__(self, delivery: _Delivery) -> None:
        super().__init__(delivery)
        self._counting = threading.Lock()
        self.ended = 0

    def on_end(self, span: ReadableSpan) -> None:
        if span.context is not None and span.context.trace_flags.sampled:
            with self._counting:
                self.ended += 1
        super().on_end(span)


class _Going:
    """A span as the other rooms see it."""

    __slots__ = ("_span",)

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def note(self, attributes: Attributes) -> None:
        self._span.set_attributes(_shown(attributes))


class Export:
    """The process's spans on their way to a collector; raises what the SDK does for an environment it cannot use."""

    def __init__(self, protocol: str, environment: Mapping[str, str], exporter: SpanExporter | None = None) -> None:
        logging.getLogger(_READER_OF_HEADERS).addFilter(_without_header)
        self._delivery = _Delivery(exporter or _exporter(protocol))
        self._queue = _Queue(self._delivery)
        # The environment goes before what we know of ourselves: Resource.create would have it the other way round.
        resource = Resource.create(dict(attributes_of(environment))).merge(OTELResourceDetector().detect())
        provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        provider.add_span_processor(self._queue)
        self._tracer = provider.get_tracer("kube_headroom", version("kube-headroom"))
        self._delivery.listen()

    @contextmanager
    def span(
        self, name: str, attributes: Attributes, *, client: bool, parent: object, began: int | None
    ) -> Iterator[_Going]:
        """Trace what is done within."""
        opened = self._tracer.start_span(
            name,
            context=parent if isinstance(parent, context.Context) else None,
            kind=trace.SpanKind.CLIENT if client else trace.SpanKind.INTERNAL,
            attributes=_shown(attributes),
            start_time=began,
        )
        with trace.use_span(opened, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield _Going(opened)
            except Exception as error:
                self.failed(error)
                raise

    def failed(self, error: BaseException) -> None:
        """Note an error by its kind and its redacted text: a traceback might hold what we were sent."""
        reason = getattr(error, "reason", None)
        current = trace.get_current_span()
        current.set_attribute("error.type", str(reason.value) if isinstance(reason, Enum) else type(error).__name__)
        current.set_status(trace.StatusCode.ERROR, redact(str(error)))

    def here(self) -> context.Context:
        """Return the current context."""
        return context.get_current()

    def identifiers(self) -> Ids | None:
        """Return the current span's identifiers, if it is sampled."""
        current = trace.get_current_span().get_span_context()
        if not (current.is_valid and current.trace_flags.sampled):
            return None
        return Ids(trace.format_trace_id(current.trace_id), trace.format_span_id(current.span_id))

    def counts(self) -> Counts:
        """Return how many spans ended, and how many of them were delivered."""
        return Counts(self._queue.ended, self._delivery.delivered)

    def end(self) -> None:
        """Deliver what waits, for as long as there is time; the thread that still tries is not waited for."""
        last = threading.Thread(target=self._queue.shutdown, name="last-spans", daemon=True)
        last.start()
        last.join(LAST_SECONDS)
        self._delivery.leave()


def _exporter(protocol: str) -> SpanExporter:
    if protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc import trace_exporter as grpc  # noqa: PLC0415

        return grpc.OTLPSpanExporter()
    # Imported when asked for: each brings its own transport.
    from opentelemetry.exporter.otlp.proto.http import trace_exporter as http  # noqa: PLC0415

    return http.OTLPSpanExporter()


def _shown(attributes: Attributes) -> dict[str, str | int | float | bool]:
    shown = redact_value(attributes)
    return {name: value for name, value in shown.items() if value != ""} if isinstance(shown, dict) else {}
