"""`python -m benchmarks [--pods N]`: Headroom beside kube-state-metrics on one real control plane; asserts nothing."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import report
from benchmarks.contenders import install, service_account
from benchmarks.run import Stage, empty_settled, measure, say
from benchmarks.workloads import populate
from tests.real.control_plane import ControlPlane

REST = 20.0  # seconds in which the control plane writes what it still has to


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--pods", type=int, default=10_000, help="8 to a Deployment; default 10000")
    parser.add_argument("--steady-seconds", type=float, default=120.0, help="length of each of the two steady phases")
    parser.add_argument("--print", action="store_true", help="print the tables instead of writing benchmarks/README.md")
    chosen = parser.parse_args()
    # Else an ended run would leave its programs behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="headroom-bench-") as name, _control_plane(Path(name)) as plane:
        stage = Stage(plane, Path(name), install(Path(name) / "installed"))
        service_account(plane)
        empty = empty_settled(stage)
        say(f"creating {chosen.pods} pods")
        populate(plane, chosen.pods)
        time.sleep(REST)
        found = measure(stage, pods=chosen.pods, seconds=chosen.steady_seconds, empty=empty)
    if chosen.print:
        print(report.page(*found))
    else:
        report.write(*found)
    return 0


@contextmanager
def _control_plane(folder: Path) -> Iterator[ControlPlane]:
    (folder / "plane").mkdir()
    plane = ControlPlane(folder / "plane")
    try:
        say("starting the control plane")
        plane.start()
        yield plane
    finally:
        plane.discard()


if __name__ == "__main__":
    sys.exit(main())
