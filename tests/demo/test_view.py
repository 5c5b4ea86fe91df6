"""The terminal's view of a look: what it says, and that it never outgrows the terminal."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from kube_headroom.demo.look import Look
from kube_headroom.demo.view import view
from tests.conftest import Golden
from tests.demo.looks import (
    BUDGET,
    BURNING,
    CART,
    CRASH_LOOP,
    CRASHING,
    ERROR_BUDGETS,
    NODE,
    NODE_DOWN,
    ROOM,
    STARVING,
    WHERE,
    finding,
    look,
    subject,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "demo"
MANY = tuple(subject(f"service-{number}", finding("1 of 3 replicas missing")) for number in range(40))
FIVE = (CRASH_LOOP, NODE_DOWN, *(CRASH_LOOP._replace(target=f"shop/{name}") for name in ("cart", "checkout", "web")))


def rendered(shown: Look, *, width: int = 80, height: int = 23) -> str:
    console = Console(record=True, width=width, height=height, file=io.StringIO(), highlight=False, color_system=None)
    console.print(view(shown, WHERE, height))
    return "".join(f"{line.rstrip()}\n" for line in console.export_text().splitlines())


@dataclass(frozen=True)
class Case:
    name: str
    look: Look


CASES = (
    Case("quiet", look()),
    Case("incidents", look(CRASHING, NODE, CART, BUDGET, incidents=(CRASH_LOOP, NODE_DOWN), speed=60)),
    Case("crowded", look(*MANY, incidents=FIVE, speed=600, behind=7_200)),
    Case("no-node", look(room=None)),
    Case("burning", look(CRASHING, BURNING, *MANY, incidents=(CRASH_LOOP,), error_budgets=ERROR_BUDGETS)),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_terminal_of_80_by_24_shows_everything(case: Case, golden: Golden) -> None:
    golden(GOLDEN / f"{case.name}.txt", rendered(case.look))


@pytest.mark.parametrize("height", [22, 23, 30, 60])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_view_is_never_higher_than_the_terminal(case: Case, height: int) -> None:
    assert len(rendered(case.look, height=height).splitlines()) <= height


@pytest.mark.parametrize("width", [60, 80, 200])
def test_every_line_stays_within_the_terminal(width: int) -> None:
    crowd = look(CRASHING, NODE, *MANY, incidents=FIVE, speed=600, behind=7_200, error_budgets=ERROR_BUDGETS)
    text = rendered(crowd, width=width, height=40)
    assert max(map(len, text.splitlines())) <= width


def test_what_is_not_listed_is_more_than_what_is_added_up() -> None:
    shown = look(CRASHING)
    cut = shown._replace(overview=msgspec.structs.replace(shown.overview, more=7))
    assert "Restarts in an hour: 31+ (1 workload)   Waiting containers: 5+ (1 workload)" in rendered(cut)


def test_what_limits_and_probes_cost_is_added_up() -> None:
    assert "OOM kills in an hour: 2   Workloads throttled: 1   Workloads failing probes: 1" in rendered(look(STARVING))


def test_use_that_nobody_measures_is_not_shown_as_nothing() -> None:
    amounts = msgspec.structs.replace(ROOM.cpu, used=None)
    unmeasured = msgspec.structs.replace(ROOM, measured=None, cpu=amounts)
    (line,) = [line for line in rendered(look(room=unmeasured)).splitlines() if line.startswith("CPU")]
    assert "56.4 of 60.0 cores         107%" in line


def test_nodes_that_are_not_measured_are_told_of() -> None:
    partly = msgspec.structs.replace(ROOM, measured=10)
    assert "11 of 12 nodes usable, 10 measured   " in rendered(look(room=partly))


def test_a_higher_terminal_shows_more_of_who_needs_attention() -> None:
    assert rendered(look(*MANY), height=50).count("1 of 3 replicas missing") > 25


def test_the_whole_reason_is_told_where_there_is_width() -> None:
    assert (
        "no replica available, 6 wanted; CrashLoopBackOff in payments; 31 restarts in the last hour (payments)"
        in rendered(look(CRASHING), width=160)
    )


def test_the_five_worst_budgets_are_listed_and_the_others_counted() -> None:
    lines = rendered(look(error_budgets=ERROR_BUDGETS), height=40).splitlines()
    (start,) = [place for place, line in enumerate(lines) if line.startswith("Worst of 12 error budgets")]
    names = [line.split()[0] for line in lines[start + 1 : lines.index("", start)]]
    assert names == [f"payments/{slo}" for slo in ("availability", "requests", "probes", "requests-0", "requests-1")]


def test_budgets_leave_half_of_the_lines_to_what_needs_attention() -> None:
    shown = rendered(look(*MANY, error_budgets=ERROR_BUDGETS), height=27).splitlines()
    assert sum("1 of 3 replicas missing" in line for line in shown) == 5
    assert sum(line.startswith("payments/") for line in shown) == 4


def test_without_slos_there_is_no_heading() -> None:
    assert "error budget" not in rendered(look()).lower()
