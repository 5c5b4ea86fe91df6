"""A page cut into the families that are wanted; what lies between their comments is skipped unread.

Relies on a family's rows standing together under its HELP or TYPE line, and says where they do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

_NAME = re.compile(rb"[ \t]*([a-zA-Z_:][a-zA-Z0-9_:]*+)")
_COMMENTS = (b"# HELP ", b"# TYPE ")
_NAME_AT = 7
_AFTER_NAME = (b"{", b" ", b"_bucket", b"_sum", b"_count")
"""What follows a family's name in its rows; anything else makes it the name of another."""
_LINE_BREAK = ord("\n")
_SHOWN = 40
"""Bytes of a foreign body that an error quotes: enough to know a login page, too few to hold its secrets."""


Families = dict[bytes, list[memoryview]]
"""Names of families and the texts of their rows, not yet copied."""


class PageError(Exception):
    """A body is not the page it was asked for as; one line that says what was expected and what came."""


class Oddity(StrEnum):
    """What was unusual in a page that could be read."""

    ROW_BY_ROW = "row_by_row"
    """A family that had to be read slowly."""
    BROKEN_ROW = "broken_row"
    """A row left out: no row of the text format, or of another family than the one it stands in."""
    NOT_FINITE = "not_finite"
    """A row left out: NaN or infinite."""
    DUPLICATE = "duplicate"
    """A row left out: a newer one, or one as new, speaks of the same thing."""


class Expected(NamedTuple):
    """What a page is: its path, and beginnings of names of which it has at least one family."""

    path: str
    beginnings: tuple[bytes, ...]


def cut(page: bytes, wanted: frozenset[bytes], expected: Expected) -> Families:
    """Return the texts of the wanted families: one each, as a rule; whole lines without comments.

    A row inside a family that is not wanted is found only where it stands first or last in it.

    Raises:
        PageError: the body is empty, of another kind, or ends within a line.

    """
    texts: Families = {}
    whole = memoryview(page)
    stray: dict[bytes, list[bytes]] = {}
    recognised = False
    for name, start, end in _stretches(page):
        recognised = recognised or name.startswith(expected.beginnings)
        if name in wanted:
            texts.setdefault(name, []).append(whole[start:end])
        elif not _only(name, page, start, end):
            for line in page[start:end].split(b"\n"):
                found = _NAME.match(line)
                if found is not None:
                    recognised = recognised or found[1].startswith(expected.beginnings)
                    if found[1] in wanted:
                        stray.setdefault(found[1], []).append(line + b"\n")
    for name, lines in stray.items():
        texts.setdefault(name, []).append(memoryview(b"".join(lines)))
    if not recognised or not page.endswith(b"\n"):
        raise _foreign(page, expected, recognised=recognised)
    return texts


def _stretches(page: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name of each family and where its rows begin and end; "" for rows before the first comment."""
    # One byte is found ten times as fast as "\n# TYPE ", and label values hardly ever have it.
    find, begins_with = page.find, page.startswith
    name, start, at = b"", 0, find(b"#")
    while at >= 0:
        if at and page[at - 1] != _LINE_BREAK:
            at = find(b"#", at + 1)
            continue
        if at > start:
            yield name, start, at
        start = find(b"\n", at) + 1 or len(page)
        if begins_with(_COMMENTS, at):
            space = find(b" ", at + _NAME_AT, start)
            name = page[at + _NAME_AT : space if space > 0 else start - 1]
        at = find(b"#", start)
    if len(page) > start:
        yield name, start, len(page)


def _only(name: bytes, page: bytes, start: int, end: int) -> bool:
    """Say whether the first and the last row are of the family."""
    last = page.rfind(b"\n", start, end - 1) + 1 or start
    if name == b"" or not (page.startswith(name, start) and page.startswith(name, last)):
        return False
    size = len(name)
    return page.startswith(_AFTER_NAME, start + size) and page.startswith(_AFTER_NAME, last + size)


def _foreign(page: bytes, expected: Expected, *, recognised: bool) -> PageError:
    if recognised:
        return PageError(f"{expected.path}: the body ends within a line, after {len(page)} bytes: it is truncated")
    families = " or ".join(f"{name.decode()}..." for name in expected.beginnings)
    if not page.strip():
        return PageError(f"{expected.path}: expected metric families {families}, got an empty body")
    begins = page[:_SHOWN].decode("ascii", "replace").split("\n", 1)[0]
    return PageError(f"{expected.path}: expected metric families {families}, got a body that begins with {begins!r}")
