"""The text format as Go's promhttp writes it: numbers, labels, families in order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Literal

Kind = Literal["counter", "gauge", "histogram"]

_LARGE = 1e6
_SMALL = 1e-4


def number(value: float) -> str:
    """Return a value as Go's `strconv.FormatFloat(value, 'g', -1, 64)`: exponents from a million on."""
    if value == 0:
        return "0"
    size = abs(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'+' if value > 0 else '-'}Inf"
    if size < _LARGE and size >= _SMALL:
        return repr(float(value)).removesuffix(".0")
    text = repr(float(value))
    if "e" in text:
        return text
    whole, _, fraction = text.removeprefix("-").partition(".")
    digits = (whole + fraction).rstrip("0")
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{'-' if value < 0 else ''}{mantissa}e+{len(whole) - 1:02d}"


def quoted(text: str) -> str:
    """Return a label's value, escaped."""
    if "\\" in text or '"' in text or "\n" in text:
        text = text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
    return f'"{text}"'


def labels(values: Mapping[str, str]) -> str:
    """Return labels in braces, sorted by name as client_golang does; nothing without labels."""
    if not values:
        return ""
    return "{" + ",".join(f"{name}={quoted(values[name])}" for name in sorted(values)) + "}"


def head(name: str, kind: Kind, said: str) -> str:
    """Return a family's two lines of comment."""
    return f"# HELP {name} {said}\n# TYPE {name} {kind}\n"


def family(name: str, kind: Kind, said: str, rows: Iterable[tuple[Mapping[str, str], float]]) -> str:
    """Return a family with its rows sorted by their labels; nothing without rows, as the registry does."""
    lines = sorted(f"{name}{labels(values)} {number(value)}\n" for values, value in rows)
    return head(name, kind, said) + "".join(lines) if lines else ""


BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of Prometheus' default histogram."""


def histogram(name: str, values: Mapping[str, str], counts: Iterable[int], total: float) -> str:
    """Return the rows of one histogram: `counts` of each default bucket, not cumulative, the last one unbounded."""
    plain = labels(values)[1:-1]
    before = f"{plain}," if plain else ""
    lines, cumulative = [], 0
    for bound, count in zip((*map(number, BUCKETS), "+Inf"), counts, strict=True):
        cumulative += count
        lines.append(f'{name}_bucket{{{before}le="{bound}"}} {cumulative}\n')
    braces = f"{{{plain}}}" if plain else ""
    lines.append(f"{name}_sum{braces} {number(total)}\n{name}_count{braces} {cumulative}\n")
    return "".join(lines)
