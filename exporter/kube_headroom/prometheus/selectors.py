"""Which queries are counters that can be read sample by sample, and how one question reads two of them; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

import promql_parser as promql
from promql_parser import MatchOp

NAME = "__name__"
WINDOW = re.compile(r"\{\{\s*\.window\s*\}\}")
"""What stands for a range in a query."""
_OF_COUNTERS = ("rate", "increase")
_IDENTIFIER = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
# What Go's and Python's expressions understand alike: no groups with options, no classes of classes, no escapes of
# letters but \d, \w and \s.
_ALIKE = re.compile(r"(?:[^\\(\[]|\\[dws]|\\[^A-Za-z0-9]|\((?!\?)|\[(?!\^?[\[:]))*")
_OPERATORS = {str(MatchOp.Equal): "=", str(MatchOp.NotEqual): "!=", str(MatchOp.Re): "=~", str(MatchOp.NotRe): "!~"}


class Matcher(NamedTuple):
    """One condition on a label; `operator` as PromQL writes it."""

    name: str
    operator: str
    value: str

    def __str__(self) -> str:
        return f"{quoted_name(self.name)}{self.operator}{quoted(self.value)}"


Selector = frozenset[Matcher]
"""All conditions on a series, its name included."""


class Counted(NamedTuple):
    """A query that is the counters of one selector, added up by labels; `by` None leaves each series as it is."""

    selector: Selector
    by: frozenset[str] | None


class Union(NamedTuple):
    """One selector that finds the series of two, and who tells which of the two a series belongs to."""

    selector: Selector
    total: Callable[[Mapping[str, str]], bool]
    part: Callable[[Mapping[str, str]], bool]


def counted(query: str) -> Counted | None:
    """Recognise a bare selector, or [sum [by ...]] of rate or increase over one; None for every other expression.

    Raises ValueError, with the parser's words, for what is no PromQL.
    """
    expression = _unwrapped(promql.parse(WINDOW.sub("5m", query)))
    if isinstance(expression, promql.VectorSelector):
        return _counted(expression, None)
    by: frozenset[str] | None = None
    if isinstance(expression, promql.AggregateExpr):
        modifier = expression.modifier
        if str(expression.op) != "sum" or (modifier and modifier.type != promql.AggModifierType.By):
            return None
        by = frozenset(modifier.labels if modifier else ())
        expression = _unwrapped(expression.expr)
    if not isinstance(expression, promql.Call) or expression.func.name not in _OF_COUNTERS:
        return None
    argument = _unwrapped(expression.args[0])
    return _counted(argument.vector_selector, by) if isinstance(argument, promql.MatrixSelector) else None


def union(total: Selector, part: Selector) -> Union | None:
    """One selector for both, where it finds little else; None where two questions are better.

    One answer comes from one server at one instant, so that good events never lag behind all events, whichever
    replica answers.
    """
    total_rest, part_rest = ({one for one in each if one.name != NAME} for each in (total, part))
    common = total_rest & part_rest
    extras = [total_rest - common, part_rest - common]
    if not all(_understood(one) for one in total | part):
        return None
    names = {_metric(total), _metric(part)}
    if None in names:
        return None
    if len(names) == 1:
        if all(extras):
            return None
        name = Matcher(NAME, "=", _metric(total) or "")
    else:
        extras, bound = _without_bucket(extras, (total, part))
        if any(extras):
            return None
        common |= bound
        name = Matcher(NAME, "=~", "|".join(re.escape(each) for each in sorted(filter(None, names))))
    return Union(frozenset({name, *common}), matching(total), matching(part))


def matching(selector: Selector) -> Callable[[Mapping[str, str]], bool]:
    """Whether labels meet all conditions, as Prometheus compares them: a missing label is an empty one."""
    tests = [(one.name, _test(one)) for one in selector]
    return lambda labels: all(test(labels.get(name, "")) for name, test in tests)


def written(selector: Selector) -> str:
    """Write a selector as PromQL."""
    name = _metric(selector)
    if name is None or not _METRIC.fullmatch(name):
        return f"{{{','.join(map(str, sorted(selector)))}}}"
    return f"{name}{{{','.join(str(one) for one in sorted(selector) if one.name != NAME)}}}"


def quoted(value: str) -> str:
    """Write a string as PromQL, whose escapes are Go's."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def quoted_name(label: str) -> str:
    """Write a label's name as PromQL: in quotes if it is not of the old kind."""
    return label if _IDENTIFIER.fullmatch(label) else quoted(label)


def _unwrapped(expression: promql.Expr) -> promql.Expr:
    while isinstance(expression, promql.ParenExpr):
        expression = expression.expr
    return expression


def _counted(selector: promql.VectorSelector, by: frozenset[str] | None) -> Counted | None:
    if selector.offset is not None or selector.at is not None or selector.matchers.or_matchers:
        return None
    matchers = {Matcher(one.name, _OPERATORS[str(one.op)], one.value) for one in selector.matchers.matchers}
    if selector.name:
        matchers.add(Matcher(NAME, "=", selector.name))
    return Counted(frozenset(matchers), by)


def _metric(selector: Selector) -> str | None:
    """The metric's name, None where there is more than one condition on it or another one."""
    names = [one for one in selector if one.name == NAME]
    return names[0].value if len(names) == 1 and names[0].operator == "=" else None


def _without_bucket(
    extras: list[set[Matcher]], selectors: tuple[Selector, Selector]
) -> tuple[list[set[Matcher]], set[Matcher]]:
    """A histogram's bucket beside its count: `le="0.3"` becomes `le=~"0.3|"`, since a count has no such label."""
    buckets = [(_metric(each) or "").endswith("_bucket") for each in selectors]
    if sum(buckets) != 1:
        return extras, set()
    which = buckets.index(True)
    bounds = {one for one in extras[which] if one.name == "le" and one.operator in ("=", "=~")}
    if len(bounds) != 1 or any(one.name == "le" for one in extras[1 - which]):
        return extras, set()
    (bound,) = bounds
    extras[which] = extras[which] - bounds
    pattern = re.escape(bound.value) if bound.operator == "=" else f"({bound.value})"
    return extras, {Matcher("le", "=~", f"{pattern}|")}


def _understood(matcher: Matcher) -> bool:
    if matcher.operator in ("=", "!="):
        return True
    if not _ALIKE.fullmatch(matcher.value):
        return False
    try:
        re.compile(matcher.value)
    except re.error:
        return False
    return True


def _test(matcher: Matcher) -> Callable[[str], bool]:
    value = matcher.value
    if matcher.operator == "=":
        return lambda text: text == value
    if matcher.operator == "!=":
        return lambda text: text != value
    match = re.compile(value, re.ASCII | re.DOTALL).fullmatch
    return (lambda text: match(text) is not None) if matcher.operator == "=~" else (lambda text: match(text) is None)
