"""The tables of benchmarks/README.md, between its markers."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from benchmarks.phases import SCRAPE_CHURN, SCRAPE_INTERVAL, STEADY_INTERVAL, Durations, Memory, Startup
from benchmarks.retained import Retained
from benchmarks.scrapes import Answers, Content
from tools.build import PROGRAMS, TOOLS

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- table: written by `make bench` -->", "<!-- end of the table -->"
MEBIBYTE = 1 << 20


class Result(NamedTuple):
    """What one contender was measured to cost."""

    title: str
    startup: Startup
    content: Content
    identity: Answers
    gzip: Answers
    durations: Durations
    steady_cpu: tuple[float, float]
    """CPU seconds per second at the lower and the higher rate."""
    memory: Memory


class Setting(NamedTuple):
    """Under what the results were found."""

    pods: int
    objects: Mapping[str, int]
    rates: tuple[float, float]
    """Patches a second that the API server really took."""
    peer_content_type: str
    server: str
    load: float
    retained: Retained
    empty_settled: int
    """Bytes of Headroom beside a cluster without pods."""


Cell = Callable[[Result, Setting], str]


def _event_microseconds(result: Result, setting: Setting) -> float:
    low, high = result.steady_cpu
    return 1e6 * (high - low) / (setting.rates[1] - setting.rates[0])


def _mebibytes(size: float) -> str:
    return f"{size / MEBIBYTE:.1f}"


ROWS: tuple[tuple[str, Cell], ...] = (
    ("Series", lambda r, _: f"{r.content.series:,}"),
    ("Families", lambda r, _: f"{r.content.families}"),
    ("Body, MiB", lambda r, _: _mebibytes(r.identity.size)),
    ("Body asked for with gzip, MiB", lambda r, _: f"{r.gzip.size / MEBIBYTE:.2f}"),
    ("`scrape_duration_seconds` p50, ms", lambda r, _: f"{r.durations.p50:.1f}"),
    ("`scrape_duration_seconds` p99, ms", lambda r, _: f"{r.durations.p99:.1f}"),
    ("Answer p50, ms", lambda r, _: f"{r.identity.p50:.2f}"),
    ("Answer p99, ms", lambda r, _: f"{r.identity.p99:.2f}"),
    ("CPU of an answer, ms", lambda r, _: f"{r.identity.cpu:.2f}"),
    ("Answer with gzip p50, ms", lambda r, _: f"{r.gzip.p50:.2f}"),
    ("Answer with gzip p99, ms", lambda r, _: f"{r.gzip.p99:.2f}"),
    ("CPU of an answer with gzip, ms", lambda r, _: f"{r.gzip.cpu:.2f}"),
    ("Steady CPU at the low rate, millicores", lambda r, _: f"{1000 * r.steady_cpu[0]:.1f}"),
    ("Steady CPU at the high rate, millicores", lambda r, _: f"{1000 * r.steady_cpu[1]:.1f}"),
    ("CPU of one more event, microseconds", lambda r, s: f"{_event_microseconds(r, s):.0f}"),
    ("Start-up CPU, s", lambda r, _: f"{r.startup.cpu:.2f}"),
    ("Start-up until at rest, s", lambda r, _: f"{r.startup.seconds:.1f}"),
    ("Peak memory after start-up, MiB", lambda r, _: _mebibytes(r.startup.peak)),
    ("Peak memory of the run, MiB", lambda r, _: _mebibytes(r.memory.peak)),
    ("Settled memory, MiB", lambda r, _: _mebibytes(r.memory.settled)),
)


class Goal(NamedTuple):
    """What is ours and the peer's, and what their quotient should at most be."""

    name: str
    ours: float
    peer: float
    limit: float
    limit_text: str

    def row(self) -> str:
        quotient = self.ours / self.peer
        return _row(
            self.name,
            f"{self.ours:.4g}",
            f"{self.peer:.4g}",
            _quotient(quotient),
            self.limit_text,
            _met(quotient <= self.limit),
        )


def goals(results: Mapping[str, Result]) -> list[Goal]:
    """Each against the tuned peer: with gzip where the answer is compressed, else without, which is cheaper for it."""
    us, peer, gzip = results["headroom"], results["ksm-tuned"], results["ksm-tuned-gzip"]
    return [
        Goal("`scrape_duration_seconds` p50, ms", us.durations.p50, peer.durations.p50, 1 / 6, "1/6"),
        Goal("CPU of an answer with gzip, ms", us.gzip.cpu, gzip.gzip.cpu, 1 / 50, "1/50"),
        Goal("steady CPU, low rate, millicores", 1e3 * us.steady_cpu[0], 1e3 * peer.steady_cpu[0], 2 / 3, "2/3"),
        Goal("steady CPU, high rate, millicores", 1e3 * us.steady_cpu[1], 1e3 * peer.steady_cpu[1], 2 / 3, "2/3"),
        Goal("peak memory, MiB", us.memory.peak / MEBIBYTE, peer.memory.peak / MEBIBYTE, 1 / 3, "1/3"),
        Goal("settled memory, MiB", us.memory.settled / MEBIBYTE, peer.memory.settled / MEBIBYTE, 2 / 3, "2/3"),
        Goal("start-up CPU, s", us.startup.cpu, peer.startup.cpu, 2 / 3, "2/3"),
        Goal("series", us.content.series, peer.content.series, 1 / 6, "1/6"),
        Goal("bytes of a gzip answer, KiB", us.gzip.size / 1024, gzip.gzip.size / 1024, 1 / 10, "1/10"),
    ]


def write(results: Mapping[str, Result], setting: Setting) -> None:
    """Replace what stands between the markers of the README."""
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{page(results, setting)}{END}{after}", encoding="utf-8")


def page(results: Mapping[str, Result], setting: Setting) -> str:
    """The tables and what they were measured under."""
    state = setting.retained.state_bytes
    titles = [result.title for result in results.values()]
    rows = [_row(name, *(cell(one, setting) for one in results.values())) for name, cell in ROWS]
    lines = [
        *(f"- {line}" for line in _circumstances(results["headroom"], setting)),
        "",
        "### Goals, against the tuned peer",
        "",
        *_table(["measure", "Headroom", "peer", "quotient", "goal", ""], [goal.row() for goal in goals(results)]),
        _row("bytes retained per pod (facts and state)", f"{state:.0f}", "", "", "800", _met(state <= 800)),
        "",
        "### All figures",
        "",
        *_table(["measure", *titles], rows),
        "",
        "### What a pod costs Headroom's collector",
        "",
        *_table(["measure", "value"], _of_a_pod(results["headroom"], setting)),
        "",
    ]
    return "\n".join(lines)


def _circumstances(us: Result, setting: Setting) -> list[str]:
    objects = ", ".join(f"{count:,} {kind}" for kind, count in setting.objects.items())
    programs = (
        f"Kubernetes {setting.server}",
        f"kube-state-metrics {_pinned('kube-state-metrics')} (fed with {setting.peer_content_type})",
        f"Prometheus {_pinned('prometheus')}",
        f"Python {platform.python_version()}",
    )
    low, high = setting.rates
    machine = f"{os.cpu_count()} cores shared by everything, Linux {platform.release()}"
    return [
        f"{datetime.now(UTC):%Y-%m-%d}; {', '.join(programs)}.",
        f"{machine}; load {setting.load:.1f} before (above 1 something else ran: durations then say less than CPU).",
        f"{setting.pods:,} pods; objects: {objects}.",
        f"Scrape durations: every {SCRAPE_INTERVAL} s at {SCRAPE_CHURN:g} patches/s, {us.durations.scrapes} scrapes (p99: the largest).",
        f"Steady CPU: scraped every {STEADY_INTERVAL} s; low rate {low:.1f}, high rate {high:.1f} patches/s.",
    ]


def _of_a_pod(us: Result, setting: Setting) -> list[str]:
    retained, all_in = setting.retained, (us.startup.settled - setting.empty_settled) / setting.pods
    return [
        _row("bytes retained: facts and state, fresh process, real objects", f"{retained.state_bytes:.0f}"),
        _row("bytes retained: rendered lines of its workload and node", f"{retained.page_bytes:.0f}"),
        _row("settled memory beside no pods, MiB (both processes)", _mebibytes(setting.empty_settled)),
        _row("all-in: settled after start-up less that, bytes per pod", f"{all_in:.0f}"),
        _row("list: decode, convert, apply, microseconds of CPU per pod", f"{retained.list_microseconds:.0f}"),
        _row("one watch event: decode, convert, apply, microseconds", f"{retained.event_microseconds:.0f}"),
        _row("first publication of everything, microseconds per pod", f"{retained.publish_microseconds:.0f}"),
    ]


def _table(head: Sequence[str], rows: Sequence[str]) -> list[str]:
    return [_row(*head), _row(*("---" for _ in head)), *rows]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _quotient(value: float) -> str:
    return f"1/{1 / value:.1f}" if 0 < value < 1 else f"{value:.2f}"


def _met(met: bool) -> str:  # noqa: FBT001  the verdict itself
    return "met" if met else "**missed**"


def _pinned(program: str) -> str:
    """The version that tools/ builds."""
    module = PROGRAMS[program].module
    lines = (TOOLS / program / "go.mod").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.strip().startswith(f"{module} v"))
