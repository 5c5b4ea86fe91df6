"""What the other rooms know of tracing: a span around a piece of work, which is nothing at all while nobody traces.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import NamedTuple, Protocol, Self

Attributes = Mapping[str, str | int | float | bool]


class Span(Protocol):
    """A piece of work that is going on."""

    def note(self, attributes: Attributes) -> None:
        """Add what became known of it."""


class Ids(NamedTuple):
    """A span's identifiers in hexadecimal digits, as logs and traces of W3C write them."""

    trace: str
    span: str


class Counts(NamedTuple):
    """Spans that ended and were sampled, and those of them that were delivered."""

    ended: int
    delivered: int


class Tracing(Protocol):
    """Who makes spans, while there is one."""

    def span(
        self, name: str, attributes: Attributes, *, client: bool, parent: object, began: int | None
    ) -> AbstractContextManager[Span]:
        """As the function `span`."""

    def failed(self, error: BaseException) -> None:
        """As the function `failed`."""

    def here(self) -> object:
        """As the function `here`."""

    def identifiers(self) -> Ids | None:
        """As the function `identifiers`."""

    def counts(self) -> Counts:
        """As the function `counts`."""


class _Nothing:
    """The span of a process that is not traced."""

    __slots__ = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let pass whatever happened."""

    def note(self, attributes: Attributes) -> None:
        """Forget it."""


_NOTHING = _Nothing()
_NO_ATTRIBUTES: Attributes = {}
_tracing: Tracing | None = None


def span(
    name: str,
    attributes: Attributes = _NO_ATTRIBUTES,
    *,
    client: bool = False,
    parent: object = None,
    began: int | None = None,
) -> AbstractContextManager[Span]:
    """Trace what is done within; an error that leaves it is noted by its kind, redacted, and goes on.

    The name must come from a short list: what differs from case to case is an attribute. `client` marks a request to
    another process. `parent` is what `here` gave on the thread that handed the work over, `began` (Unix nanoseconds)
    an earlier beginning.
    """
    if _tracing is None:
        return _NOTHING
    return _tracing.span(name, attributes, client=client, parent=parent, began=began)


def failed(error: BaseException) -> None:
    """Note on the current span that its work failed, where the error goes no further."""
    if _tracing is not None:
        _tracing.failed(error)


def here() -> object:
    """Return the place in the current trace, for work that another thread goes on with; None where nobody traces."""
    return None if _tracing is None else _tracing.here()


def identifiers() -> Ids | None:
    """Return the current span's identifiers; None outside of one, or of one that is not sampled."""
    return None if _tracing is None else _tracing.identifiers()


def counts() -> Counts | None:
    """Return how many spans there were; None where nobody traces."""
    return None if _tracing is None else _tracing.counts()


@contextmanager
def traced_by(tracing: Tracing) -> Iterator[None]:
    """Let this one make the process's spans."""
    global _tracing  # noqa: PLW0603  one process, one tracer: passing it through every room would cost more than it tells
    before, _tracing = _tracing, tracing
    try:
        yield
    finally:
        _tracing = before
