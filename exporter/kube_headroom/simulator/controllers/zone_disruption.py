"""How fast nodes of a zone may be emptied, so that a lost network does not cost every pod."""

from __future__ import annotations

from collections.abc import Iterable

EVICTIONS_PER_SECOND = 0.1
"""`--node-eviction-rate`: nodes of a zone."""
SECONDARY_PER_SECOND = 0.01
"""`--secondary-node-eviction-rate`, of a large zone that is partly lost; a small one is left alone."""
LARGE_ZONE = 50
UNHEALTHY_SHARE = 0.55


class ZoneDisruption:
    """What share of each zone is lost (`handleDisruption` of the node lifecycle controller)."""

    def __init__(self) -> None:
        self._rates: dict[str, float] = {}
        self._last: dict[str, float] = {}

    def judge(self, nodes: Iterable[tuple[str, bool]]) -> bool:
        """Set the zones' rates from (zone, is ready) of each node; tell whether all zones are wholly lost.

        Then it is more likely the control plane that is cut off, and nothing may be evicted.
        """
        counts: dict[str, list[int]] = {}
        for zone, is_ready in nodes:
            counts.setdefault(zone, [0, 0])[is_ready] += 1
        for zone, (lost, up) in counts.items():
            partly = lost > 2 and up > 0 and lost / (lost + up) >= UNHEALTHY_SHARE
            reduced = SECONDARY_PER_SECOND if lost + up > LARGE_ZONE else 0.0
            self._rates[zone] = reduced if partly else EVICTIONS_PER_SECOND
        return bool(counts) and all(lost and not up for lost, up in counts.values())

    def admits(self, zone: str, now: float) -> bool:
        """Tell whether one more node of the zone may be emptied now."""
        rate = self._rates.get(zone, EVICTIONS_PER_SECOND)
        if not rate or now < self._last.get(zone, float("-inf")) + 1 / rate:
            return False
        self._last[zone] = now
        return True
