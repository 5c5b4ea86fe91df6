"""Samples to exposition lines, the same bytes in every text dialect; headers are the page's job."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kube_headroom.catalogue.metric import Metric, Sample

_SPECIAL = {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}
_needs_escape = re.compile(r'[\\"\n]').search
_LABEL_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def render(samples: Iterable[Sample]) -> dict[Metric[Any], bytes]:
    """Return each metric's sample lines, in the order given.

    What UTF-8 cannot encode becomes `?`. Raises ValueError where a sample has more or fewer label
    values than its metric has labels.
    """
    lines: dict[Metric[Any], list[str]] = {}
    # One label string serves all series of a workload; the cache dies with the call, so it needs no bound.
    written: dict[type, dict[tuple[str, ...], str]] = {}
    for metric, labels, value in samples:
        blocks = written.get(metric.labels)
        if blocks is None:
            blocks = written[metric.labels] = {}
        block = blocks.get(labels)
        if block is None:
            block = blocks[labels] = _label_block(metric, labels)
        line = f"{metric.name}{block} {number(value)}\n"
        family = lines.get(metric)
        if family is None:
            lines[metric] = [line]
        else:
            family.append(line)
    return {metric: "".join(family).encode("utf-8", "replace") for metric, family in lines.items()}


def number(value: float) -> str:
    """Return the shortest decimal that reads back as the same float; integers go without `.0`."""
    text = repr(value + 0.0)  # an int becomes a float, and negative zero, which dashboards show as -0, zero
    if text.endswith(".0"):
        return text[:-2]
    return _SPECIAL.get(text, text)


def _label_block(metric: Metric[Any], labels: tuple[str, ...]) -> str:
    names = metric.label_names
    if len(names) != len(labels):
        message = f"{metric.name} has the labels {', '.join(names) or 'none'}, not {len(labels)} values: {labels!r}"
        raise ValueError(message)
    if _needs_escape("".join(labels)):
        labels = tuple(map(_escape, labels))
    return _template(names) % tuple(labels)


@cache
def _template(names: tuple[str, ...]) -> str:
    """Bounded by the label sets that the catalogue declares; label names hold no percent sign."""
    return "{" + ",".join(f'{name}="%s"' for name in names) + "}" if names else ""


def _escape(value: str) -> str:
    return value.translate(_LABEL_ESCAPES) if _needs_escape(value) else value
