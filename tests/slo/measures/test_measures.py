"""Which workloads count for which objective and in which group, what a definition's change does, and what a silent source does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kube_headroom.catalogue.labels import Workload
from kube_headroom.slo.intake import Member
from kube_headroom.slo.objective import Indicator, Selector
from kube_headroom.snapshot import WorkloadSnapshot
from tests import facts
from tests.slo.measures.stage import WEB, Stage, objective, scaled_to, workload

API = Workload("shop", "Deployment", "api")
DATABASE = Workload("shop", "StatefulSet", "db")
LEDGER = Workload("bank", "Deployment", "ledger")
ALL = (WEB, API, DATABASE, LEDGER)
AVAILABILITY = Indicator.AVAILABILITY
ANY = Selector()


def everything(stage: Stage, at: float = 0) -> None:
    """Every workload has what it wants, but the database has nothing."""
    for one in ALL:
        stage.put(at, scaled_to(2, 0 if one is DATABASE else 2, one))


SELECTIONS: dict[str, tuple[Selector, tuple[str, ...], dict[str, tuple[float, float]]]] = {
    "one workload": (Selector(*API), (), {"": (30, 0)}),
    "all of a namespace add up": (Selector(namespace="shop"), (), {"": (90, 30)}),
    "all of a kind": (Selector(workload_kind="Deployment"), (), {"": (90, 0)}),
    "one name of any kind": (Selector("shop", "", "db"), (), {"": (30, 30)}),
    "everything": (ANY, (), {"": (120, 30)}),
    "nothing that exists": (Selector("shop", "Deployment", "gone"), (), {}),
    "a group for each namespace": (ANY, ("namespace",), {"namespace=shop": (90, 30), "namespace=bank": (30, 0)}),
    "a group for each kind in a namespace": (
        Selector("shop"),
        ("workload_kind",),
        {"workload_kind=Deployment": (60, 0), "workload_kind=StatefulSet": (30, 30)},
    ),
    "a group for each workload": (
        Selector("shop", "Deployment"),
        ("namespace", "workload"),
        {"namespace=shop,workload=api": (30, 0), "namespace=shop,workload=web": (30, 0)},
    ),
}


@pytest.mark.parametrize(("selector", "group_by", "groups"), SELECTIONS.values(), ids=SELECTIONS.keys())
def test_an_objective_counts(
    selector: Selector, group_by: tuple[str, ...], groups: dict[str, tuple[float, float]]
) -> None:
    stage = Stage(objective(AVAILABILITY, selector, group_by=group_by))
    everything(stage)
    stage.step(30)
    assert stage.groups() == groups


@pytest.mark.parametrize(
    ("selector", "group_by", "member"),
    [
        pytest.param(Selector(*WEB), (), Member("", Selector(*WEB)), id="names its workload"),
        pytest.param(Selector("shop"), (), Member("", Selector("shop")), id="names what was selected"),
        pytest.param(
            Selector("", "Deployment"),
            ("namespace",),
            Member("namespace=shop", Selector("shop", "Deployment")),
            id="names what was selected and what its group adds",
        ),
    ],
)
def test_a_member(selector: Selector, group_by: tuple[str, ...], member: Member) -> None:
    stage = Stage(objective(AVAILABILITY, selector, group_by=group_by))
    stage.put(0, scaled_to(2))
    stage.step(30)
    assert [stretch.member for _, stretch in stage.stretches] == [member]


def test_groups_over_the_limit_are_told_and_left_out() -> None:
    stage = Stage(objective(AVAILABILITY, ANY, group_by=("workload",), group_limit=2))
    everything(stage)
    everything(stage, at=10)
    stage.step(30)
    assert stage.groups() == {"workload=web": (30, 0), "workload=api": (30, 0)}
    assert stage.flaws == {(("shop", "slo"), "groups_over_limit"): 2}


def test_several_objectives_count_one_workload_each_in_its_own_way() -> None:
    strict = objective(AVAILABILITY, name="strict", needed=objective(AVAILABILITY).target)
    stage = Stage(objective(AVAILABILITY), strict, objective(Indicator.SCHEDULING_LATENCY, name="pods"))
    stage.put(0, scaled_to(4, 3))
    stage.step(30)
    assert {key[1]: stretch.amount.bad / 1e6 for key, stretch in stage.stretches} == {"slo": 0, "strict": 30, "pods": 0}


def test_a_wide_objective_is_covered_while_one_of_its_workloads_is_known() -> None:
    stage = Stage(objective(AVAILABILITY, Selector("shop")))
    stage.put(0, scaled_to(2))
    stage.put(10, scaled_to(2, 0, API))
    stage.gone(20)
    stage.gone(25, API)
    assert stage.step(30) == [(0, 25, 20 + 15, 15)]
    assert stage.step(60) == []


class TestDefinitions:
    """What goes on, what begins anew, and what ends."""

    def test_what_begins_names_the_workloads_that_it_has_to_see(self) -> None:
        stage = Stage(objective(AVAILABILITY))
        assert stage.measures.define([objective(AVAILABILITY), objective(AVAILABILITY, ANY, "all")]) == (ANY,)
        assert stage.measures.define([objective(AVAILABILITY), objective(AVAILABILITY, ANY, "all")]) == ()

    def test_what_is_measured_alike_goes_on_whatever_its_target(self) -> None:
        stage = Stage(objective(AVAILABILITY))
        stage.put(0, scaled_to(2, 0))
        stage.measures.define(
            [objective(AVAILABILITY)._replace(owner="checkout", target=objective(AVAILABILITY).target / 2)]
        )
        assert stage.step(30) == [(0, 30, 30, 30)]

    def test_what_is_measured_otherwise_begins_anew_with_the_next_look(self) -> None:
        stage = Stage(objective(AVAILABILITY))
        stage.put(0, scaled_to(2, 1))
        assert stage.measures.define([objective(AVAILABILITY, needed=objective(AVAILABILITY).target / 2)]) == (
            Selector(*WEB),
        )
        assert stage.step(30) == []
        stage.put(40, scaled_to(2, 1))
        assert stage.step(60) == [(40, 60, 20, 0)]

    def test_one_that_is_added_leaves_the_others_alone(self) -> None:
        stage = Stage(objective(AVAILABILITY))
        stage.put(0, scaled_to(2, 0))
        stage.measures.define([objective(AVAILABILITY), objective(AVAILABILITY, ANY, "all")])
        stage.put(10, scaled_to(2))
        stage.step(30)
        assert [
            (key[1], stretch.start - facts.START, stretch.amount.bad / 1e6) for key, stretch in stage.stretches
        ] == [
            ("slo", 0, 10),
            ("all", 10, 0),
        ]

    def test_one_that_is_gone_is_counted_no_more(self) -> None:
        stage = Stage(objective(AVAILABILITY))
        stage.put(0, scaled_to(2))
        stage.measures.define([])
        assert stage.step(30) == []


class TestSilence:
    """A source that was not heard of for too long."""

    @pytest.mark.parametrize("silent", ["deployments", "pods"])
    def test_time_in_which_the_state_is_unknown_is_neither_good_nor_bad(self, silent: str) -> None:
        stage = Stage(objective(AVAILABILITY))
        stage.put(0, scaled_to(2))
        assert stage.step(30) == [(0, 30, 30, 0)]
        assert stage.step(60, {silent}) == []
        stage.put(75, scaled_to(2, 0))
        assert stage.step(90) == []  # heard of again some time since the last step
        assert stage.step(120) == [(90, 120, 30, 30)]

    def test_other_sources_may_be_silent(self) -> None:
        stage = Stage(objective(AVAILABILITY))
        stage.put(0, scaled_to(2))
        assert stage.step(30, {"statefulsets", "events"}) == [(0, 30, 30, 0)]

    def test_one_silent_source_leaves_a_gap_in_an_objective_over_all_kinds(self) -> None:
        stage = Stage(objective(AVAILABILITY, ANY))
        stage.put(0, scaled_to(2))
        assert stage.step(30, {"statefulsets"}) == []


def test_a_clock_that_goes_back_makes_no_time_count_twice() -> None:
    stage = Stage(objective(AVAILABILITY))
    stage.put(0, scaled_to(2))
    assert stage.step(30) == [(0, 30, 30, 0)]
    stage.put(10, scaled_to(2, 0))
    assert stage.step(20) == []
    assert stage.step(40) == [(30, 40, 10, 10)]


class _Unread(tuple[str, ...]):
    """Samples that nobody may look at."""

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        raise AssertionError


def test_a_workload_that_no_objective_selects_is_not_even_looked_at() -> None:
    stage = Stage(objective(Indicator.JOB_SUCCESS, Selector(*LEDGER)))
    snapshot: WorkloadSnapshot = workload(API)
    for key in (("workload", *API), ("usage", *API), ("node", "node-1")):
        stage.measures.put(key, snapshot, _Unread(), facts.START)  # type: ignore[arg-type]
        stage.measures.put(key, None, (), facts.START)
    assert stage.step(30) == []
