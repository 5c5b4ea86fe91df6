"""Error budgets: worst first, in words that say how much and how fast, and never a number that nobody knows."""

from __future__ import annotations

import pytest

from kube_headroom import signals
from kube_headroom.catalogue.labels import Slo
from kube_headroom.model import Namespace
from kube_headroom.overview import error_budgets
from kube_headroom.overview.board import QUESTIONS, Board
from kube_headroom.overview.content import Burn, Overview, PeriodLeft, Severity
from kube_headroom.overview.error_budgets import PATIENCE
from kube_headroom.snapshot import SloSnapshot
from tests.facts import START, metadata
from tests.overview.slos import CART, OUTAGE, key, silent, slo

SPENT = {"30d": 0.0}
OVERSPENT = {"30d": -0.4}


def put(board: Board, *snapshots: SloSnapshot, after: float = 0.0) -> None:
    for snapshot in snapshots:
        board.put(key(snapshot.slo), snapshot, tuple(signals.samples("slo", snapshot)), START + after)


def seen(*snapshots: SloSnapshot, after: float = PATIENCE) -> Overview:
    board = Board()
    put(board, *snapshots)
    return board.view((), START + after)


@pytest.mark.parametrize(
    ("snapshot", "told"),
    [
        pytest.param(slo(), None, id="a healthy SLO needs nobody"),
        pytest.param(slo(rates={"1h": 30.0, "5m": 0.0}), None, id="a peak that no alert sees needs nobody"),
        pytest.param(
            slo("fast_burn", rates=OUTAGE, left={"30d": 0.73, "month": 0.5}),
            "broken: burns 60× too fast in the last hour, 73% of its 30d budget left",  # noqa: RUF001
            id="a fast burn is broken",
        ),
        pytest.param(
            slo("fast_burn", rates={"5m": 7, "30m": 7.25, "1h": 7.25, "6h": 7.25}),
            "broken: burns 7.2× too fast in the last 6 hours, 90% of its 30d budget left",  # noqa: RUF001
            id="the first window above its threshold is told",
        ),
        pytest.param(
            slo("slow_burn", rates={"6h": 1.0, "2h": 3.5, "1d": 3.5}),
            "risk: burns 3.5× too fast in the last day, 90% of its 30d budget left",  # noqa: RUF001
            id="a slow burn is a risk",
        ),
        pytest.param(
            slo("slow_burn", rates={"1h": 30.0, "5m": 30.0, "1d": 3.5, "2h": 3.5}),
            "risk: burns 30× too fast in the last hour, 90% of its 30d budget left",  # noqa: RUF001
            id="what too few bad events hold back stays a risk",
        ),
        pytest.param(
            slo("exhausted", left=SPENT), "risk: its 30d budget is used up", id="a spent budget that burns no more"
        ),
        pytest.param(
            slo("exhausted", left=OVERSPENT, rates={"1h": 2.0}),
            "risk: its 30d budget is overspent by 40%",
            id="an overspent budget says by how much",
        ),
        pytest.param(
            slo("exhausted", left=OVERSPENT, rates={**OUTAGE, "1h": 60.4}),
            "broken: its 30d budget is overspent by 40%, burns 60× too fast in the last hour",  # noqa: RUF001
            id="a spent budget that burns on as fast as a page asks for is broken",
        ),
        pytest.param(
            slo("frozen", left={"30d": 0.042}), "risk: frozen, 4.2% of its 30d budget left", id="a freeze is told of"
        ),
        pytest.param(
            silent(), "note: no data: what is left of its error budget is not known", id="no data is no whole budget"
        ),
    ],
)
def test_what_needs_attention(snapshot: SloSnapshot, told: str | None) -> None:
    said = [f"{each.severity}: {each.text}" for subject in seen(snapshot).subjects for each in subject.findings]
    assert said == ([] if told is None else [told])


def test_an_slo_is_a_subject_with_its_owner_since_its_state_began() -> None:
    board = Board()
    group = Slo("shop", "requests", "route=/cart", "", "", "")
    put(board, slo("slow_burn", group, rates={"1d": 3.0}))
    put(board, slo("slow_burn", group, rates={"1d": 4.0}), after=30)
    put(board, slo("fast_burn", group, rates=OUTAGE), after=60)
    (subject,) = board.view((), START + 90).subjects
    assert (subject.kind, subject.namespace, subject.name) == ("SLO", "", "shop/requests route=/cart")
    assert (subject.owner, subject.severity) == ("storefront", Severity.BROKEN)
    (finding,) = subject.findings
    assert (finding.since, finding.lasting, finding.value) == (START + 60, True, 60.0)
    assert finding.indicator in {question.name for question in QUESTIONS}
    put(board, slo("healthy", group), after=120)
    assert board.view((), START + 120).subjects == ()
    assert board.view((), START + 120).counts[Severity.BROKEN] == 0


def test_a_start_without_data_yet_needs_nobody() -> None:
    assert seen(silent(), after=PATIENCE - 1).subjects == ()


def test_the_owner_of_the_namespace_owns_an_slo_without_one() -> None:
    board = Board()
    namespace = Namespace(metadata=metadata("shop", namespace="", owner="platform"))
    board.put(("namespaces", "", "shop"), namespace, (), START)
    put(board, slo(owner=""))
    assert board.view((), START).error_budgets[0].owner == "platform"


def test_what_is_shown_of_one() -> None:
    shown = slo("slow_burn", left={"30d": 0.73456, "month": -0.1}, rates={"1h": 12.41, "6h": 0.01, "3d": 1.26})
    (row,) = seen(shown._replace(burn_rates=shown.burn_rates[2:])).error_budgets
    assert (row.service, row.slo, row.group, row.namespace, row.kind, row.workload) == CART
    assert (row.objective, row.state, row.severity) == (0.999, "slow_burn", Severity.RISK)
    assert row.periods == (PeriodLeft("30d", 0.735, 1.0), PeriodLeft("month", -0.1, 1.0))
    assert row.burns == (Burn("1h", 12.0), Burn("6h", 0.1), Burn("3d", 1.3))
    assert row.silent_since is None


@pytest.mark.parametrize("until", [None, 1.0e9], ids=["there never were any", "there were until then"])
def test_without_data_no_number_is_shown(until: float | None) -> None:
    (row,) = seen(silent(evaluated_at=until)).error_budgets
    assert (row.state, row.severity, row.periods, row.burns, row.silent_since) == ("", Severity.NOTE, (), (), until)


def named(name: str) -> Slo:
    return Slo("shop", name, "", "", "", "")


def test_worst_come_first() -> None:
    view = seen(
        slo("healthy", named("calm"), left={"30d": 0.1}),
        slo("healthy", named("calmer")),
        silent(named("silent")),
        slo("slow_burn", named("slow"), left={"30d": -9}, rates={"1d": 4}),
        slo("frozen", named("frozen"), left={"30d": 0.05}),
        slo("exhausted", named("spent"), left=OVERSPENT),
        slo("exhausted", named("burnt"), left=OVERSPENT, rates={"1h": 2}),
        slo("fast_burn", named("fast"), rates=OUTAGE),
        slo("fast_burn", named("faster"), left={"30d": 0.2}, rates=OUTAGE),
        slo("exhausted", named("lost"), left=SPENT, rates=OUTAGE),
    )
    assert [row.slo for row in view.error_budgets] == [
        *("faster", "fast", "lost", "burnt", "spent", "frozen", "slow", "silent", "calm", "calmer")
    ]


def test_what_is_not_listed_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(error_budgets, "SHOWN", 3)
    board = Board()
    put(board, *(slo(labels=named(f"slo-{number}")) for number in range(10)))
    view = board.view((), START)
    assert (len(view.error_budgets), view.error_budgets_more) == (3, 7)
    board.put(key(named("slo-9")), None, (), START)
    assert board.view((), START).error_budgets_more == 6


def test_an_slo_that_is_gone_is_gone() -> None:
    board = Board()
    put(board, slo("fast_burn", rates=OUTAGE))
    board.put(key(), None, (), START)
    board.put(key(), None, (), START)
    view = board.view((), START)
    assert (view.subjects, view.error_budgets, view.error_budgets_more) == ((), (), 0)


def test_windows_that_move_without_a_visible_difference_are_no_news() -> None:
    board = Board()
    put(board, slo("slow_burn", left={"30d": 0.73456}, rates={"1d": 3.51}))
    board.view((), START)
    put(board, slo("slow_burn", left={"30d": 0.73461}, rates={"1d": 3.52})._replace(evaluated_at=START), after=30)
    assert not board.pending(START + 30)
    put(board, slo("slow_burn", left={"30d": 0.72}, rates={"1d": 3.52}), after=60)
    assert board.pending(START + 60)
    assert board.view((), START + 60).error_budgets[0].periods[0].left == 0.72
