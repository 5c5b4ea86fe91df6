"""How many connections may be kept open, by what the system lets a process have."""

from __future__ import annotations

import sys
from contextlib import suppress


def affordable(wanted: int) -> int:
    """Return how many of the wanted connections leave half of the process's descriptors to others.

    The soft limit is raised to the hard one first, as Go's programs do at their start: containers often have a soft
    limit of 1024, which is select(2)'s and not the system's.
    """
    if sys.platform == "win32":
        return wanted
    import resource  # noqa: PLC0415  (Unix only)

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < 2 * wanted and soft != hard:
        enough = 2 * wanted if hard == resource.RLIM_INFINITY else min(hard, 2 * wanted)
        with suppress(OSError, ValueError):  # a system that forbids it
            resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if soft == resource.RLIM_INFINITY else min(wanted, soft // 2)
