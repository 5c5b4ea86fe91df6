"""Whether a source of figures says what is true: never ahead of it, never further behind than it may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from tests.e2e.figures import Key, Timeline


@dataclass(frozen=True)
class Allowance:
    """How far a source may be behind the truth."""

    lag: float
    """Seconds; it is never below what was true that long ago."""
    behind: Mapping[Key, float] = field(default_factory=dict)
    """What it cannot know of, such as what a kubelet counted between the last reading and its end."""
    ahead: Mapping[Key, float] = field(default_factory=dict)
    """What the truth may lack, such as tries that never reached the probed program."""


def disagreements(
    source: Timeline,
    truth: Timeline,
    figures: Sequence[str],
    allowance: Allowance,
    *,
    workloads: tuple[str, ...] = ("",),
) -> list[str]:
    """Every reading of a source that cannot be true, a line each; nothing if all can.

    Both are compared from the first moment on, for the workloads whose names begin so; figures that stayed
    0 in truth are compared as well. What was read after the last truth may well be ahead of it: that is only
    held against what was true before.
    """
    keys = sorted(key for key in truth.last if key.figure in figures and key.workload.startswith(workloads))
    wrong = []
    for reading in source.readings:
        least, most = truth.before(reading.begin - allowance.lag), truth.after(reading.end)
        for key in keys:
            low = least.get(key, 0.0) - allowance.behind.get(key, 0.0)
            high = inf if most is None else most.get(key, 0.0) + allowance.ahead.get(key, 0.0)
            value = reading.values.get(key, 0.0)
            if not _rounded_down(low) <= value <= _rounded_up(high):
                wrong.append(
                    f"{' '.join(key)} at {reading.begin:.1f} s: {value:.3f}, not within {low:.3f} and {high:.3f}"
                )
    return wrong


def beside(source: Timeline, truth: Timeline, figures: Sequence[str]) -> list[str]:
    """The last readings, a line for each figure: the truth, then the source's word."""
    return [
        f"{key.workload:18} {key.figure:28} {key.detail:10} {value:12.3f} {source.last.get(key, 0.0):12.3f}"
        for key, value in sorted(truth.last.items())
        if key.figure in figures and value
    ]


def _rounded_down(value: float) -> float:
    return value * (1 - 1e-9) - 1e-6


def _rounded_up(value: float) -> float:
    return value * (1 + 1e-9) + 1e-6
