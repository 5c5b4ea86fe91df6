"""The cgroups of a cluster on this machine: made, entered, emptied and removed in every hierarchy, v1 or v2."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path

from tests.real.waiting import wait_until

ROOT = Path("/sys/fs/cgroup")
# The leaf for what is no pod: in v2 a cgroup with children holds no processes of its own.
SYSTEM = "system"


@cache
def hierarchies() -> tuple[Path, ...]:
    """The mount points of all hierarchies: one in v2, one per controller in v1, v2's last."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    found = {Path(row[1]): row[2] for row in mounts if row[2] in ("cgroup", "cgroup2") and row[1].startswith(str(ROOT))}
    return tuple(sorted(found, key=lambda mount: (found[mount], str(mount))))


def is_unified() -> bool:
    """Whether this machine has cgroup v2 alone."""
    return hierarchies() == (ROOT,)


def accounting() -> tuple[Path, ...]:
    """The hierarchies that kubelets read: v2's beside those of v1 has pressure that they do not know of."""
    return tuple(mount for mount in hierarchies() if mount != ROOT / "unified")


class ClusterCgroup:
    """One cgroup of the same name in every hierarchy; all processes of a cluster are in it or below it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.folders = tuple(mount / name for mount in hierarchies())

    def make(self) -> None:
        """Make it, with the leaf for what is no pod."""
        for folder in self.folders:
            (folder / SYSTEM).mkdir(parents=True)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Be in it, so that every process started meanwhile is in it from its first instruction.

        One hierarchy is enough to find them all again; v2's charges nothing where v1 counts.
        """
        mount, folder = hierarchies()[-1], self.folders[-1]
        before = _own_cgroup(mount)
        _move(folder / SYSTEM)
        try:
            yield
        finally:
            _move(before)

    def processes(self) -> set[int]:
        """Every process in it or below it, in any hierarchy."""
        found: set[int] = set()
        for root in self.folders:
            for folder, _, _ in os.walk(root):
                with suppress(OSError):
                    found.update(map(int, Path(folder, "cgroup.procs").read_text().split()))
        return found

    def kill(self) -> None:
        """Kill every process in it until none is left: what forks meanwhile is met in the next round."""

        def emptied() -> bool:
            processes = self.processes()
            for process in processes:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            return not processes

        wait_until(emptied, what=f"the processes of {self.name} to end")

    def remove(self) -> None:
        """Remove it with all below it; nothing may run in it."""
        for folder in self.folders:
            wait_until(partial(_removed, folder), what=f"{folder} to be removable")


def _own_cgroup(mount: Path) -> Path:
    """This process's cgroup in a hierarchy."""
    wanted = "" if mount in (ROOT, ROOT / "unified") else mount.name
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if wanted in (*controllers.split(","), controllers.removeprefix("name=")):
            return mount / path.lstrip("/")
    return mount


def _move(folder: Path) -> None:
    (folder / "cgroup.procs").write_text(str(os.getpid()))


def _removed(folder: Path) -> bool:
    if not folder.exists():
        return True
    for path, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):
            Path(path).rmdir()
    return not folder.exists()
