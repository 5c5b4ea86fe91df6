"""Counters that a scrape always sees at 0 first."""

from __future__ import annotations

import pytest

from kube_headroom.catalogue import batch as series
from kube_headroom.catalogue.labels import Workload
from kube_headroom.state.tally import Tally

WEB = Workload("shop", "Deployment", "web")


def shown(tally: Tally, now: float) -> float:
    (sample,) = tally.samples(now)
    return sample.value


def test_a_newborn_counter_is_held_at_zero_and_then_shows_its_sum() -> None:
    tally = Tally(hold=60)
    tally.add(series.JOBS_FINISHED, WEB, 2)
    assert shown(tally, 100) == 0
    tally.add(series.JOBS_FINISHED, WEB, 1)
    assert [shown(tally, 159.9), shown(tally, 160)] == [0, 3]


def test_the_hold_begins_with_the_first_reading_not_with_the_count() -> None:
    tally = Tally(hold=60)
    tally.add(series.JOBS_FINISHED, WEB, 1)
    assert [shown(tally, 1000), shown(tally, 1059), shown(tally, 1060)] == [0, 0, 1]


def test_a_seeded_counter_whose_hold_is_over_counts_at_once() -> None:
    tally = Tally(hold=60)
    assert tally.seed(series.JOBS_FINISHED, WEB)
    assert not tally.seed(series.JOBS_FINISHED, WEB)
    assert [shown(tally, 0), shown(tally, 61)] == [0, 0]
    tally.add(series.JOBS_FINISHED, WEB, 1)
    assert shown(tally, 62) == 1


def test_what_is_held_back_says_when_it_becomes_visible() -> None:
    tally = Tally(hold=60)
    tally.seed(series.JOBS_FAILED, WEB)
    tally.add(series.JOBS_FINISHED, WEB, 1)
    list(tally.samples(10))
    assert (tally.due(10), tally.due(70)) == (70, None)


def test_a_counter_refuses_to_fall() -> None:
    with pytest.raises(ValueError, match="jobs_finished_total cannot fall by -1"):
        Tally(hold=0).add(series.JOBS_FINISHED, WEB, -1)
