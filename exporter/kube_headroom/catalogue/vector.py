"""What a PromQL expression is: its text and what may still be done with it; refuses what loses or mixes labels."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from kube_headroom.catalogue.metric import Aggregation
from kube_headroom.catalogue.parameter import Parameter, defaulted

RATE_INTERVAL: Final = "$__rate_interval"
"""Grafana's window for rates; it is at least two minutes where panels have a minimum interval of 30 s."""

LEAST_RATE_WINDOW_SECONDS: Final = 120.0
"""Four scrapes 30 s apart: one may fail and three samples still make a rate."""

_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_DURATION = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_DURATION_SECONDS = (604_800, 86_400, 3_600, 60, 1)


class Shape(Enum):
    """How an expression must be written inside another one."""

    SELECTOR = auto()
    CALL = auto()
    OPERATION = auto()


@dataclass(frozen=True, slots=True)
class Vector:
    """An instant vector; made by the functions of `promql`, which keep its parts true.

    `labels` are the label names that its series are known to carry, `aggregations` the ways of combining them
    that mean something. An `aggregated` vector carries those labels and no others: nothing of the scrape leaks.
    """

    text: str
    labels: tuple[str, ...]
    aggregations: frozenset[Aggregation]
    aggregated: bool
    shape: Shape

    def __str__(self) -> str:
        return self.text

    def above(self, bound: float | Parameter, *, flag: bool = False) -> Vector:
        """Keep the series above the bound, or say 1 and 0 with `flag`."""
        return self._compared(">", bound, flag=flag)

    def at_least(self, bound: float | Parameter, *, flag: bool = False) -> Vector:
        """Keep the series at the bound or above it, or say 1 and 0 with `flag`."""
        return self._compared(">=", bound, flag=flag)

    def below(self, bound: float | Parameter, *, flag: bool = False) -> Vector:
        """Keep the series below the bound, or say 1 and 0 with `flag`."""
        return self._compared("<", bound, flag=flag)

    def at_most(self, bound: float | Parameter, *, flag: bool = False) -> Vector:
        """Keep the series at the bound or below it, or say 1 and 0 with `flag`."""
        return self._compared("<=", bound, flag=flag)

    def equal_to(self, bound: float | Parameter, *, flag: bool = False) -> Vector:
        """Keep the series that equal the bound, or say 1 and 0 with `flag`."""
        return self._compared("==", bound, flag=flag)

    def different_from(self, bound: float | Parameter, *, flag: bool = False) -> Vector:
        """Keep the series that differ from the bound, or say 1 and 0 with `flag`."""
        return self._compared("!=", bound, flag=flag)

    def times(self, factor: float) -> Vector:
        """Multiply by a positive number, which leaves every way of combining valid."""
        if factor <= 0:
            message = f"the factor of {self.text} is {factor}; expected a positive number"
            raise ValueError(message)
        return operation(self, f"{operand(self)} * {number(factor)}")

    def plus(self, addend: float) -> Vector:
        """Add a number; the results no longer add up."""
        text = f"{operand(self)} + {number(addend)}"
        return operation(self, text, self.aggregations - {Aggregation.SUM})

    def _compared(self, operator: str, bound: float | Parameter, *, flag: bool) -> Vector:
        if flag:
            return operation(self, f"{operand(self)} {operator} bool {number(bound)}", EVERY_AGGREGATION)
        return operation(self, f"{operand(self)} {operator} {number(bound)}")


EVERY_AGGREGATION: Final = frozenset({Aggregation.SUM, Aggregation.MAX, Aggregation.MIN})
EXTREMES: Final = frozenset({Aggregation.MAX, Aggregation.MIN})


def operation(vector: Vector, text: str, aggregations: frozenset[Aggregation] | None = None) -> Vector:
    """Return what an operator makes of the vector, combined as the vector is unless told otherwise."""
    kept = vector.aggregations if aggregations is None else aggregations
    return replace(vector, text=text, aggregations=kept, shape=Shape.OPERATION)


def operand(vector: Vector) -> str:
    """Return the text of a vector as the operand of an operator; parentheses spare us the table of precedence."""
    return f"({vector.text})" if vector.shape is Shape.OPERATION else vector.text


def number(amount: float | Parameter) -> str:
    """Return a number as PromQL writes it; a NaN equals nothing and is refused."""
    if isinstance(amount, Parameter):
        return str(amount)
    if math.isnan(amount):
        message = "NaN in a query; expected a number that can be compared"
        raise ValueError(message)
    if math.isinf(amount):
        return "+Inf" if amount > 0 else "-Inf"
    return str(int(amount)) if amount == int(amount) else repr(amount)


def seconds(duration: str) -> float:
    """Return the seconds of a duration such as `5m` or `1h30m`; ValueError for any other text and for zero."""
    match = _DURATION.fullmatch(defaulted(duration))
    amounts = match.groups(default="0") if match else ()
    total = sum(int(amount) * unit for amount, unit in zip(amounts, _DURATION_SECONDS, strict=False))
    if not total:
        message = f"{duration!r} is no duration; expected w, d, h, m and s in this order, such as '5m' or '1h30m'"
        raise ValueError(message)
    return float(total)


def rate_window(window: str) -> str:
    """Return the window of a rate; ValueError if it is shorter than two minutes."""
    if window != RATE_INTERVAL and seconds(window) < LEAST_RATE_WINDOW_SECONDS:
        message = f"the window {window} is too short for a rate; expected 2m or more, four scrapes 30 s apart"
        raise ValueError(message)
    return window


def names(labels: Iterable[str]) -> str:
    """Return label names as a message shows them."""
    return ", ".join(labels) or "no labels"


def expect_names(labels: tuple[str, ...], text: str) -> None:
    """Raise ValueError if one is no label name, or stands there twice."""
    for label in labels:
        if not _LABEL_NAME.fullmatch(defaulted(label)):
            message = f"{text}: {label!r} is no label name; expected letters, digits and underscores"
            raise ValueError(message)
    if len(set(labels)) < len(labels):
        message = f"{text}: a label stands twice in {names(labels)}; expected each once"
        raise ValueError(message)
