"""The rows of one family: as columns where they are as kubelets write them, else one by one.

Columns refuse whatever they do not fully understand; then every row is read by the text format's grammar.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from itertools import compress, repeat
from math import isfinite
from typing import NamedTuple

from kube_headroom.kubelet.pages.families import Oddity

_LABEL = rb'[ \t]*([a-zA-Z_][a-zA-Z0-9_]*+)[ \t]*=[ \t]*"([^"\\\n]*+(?:\\.[^"\\\n]*+)*+)"[ \t]*'
_LABELS = re.compile(_LABEL)
_BLOCK = re.compile(rb"(?:%s(?:,|(?=\})))*+[ \t]*\}" % _LABEL)
_ROW = re.compile(
    rb"[ \t]*([a-zA-Z_:][a-zA-Z0-9_:]*+)(?:[ \t]*+\{(?P<block>%s)|(?=[ \t]))"
    rb"[ \t]*+(?P<value>[^ \t\r_]++)(?:[ \t]++(?P<stamp>-?[0-9]{1,18}))?[ \t]*+(?:#[ \t].*)?\r?" % _BLOCK.pattern
)
_ESCAPED = re.compile(rb'\\([\\n"])')
_STAMP_DIGITS = 18


class Columns(NamedTuple):
    """Rows side by side; a block is what stands between a row's name and its value, less the opening brace."""

    blocks: tuple[bytes, ...]
    values: tuple[bytes, ...]
    stamps: tuple[bytes, ...] | None
    """Milliseconds in digits and a line break; None where no row has a time."""


class Row(NamedTuple):
    """One row; `at` in Unix seconds."""

    labels: Mapping[str, str]
    value: float
    at: float | None


def columns(name: bytes, text: bytes) -> Columns | None:
    """Return the rows of a text, None unless all have labels, values and all or none of them a time.

    Blocks and values are not looked into: who reads them must refuse those that are none.
    """
    start = name + b"{"
    # Without a backslash no quote, brace or line break is anything but what it seems.
    if b"\\" in text or not text.startswith(start) or not text.endswith(b"\n"):
        return None
    # A BytesIO finds line breaks five times as fast as split. A line with another start keeps it, and is no block.
    rows = [line.removeprefix(start).rsplit(b" ", 2) for line in BytesIO(text)]
    try:
        found = tuple(zip(*rows, strict=True))
    except ValueError:
        return None
    if len(found) == 2:
        return Columns(found[0], found[1], None)
    return Columns(*found) if len(found) == 3 else None


def numbers(values: tuple[bytes, ...]) -> list[float] | None:
    """Return finite numbers, None where one of them is none."""
    try:
        found = list(map(float, values))
    except ValueError:
        return None
    # Python reads digits grouped by underscores, the text format has none.
    return found if isfinite(sum(found)) and b"_" not in b"".join(values) else None


_ALL: repeat[bool] = repeat(True)  # noqa: FBT003  (it is repeated, not passed)


def moments(stamps: tuple[bytes, ...] | None, wanted: Iterable[object] = _ALL) -> Iterable[float | None] | None:
    """Return Unix seconds for the milliseconds wanted, None for rows without; None where one is no count of them."""
    if stamps is None:
        return repeat(None)
    if not b"".join(stamps).replace(b"\n", b"").isdigit() or max(map(len, stamps)) > _STAMP_DIGITS:
        return None
    try:
        return [stamp / 1000 for stamp in map(int, compress(stamps, wanted))]
    except ValueError:  # a space before the line's end
        return None


def labels(block: bytes) -> dict[str, str] | None:
    """Return the labels of a block that ends with its brace, None if it is none or its bytes are no UTF-8."""
    if _BLOCK.fullmatch(block) is None:
        return None
    found = _LABELS.findall(block)
    try:
        named = {name.decode(): _value(value) for name, value in found}
    except UnicodeDecodeError:
        return None
    return named if len(named) == len(found) else None


def _value(quoted: bytes) -> str:
    if b"\\" in quoted:
        quoted = _ESCAPED.sub(lambda escape: b"\n" if escape[1] == b"n" else escape[1], quoted)
    return quoted.decode()


def row_by_row(name: bytes, texts: list[memoryview], odd: Counter[Oddity]) -> Iterator[Row]:
    """Yield what can be read of a family, counting what cannot."""
    for text in texts:
        for line in bytes(text).split(b"\n"):
            if not line.strip() or line.lstrip().startswith(b"#"):
                continue
            row = _row(name, line)
            if row is None:
                odd[Oddity.BROKEN_ROW] += 1
            elif not isfinite(row.value):
                odd[Oddity.NOT_FINITE] += 1
            else:
                yield row


def _row(name: bytes, line: bytes) -> Row | None:
    found = _ROW.fullmatch(line)
    if found is None or found[1] != name:
        return None
    named = {} if found["block"] is None else labels(found["block"])
    try:
        value = float(found["value"])
    except ValueError:
        return None
    if named is None:
        return None
    return Row(named, value, None if found["stamp"] is None else int(found["stamp"]) / 1000)


def rows(name: bytes, texts: list[memoryview] | None, odd: Counter[Oddity]) -> list[Row]:
    """Return all that can be read of a family; none if the page does not have it."""
    if not texts:
        return []
    if len(texts) == 1:
        text = bytes(texts[0])
        if text.startswith(name + b" ") and text.count(b"\n") == 1:
            return list(row_by_row(name, texts, odd))
        found = _rows(columns(name, text))
        if found is not None:
            return found
    odd[Oddity.ROW_BY_ROW] += 1
    return list(row_by_row(name, texts, odd))


def _rows(found: Columns | None) -> list[Row] | None:
    if found is None:
        return None
    values, times = numbers(found.values), moments(found.stamps)
    named = [each for each in map(labels, found.blocks) if each is not None]
    if values is None or times is None or len(named) < len(values):
        return None
    return list(map(Row, named, values, times))
