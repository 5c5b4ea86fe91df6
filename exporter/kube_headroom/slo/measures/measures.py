"""Which workload counts for which objective, and what every step hands to the intake."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from itertools import product
from typing import NamedTuple

from kube_headroom.catalogue.metric import Sample
from kube_headroom.slo.intake import Intake
from kube_headroom.slo.measures.indicators import SCOPES
from kube_headroom.slo.measures.meter import Meter
from kube_headroom.slo.measures.track import Track
from kube_headroom.slo.objective import ClusterIndicator, Objective, Selector

Key = tuple[str, ...]


class _Follower(NamedTuple):
    """A meter of a workload, and whose it is."""

    track: Track
    meter: Meter


class _Followed(NamedTuple):
    """Who follows a key, decided for some generation of objectives."""

    generation: int
    followers: tuple[_Follower, ...]


class Measures:
    """Counts the objectives that are measured from cluster state.

    Not thread-safe: one thread puts and steps. A key that no objective selects costs a look-up.
    """

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._tracks: dict[tuple[str, str], Track] = {}
        self._index: dict[Key, list[Track]] = {}
        self._followed: dict[Key, _Followed] = {}
        self._nobody = _Followed(0, ())

    def define(self, objectives: Sequence[Objective]) -> tuple[Selector, ...]:
        """Measure these from now on: what is new or changed begins, all else goes on, what is missing ends.

        Returns the selectors of those that begin: their workloads have to be put (again), or they are first counted
        when they next change.
        """
        wanted = {one.key: one for one in objectives if isinstance(one.sli, ClusterIndicator)}
        kept = {
            key: track for key, track in self._tracks.items() if key in wanted and track.measures_alike(wanted[key])
        }
        begun = [
            Track(one, one.sli)
            for key, one in wanted.items()
            if key not in kept and isinstance(one.sli, ClusterIndicator)
        ]
        if not begun and len(kept) == len(self._tracks):
            return ()
        self._tracks = kept | {track.key: track for track in begun}
        self._index = defaultdict(list)
        for track in self._tracks.values():
            self._index[(track.measured.scope, *track.selector)].append(track)
        alive = {id(track) for track in self._tracks.values()}
        for key, (generation, followers) in self._followed.items():
            if followers:
                left = tuple(one for one in followers if id(one.track) in alive)
                self._followed[key] = _Followed(generation, left)
        self._nobody = _Followed(self._nobody.generation + 1, ())
        return tuple(sorted({track.selector for track in begun}))

    def put(self, key: Key, snapshot: object | None, samples: Sequence[Sample], now: float) -> None:
        """Take what is published of a key, None for what is gone, and the samples made of it."""
        if not self._tracks or key[0] not in SCOPES:
            return
        if snapshot is None:
            self._gone(key, now)
            return
        followed = self._followed.get(key)
        if followed is None or followed.generation != self._nobody.generation:
            followed = self._follow(key, followed, now)
        for track, meter in followed.followers:
            track.see(meter, (snapshot, samples), now)

    def step(self, now: float, stale: AbstractSet[str] = frozenset()) -> None:
        """Hand on what was counted up to now; `stale` names the kinds of objects that were not heard of for too long.

        What depends on one of them leaves a gap, up to the first step at which it is heard of again.
        """
        for key, track in self._tracks.items():
            stretches = track.step(now, stale)
            if stretches:
                self._intake.add(key, stretches)

    def _follow(self, key: Key, known: _Followed | None, now: float) -> _Followed:
        """Decide who follows a key; those who did go on."""
        followers = list(known.followers) if known is not None else []
        following = {id(one.track) for one in followers}
        for place in product(*(("", name) for name in key[1:])):
            for track in self._index.get((key[0], *place), ()):
                if id(track) in following:
                    continue
                following.add(id(track))
                meter, refused = track.enter(Selector(*key[1:]), now)
                if meter is not None:
                    followers.append(_Follower(track, meter))
                elif refused:
                    self._intake.flaw(track.key, "groups_over_limit")
        followed = _Followed(self._nobody.generation, tuple(followers)) if followers else self._nobody
        self._followed[key] = followed
        return followed

    def _gone(self, key: Key, now: float) -> None:
        followed = self._followed.pop(key, None)
        for track, meter in followed.followers if followed is not None else ():
            track.leave(meter, now)
