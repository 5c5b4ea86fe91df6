"""How long a kubelet's cAdvisor page takes to read, beside the parsers of VictoriaMetrics and Prometheus.

.venv/bin/python -m benchmarks.kubelet_pages [--passes 10] [--rounds 100] [--print]
"""

from __future__ import annotations

import gc
import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import click
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.kubelet_pages.page import crowded
from kube_headroom.kubelet.pages import KnownBlocks, cadvisor

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
OUT = HERE.parent / "out"
MARKS = ("<!-- pages: written by `python -m benchmarks.kubelet_pages` -->", "<!-- end of the pages -->")
PAGES = {"cgroup v2, with PSI": ("cgroup-v2", 48), "cgroup v1, without": ("cgroup-v1", 47)}

Timing = Callable[[Path, int], list[float]]


class Contender(NamedTuple):
    """Something that reads a page; what it makes of it; its seconds for each of a number of rounds."""

    name: str
    gives: str
    seconds: Timing


def ours(*, remembers: bool) -> Timing:
    def seconds(path: Path, rounds: int) -> list[float]:
        page, known = path.read_bytes(), KnownBlocks()
        return list(_timed(lambda: cadvisor(page, known=known if remembers else None), rounds))

    return seconds


def prometheus_client(path: Path, rounds: int) -> list[float]:
    text = path.read_text()

    def read() -> None:
        for _ in text_string_to_metric_families(text):
            pass

    return list(_timed(read, max(2, rounds // 50)))


def _timed(read: Callable[[], object], rounds: int) -> Iterator[float]:
    # The cyclic collector stays on, as it is in the exporter.
    read()
    for _ in range(rounds):
        began = time.perf_counter()
        read()
        yield time.perf_counter() - began


def program(name: str, *arguments: str) -> Timing:
    def seconds(path: Path, rounds: int) -> list[float]:
        command = [str(OUT / name), str(path), str(rounds), *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found: list[float] = json.loads(done.stdout)["seconds"]
        return found

    return seconds


CONTENDERS = (
    Contender(
        "Headroom, a node's next page", "pods' and containers' readings; other families skipped", ours(remembers=True)
    ),
    Contender("Headroom, a node's first page", "the same", ours(remembers=False)),
    Contender("VictoriaMetrics", "every row with its labels", program("victoriametrics")),
    Contender("Prometheus, rows' bounds", "every row, its labels unread", program("prometheus", "no-labels")),
    Contender("Prometheus, with labels", "every row with its labels", program("prometheus", "labels")),
    Contender("prometheus_client", "every row with its labels", prometheus_client),
)


def build(name: str) -> str:
    """Build a Go program; return its module's version."""
    go = shutil.which("go")
    if go is None:
        raise click.ClickException("no go on PATH: install it from https://go.dev/dl/")
    OUT.mkdir(exist_ok=True)
    environment = os.environ | {"CGO_ENABLED": "0"}
    command = ["nice", "-n", "10", go, "build", "-trimpath", "-o", str(OUT / name), "."]
    subprocess.run(command, cwd=HERE / name, env=environment, check=True)
    found = re.search(rf"github\.com/{name}/{name} (v\S+)", (HERE / name / "go.mod").read_text(), re.IGNORECASE)
    return found[1] if found else ""


def retained(page: bytes) -> tuple[float, float]:
    """Bytes that a cgroup costs that is remembered: with the names' texts, and where the `Cgroup`s are held as well."""
    tracemalloc.start()
    known = KnownBlocks()
    held = cadvisor(page, known=known)
    gc.collect()
    both = tracemalloc.get_traced_memory()[0]
    number, known = len(known.identities), KnownBlocks()
    beside = both - tracemalloc.get_traced_memory()[0]
    del held
    before = tracemalloc.get_traced_memory()[0]
    cadvisor(page, known=known)
    gc.collect()
    whole = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return whole / number, beside / number


def measure(passes: int, rounds: int) -> Iterator[str]:
    """Yield the lines of the table."""
    versions = {name: build(name) for name in ("victoriametrics", "prometheus")}
    yield (
        f"- VictoriaMetrics {versions['victoriametrics']}, Prometheus {versions['prometheus']}, Python "
        f"{platform.python_version()}; {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.1f} before; {passes} passes of {rounds} rounds, contenders in turn."
    )
    with tempfile.TemporaryDirectory() as folder:
        for title, (node, pods) in PAGES.items():
            path = Path(folder) / node
            path.write_bytes(page := crowded(pods, node=node))
            yield from _table(title, path, passes, rounds)
            whole, shared = retained(page)
            yield f"What is remembered costs {whole:.0f} bytes a cgroup, {shared:.0f} where the page's cgroups are held anyway."


def _table(title: str, path: Path, passes: int, rounds: int) -> Iterator[str]:
    page = path.read_bytes()
    rows = page.count(b"\n") - page.count(b"\n# ") - 1
    seconds: dict[str, list[float]] = {each.name: [] for each in CONTENDERS}
    for _ in range(passes):
        for each in CONTENDERS:
            seconds[each.name] += each.seconds(path, rounds)
    yield f"\n{title}: {len(page) / 1e6:.2f} MB, {rows:,} rows, {page.count(b'# TYPE')} families\n"
    yield "| reader | best, ms | median, ms | gives |"
    yield "| --- | --- | --- | --- |"
    for each in CONTENDERS:
        found = seconds[each.name]
        yield f"| {each.name} | {min(found) * 1e3:.2f} | {median(found) * 1e3:.2f} | {each.gives} |"
    yield ""


@click.command()
@click.option("--passes", default=10, show_default=True, help="How often each reader has its turn.")
@click.option("--rounds", default=100, show_default=True, help="Pages it reads in a turn.")
@click.option("--print", "printed", is_flag=True, help="Leave the README alone.")
def main(*, passes: int, rounds: int, printed: bool) -> None:
    """Measure, and write the table into benchmarks/README.md."""
    table = "\n".join(measure(passes, rounds))
    click.echo(table)
    if not printed:
        text = README.read_text()
        before, after = text.split(MARKS[0])[0], text.split(MARKS[1])[1]
        README.write_text(f"{before}{MARKS[0]}\n{table}\n{MARKS[1]}{after}")


if __name__ == "__main__":
    main()
