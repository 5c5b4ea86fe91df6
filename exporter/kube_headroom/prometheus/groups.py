"""How the labels of a series become the group of an SLO; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence


def group_of(names: Sequence[str], labels: Mapping[str, str], kept: Collection[str] | None = None) -> str:
    """Write a group such as `route=/cart, code=200`, "" where nothing is grouped.

    `kept` are the labels that the query's own aggregation leaves, None for all.
    """
    return ", ".join(f"{name}={labels.get(name, '') if kept is None or name in kept else ''}" for name in names)
