"""Keeps one kind in step with the API server for ever: list once, watch, recover; client-go's reflector in a thread.

Refuses to show a partial view: a list is built aside and handed over whole.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import structlog
from urllib3.exceptions import ReadTimeoutError

from kube_headroom import tracing
from kube_headroom.cluster import decode, requests
from kube_headroom.cluster.backoff import DENIED, PASSING_DENIALS, REFUSED, RETRY, Backoff
from kube_headroom.cluster.connection import Connection
from kube_headroom.cluster.events import read_events
from kube_headroom.cluster.failures import Failure, Reason, broken, described, refusal, status_of
from kube_headroom.cluster.health import ListCause, SourceHealth, WatchEnd
from kube_headroom.cluster.kinds import Kind
from kube_headroom.cluster.sink import Sink
from kube_headroom.cluster.stream import batches
from kube_headroom.model import Change, Fact
from kube_headroom.timing import REAL, Timing

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

log = structlog.get_logger(__name__)

OK = 200
SHORTEST_WATCH = 1.0  # seconds; one that ends sooner and without a word has failed (client-go's VeryShortWatchError)

PACES = {Reason.FORBIDDEN: DENIED, Reason.NOT_FOUND: DENIED, Reason.CONNECTION_REFUSED: REFUSED}
# After these the version we stand at is worth nothing, or what we know is in doubt.
RELISTED = frozenset({Reason.EXPIRED, Reason.TOO_LARGE, Reason.BAD_REQUEST, Reason.DECODE, Reason.INTERNAL})


class Source(NamedTuple):
    """What is reflected: a kind in a namespace ("" for all), how its objects are read, where it tells of itself."""

    kind: Kind
    scope: str
    reader: decode.ObjectReader
    health: SourceHealth

    @property
    def name(self) -> str:
        """For humans: `pods`, or `pods in shop`."""
        return f"{self.kind.name} in {self.scope}" if self.scope else self.kind.name


class Reflector:
    """Reflects one source into a sink; `streaming` asks for lists as a stream until the server refuses."""

    def __init__(
        self,
        source: Source,
        connection: Connection,
        sink: Sink,
        *,
        streaming: bool = True,
        timing: Timing = REAL,
    ) -> None:
        self._source = source
        self._health = source.health
        self._connection = connection
        self._sink = sink
        self._streaming = streaming
        self._timing = timing
        self._version = ""  # the last one seen; "" while the kind has to be listed
        self._floor = ""  # what the next list must have seen: time must not run backwards
        self._cause = ListCause.FIRST
        self._paces = {pace: Backoff(pace, self._timing.random) for pace in (RETRY, *PACES.values())}
        self._denials = 0  # in a row
        self._open: BaseHTTPResponse | None = None

    def run(self, stop: threading.Event) -> None:
        """Reflect until `stop`, whatever happens: failures are counted, told and waited out."""
        while not stop.is_set():
            try:
                if self._version:
                    self._watch(stop)
                elif self._streaming:
                    self._watch_list(stop)
                else:
                    with self._listing():
                        self._list(stop)
            except Exception as error:  # noqa: BLE001  (a source that dies in silence is the worst failure of all)
                if not stop.is_set():
                    self._timing.wait(stop, self._recover(error))

    def interrupt(self) -> None:
        """End a wait for bytes, so that a stopped reflector ends at once; may be called from any thread."""
        response = self._open
        if response is not None:
            with suppress(Exception):  # it may end by itself meanwhile
                response.shutdown()

    def _list(self, stop: threading.Event) -> None:
        facts: dict[str, Fact] = {}
        token = ""
        while not stop.is_set():
            with self._answer(requests.list_page(self._source.kind, self._floor, token)) as response:
                page = decode.list_page(response.data, self._source.kind)
            for raw in page.items or ():
                read = self._source.reader.read(raw)
                if read.fact is not None:
                    facts[read.uid] = read.fact
            token = page.next_token
            if not token:
                self._replace(facts, page.version)
                return

    def _watch_list(self, stop: threading.Event) -> None:
        try:
            with self._answer(requests.watch_list(self._source.kind, self._floor, self._timing.random)) as response:
                chunks = batches(response)
                with self._listing():
                    rest = self._streamed_list(chunks, stop)
                if rest is not None:
                    self._follow(chain([rest], chunks), stop)
        except (Failure, ReadTimeoutError) as error:
            # A stream that stands still is the watch of a server, or the buffer of a proxy, that streams no lists.
            if self._version or broken(error).reason not in (Reason.BAD_REQUEST, Reason.TIMEOUT):
                raise
            self._streaming = False
            log.info("lists come in pages: the server does not stream them", source=self._source.name, why=str(error))

    def _streamed_list(self, chunks: Iterator[list[bytes]], stop: threading.Event) -> list[bytes] | None:
        """Build the list from its events and hand it over; the lines after its end mark, None if we are to stop."""
        facts: dict[str, Fact] = {}
        begun = self._timing.clock()
        for lines in chunks:
            now = self._heard()
            events = read_events(lines, self._source.reader, self._health, now)
            for change, uid, fact in events.changes:
                if change is Change.DELETE:
                    facts.pop(uid, None)
                else:
                    facts[uid] = fact
            if events.failure is not None:
                raise events.failure
            if events.rest is not None:
                self._replace(facts, events.version)
                return list(events.rest)
            if stop.is_set():
                return None
            if now - begun > requests.STREAM_DEADLINE:
                raise Failure(Reason.BAD_REQUEST, "no end of the list in time: the server knows no sendInitialEvents")
        raise Failure(Reason.CONNECTION, "the stream of the list ended before the list did")

    def _replace(self, facts: dict[str, Fact], version: str) -> None:
        if not version:
            raise Failure(Reason.DECODE, "the list has no resource version")
        self._sink.replace(self._source.kind.name, self._source.scope, facts)
        self._version = self._floor = version
        self._health.list_done(self._timing.clock(), self._cause)

    def _watch(self, stop: threading.Event) -> None:
        with self._answer(requests.watch(self._source.kind, self._version, self._timing.random)) as response:
            self._follow(batches(response), stop)

    def _follow(self, chunks: Iterable[list[bytes]], stop: threading.Event) -> None:
        """Apply what a watch brings until it ends, which is no failure unless it ends at once or with an error."""
        self._health.watching()
        begun, spoke = self._timing.clock(), False
        end = WatchEnd.FAILED
        try:
            for lines in chunks:
                self._apply(lines)
                spoke = True
                if stop.is_set():
                    break
            end = WatchEnd.CLOSED
        except ReadTimeoutError:
            end = WatchEnd.SILENT
        except Failure as failure:
            end = WatchEnd.EXPIRED if failure.reason is Reason.EXPIRED else WatchEnd.FAILED
            raise
        finally:
            self._health.watch_ended(end)
        if end is WatchEnd.CLOSED and not spoke and self._timing.clock() - begun < SHORTEST_WATCH:
            raise Failure(Reason.CONNECTION, "the watch ended at once and without a word")

    def _apply(self, lines: list[bytes]) -> None:
        events = read_events(lines, self._source.reader, self._health, self._heard())
        if events.changes:
            self._sink.apply(self._source.kind.name, [(change, fact) for change, _, fact in events.changes])
        self._version = events.version or self._version
        if events.failure is not None:
            raise events.failure
        if events.rest:
            self._apply(list(events.rest))

    @contextmanager
    def _answer(self, ask: requests.Ask) -> Iterator[BaseHTTPResponse]:
        """The server's answer to a request, its body still to be read; raises Failure for a refusal."""
        kind, scope = self._source.kind, self._source.scope
        name = f"watch {kind.name}" if "watch" in ask.query else f"GET {kind.name}"
        try:
            # It ends with the answer's headers: a watch is open for minutes, and that is no work.
            with tracing.span(name, {"k8s.namespace.name": scope, "http.request.method": "GET"}, client=True) as span:
                response = self._open = self._connection.get(
                    kind.path(scope), ask.query, accept=ask.accept, read_timeout=ask.read_timeout, stream=True
                )
                span.note({"http.response.status_code": response.status})
                if response.status != OK:
                    said = status_of(response.read(64 * 1024))
                    raise refusal(response.status, said, response.headers, self._timing.clock())
            self._heard()
            yield response
        finally:
            answered, self._open = self._open, None
            if answered is not None:
                answered.close()

    def _listing(self) -> AbstractContextManager[tracing.Span]:
        return tracing.span(
            f"list {self._source.kind.name}",
            {"k8s.namespace.name": self._source.scope, "headroom.list.cause": str(self._cause)},
        )

    def _heard(self) -> float:
        now = self._timing.clock()
        self._denials = 0
        if self._health.heard(now):
            log.info("source is back", source=self._source.name)
        return now

    def _recover(self, error: Exception) -> float:
        """Take note of a failure, decide where to go on from, and return the seconds to wait before that."""
        failure = broken(error)
        now = self._timing.clock()
        line = described(self._source.name, self._source.kind.name, self._connection.server, failure)
        if self._health.failed(failure.reason, line):
            # An expired version is how a watch goes on after a pause: the server's daily business (client-go logs it as such).
            say = log.info if failure.reason is Reason.EXPIRED else log.warning
            say(line, source=self._source.name, exc_info=failure.reason is Reason.INTERNAL)
        if failure.reason in RELISTED:
            # client-go's order: not older than what we have seen, and if the server cannot, the newest there is.
            self._floor = self._version if failure.reason is Reason.EXPIRED else ""
            self._version = ""
        if self._health.listed:
            self._cause = ListCause.EXPIRED if failure.reason is Reason.EXPIRED else ListCause.FAILED
        pace = PACES.get(failure.reason, RETRY)
        self._denials = self._denials + 1 if pace is DENIED else 0
        if 0 < self._denials <= PASSING_DENIALS:
            pace = RETRY
        delay = self._paces[pace].delay(now)
        return max(delay, failure.retry_after or 0.0)
