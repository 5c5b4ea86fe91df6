"""A member's history as one row of a file: a key that can be read, and a compressed msgpack value."""

from __future__ import annotations

import sys
import zlib
from array import array

import msgspec

from kube_headroom.slo.engine.flow import micros
from kube_headroom.slo.engine.history import History
from kube_headroom.slo.engine.plan import Plan
from kube_headroom.slo.engine.ring import Ring
from kube_headroom.slo.engine.slicing import FIELDS, Slicer
from kube_headroom.slo.intake import Key, Member
from kube_headroom.slo.objective import Selector

FORMAT = f"1 {sys.byteorder}"
FAST = 1
"""Of zlib's levels: most buckets are alike, better levels gain little."""


class RowKey(msgspec.Struct, array_like=True, frozen=True):
    """Whose history a row holds."""

    service: str
    slo: str
    group: str
    namespace: str
    workload_kind: str
    workload: str

    @property
    def key(self) -> Key:
        """The objective's key."""
        return self.service, self.slo

    @property
    def member(self) -> Member:
        """The objective's member."""
        return Member(self.group, Selector(self.namespace, self.workload_kind, self.workload))


class RingRow(msgspec.Struct, array_like=True):
    """A ring: its arrays as bytes."""

    step: int
    first: int
    events: bytes
    bad: bytes
    covered: bytes


class Row(msgspec.Struct, array_like=True):
    """A history; totals of periods are decimal text, since they may outgrow 64 bits."""

    form: str
    fingerprint: str
    spans: bytes
    rings: list[RingRow]
    excluded: dict[int, list[str]]
    periods: dict[str, dict[int, list[str]]]
    open_slice: list[int]
    frozen: bool


class OtherSliError(Exception):
    """The row holds the history of another SLI under the same name."""


_key_decoder = msgspec.json.Decoder(RowKey)
_decoder = msgspec.msgpack.Decoder(Row)
_encoder = msgspec.msgpack.Encoder()


def key_text(key: Key, member: Member) -> str:
    """Return the row's key: a JSON array."""
    return msgspec.json.encode(RowKey(*key, member.group, *member.workload)).decode()


def read_key(text: str) -> RowKey:
    """Return what a row's key says; msgspec.MsgspecError if it is none."""
    return _key_decoder.decode(text)


def write(history: History, plan: Plan) -> bytes:
    """Return the row's value."""
    row = Row(
        FORMAT,
        plan.fingerprint,
        history.spans.tobytes(),
        [
            RingRow(ring.step, ring.first, ring.events.tobytes(), ring.bad.tobytes(), ring.covered.tobytes())
            for ring in history.rings
        ],
        {start: [*map(str, totals)] for start, totals in history.excluded.items()},
        {
            name: {start: [*map(str, totals)] for start, totals in periods.items()}
            for name, periods in history.periods.items()
        },
        history.slicer.fields,
        history.frozen,
    )
    return zlib.compress(_encoder.encode(row), FAST)


def read(blob: bytes, plan: Plan, now: float) -> History:
    """Return the history, adapted to the plan.

    Raises OtherSliError, or for what cannot be read ValueError, zlib.error or msgspec.MsgspecError.
    """
    row = _decoder.decode(zlib.decompress(blob))
    if row.form != FORMAT:
        raise ValueError(f"its format is {row.form!r}, not {FORMAT!r}")
    if row.fingerprint != plan.fingerprint:
        raise OtherSliError
    history = History(plan, micros(now))
    history.spans = _numbers(row.spans)
    if len(history.spans) % 2 or [*history.spans] != sorted(set(history.spans)):
        raise ValueError("its covered times are in no order")
    if len(row.rings) != len(history.rings) or len(row.open_slice) != FIELDS:
        raise ValueError("it has other rings or slices than expected")
    history.rings = [
        Ring.of(each.step, each.first, (_numbers(each.events), _numbers(each.bad), _numbers(each.covered)))
        for each in row.rings
    ]
    history.excluded = {start: _totals(totals, 3) for start, totals in row.excluded.items()}
    history.periods = {
        name: {start: _totals(totals, 6) for start, totals in periods.items()} for name, periods in row.periods.items()
    }
    history.slicer = Slicer(row.open_slice)
    history.frozen = row.frozen
    history.adapt(plan, micros(now))
    return history


def _numbers(data: bytes) -> array[int]:
    numbers = array("q")
    numbers.frombytes(data)
    return numbers


def _totals(texts: list[str], length: int) -> list[int]:
    if len(texts) != length:
        raise ValueError("a period has other totals than expected")
    return [*map(int, texts)]
