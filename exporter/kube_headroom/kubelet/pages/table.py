"""The families of a cAdvisor page as columns over its cgroups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress, repeat
from typing import NamedTuple

from kube_headroom.kubelet.pages.cgroups import NOBODY, Identity, identity
from kube_headroom.kubelet.pages.families import Families, Oddity
from kube_headroom.kubelet.pages.known import KnownBlocks, Order
from kube_headroom.kubelet.pages.rows import Columns, Row, columns, moments, numbers, row_by_row
from kube_headroom.readings import Reading

_CPU = b"container_cpu_usage_seconds_total"
_TOTAL = b',cpu="total",'


class Column(NamedTuple):
    """One family: its readings, and each one's place among the page's identities.

    `moves` says whether any row of the family, of whatever cgroup, is not 0; `straight` that the places are
    0, 1, 2 and so on.
    """

    places: Sequence[int]
    readings: Sequence[Reading]
    moves: bool
    straight: bool = False

    def spread(self, size: int) -> Sequence[Reading | None]:
        """Return a reading or None for each of the page's identities."""
        if self.straight and len(self.readings) == size:
            return self.readings
        cells: list[Reading | None] = [None] * size
        for place, reading in zip(self.places, self.readings, strict=True):
            cells[place] = reading
        return cells


class Table:
    """Reads families of one page; `known.identities` grows by the cgroups that they bring."""

    def __init__(self, texts: Families, odd: Counter[Oddity], known: KnownBlocks) -> None:
        self.known = known
        self._texts = texts
        self.odd = odd
        self._blocks: tuple[bytes, ...] = ()
        self._order: Order | None = None
        self._last: tuple[Order, tuple[bytes, ...] | None, Iterable[float | None]] | None = None

    def column(self, name: bytes) -> Column:
        """Return a family's readings; none if the page does not have it."""
        texts = self._texts.get(name)
        if not texts:
            return Column((), (), moves=False)
        found = self._quickly(name, bytes(texts[0])) if len(texts) == 1 else None
        if found is None:
            self.odd[Oddity.ROW_BY_ROW] += 1
            found = self._slowly(name, texts)
        return found

    def _quickly(self, name: bytes, text: bytes) -> Column | None:
        found = columns(name, text)
        if found is not None and name == _CPU:
            found = _over_processors(found)
        values = numbers(found.values) if found is not None else None
        order = self._order_of(found.blocks) if found is not None else None
        if found is None or values is None or order is None or not order.distinct:
            return None
        times = self._times(order, found.stamps)
        if times is None:
            return None
        kept = zip(compress(values, order.kept), times, strict=False)
        # tuple's own constructor spares the call of a function for each row.
        readings = list(map(tuple.__new__, repeat(Reading), kept))
        return Column(order.places, readings, any(values), order.straight)

    def _order_of(self, blocks: tuple[bytes, ...]) -> Order | None:
        """Return what the blocks mean, mostly without a look: families have the same cgroups in the same order."""
        if self._order is None or blocks != self._blocks:
            try:
                self._order = self.known.order(blocks)
            except ValueError:
                return None
            self._blocks = blocks
        return self._order

    def _times(self, order: Order, stamps: tuple[bytes, ...] | None) -> Iterable[float | None] | None:
        """Return the times of the rows that are kept; a cgroup has one time on all the page."""
        if self._last is None or self._last[0] is not order or self._last[1] != stamps:
            found = moments(stamps, order.kept)
            if found is None:
                return None
            self._last = order, stamps, found
        return self._last[2]

    def _slowly(self, name: bytes, texts: list[memoryview]) -> Column:
        rows: dict[Identity, dict[str, Row]] = {}
        moves = False
        for row in row_by_row(name, texts, self.odd):
            moves = moves or row.value != 0
            whose = identity(row.labels)
            if whose is not NOBODY:
                self._newest(rows.setdefault(whose, {}), row)
        readings = [_total(found) for found in rows.values()]
        return Column([self.known.place(whose) for whose in rows], readings, moves)

    def _newest(self, found: dict[str, Row], row: Row) -> None:
        """Keep of rows for the same processors the newest, of equally old ones the first."""
        processor = row.labels.get("cpu", "total")
        last = found.setdefault(processor, row)
        if last is not row:
            self.odd[Oddity.DUPLICATE] += 1
            if (row.at or 0) > (last.at or 0):
                found[processor] = row


def _over_processors(found: Columns) -> Columns | None:
    """Return the columns without the label that says so; None if rows are of single processors."""
    blocks = tuple(block.replace(_TOTAL, b",", 1) for block in found.blocks)
    if sum(map(len, found.blocks)) - sum(map(len, blocks)) != len(blocks) * (len(_TOTAL) - 1):
        blocks = tuple(block.removeprefix(_TOTAL[1:]) for block in found.blocks)
        if any(b'cpu="' in block for block in blocks):
            return None
    return found._replace(blocks=blocks)


def _total(rows: Mapping[str, Row]) -> Reading:
    """Return the row over all processors, else the sum over each."""
    whole = rows.get("total")
    if whole is not None:
        return Reading(whole.value, whole.at)
    times = [row.at for row in rows.values() if row.at is not None]
    return Reading(sum(row.value for row in rows.values()), min(times, default=None))
