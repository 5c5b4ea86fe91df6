"""Queries over several lines, as people read them, with their parameters still open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import promql_parser

from alerts.parameters import sectioned
from kube_headroom.catalogue.parameter import MARK, defaulted
from kube_headroom.catalogue.vector import Vector

# A string, with whatever parameters it holds; a parameter; a word, number or duration; a sign.
_TOKEN: Final = re.compile(rf'"(?:\\.|[^"\\])*"|{MARK}|[\w:.]+|[^\w\s]')


def pretty(query: Vector) -> str:
    """Return a query as people read it, laid out by its defaults; whatever is set in their place moves no line.

    Raises ValueError where the layout has other tokens than the query.
    """
    laid_out = str(promql_parser.parse(defaulted(str(query))).prettify())
    tokens = list(_TOKEN.finditer(laid_out))
    parts, end, index = [], 0, 0
    for written in _tokens(str(query)):
        count = sum(1 for _ in _TOKEN.finditer(defaulted(written)))
        covered = tokens[index : index + count]
        index += count
        if written != defaulted(written):
            begin, after = (covered[0].start(), covered[-1].end()) if covered else (tokens[index - 1].end(),) * 2
            parts += [laid_out[end:begin], written]
            end = after
    if index != len(tokens):
        message = f"{defaulted(str(query))} has {index} tokens and {len(tokens)} over several lines; expected as many"
        raise ValueError(message)
    return sectioned("".join((*parts, laid_out[end:]))) + "\n"


def _tokens(text: str) -> Iterator[str]:
    """Return the tokens of a query; braces that only parameters stand in come with them."""
    return (found[0] for found in _TOKEN.finditer(text))
