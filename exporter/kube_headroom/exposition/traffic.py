"""The server process' own series: requests by handler and code, and how old the page is."""

from __future__ import annotations

from collections import Counter as Tally
from typing import TYPE_CHECKING

from kube_headroom.catalogue.exporter import PUBLISHED, REQUESTS, REQUESTS_IN_FLIGHT
from kube_headroom.catalogue.labels import Handler, HandlerCode, Nothing
from kube_headroom.exposition.page import Body, Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kube_headroom.catalogue.metric import Sample


# Counted from 0, so that the first of each is an increase that Prometheus sees.
_EXPECTED = (
    HandlerCode("metrics", "200"),
    HandlerCode("healthy", "200"),
    HandlerCode("healthy", "503"),
    HandlerCode("ready", "200"),
    HandlerCode("ready", "503"),
)


class Traffic:
    """Counts requests; belongs to one event loop."""

    def __init__(self) -> None:
        self._answered: Tally[HandlerCode] = Tally(dict.fromkeys(_EXPECTED, 0))
        self._in_flight: Tally[Handler] = Tally()
        self._page = Page((REQUESTS, REQUESTS_IN_FLIGHT, PUBLISHED))

    def begin(self, handler: str) -> None:
        """Note that a request is being answered."""
        self._in_flight[Handler(handler)] += 1

    def end(self, handler: str, code: int) -> None:
        """Note that a request was answered, or its client given up on."""
        self._in_flight[Handler(handler)] -= 1
        self._answered[HandlerCode(handler, str(code))] += 1

    def body(self, published_at: float | None) -> Body:
        """Return the series as they stand; without a publication there is no timestamp."""
        self._page.put((), self._samples(published_at))
        return self._page.body()

    def _samples(self, published_at: float | None) -> Iterator[Sample]:
        for answered, count in sorted(self._answered.items()):
            yield REQUESTS.at(answered, count)
        for handler, count in sorted(self._in_flight.items()):
            yield REQUESTS_IN_FLIGHT.at(handler, count)
        if published_at is not None:
            yield PUBLISHED.at(Nothing(), published_at)
