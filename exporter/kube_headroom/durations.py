"""Durations as Prometheus writes them."""

from __future__ import annotations

import re

# Units and their order are those of Prometheus' own duration grammar (prometheus/common, model.ParseDuration).
_SECONDS_PER_UNIT = {"y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1, "ms": 0.001}
_DURATION = re.compile("".join(rf"(?:(?P<{unit}>[0-9]{{1,9}}){unit})?" for unit in _SECONDS_PER_UNIT))


def parse_duration(text: str) -> float:
    """Seconds in a Prometheus duration such as `30s`, `5m` or `1h30m`; a bare `0` needs no unit."""
    if text == "0":
        return 0.0
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        raise ValueError(text)
    # Summed as milliseconds: whole numbers do not pick up binary fractions on the way.
    milliseconds = sum(
        int(count) * round(_SECONDS_PER_UNIT[unit] * 1000) for unit, count in match.groupdict().items() if count
    )
    return milliseconds / 1000
