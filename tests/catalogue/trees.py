"""PromQL trees as nested tuples: read back by the real parser, so that they compare with what was meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import promql_parser

Tree = tuple[Any, ...]
"""(operator, its modifiers..., its operands...); numbers are floats."""


def read(query: str) -> Tree:
    """Parse a query; raises ValueError where the parser refuses it."""
    tree: Tree = _read(promql_parser.parse(query))
    return tree


def _read(node: Any) -> Any:
    return READERS[type(node)](node)


def _range(node: Any) -> Tree:
    step = getattr(node, "step", None)
    covered = node.expr if isinstance(node, promql_parser.SubqueryExpr) else node.vector_selector
    return ("range", node.range.total_seconds(), step and step.total_seconds(), _read(covered))


def _aggregation(node: Any) -> Tree:
    assert node.modifier is not None, "an aggregation lost its by"
    assert node.modifier.type == promql_parser.AggModifierType.By
    return (str(node.op), tuple(node.modifier.labels), _read(node.expr))


def _selector(node: Any) -> Tree:
    matchers = tuple((matcher.name, str(matcher.op), matcher.value) for matcher in node.matchers.matchers)
    return ("select", node.name, matchers)


def _binary(node: Any) -> Tree:
    modifier = node.modifier
    on = modifier.matching if modifier else None
    assert on is None or on.type == promql_parser.LabelModifierType.Include
    group = modifier.group_labels if modifier else None
    return (
        str(node.op),
        None if on is None else tuple(on.labels),
        None if group is None else tuple(group),
        bool(modifier and modifier.return_bool),
        _read(node.lhs),
        _read(node.rhs),
    )


READERS: dict[type, Callable[[Any], Any]] = {
    promql_parser.ParenExpr: lambda node: _read(node.expr),
    promql_parser.NumberLiteral: lambda node: node.val,
    promql_parser.VectorSelector: _selector,
    promql_parser.MatrixSelector: _range,
    promql_parser.SubqueryExpr: _range,
    promql_parser.Call: lambda node: (node.func.name, *map(_read, node.args)),
    promql_parser.AggregateExpr: _aggregation,
    promql_parser.BinaryExpr: _binary,
}
"""What the builder makes; anything else is a KeyError that names its type."""
