"""Covered time as a flat, sorted array of begins and ends: what was counted already, and where the gaps are."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

MOST_SPANS = 64
"""Per member: what lies before is taken as covered, no back-fill asks for it (the rings' coverage still tells)."""

Interval = tuple[int, int]


def uncovered(spans: array[int], begin: int, end: int) -> list[Interval]:
    """Return the parts of a time that no span covers, in order."""
    parts = []
    for at in range(bisect_right(spans, begin) // 2 * 2, len(spans), 2):
        if spans[at] >= end:
            break
        if spans[at] > begin:
            parts.append((begin, spans[at]))
        begin = max(begin, spans[at + 1])
    if begin < end:
        parts.append((begin, end))
    return parts


def cover(spans: array[int], begin: int, end: int) -> None:
    """Cover a time that no span covers yet; neighbours that touch become one."""
    left, right = bisect_left(spans, begin), bisect_right(spans, end)
    touches_before = left < len(spans) and spans[left] == begin
    touches_after = right > 0 and spans[right - 1] == end
    spans[left:right] = array("q", ([] if touches_before else [begin]) + ([] if touches_after else [end]))
    if len(spans) > 2 * MOST_SPANS:
        del spans[1:3]


def forget(spans: array[int], before: int) -> None:
    """Let go of all but the last span where they ended before a moment."""
    while len(spans) > 2 and spans[1] < before:
        del spans[:2]


def uncovered_by_all(all_spans: Iterable[array[int]], begin: int, end: int) -> list[Interval]:
    """Return the parts of a time that none of many covers."""
    parts = [(begin, end)]
    for spans in all_spans:
        parts = [left for part in parts for left in uncovered(spans, *part)]
    return parts
