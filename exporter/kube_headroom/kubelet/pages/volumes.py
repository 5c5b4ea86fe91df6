"""The volumes' rows of a kubelet's `/metrics`; all else there is skipped."""

from __future__ import annotations

from collections import Counter

from kube_headroom.kubelet.pages.families import Expected, Oddity, cut
from kube_headroom.kubelet.pages.rows import rows
from kube_headroom.readings import Volume, VolumesPage

EXPECTED = Expected("/metrics", (b"kubelet_", b"process_start_time_seconds"))

_FIELDS = tuple(
    f"kubelet_volume_stats_{what}".encode() for what in ("capacity_bytes", "used_bytes", "inodes", "inodes_used")
)
"""In the order of `Volume`'s fields."""
_WANTED = frozenset(_FIELDS)


def volumes(page: bytes, odd: Counter[Oddity] | None = None) -> VolumesPage:
    """Return what a page says, counting in `odd` what was unusual about it.

    Raises:
        PageError: the body is no such page.

    """
    odd = Counter() if odd is None else odd
    texts = cut(page, _WANTED, EXPECTED)
    claims: dict[tuple[str, str], dict[bytes, float]] = {}
    for name in _FIELDS:
        for row in rows(name, texts.get(name), odd):
            claim = claims.setdefault(
                (row.labels.get("namespace", ""), row.labels.get("persistentvolumeclaim", "")), {}
            )
            if name in claim:
                odd[Oddity.DUPLICATE] += 1
            claim.setdefault(name, row.value)
    return VolumesPage(
        tuple(Volume(*key, *(values.get(name) for name in _FIELDS)) for key, values in claims.items() if all(key))
    )
