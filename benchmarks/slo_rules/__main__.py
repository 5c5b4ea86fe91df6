"""What 100 SLOs cost by Sloth's rules and by Headroom: all CPU of Prometheus and of the exporter, in one run.

.venv/bin/python -m benchmarks.slo_rules [--minutes 10] [--print]
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import click

from benchmarks.slo_rules import shop
from benchmarks.slo_rules.contenders import (
    Contender,
    Reading,
    exporter,
    metrics,
    scrapes,
    settled,
    slo_rules,
    sloth_rules,
)
from tests.real.processes import start_together
from tests.real.waiting import wait_until

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
PROGRAM = HERE.parent / "out" / "slo_history"
MARKS = ("<!-- slos: written by `python -m benchmarks.slo_rules` -->", "<!-- end of the slos -->")
OBJECTIVES = 100
SETTLING_SECONDS = 60
LOOKS = 10
NOTHING, IDLE, SLOTH, SHORTER, OURS = (
    "scraping alone",
    "scraping alone, an exporter without SLOs",
    "Sloth's rules",
    "Sloth's rules without the 30-day rule",
    "Headroom: default rules, exporter",
)
SAME_BURN = {
    OURS: "last_over_time(slo:headroom_slo_burn_rate:ratio_increase3d[21m]) * 0.001",
    SLOTH: "slo:sli_error:ratio_rate3d",
    SHORTER: "slo:sli_error:ratio_rate3d",
}


class Row(NamedTuple):
    """One contender's figures: CPU seconds a minute, samples read in 30 seconds, bytes."""

    rules: int
    prometheus: float
    exporter: float
    samples: float
    memory: float
    exporter_memory: float

    @property
    def seconds(self) -> float:
        """CPU seconds a minute of all that stands there."""
        return self.prometheus + self.exporter


def build() -> str:
    """Build what writes the history; return the version of Prometheus that it is made of."""
    go = shutil.which("go")
    if go is None:
        raise click.ClickException("no go on PATH: install it from https://go.dev/dl/")
    PROGRAM.parent.mkdir(exist_ok=True)
    command = ["nice", "-n", "10", go, "build", "-trimpath", "-o", str(PROGRAM), "."]
    subprocess.run(command, cwd=HERE / "history", env=os.environ | {"CGO_ENABLED": "0"}, check=True)
    found = re.search(r"prometheus/prometheus (v\S+)", (HERE / "history" / "go.mod").read_text())
    return found[1] if found else ""


def contenders(folder: Path, stack: ExitStack) -> list[Contender]:
    """All of them, configured, each with its copy of a history that ends now."""
    history, specification = folder / "history", folder / "slos.yaml"
    specification.write_text(shop.specification(OBJECTIVES))
    whole, less = sloth_rules(specification, folder)
    source, cluster = stack.enter_context(shop.scraped(OBJECTIVES)), stack.enter_context(shop.empty_cluster())
    subprocess.run([PROGRAM, history, str(int(time.time())), str(OBJECTIVES)], check=True)
    idle, idle_target = exporter(folder / "idle", cluster)
    found = [
        Contender(NOTHING, folder / "0", history),
        Contender(IDLE, folder / "1", history, exporter=idle),
        Contender(SLOTH, folder / "2", history, rules=whole),
        Contender(SHORTER, folder / "3", history, rules=less),
        ours := Contender(OURS, folder / "4", history, rules=slo_rules(folder)),
    ]
    flags = (f"--slo.files={specification}", "--slo.step=30s", f"--slo.state-file={folder / 'slos.db'}")
    ours.exporter, target = exporter(folder / "slos", cluster, *flags, f"--prometheus.url={ours.url}")
    targets = {IDLE: idle_target, OURS: target}
    for one in found:
        one.configure(scrapes(source, targets.get(one.name, "")))
    processes = [one.prometheus for one in found] + [one.exporter for one in found if one.exporter]
    for process in processes:
        stack.callback(process.discard)
    start_together(processes)
    own = f"http://{target}"
    wait_until(
        lambda: (
            (page := metrics(own))["headroom_prometheus_objectives"] == OBJECTIVES
            and not page["headroom_prometheus_chunks_pending"]
        ),
        what="the exporter to have read the SLOs' past",
        timeout=900,
    )
    return found


def steady(found: Sequence[Contender], minutes: float) -> dict[str, Row]:
    """Figures of all contenders over the same minutes; RuntimeError if one did not do its work."""
    looks: dict[str, list[Reading]] = {one.name: [] for one in found}
    times: dict[str, list[float]] = {one.name: [] for one in found}
    for look in range(LOOKS + 1):
        if look:
            time.sleep(minutes * 60 / LOOKS)
        for one in found:
            times[one.name].append(time.monotonic())
            looks[one.name].append(one.read())
    return {one.name: _row(one, looks[one.name], times[one.name]) for one in found}


def _row(one: Contender, looks: Sequence[Reading], times: Sequence[float]) -> Row:
    first, last, elapsed = looks[0], looks[-1], times[-1] - times[0]
    for trouble in ("missed", "failed", "compactions"):
        if getattr(last, trouble) != getattr(first, trouble):
            raise RuntimeError(
                f"{one.name}: {trouble} while it was measured; run it again on a machine with less to do"
            )
    memory, exporter_memory = settled(looks)
    return Row(
        rules=one.number_of_rules(),
        prometheus=(last.prometheus_seconds - first.prometheus_seconds) / elapsed * 60,
        exporter=(last.exporter_seconds - first.exporter_seconds) / elapsed * 60,
        samples=(last.samples - first.samples) / elapsed * 30,
        memory=memory,
        exporter_memory=exporter_memory,
    )


def agreement(found: Sequence[Contender]) -> float:
    """The largest relative difference of the 3-day ratios by Headroom's rules from Sloth's; all SLOs are to have one."""
    ratios = {
        one.name: {labels.get("slo") or labels["sloth_slo"]: value for labels, value in one.count(SAME_BURN[one.name])}
        for one in found
        if one.name in SAME_BURN
    }
    if any(len(each) != OBJECTIVES for each in ratios.values()):
        raise RuntimeError(f"SLOs are missing: { ({name: len(each) for name, each in ratios.items()}) }")
    return max(abs(ratios[OURS][slo] / ratio - 1) for slo, ratio in ratios[SLOTH].items())


def table(rows: dict[str, Row]) -> Iterator[str]:
    """Yield the table and the quotients, without what scraping alone costs."""
    yield "| contender | rules | Prometheus, CPU s/min | exporter, CPU s/min | without the baseline | samples read in 30 s | Prometheus, MiB | exporter, MiB |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    baseline = rows[NOTHING].seconds
    for name, row in rows.items():
        yield (
            f"| {name} | {row.rules:,} | {row.prometheus:.3f} | {row.exporter:.3f} | {row.seconds - baseline:.3f} | "
            f"{row.samples:,.0f} | {row.memory / 2**20:.0f} | {row.exporter_memory / 2**20:.0f} |"
        )
    yield ""
    yield "| Headroom beside | all of the exporter | what its SLOs add | goal |  |"
    yield "| --- | --- | --- | --- | --- |"
    whole, added = rows[OURS].seconds - baseline, rows[OURS].seconds - rows[IDLE].seconds
    for name in (SLOTH, SHORTER):
        peer = rows[name].seconds - baseline
        yield (
            f"| {name} | 1/{peer / whole:.1f} | 1/{peer / added:.1f} | 1/10 | "
            f"{'met' if peer / whole >= 10 else '**missed**'} |"
        )


def measure(minutes: float) -> Iterator[str]:
    """Yield the lines of the table."""
    version, load = build(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        found = contenders(Path(folder), stack)
        time.sleep(SETTLING_SECONDS)
        rows = steady(found, minutes)
        apart = agreement(found)
    yield (
        f"- Prometheus {version}, Sloth v0.16.0, Python {platform.python_version()}; {os.cpu_count()} cores, load "
        f"{load:.1f} before; {OBJECTIVES} SLOs, {minutes:g} minutes, all contenders at once."
    )
    yield f"- The error ratios of 3 days by Headroom's rules differ from Sloth's by {apart:.1e} at most.\n"
    yield from table(rows)


@click.command()
@click.option("--minutes", default=10.0, show_default=True, help="How long is measured; 10 hold each rule's turn.")
@click.option("--print", "printed", is_flag=True, help="Leave the README alone.")
def main(*, minutes: float, printed: bool) -> None:
    """Measure, and write the table into benchmarks/README.md."""
    lines = "\n".join(measure(minutes))
    click.echo(lines)
    if not printed:
        text = README.read_text()
        before, after = text.split(MARKS[0])[0], text.split(MARKS[1])[1]
        README.write_text(f"{before}{MARKS[0]}\n{lines}\n{MARKS[1]}{after}")


if __name__ == "__main__":
    main()
