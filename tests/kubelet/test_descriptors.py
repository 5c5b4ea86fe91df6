"""Connections kept stay within what the system allows; in a process of its own, since limits are the process's."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
from kube_headroom.kubelet.descriptors import affordable
soft, hard, wanted = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print(affordable(wanted), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors are Unix's")
@pytest.mark.parametrize(
    ("soft", "hard", "wanted", "expected"),
    [
        pytest.param(256, 1000, 100, "100 256", id="enough is left as it is"),
        pytest.param(256, 1000, 400, "400 800", id="the soft limit is raised as far as needed"),
        pytest.param(256, 1000, 5000, "500 1000", id="half of the hard limit is all there is"),
    ],
)
def test_connections_leave_half_of_the_descriptors_to_others(soft: int, hard: int, wanted: int, expected: str) -> None:
    command = (sys.executable, "-c", PROGRAM, *map(str, (soft, hard, wanted)))
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == expected
