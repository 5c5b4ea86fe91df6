import os
import subprocess
import sys
from pathlib import Path

from kube_headroom.simulator.composition import build
from tests.simulator.digest import TUESDAY_NOON, digest

SCRIPT = Path(__file__).with_name("digest.py")


def digests(*runs: tuple[int, str]) -> list[str]:
    """Run in processes of their own, at once; by seed of the world and seed of Python's string hashes."""
    processes = [
        subprocess.Popen(
            [sys.executable, SCRIPT, str(seed), "300"],
            env={**os.environ, "PYTHONHASHSEED": hashes},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed, hashes in runs
    ]
    printed = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(runs)
    return printed


def test_one_seed_gives_the_same_bytes_in_every_process_and_another_seed_others() -> None:
    first, second, other = digests((1, "1"), (1, "2"), (2, "1"))
    assert first == second
    assert first != other


def test_reading_changes_nothing() -> None:
    read, unread = (build(seed=1, start=TUESDAY_NOON, nodes=3, workloads=12, past=0) for _ in range(2))
    for _ in range(6):
        digest(read)
        read.advance(read.now + 10)
        unread.advance(unread.now + 10)
    assert digest(read) == digest(unread)
