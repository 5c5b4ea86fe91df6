"""The image and the chart on real kubelets: Ready under `restricted`, scraped, with enough rights and no more, upgraded."""

import re
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kube_headroom.catalogue.exporter import CHECKPOINT_RESUMED, SOURCE_ERRORS, SOURCE_UP
from kube_headroom.catalogue.kubelets import KUBELET_ERRORS, KUBELET_NODES_EXPECTED, KUBELET_NODES_READ
from kube_headroom.catalogue.usage import CONTAINERS_EXPECTED, CONTAINERS_MEASURED, CPU_THROTTLED, CPU_USAGE
from kube_headroom.catalogue.workloads import CPU_EFFECTIVE_REQUEST
from tests.e2e import workloads
from tests.e2e.cluster import PATIENCE_SECONDS, Cluster
from tests.e2e.conftest import FLAGS
from tests.e2e.installed_chart import InstalledChart
from tests.e2e.kubelet_pages import Kubelet
from tests.e2e.service_account import make_service_account, token_of
from tests.real import manifests
from tests.real.chart import NAMESPACE, RELEASE
from tests.real.conftest import wait_for_service_account
from tests.real.exporter import Exporter
from tests.real.prometheus import Prometheus
from tests.real.rights import rules
from tests.real.waiting import wait_until

ROOM = "room"
VALUES: dict[str, Any] = {
    "settings": {
        **dict(flag.removeprefix("--").split("=") for flag in FLAGS),
        # Here the pages of volumes are asked for too: on a busy machine an emulated kubelet takes that long.
        "kubelet-request-timeout": "60s",
        "log.format": "json",
    },
    "persistence": {"enabled": True},
    "prometheusScrape": True,
    "rules": {"configMap": {"enabled": True}},
}
USER = 65532


@pytest.fixture(scope="module")
def chart(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> InstalledChart:
    """The release, Ready, and a busy workload on each node for it to tell of."""
    client = cluster.client
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ROOM}})
    wait_for_service_account(client, ROOM)
    for node in cluster.nodes:
        placed = {"nodeSelector": {"kubernetes.io/hostname": node}, "hostNetwork": True}
        client.create(manifests.deployment(f"busy-{node}", ROOM, workloads.SPECS["burner"] | placed))
    installed = InstalledChart(cluster, tmp_path_factory.mktemp("chart"))
    installed.helm(VALUES)
    return installed


@pytest.fixture(scope="module")
def prometheus(
    cluster: Cluster, chart: InstalledChart, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """A Prometheus that finds the pod by the Service's annotations, with the installed rules, evaluated often."""
    folder = tmp_path_factory.mktemp("prometheus")
    text = cluster.client.read("ConfigMap", f"{RELEASE}-rules", NAMESPACE)["data"]["headroom.yaml"]
    hurried = folder / "rules.yaml"
    hurried.write_text(re.sub(r"^( +interval:) \d+[sm]$", r"\1 10s", text, flags=re.MULTILINE))
    server = Prometheus(folder, [chart.scrape_config()], [hurried])
    try:
        with cluster.cgroup.entered():
            server.process.start()
        server.wait_scraped(RELEASE, timeout=PATIENCE_SECONDS)
        yield server
    finally:
        server.process.discard()


def test_the_pod_is_ready_where_pod_security_is_restricted(chart: InstalledChart) -> None:
    pod = chart.pod()
    (status,) = pod["status"]["containerStatuses"]
    assert status["ready"]
    assert status["restartCount"] == 0
    assert pod["status"]["qosClass"] == "Burstable"


def test_the_kernel_says_that_nothing_runs_as_root_or_can_write_its_root(chart: InstalledChart) -> None:
    image = dict(pair.partition("=")[::2] for pair in chart.image["Env"])
    processes = chart.processes()
    assert processes
    for process in processes:
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        assert status["Uid"].split() == status["Gid"].split() == [str(USER)] * 4
        assert int(status["CapEff"], 16) == 0
        assert (status["NoNewPrivs"].strip(), status["Seccomp"].strip()) == ("1", "2")
        mounts = [line.split() for line in (process / "mountinfo").read_text().splitlines()]
        assert ["ro" in row[5].split(",") for row in mounts if row[4] == "/"] == [True]
        given = dict(pair.partition("=")[::2] for pair in (process / "environ").read_text().split("\0"))
        assert image.items() <= given.items()


def test_prometheus_gets_every_nodes_workloads_from_it(cluster: Cluster, prometheus: Prometheus) -> None:
    nodes = float(len(cluster.nodes))
    busy = f'{{namespace="{ROOM}", workload_kind="Deployment"}}'
    wanted = {
        f"sum({CPU_EFFECTIVE_REQUEST.name}{busy})": nodes * 0.005,
        f"count({CPU_USAGE.name}{busy} > 0)": nodes,
        f"count({CPU_THROTTLED.name}{busy} > 0)": nodes,
        f"sum({CONTAINERS_EXPECTED.name}{busy})": nodes,
        f"sum({CONTAINERS_MEASURED.name}{busy})": nodes,
        # Each page was once read of all: a page that an emulated kubelet was too slow for is tried again later.
        f"min(max_over_time({KUBELET_NODES_READ.name}[1h]))": nodes,
        KUBELET_NODES_EXPECTED.name: nodes,
        f"min({SOURCE_UP.name})": 1.0,
        f'up{{job="{RELEASE}", instance="{RELEASE}"}}': 1.0,
    }
    missing: dict[str, list[float]] = {query: [] for query in wanted}

    def told() -> bool:
        """Each was true once: that a slow kubelet misses a request now and then is no matter of the chart's."""
        for query in list(missing):
            missing[query] = [series.value for series in prometheus.query(query)]
            if missing[query] == [pytest.approx(wanted[query])]:
                del missing[query]
        return not missing

    try:
        wait_until(told, what="every node's workload in Prometheus", timeout=PATIENCE_SECONDS)
    except TimeoutError as error:
        error.add_note(f"missing: {missing}")
        raise


def test_every_installed_rule_is_evaluated_and_the_watchdog_fires(prometheus: Prometheus) -> None:
    def evaluated() -> list[dict[str, Any]]:
        found = [rule for group in prometheus.rule_groups() for rule in group["rules"]]
        return found if found and all(rule["health"] != "unknown" for rule in found) else []

    found = wait_until(evaluated, what="every rule to be evaluated", timeout=PATIENCE_SECONDS)
    assert [rule["lastError"] for rule in found if rule["health"] != "ok"] == []
    # A rule's health is told a moment before its samples are stored.
    firing = 'ALERTS{alertname="HeadroomWatchdog", alertstate="firing"}'
    wait_until(lambda: prometheus.query(firing), what="the watchdog to fire")


def test_its_account_may_read_what_it_reads_and_no_more(
    cluster: Cluster, chart: InstalledChart, prometheus: Prometheus
) -> None:
    prometheus.wait_scraped(RELEASE, timeout=PATIENCE_SECONDS)
    page = chart.page()
    refused = [*page.matching(SOURCE_ERRORS.name), *page.matching(KUBELET_ERRORS.name)]
    assert [series for series in refused if re.search("forbidden|unauthorized", series)] == []
    log = chart.log()
    assert log
    assert [line for line in log if re.search("forbidden|unauthorized", str(line))] == []
    # No client's certificate: it would be asked for its rights instead of the account.
    tls = ssl.create_default_context(cafile=str(cluster.plane.site.authority.certificate))
    kubelet = Kubelet(cluster.own_node.files.address, tls, token_of(cluster.client, NAMESPACE, RELEASE))
    try:
        asked = ("/metrics/cadvisor", "/metrics/probes", "/metrics/resource", "/stats/summary", "/pods")
        assert [kubelet.status(path) for path in asked] == [200, 200, 200, 403, 403]
    finally:
        kubelet.close()


def test_without_the_right_to_the_kubelets_pages_it_says_so_and_the_rest_works(
    cluster: Cluster, tmp_path: Path
) -> None:
    """One refused page of a node is enough: the others are not asked for before it is granted."""
    account = make_service_account(cluster.client, cluster.plane.site, "without-kubelets", rules())
    exporter = Exporter(tmp_path, account.kubeconfig, FLAGS)

    def said() -> bool:
        """The first node may refuse a second time before an emulated one has answered at all."""
        told = {line["node"] for line in exporter.log() if "grant get on nodes/metrics" in line["event"]}
        refused = exporter.page().total(KUBELET_ERRORS.name, reason="forbidden")
        return told == cluster.nodes.keys() and refused >= len(cluster.nodes)

    try:
        with cluster.cgroup.entered():
            exporter.start()
        wait_until(said, what="every kubelet to refuse", timeout=PATIENCE_SECONDS)
        page = exporter.page()
        assert page.total(KUBELET_NODES_READ.name) == 0
        assert set(page.matching(SOURCE_UP.name).values()) == {1}
    finally:
        exporter.process.discard()


def test_a_changed_setting_replaces_the_pod_which_takes_up_what_it_kept(
    chart: InstalledChart, prometheus: Prometheus
) -> None:
    """The image's own user this time: the kubelet refuses one that it cannot tell from root."""
    before = chart.pod()
    changed = VALUES["settings"] | {"owner-keys": ["example.com/team"]}
    image_user = {"podSecurityContext": {"runAsUser": None, "runAsGroup": None}}

    chart.helm(VALUES | {"settings": changed} | image_user)

    after = chart.pod()
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert "runAsUser" not in after["spec"]["securityContext"]
    assert chart.page().series[CHECKPOINT_RESUMED.name] == 1
    kept = (chart.volume / "state.sqlite").stat()
    assert (kept.st_uid, kept.st_gid) == (USER, USER)
    prometheus.wait_scraped(RELEASE, timeout=PATIENCE_SECONDS)
    assert len(prometheus.query(f'up{{job="{RELEASE}"}}')) == 1
