"""Texts as YAML nodes whose lines are known, one per document; refuses what would cost more than it can say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import yaml

from kube_headroom.slo.objective import Place, Problem

MAXIMUM_DEPTH = 64
"""Of nesting; the deepest definition has about ten levels, and the parser's own stack ends somewhere above a thousand."""
MAXIMUM_ALIASES = 100
"""Of one document: lists of aliases to lists of aliases make much out of little."""

_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader  # ten times faster where it is built in
# At the start of a line these end a document whatever surrounds them (YAML 1.2, production c-forbidden).
_BOUNDARY = re.compile(r"^(?=---(?:\s|\Z))|^\.\.\.[^\S\n]*(?:\n|\Z)", re.MULTILINE)
_EMPTY = re.compile(r"(?:[^\S\n]*(?:[#%][^\n]*)?(?:\n|\Z))*")


class Document(NamedTuple):
    """A text and where it came from: a file's path, or `configmap NAMESPACE/NAME KEY`."""

    source: str
    text: str


class Root(NamedTuple):
    """The root node of one YAML document; its marks count lines from `offset`."""

    node: yaml.Node
    source: str
    offset: int


def roots(document: Document) -> Iterator[Root | Problem]:
    """Every YAML document of a text, or what keeps it from being read; a broken one does not hide the next."""
    text = document.text.removeprefix("\ufeff")
    offset = 0
    for start, end in _extents(text):
        piece = text[start:end]
        if _EMPTY.fullmatch(piece) is None:
            yield from _compose(piece, document.source, offset)
        offset += piece.count("\n")


def _extents(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _BOUNDARY.finditer(text):
        if match.end() > start:
            yield start, match.end()
        start = match.end()
    if start < len(text):
        yield start, len(text)


def _compose(piece: str, source: str, offset: int) -> Iterator[Root | Problem]:
    try:
        excess = _excess(piece, source, offset)
        if excess is not None:
            yield excess
            return
        node = yaml.compose(piece, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # What is missing at the end is marked behind it.
        line = offset + min(mark.line, piece.rstrip().count("\n")) + 1 if mark else 0
        yield Problem(Place(source, line), "", f"not valid YAML: {_sentence(error)}")
    except yaml.reader.ReaderError as error:
        # libyaml counts in bytes, PyYAML itself in characters.
        read = piece.encode()[: error.position] if yaml.__with_libyaml__ else piece[: error.position].encode()
        code = error.character if isinstance(error.character, int) else ord(error.character[:1])
        line = offset + read.count(b"\n") + 1
        yield Problem(Place(source, line), "", f"not valid YAML: character U+{code:04X} is not allowed")
    except (yaml.YAMLError, UnicodeError) as error:
        what = str(error).partition("\n")[0]
        yield Problem(Place(source, offset + 1), "", f"not valid YAML: {what}")
    else:
        if node is not None and node.tag != "tag:yaml.org,2002:null":
            yield Root(node, source, offset)


def _sentence(error: yaml.MarkedYAMLError) -> str:
    parts = (error.context, error.problem)
    return " ".join(", ".join(part for part in parts if part).split()) or "it cannot be parsed"


def _excess(piece: str, source: str, offset: int) -> Problem | None:
    """Say where a document goes beyond what can be read in bounded time and stack."""
    depth = aliases = 0
    for event in yaml.parse(piece, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
        if depth > MAXIMUM_DEPTH or aliases > MAXIMUM_ALIASES:
            line = event.start_mark.line if event.start_mark else 0
            deep = f"nested deeper than {MAXIMUM_DEPTH} levels; no definition is"
            many = f"more than {MAXIMUM_ALIASES} aliases; write what they stand for"
            return Problem(Place(source, offset + line + 1), "", deep if depth > MAXIMUM_DEPTH else many)
    return None
