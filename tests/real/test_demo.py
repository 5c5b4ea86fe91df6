"""The demo as real programs see it: promtool reads its page, kubectl its cluster."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.demo.process import Demo, running, wait_until
from tools.build import program


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo with incidents of many kinds, so that its page has many series."""
    incidents = ("crash-loop", "node-down", "bad-image", "unschedulable-pods", "quota-full", "hpa-at-maximum")
    flags = [flag for name in incidents for flag in ("--incident", name)]
    with running(tmp_path_factory.mktemp("demo"), "--speed", "30", *flags) as started:
        yield started


def kubectl(demo: Demo, *arguments: str) -> str:
    """What kubectl prints."""
    environment = {**os.environ, "KUBECONFIG": str(demo.kubeconfig)}
    command = [str(program("kubectl")), *arguments]
    done = subprocess.run(command, env=environment, text=True, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_promtool_finds_nothing_to_say_of_the_page(demo: Demo) -> None:
    wait_until(lambda: 'reason="CrashLoopBackOff"' in demo.page(), "a page that has seen incidents")
    checked = subprocess.run(
        [program("promtool"), "check", "metrics"], input=demo.page(), text=True, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_promtool_finds_nothing_to_say_of_the_services_own_metrics(demo: Demo) -> None:
    page = demo.control("GET", "/metrics").text
    checked = subprocess.run(
        [program("promtool"), "check", "metrics"], input=page, text=True, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_kubectl_reads_the_cluster_that_the_demo_names(demo: Demo) -> None:
    wait_until(lambda: "NotReady" in kubectl(demo, "get", "nodes"), "the node that is down")
    nodes = kubectl(demo, "get", "nodes").splitlines()
    assert nodes[0].split() == ["NAME", "STATUS", "ROLES", "AGE", "VERSION"]
    assert len(nodes) == 1 + 12
    wait_until(lambda: "CrashLoopBackOff" in kubectl(demo, "get", "pods", "--all-namespaces"), "the crash loop")
    several = kubectl(demo, "get", "deploy,hpa,nodes", "--all-namespaces")
    for kind in ("deployment.apps/", "horizontalpodautoscaler.autoscaling/", "node/"):
        assert kind in several
