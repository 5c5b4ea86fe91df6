"""The terminal view of one look: room, who needs attention first, incidents; as high as the terminal and no higher."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from rich.console import Group
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from kube_headroom.catalogue.indicator import Indicator
from kube_headroom.catalogue.indicators import CONTAINERS_WAITING, OOM_KILLS, RESTARTS
from kube_headroom.catalogue.usage_indicators import PROBE_FAILURES, THROTTLED_PERIODS
from kube_headroom.demo.lines import attention
from kube_headroom.demo.look import Look, Places
from kube_headroom.demo.words import age, incident, named, places
from kube_headroom.overview.content import Amounts, Overview, Room, Severity, Subject
from kube_headroom.overview.error_budgets import title
from kube_headroom.overview.words import amount, counted, percent

INCIDENTS_SHOWN = 3
SUBJECTS_AT_LEAST = 1
BUDGETS_SHOWN = 5
BAR_WIDTH = 14
LATE_SECONDS = 3.0
"""Real seconds by which the world may be late without a word."""
NEARLY_FULL = 0.9
_STYLES: dict[Severity | None, str] = {Severity.BROKEN: "bold red", Severity.RISK: "yellow", Severity.NOTE: "cyan"}
_WORDS = {Severity.BROKEN: "broken", Severity.RISK: "at risk", Severity.NOTE: "note"}


def view(look: Look, where: Places, height: int) -> Group:
    """Return the view in at most `height` lines, if these are 22 or more; what does not fit is counted.

    Error budgets take lines that are left, or half of them where more subjects need attention.
    """
    overview = look.overview
    above: list[Text | Table] = [_title(look), Text(), _room(overview.cluster), Text(), _attention_heading(overview)]
    below: list[Text | Table] = [Text(), *_counters(overview), Text(), _incidents(look), Text(), _places(where)]
    taken = sum(map(_lines, (*above, *below)))
    spare = height - taken
    budgets = _budgets(overview, max(spare - len(overview.subjects), (spare + 1) // 2))
    shown = overview.subjects[: max(SUBJECTS_AT_LEAST, spare - sum(map(_lines, budgets)))]
    return Group(*above, *([_subjects(shown, overview.at)] if shown else []), *budgets, *below)


def _lines(block: Text | Table) -> int:
    return block.row_count + block.show_header if isinstance(block, Table) else 1


def _line(*parts: str | tuple[str, str]) -> Text:
    return Text.assemble(*parts, no_wrap=True, overflow="ellipsis")


def _grid(*headings: str, header: bool = True) -> Table:
    table = Table(box=None, show_header=header, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in headings:
        table.add_column(heading, no_wrap=True, overflow="ellipsis")
    return table


def _title(look: Look) -> Text:
    moment = datetime.fromtimestamp(look.now, UTC).strftime("%a %H:%M:%S UTC")
    cluster = look.overview.cluster
    nodes = "no node" if cluster is None else f"{cluster.usable} of {counted(cluster.nodes, 'node', 'nodes')} usable"
    if cluster is not None and cluster.measured is not None and cluster.measured < cluster.nodes:
        nodes += f", {cluster.measured} measured"
    late = f", {age(look.behind)} behind" if look.behind > LATE_SECONDS * look.speed else ""
    return _line(("Headroom demo", "bold"), f"   {nodes}   {moment}   speed {look.speed:g}", (late, "yellow"))


def _room(cluster: Room | None) -> Table:
    table = _grid("", "requested", "", "", "used", "largest gone", "limits")
    for name, resource, amounts in () if cluster is None else _resources(cluster):
        share = _share(amounts.requested, amounts.allocatable)
        table.add_row(
            name,
            ProgressBar(total=1.0, completed=min(1.0, share or 0.0), width=BAR_WIDTH, complete_style=_style(share)),
            _percent(share),
            _of(resource, amounts),
            _percent(_share(amounts.used, amounts.allocatable)) if amounts.used is not None else "",
            _percent(_share(amounts.requested, amounts.allocatable - amounts.largest)),
            _percent(_share(amounts.limited, amounts.allocatable), promised=True),
        )
    return table


def _resources(cluster: Room) -> tuple[tuple[str, str, Amounts], ...]:
    return ("CPU", "cpu", cluster.cpu), ("memory", "memory", cluster.memory)


def _of(resource: str, amounts: Amounts) -> str:
    if resource == "cpu":
        return f"{amounts.requested:.1f} of {amounts.allocatable:.1f} cores"
    return f"{amount(resource, amounts.requested)} of {amount(resource, amounts.allocatable)}"


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _percent(share: float | None, *, promised: bool = False) -> Text:
    """Return a share; what is only promised may be more than there is."""
    return Text("-") if share is None else Text(f"{share:.0%}", style="" if promised else _style(share))


def _style(share: float | None) -> str:
    if share is None or share >= 1.0:
        return "bold red"
    return "yellow" if share >= NEARLY_FULL else "green"


def _attention_heading(overview: Overview) -> Text:
    return _line(("Needs attention: ", "bold"), attention(overview.counts) or "nothing")


def _subjects(subjects: Iterable[Subject], now: float) -> Table:
    table = _grid("", "", "", "", header=False)
    table.columns[1].max_width = 34
    table.columns[2].ratio = 1
    table.expand = True
    for subject in subjects:
        first = subject.findings[0]
        table.add_row(
            Text(_WORDS[subject.severity], style=_STYLES[subject.severity]),
            named(subject),
            "; ".join(finding.text for finding in subject.findings),
            age(now - first.since),
        )
    return table


def _budgets(overview: Overview, lines: int) -> tuple[Table, ...]:
    """Return the worst error budgets under a heading, nothing where not even one of them fits."""
    shown = overview.error_budgets[: max(0, min(BUDGETS_SHOWN, lines - 1))]
    if not shown:
        return ()
    count = len(overview.error_budgets) + overview.error_budgets_more
    heading = "Error budgets" if count == len(shown) else f"Worst of {count} error budgets"
    table = _grid(heading, "state", "burns in 1h", "left")
    table.columns[0].max_width = 28
    for budget in shown:
        table.add_row(
            title(budget.service, budget.slo, budget.group),
            Text(budget.state.replace("_", " ") or "no data", style=_STYLES.get(budget.severity, "green")),
            next((f"{burn.rate:g}×" for burn in budget.burns if burn.window == "1h"), "unknown"),  # noqa: RUF001  meant
            ", ".join(f"{percent(period.left)} of {period.period}" for period in budget.periods) or "unknown",
        )
    return (table,)


def _counters(overview: Overview) -> tuple[Text, Text]:
    restarts, restarted = _total(overview, RESTARTS)
    waiting, held_up = _total(overview, CONTAINERS_WAITING)
    kills, _ = _total(overview, OOM_KILLS)
    _, throttled = _total(overview, THROTTLED_PERIODS)
    _, failing = _total(overview, PROBE_FAILURES)
    and_more = "+" if overview.more else ""
    return _line(
        ("Restarts in an hour: ", "bold"), f"{restarts:g}{and_more} ({counted(restarted, 'workload', 'workloads')})   ",
        ("Waiting containers: ", "bold"), f"{waiting:g}{and_more} ({counted(held_up, 'workload', 'workloads')})",
    ), _line(
        ("OOM kills in an hour: ", "bold"), f"{kills:g}{and_more}   ",
        ("Workloads throttled: ", "bold"), f"{throttled}{and_more}   ",
        ("Workloads failing probes: ", "bold"), f"{failing}{and_more}",
    )  # fmt: skip


def _total(overview: Overview, indicator: Indicator) -> tuple[float, int]:
    """Add up an indicator's findings over the listed subjects, and count these."""
    values = [
        sum(finding.value for finding in subject.findings if finding.indicator == indicator.name)
        for subject in overview.subjects
    ]
    return sum(values), sum(1 for value in values if value)


def _incidents(look: Look) -> Table:
    table = _grid("", header=False)
    running = look.incidents
    table.add_row(_line(("Incidents: ", "bold"), "" if running else "none"))
    for each in running[:INCIDENTS_SHOWN]:
        table.add_row(f"  {incident(each, look.now)}")
    if len(running) > INCIDENTS_SHOWN:
        table.add_row(f"  and {len(running) - INCIDENTS_SHOWN} more")
    return table


def _places(where: Places) -> Table:
    table = _grid("", "", header=False)
    table.columns[1].overflow = "fold"
    for what, how in places(where):
        table.add_row(what, how)
    return table
