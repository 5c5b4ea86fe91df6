"""The past in chunks: which ranges to ask for, with which expressions, and what the answers are worth; pure.

Counted as PromQL's `increase` sees it, extrapolated to each chunk: close, where only raw samples would be exact.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from kube_headroom.prometheus.answers import Row, labels_of
from kube_headroom.prometheus.expressions import per_second, queries_of, ratios, window_of, with_window
from kube_headroom.prometheus.groups import group_of
from kube_headroom.prometheus.options import Options
from kube_headroom.prometheus.selectors import WINDOW, counted, quoted, quoted_name, written
from kube_headroom.slo.amount import Amount, scaled
from kube_headroom.slo.intake import Key, Member, Stretch
from kube_headroom.slo.objective import EventRatio, Objective, Query, RawRatio, Selector, Threshold

RECENT = 21_600.0
"""Seconds of the past that are read in fine chunks."""
FINE, COARSE = 300, 3_600
MOST_CHUNKS = {FINE: 72, COARSE: 24}
"""Chunks in one question: six hours, or a day."""
IDENTITY = ("slo_group", "namespace", "workload_kind", "workload")


class Piece(NamedTuple):
    """Chunks of equal length that one question asks for, from `start` to `end` (Unix seconds)."""

    start: float
    end: float
    chunk: float


class Past(NamedTuple):
    """How to ask for a chunk: of all events and of the good or bad ones an expression, and what its value is multiplied by."""

    total: str
    part: str
    factors: tuple[float, float]
    good: bool


def pieces(gaps: Iterable[tuple[float, float]], now: float, shortest: float) -> list[Piece]:
    """Cut gaps into pieces, newest first: five minutes for the last six hours, hours before; aligned to both.

    What is shorter than `shortest` holds too few scrapes, and joins its neighbour or is left.
    """
    border = math.floor((now - RECENT) / COARSE) * COARSE
    found: list[Piece] = []
    for start, end in gaps:
        for begin, until, chunk in ((start, min(end, border), COARSE), (max(start, border), end, FINE)):
            found.extend(_pieces(begin, until, chunk, shortest))
    return sorted(found, key=lambda piece: -piece.end)


def _pieces(start: float, end: float, chunk: int, shortest: float) -> Iterator[Piece]:
    if end - start < shortest:
        return
    inner = [index * chunk for index in range(math.floor(start / chunk) + 1, math.ceil(end / chunk))]
    inner = [moment for moment in inner if moment - start >= shortest and end - moment >= shortest]
    bounds = [start, *inner, end]
    run: list[float] = []
    for first, last in itertools.pairwise(bounds):
        if last - first != chunk:
            yield Piece(first, last, last - first)
            continue
        if run and (run[-1] != first or len(run) > MOST_CHUNKS[chunk]):
            yield Piece(run[0], run[-1], chunk)
            run = []
        run = [*(run or [first]), last]
    if run:
        yield Piece(run[0], run[-1], chunk)


def past_of(objective: Objective, options: Options, chunk: float) -> Past:
    """How to ask for chunks of an objective's past; raises ValueError for what is not PromQL."""
    sli = objective.sli
    if isinstance(sli, EventRatio):
        (total, by_total), (part, by_part) = (
            _events(query, objective.group_by, chunk, options) for query in queries_of(objective)
        )
        return Past(total, part, (by_total, by_part), good=sli.good is not None)
    if not isinstance(sli, RawRatio | Threshold):
        raise TypeError(f"{objective.key} is not measured from PromQL")
    value = with_window(sli.query, window_of(options))
    # Both comparisons drop NaN: time without a value is no time of the SLI.
    if isinstance(sli, Threshold):
        good, share = True, f"(({value}) > -Inf) {sli.operator} bool {sli.bound:.17g}"
    else:
        good, share = sli.success, f"clamp_max(({value}) >= 0, 1)"
    step = options.step
    shares = f"(avg{_by(objective.group_by)} ({share}))[{chunk:.0f}s:{step:.0f}s]"
    return Past(f"count_over_time({shares})", f"sum_over_time({shares})", (step, step), good)


def counters_of(key: Key) -> Past:
    """How to ask for what our own counters told; of overlapping exporters the one that saw more. The range is `{{.window}}`."""
    labels = f"slo_service={quoted(key[0])},slo={quoted(key[1])}"
    total, part = (
        f"max{_by(IDENTITY)} (increase({name}{{{labels}}}[{{{{.window}}}}]))"
        for name in ("headroom_slo_events_total", "headroom_slo_bad_events_total")
    )
    return Past(total, part, (1.0, 1.0), good=False)


def within(past: Past, chunk: float) -> Past:
    """The same for chunks of some seconds."""
    total, part = (WINDOW.sub(f"{chunk:.0f}s", text) for text in (past.total, past.part))
    return past._replace(total=total, part=part)


def member_of(labels: Mapping[str, str], group_by: Sequence[str] | None) -> Member:
    """Whose a series is: by the objective's labels, or by the identity of our own counters (None)."""
    if group_by is not None:
        return Member(group_of(group_by, labels))
    group, *workload = (labels.get(name, "") for name in IDENTITY)
    return Member(group, Selector(*workload))


def stretches_of(
    answers: tuple[Sequence[Row], Sequence[Row]],
    past: Past,
    piece: Piece,
    group_by: Sequence[str] | None,
    flaws: Counter[str],
) -> list[Stretch]:
    """What the answers for all and for good or bad events say of each chunk and member that has a total."""
    total, part = (_chunks(rows, factor, group_by) for rows, factor in zip(answers, past.factors, strict=True))
    stretches = []
    for moment in sorted(total, reverse=True):
        start = max(moment - piece.chunk, piece.start)
        for member, ratio in ratios(total[moment], part.get(moment, {}), flaws, good=past.good):
            events = scaled(ratio.events)
            stretches.append(Stretch(member, start, moment, Amount(events, min(scaled(ratio.bad), events))))
    return stretches


def _chunks(rows: Sequence[Row], factor: float, group_by: Sequence[str] | None) -> dict[float, dict[Member, float]]:
    """Values by chunk's end and member; what is no number is left out as if there were none."""
    chunks: dict[float, dict[Member, float]] = {}
    for row in rows:
        member = member_of(labels_of(row.metric), group_by)
        for moment, value in row.samples:
            if 0 <= value < math.inf:
                values = chunks.setdefault(moment, {})
                values[member] = values.get(member, 0.0) + value * factor
    return chunks


def _events(query: Query, group_by: Sequence[str], chunk: float, options: Options) -> tuple[str, float]:
    """An expression whose value, times a factor, is the events of a chunk."""
    exact = counted(query.text)
    if exact:
        kept = [name for name in group_by if exact.by is None or name in exact.by]
        return f"sum{_by(kept)} (increase({written(exact.selector)}[{chunk:.0f}s]))", 1.0
    if WINDOW.search(query.text):
        text = with_window(query, chunk)
        return text, per_second(text) * chunk
    step = options.step
    text = f"sum_over_time(({query.text})[{chunk:.0f}s:{step:.0f}s])"
    return text, per_second(query.text) * step


def _by(names: Sequence[str]) -> str:
    return f" by ({', '.join(map(quoted_name, names))})" if names else ""
