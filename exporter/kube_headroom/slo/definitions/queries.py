"""PromQL as owners write it: whether it parses, and whether it can be counted."""

from __future__ import annotations

import re

import promql_parser

from kube_headroom.slo.definitions.reading import Part, scalar, shown
from kube_headroom.slo.objective import Query

MAXIMUM_CHARACTERS = 10_000
MAXIMUM_OPERATORS = 250
"""Operators and brackets of a query: the parser recurses, and a stack that ends takes the process with it."""

# Strings and comments first: what looks like an operator within one is text.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`|#[^\n]*', re.DOTALL)
_OPERATOR = re.compile(r"[-+*/%^(\[{]|[=!<>]=?~?|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)
_WINDOW = re.compile(r"\{\{\s*\.window\s*\}\}")
_TEMPLATE = re.compile(r"\{\{.{0,40}?\}\}")
_NOT_COUNTED = {
    "MatrixSelector": "a range of samples; wrap it in rate() or leave the range out",
    "SubqueryExpr": "a range of samples; wrap it in a function such as sum_over_time()",
    "StringLiteral": "a text",
    "NumberLiteral": "a constant",
}


def query(part: Part) -> Query:
    """Read PromQL, with `{{.window}}` for a range."""
    text = scalar(part)
    parse(text)
    return Query(text, part.place)


def parse(text: str) -> object:
    """Parse a query with a window of five minutes; ValueError with what is wrong, in one line."""
    if not text:
        raise ValueError("expected a PromQL query, found nothing")
    if len(text) > MAXIMUM_CHARACTERS:
        raise ValueError(f"expected a query of at most {MAXIMUM_CHARACTERS} characters, found {len(text)}")
    bare = _WINDOW.sub("5m", text)
    template = _TEMPLATE.search(_STRING.sub('""', bare))
    if template is not None:
        raise ValueError(f"only {{{{.window}}}} is filled in, found {shown(template[0])}")
    if len(_OPERATOR.findall(_STRING.sub('""', bare))) > MAXIMUM_OPERATORS:
        raise ValueError(f"expected a query of at most {MAXIMUM_OPERATORS} operators and brackets; record parts of it")
    try:
        expression = promql_parser.parse(bare)
    except ValueError as error:
        raise ValueError(
            f"not valid PromQL: {' '.join(str(error).split())}, in {shown(' '.join(text.split()))}"
        ) from None
    outer = expression
    while isinstance(outer, promql_parser.ParenExpr):
        outer = outer.expr
    what = _NOT_COUNTED.get(type(outer).__name__)
    if what is not None:
        raise ValueError(f"expected a query that yields series, found {what}")
    return expression


def has_range(text: str) -> bool:
    """Tell whether a query that parses looks at a range, so that it yields rates rather than values now."""
    return "[" in _STRING.sub('""', text)
