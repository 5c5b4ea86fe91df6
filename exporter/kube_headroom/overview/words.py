"""Phrases for people: numbers with their nouns, short lists, amounts in readable units."""

from __future__ import annotations

from collections.abc import Sequence

NAMED = 3
"""Names in a phrase; the others are counted."""
SMALL = 0.1
"""Shares below are told with two digits."""
BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
STEP = 1024


def counted(count: float, one: str, many: str) -> str:
    """Return the number with the noun that fits it."""
    return f"{count:g} {one if count == 1 else many}"


def listed(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")


def percent(share: float) -> str:
    """Return a share in percent, with a tenth where it is small."""
    return f"{share:.0%}" if abs(share) >= SMALL else f"{100 * share:.2g}%"


def amount(resource: str, value: float) -> str:
    """Return a value in the resource's base unit: bytes in binary units, all else as the plain number."""
    if "memory" not in resource and "storage" not in resource:
        return f"{value:,.10g}"
    power = 0
    while abs(value) >= STEP and power < len(BINARY) - 1:
        value, power = value / STEP, power + 1
    return f"{value:.3g} {BINARY[power]}"
