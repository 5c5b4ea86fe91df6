"""What the processes in containers do: an image holds a program, a program is numbers, incidents change them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import Any

Mi = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A process, as far as a kernel, a kubelet and a client can tell. Times in seconds since the container's start."""

    start_seconds: float = 2.0
    """Until it answers probes and requests."""
    cpu_start_cores: float = 0.2
    """Wanted while it starts."""
    cpu_idle_cores: float = 0.005
    cpu_per_request: float = 0.0
    """Core-seconds a request takes."""
    burstiness: float = 0.5
    """Coefficient of variation of what it wants between two CFS periods (100 ms)."""
    threads: int = 8
    """The most cores it can use at once."""
    memory_bytes: float = 30 * Mi
    """Working set without requests."""
    memory_per_request_rate: float = 0.0
    """Bytes for each request per second."""
    memory_growth: float = 0.0
    """Bytes leaked per second."""
    disk_growth: float = 0.0
    """Bytes per second written to the pod's first writable volume, else to the node's disk."""
    runs_seconds: float | None = None
    """After this long it exits by itself; None: never."""
    exit_code: int = 0
    healthy: bool = True
    """Answers liveness probes once started."""
    ready: bool = True
    """Answers readiness probes once started."""
    hangs_after: float | None = None
    """After this long it answers nothing any more."""
    latency: float = 0.02
    """Median seconds of a request on an idle machine."""
    error_ratio: float = 0.00005
    """Share of requests answered with a server error."""


IDLE = Program()
"""What an image does that nobody described: it starts, waits and answers."""


class Registry:
    """The images that can be pulled, by full name; what an incident altered, by repository (the name before the tag)."""

    def __init__(self) -> None:
        self._programs: dict[str, Program] = {}
        self._missing: set[str] = set()
        self._altered: dict[str, dict[int, dict[str, Any]]] = {}
        self._alterations = count()
        self.revision = 0
        """Counts what was changed, so that who runs programs knows when to look again."""

    def push(self, image: str, program: Program) -> None:
        """Make an image known, or change what it holds."""
        self._programs[image] = program
        self.revision += 1

    def withhold(self, image: str) -> None:
        """Make pulls of an image fail from now on."""
        self._missing.add(image)

    def has(self, image: str) -> bool:
        """Tell whether an image can be pulled; unknown ones can, unless their repository is known."""
        if image in self._missing:
            return False
        return image in self._programs or repository(image) not in {repository(known) for known in self._programs}

    def program(self, image: str) -> Program:
        """Return what the image's process does now."""
        program = self._programs.get(image, IDLE)
        for changes in self._altered.get(repository(image), {}).values():
            program = replace(program, **changes)
        return program

    def alter(self, name: str, **changes: Any) -> int:  # noqa: ANN401  fields of Program
        """Change every program of a repository, running ones too, until `restore` of what is returned.

        A dependency's fault, a setting's. Of two alterations of one field the later one counts.
        """
        alteration = next(self._alterations)
        self._altered.setdefault(name, {})[alteration] = changes
        self.revision += 1
        return alteration

    def restore(self, name: str, alteration: int) -> None:
        """Take an alteration back."""
        alterations = self._altered[name]
        del alterations[alteration]
        if not alterations:
            del self._altered[name]
        self.revision += 1


def repository(image: str) -> str:
    """Return an image's name without tag or digest."""
    name = image.partition("@")[0]
    head, colon, tag = name.rpartition(":")
    return head if colon and "/" not in tag else name
