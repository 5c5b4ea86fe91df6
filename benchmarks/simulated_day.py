"""How long the simulated cluster takes for a day, driven without waiting, and whether it grows.

.venv/bin/python -m benchmarks.simulated_day [--hours 24] [--nodes 12] [--workloads 25] [--seed 1]
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import click

from kube_headroom.simulator.composition import build
from kube_headroom.simulator.world import Part, World

HOUR = 3600
MONDAY_MIDNIGHT = 1_799_625_600.0


class Timed:
    """A part, and the seconds its steps took."""

    def __init__(self, part: Part) -> None:
        self._step: Callable[[float], None] = part.step
        self.name = type(part).__name__
        self.seconds = 0.0

    def step(self, now: float) -> None:
        began = time.perf_counter()
        self._step(now)
        self.seconds += time.perf_counter() - began


@click.command()
@click.option("--hours", default=24, show_default=True, help="Simulated hours.")
@click.option("--nodes", default=12, show_default=True)
@click.option("--workloads", default=25, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--parts", is_flag=True, help="Tell what each part takes; this costs a little itself.")
def main(*, hours: int, nodes: int, workloads: int, seed: int, parts: bool) -> None:
    """Drive a simulated cluster and print a line per simulated hour, in seconds of one core."""
    began = time.perf_counter()
    world = build(seed=seed, start=MONDAY_MIDNIGHT, nodes=nodes, workloads=workloads)
    click.echo(f"build {time.perf_counter() - began:.1f} s, RSS {resident_mebibytes():.0f} MiB, {counts(world)}")
    timed = [Timed(part) for part in world.parts] if parts else []
    world.parts[:] = timed or world.parts
    began = last = time.process_time()
    for hour in range(1, hours + 1):
        world.advance(MONDAY_MIDNIGHT + hour * HOUR)
        now = time.process_time()
        seconds, last = now - last, now
        click.echo(
            f"hour {hour:3} {seconds:6.1f} s {HOUR / world.tick / seconds:7.0f} ticks/s"
            f" RSS {resident_mebibytes():5.0f} MiB, {counts(world)}"
        )
    click.echo(f"{hours} simulated hours in {last - began:.0f} s of one core")
    ticks = hours * HOUR / world.tick
    for each in sorted(timed, key=lambda each: -each.seconds):
        click.echo(f"{each.name:24} {each.seconds / ticks * 1000:7.3f} ms per tick")


def resident_mebibytes() -> float:
    """Return the memory this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def counts(world: World) -> str:
    """Return how many objects there are of what comes and goes."""
    return ", ".join(f"{world.store.count(name)} {name}" for name in ("pods", "events", "jobs", "replicasets"))


if __name__ == "__main__":
    main()
