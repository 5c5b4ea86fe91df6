"""The overview on its way to the page: fed with every key that is rendered, looked at every few seconds at most."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from kube_headroom.catalogue.metric import Sample
from kube_headroom.exposition.deflate import EMPTY, Chunk, deflate
from kube_headroom.overview.board import Board, Key
from kube_headroom.overview.content import Overview, Source
from kube_headroom.overview.encoding import encode

INTERVAL = 2.0
"""Seconds between two looks: people read no faster, and a look costs a walk over all that needs attention."""


class OverviewFeed:
    """Keeps the latest view; `sources` is asked at every look."""

    def __init__(self, sources: Callable[[], Iterable[Source]]) -> None:
        self._sources = sources
        self._board = Board()
        self._looked_at = -INTERVAL
        self.latest: Overview | None = None
        self.chunk: Chunk = EMPTY

    def put(self, key: Key, snapshot: object | None, samples: Sequence[Sample], now: float) -> None:
        """Take a key's snapshot, None for what is gone, and the samples made of it."""
        self._board.put(key, snapshot, samples, now)

    def drop(self, key: Key, now: float) -> None:
        """Forget what this key said; an unknown key is no error."""
        self._board.put(key, None, (), now)

    def due(self, now: float) -> bool:
        """Whether a look would show something new, and the last one is long enough ago."""
        return now - self._looked_at >= INTERVAL and self._board.pending(now)

    def look(self, now: float) -> None:
        """View everything anew, the sources and their ages too."""
        self._looked_at = now
        self.latest = self._board.view(self._sources(), now)
        self.chunk = deflate(encode(self.latest))
