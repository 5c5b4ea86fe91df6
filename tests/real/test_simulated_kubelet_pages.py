"""promtool finds in simulated kubelet pages what it finds in recorded ones, and nothing else."""

import subprocess

import pytest

from kube_headroom.simulator.kubelet.application import PAGES
from tests.simulator.kubelet.page_rows import recorded
from tests.simulator.kubelet.test_pages import lived
from tools.build import program


def complaints(page: str) -> set[str]:
    """What promtool has against a page; an error ends the test."""
    done = subprocess.run(
        [program("promtool"), "check", "metrics"], input=page, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode in (0, 3), done.stderr
    return set(done.stderr.splitlines())


@pytest.mark.parametrize("page", ["cadvisor", "probes", "resource"])
def test_a_simulated_page_has_a_real_ones_blemishes_only(page: str) -> None:
    assert complaints(PAGES[f"/metrics/{page}"](lived().view())) == complaints(recorded("cgroup-v2", page))


def test_the_kubelets_own_simulated_page_has_none() -> None:
    assert complaints(PAGES["/metrics"](lived().view())) == set()
