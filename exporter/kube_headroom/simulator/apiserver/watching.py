"""Watches: what changed since a version as lines of a stream, with bookmarks, until the client or the time says stop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from aiohttp import web

from kube_headroom.simulator.apiserver.encoding import encode, event_line
from kube_headroom.simulator.apiserver.history import History
from kube_headroom.simulator.apiserver.media import JSON
from kube_headroom.simulator.apiserver.options import ListOptions
from kube_headroom.simulator.apiserver.representing import View
from kube_headroom.simulator.apiserver.selection import Selection
from kube_headroom.simulator.apiserver.status import StatusError, expired, too_large
from kube_headroom.simulator.store import KEPT_CHANGES, Change, Object, Store

BOOKMARK_SECONDS = 60.0
"""Simulated, as all seconds of a watch: a client that lives by the same clock hears of it in time."""
LAST_BOOKMARK_SECONDS = 2.0
"""Before a watch's timeout comes one more bookmark, so that the next watch begins late."""
DEFAULT_TIMEOUT_SECONDS = 1800
INITIAL_EVENTS_END = {"k8s.io/initial-events-end": "true"}
_LINES_PER_WRITE = 500
Seen = tuple[str, Object]


class Feed:
    """The changes of one resource that a watch has not sent yet."""

    def __init__(self, transport: asyncio.Transport | None) -> None:
        self.pending: deque[Change] = deque()
        self.woken = asyncio.Event()
        self.ended = False
        self._transport = transport

    def end(self, *, broken: bool) -> None:
        """Let the watch end, with the end of its stream or (`broken`) as a lost connection does."""
        self.ended = True
        self.woken.set()
        self.pending.clear()
        if broken and self._transport is not None:
            self._transport.abort()  # at once: the watch may be waiting for a client that reads nothing


class Watches:
    """All open watches of a store, by resource."""

    def __init__(self, store: Store) -> None:
        self._feeds: dict[str, dict[Feed, None]] = {}
        store.listeners.append(self._hear)

    @property
    def count(self) -> int:
        """How many are open."""
        return sum(map(len, self._feeds.values()))

    def open(self, resource: str, transport: asyncio.Transport | None) -> Feed:
        """Return a feed of what happens from now on, for the client behind a transport."""
        feed = Feed(transport)
        self._feeds.setdefault(resource, {})[feed] = None
        return feed

    def close(self, resource: str, feed: Feed) -> None:
        """Forget a feed."""
        self._feeds[resource].pop(feed, None)

    def end(self, *, broken: bool = False) -> int:
        """End all watches, cleanly or as a lost connection does; return how many there were."""
        count = self.count
        for feeds in self._feeds.values():
            for feed in feeds:
                feed.end(broken=broken)
        return count

    def _hear(self, change: Change) -> None:
        for feed in self._feeds.get(change.resource, ()):
            if feed.ended:
                continue
            feed.pending.append(change)
            feed.woken.set()
            if len(feed.pending) > KEPT_CHANGES:  # as kube-apiserver gives up clients that do not keep up
                feed.end(broken=True)


class Start(NamedTuple):
    """What a watch sends first: objects as if they were new or changes since its version; then those after `position`."""

    events: Iterable[Seen]
    position: int
    ends_initial_events: bool = False


class Watch(NamedTuple):
    """One request's watch."""

    store: Store
    selection: Selection
    options: ListOptions
    view: View
    speed: float = 1.0
    """How many of its seconds pass in a real one."""

    def start(self, history: History) -> Start:
        """Return where the watch begins; raises StatusError 410 for a compacted version, 504 for a list from the future."""
        options, store = self.options, self.store
        resource = self.selection.resource.plural
        asked = options.revision
        if options.initial_events:
            if asked > store.revision:
                raise too_large(asked, store.revision)
            objects = history.at(resource, store.revision).objects
            present = (("ADDED", stored) for stored in objects if self.selection.matches(stored))
            return Start(present, store.revision, options.bookmarks)
        if not asked:
            return Start((), store.revision)
        if asked < store.compacted:
            raise expired(f"too old resource version: {asked} ({store.compacted})")
        missed = [change for change in store.changes_after(asked) if change.resource == resource]
        return Start(self.seen(missed), max(asked, store.revision))

    def seen(self, changes: Iterable[Change]) -> Iterator[Seen]:
        """Yield what the watch's selection shows of changes: an object that comes into it is added, and deleted where it leaves."""
        matches = self.selection.matches
        for change in changes:
            now = change.type != "DELETED" and matches(change.object)
            before = change.before is not None and matches(change.before)
            if now:
                yield ("MODIFIED" if before else "ADDED"), change.object
            elif before and change.before is not None:
                metadata = {**change.before["metadata"], "resourceVersion": str(change.revision)}
                yield "DELETED", {**change.before, "metadata": metadata}

    async def serve(self, request: web.Request, feed: Feed, history: History) -> web.StreamResponse:
        """Send the stream; `feed` was opened in the same breath as `start` is asked for."""
        response = web.StreamResponse(headers={"Content-Type": JSON, "Cache-Control": "no-cache, private"})
        try:
            start = self.start(history)
        except StatusError as error:
            await response.prepare(request)
            await response.write(event_line("ERROR", encode(error.body)))
            return response
        await response.prepare(request)
        sender = _Sender(self, feed, response)
        await sender.run(start)
        return response


class _Sender:
    """The running of a watch: events as they come, bookmarks in between."""

    def __init__(self, watch: Watch, feed: Feed, response: web.StreamResponse) -> None:
        self._watch = watch
        self._feed = feed
        self._response = response
        self._headers = True
        self._time = asyncio.get_running_loop().time
        timeout = watch.options.timeout_seconds or DEFAULT_TIMEOUT_SECONDS
        self._deadline = self._time() + timeout / watch.speed

    async def run(self, start: Start) -> None:
        """Send until the time is over or somebody ends it."""
        await self._send(start.events)
        if start.ends_initial_events:
            await self._bookmark(start.position, INITIAL_EVENTS_END)
        while True:
            wake = self._next_bookmark()
            while await self._woken(wake):
                await self._send(self._watch.seen(self._taken(start.position)))
            while self._feed.pending and not self._feed.ended:  # a bookmark must not be ahead of what is still to tell
                await self._send(self._watch.seen(self._taken(start.position)))
            if self._feed.ended or self._time() >= self._deadline:
                return
            if self._watch.options.bookmarks:
                await self._bookmark(self._watch.store.revision, {})

    def _next_bookmark(self) -> float:
        """When to stop waiting: for a bookmark, or at the end."""
        now, speed = self._time(), self._watch.speed
        last = self._deadline - LAST_BOOKMARK_SECONDS / speed
        return min(now + BOOKMARK_SECONDS / speed, last if now < last else self._deadline)

    async def _woken(self, until: float) -> bool:
        """Wait for changes; False if the time came first, or the end."""
        try:
            async with asyncio.timeout_at(until):
                await self._feed.woken.wait()
        except TimeoutError:
            return False
        return not self._feed.ended

    def _taken(self, position: int) -> Iterator[Change]:
        feed = self._feed
        feed.woken.clear()
        while feed.pending:
            change = feed.pending.popleft()
            if change.revision > position:
                yield change

    async def _send(self, events: Iterable[Seen]) -> None:
        """Write events, many at a time; a slow client holds only its own stream up."""
        remaining = iter(events)
        while lines := [self._line(*event) for event in islice(remaining, _LINES_PER_WRITE)]:
            await self._response.write(b"".join(lines))

    def _line(self, type_: str, stored: Object) -> bytes:
        line = event_line(type_, self._watch.view.event(stored, headers=self._headers))
        self._headers = False
        return line

    async def _bookmark(self, revision: int, annotations: dict[str, str]) -> None:
        await self._response.write(event_line("BOOKMARK", self._watch.view.bookmark(revision, annotations)))
