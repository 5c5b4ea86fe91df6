"""Log lines, for people or machines, on stderr; the only way out for them, and no secret gets through it."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from kube_headroom import tracing
from kube_headroom.redaction import redact, redact_value

_OURS = "kube_headroom"


def configure(*, level: str = "info", log_format: str = "auto", stream: TextIO | None = None) -> None:
    """Send our log lines from `level` on, and those of libraries from WARNING on, to a stream (stderr).

    `log_format` is console, json, or auto: console on a terminal, json elsewhere. May be called again.
    """
    output = stream or sys.stderr
    terminal = output.isatty()
    console = log_format == "console" or (log_format == "auto" and terminal)
    colours = terminal and "NO_COLOR" not in os.environ
    handler = _Handler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *_FACTS],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _without_secrets,
                _console(colours=colours) if console else structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    for previous in [each for each in root.handlers if isinstance(each, _Handler)]:
        root.removeHandler(previous)
    root.addHandler(handler)
    # urllib3 and uvicorn say each request at DEBUG and INFO, with headers; we never want those.
    root.setLevel(logging.WARNING)
    logging.getLogger(_OURS).setLevel(level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *_FACTS,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def log_failed_threads() -> None:
    """Log what ends a thread, in place of the interpreter's own traceback on stderr."""

    def log_failure(failure: threading.ExceptHookArgs) -> None:
        if failure.exc_value is not None and not isinstance(failure.exc_value, SystemExit):
            name = failure.thread.name if failure.thread else "unknown"
            structlog.get_logger(_OURS).error("thread ended by an error", thread=name, exc_info=failure.exc_value)

    threading.excepthook = log_failure


def _with_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Name the trace that a line belongs to, by the keys of OpenTelemetry's compatibility document for logs."""
    if (ids := tracing.identifiers()) is not None:
        event["trace_id"], event["span_id"] = ids
    return event


_FACTS: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    _with_trace,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
)


def _console(*, colours: bool) -> Processor:
    # The plain formatter: a rich one would print local variables, secrets among them.
    return structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=structlog.dev.plain_traceback)


def _without_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> MutableMapping[str, Any]:
    redacted = redact_value(event)
    if not isinstance(redacted, dict):
        raise TypeError(type(redacted))
    return redacted


class _Handler(logging.StreamHandler[TextIO]):
    """A handler whose own failure says nothing of the record: the standard one prints its arguments."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        error = sys.exc_info()[1]
        text = f"a log line of {record.name}:{record.lineno} could not be written: {type(error).__name__}\n"
        try:
            sys.stderr.write(redact(text))
        except (OSError, ValueError):  # stderr itself is gone: nobody is left to tell
            return
