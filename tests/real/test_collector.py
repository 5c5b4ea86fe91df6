"""The generated configuration in a real collector: spans become metrics of our workloads, and an SLO on them burns."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from collector.__main__ import FILE
from kube_headroom.slo.templates import expand
from tests.prometheus.stage import PLACE, Remembering, objective
from tests.real import manifests
from tests.real.client import Client, Object
from tests.real.collector import Backend, Collector, backend, environment
from tests.real.control_plane import ControlPlane
from tests.real.exporter import Exporter
from tests.real.prometheus import Prometheus, ScrapeConfig, Series
from tests.real.test_prometheus_slis import asking, running
from tests.real.waiting import wait_until
from tools.build import program

WORKLOAD = ("namespace", "workload_kind", "workload")
RIGHTS = [{"apiGroups": [""], "resources": ["pods", "namespaces"], "verbs": ["get", "list", "watch"]}]
"""What docs/telemetry.md says that the collector needs."""


def validated(traces: str) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [program("otelcol"), "validate", f"--config={FILE}"]
    return subprocess.run(command, env=environment(traces), capture_output=True, text=True, check=False)


def test_a_real_collector_accepts_the_configuration() -> None:
    done = validated("tempo:4317")
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_without_an_address_for_traces_it_says_what_is_missing() -> None:
    done = validated("")
    assert done.returncode == 1
    assert 'exporters::otlp_grpc: requires a non-empty "endpoint"' in done.stderr


class Stage(NamedTuple):
    """A collector with the rights that it needs and no more, and where its traces go."""

    collector: Collector
    backend: Backend


@pytest.fixture
def stage(control_plane: ControlPlane, tmp_path: Path) -> Iterator[Stage]:
    control_plane.grant("collector", RIGHTS)
    with backend() as taken:
        started = Collector(tmp_path, control_plane.kubeconfig("collector"), taken.address)
        try:
            started.process.start()
            yield Stage(started, taken)
        finally:
            started.process.discard()


class Service:
    """One replica of an instrumented service: its spans say what they know of its pod."""

    def __init__(self, name: str, pod: Object, collector: Collector) -> None:
        about = {
            "service.name": name,
            "service.instance.id": pod["metadata"]["name"],
            "k8s.pod.uid": pod["metadata"]["uid"],
        }
        self._provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
        self._provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{collector.http}/v1/traces")))
        self._tracer = self._provider.get_tracer("shop")

    def call(self, other: Service, times: int = 1, *, fails: bool = False) -> None:
        for _ in range(times):
            with self._tracer.start_as_current_span("GET /cart", kind=trace.SpanKind.CLIENT):
                other.serve(fails=fails)

    def think(self) -> None:
        with self._tracer.start_as_current_span("think"):
            pass

    def serve(self, *, fails: bool) -> None:
        with self._tracer.start_as_current_span("GET /cart", kind=trace.SpanKind.SERVER) as span:
            if fails:
                span.set_status(trace.StatusCode.ERROR)

    def end(self) -> None:
        self._provider.shutdown()


def pods_of(client: Client, workload: str, namespace: str, replicas: int) -> list[Object]:
    """A new workload's pods; the control plane need not run them."""
    client.create(manifests.deployment(workload, namespace, replicas=replicas))

    def made() -> list[Object]:
        found = client.objects("Pod", namespace)
        found = [pod for pod in found if pod["metadata"]["name"].startswith(f"{workload}-")]
        return found if len(found) == replicas else []

    return wait_until(made, what=f"{replicas} pods of {workload}")


def wait_known(pod: Object, stage: Stage) -> None:
    """Wait until the collector knows a pod: its watch may tell of it later than the API server, and spans do not wait."""
    name = f"probe of {pod['metadata']['name']}"
    probe = Service(name, pod, stage.collector)

    def described() -> bool:
        probe.think()
        return "k8s.deployment.name" in stage.backend.spans(name).get("think", {})

    wait_until(described, what=f"spans with the labels of {pod['metadata']['name']}")
    probe.end()


@pytest.fixture
def services(stage: Stage, control_plane: ControlPlane, namespace: str) -> Iterator[list[Service]]:
    """A replica of web, and two of cart, whom web calls."""
    client, made = control_plane.client(), []
    for workload, replicas in (("web", 1), ("cart", 2)):
        pods = pods_of(client, workload, namespace, replicas)
        for pod in pods:
            wait_known(pod, stage)
        made += [Service(workload, pod, stage.collector) for pod in pods]
    yield made
    for one in made:
        one.end()


def scraped(collector: Collector) -> list[ScrapeConfig]:
    target = {"targets": [collector.target], "labels": {}}
    return [{"job_name": "collector", "scrape_interval": "1s", "scrape_timeout": "1s", "static_configs": [target]}]


def test_an_slo_on_span_metrics_burns_when_the_service_fails(
    stage: Stage,
    services: list[Service],
    namespace: str,
    prometheus: Callable[[list[ScrapeConfig]], Prometheus],
) -> None:
    web, *carts = services
    server = prometheus(scraped(stage.collector))
    for cart in carts:
        web.call(cart, 5)
        web.call(cart, 1, fails=True)
    calls = f'traces_span_metrics_calls_total{{service_name="cart",namespace="{namespace}"}}'

    def all_calls() -> list[Series]:
        # As of two seconds ago: whatever is counted from now on begins with all of them.
        found = server.query(calls, at=time.time() - 2)
        return found if sum(one.value for one in found) == 12 else []

    found = wait_until(all_calls, what="12 calls of cart in Prometheus")

    # Both replicas are one workload, in one series for each status.
    assert {tuple(one.labels.get(label) for label in WORKLOAD) for one in found} == {(namespace, "Deployment", "cart")}
    assert sorted((one.labels["status_code"], one.value) for one in found) == [
        ("STATUS_CODE_ERROR", 2),
        ("STATUS_CODE_UNSET", 10),
    ]
    assert not [label for one in found for label in one.labels if label.startswith("k8s_")]

    availability = objective(expand("span-metrics-availability", {"service": "cart"}, PLACE), "availability")
    latency = objective(expand("span-metrics-latency", {"service": "cart", "within": "10"}, PLACE), "latency")
    grouped = objective(
        expand("span-metrics-availability", {"service": "cart"}, PLACE), "by-workload", ("namespace", "workload")
    )
    intake = Remembering()
    reader = asking(server, intake)
    reader.define([availability, latency, grouped])
    defined = {one.key for one in (availability, latency, grouped)}
    with running(reader):
        wait_until(lambda: defined <= intake.added.keys(), what="baselines and a step")
        for cart in carts:
            web.call(cart, 10)
        web.call(carts[0], 4, fails=True)
        wait_until(lambda: intake.sums(availability.key) == {"": (24.0, 4.0)}, what="24 calls, 4 of them bad")
        wait_until(lambda: intake.sums(latency.key) == {"": (24.0, 0.0)}, what="24 calls, none slow")
        group = f"namespace={namespace}, workload=cart"
        wait_until(lambda: intake.sums(grouped.key) == {group: (24.0, 4.0)}, what=f"the same of {group}")


def test_the_service_graph_has_the_labels_of_both_workloads(
    stage: Stage, services: list[Service], namespace: str
) -> None:
    web, cart, _ = services
    web.call(cart, 3)
    both = (
        f'{side}_{label}="{value}"'
        for side, name in (("client", "web"), ("server", "cart"))
        for label, value in zip(WORKLOAD, (namespace, "Deployment", name), strict=True)
    )
    expected = {'client="web"', 'server="cart"', *both}

    def edge() -> str:
        lines = httpx.get(stage.collector.page).text.splitlines()
        edges = (line for line in lines if line.startswith("traces_service_graph_request_total{") and namespace in line)
        return next((line for line in edges if line.endswith(" 3")), "")

    line = wait_until(edge, what="an edge of three requests")
    assert expected <= set(line.partition("{")[2].partition("}")[0].split(","))


def test_traces_go_on_with_the_semantic_conventions_attributes(
    stage: Stage, services: list[Service], namespace: str
) -> None:
    web, cart, _ = services
    web.call(cart)
    spans = wait_until(lambda: stage.backend.spans("cart"), what="a trace behind the collector")
    described = spans["GET /cart"]
    assert (described["k8s.namespace.name"], described["k8s.deployment.name"]) == (namespace, "cart")
    assert not set(WORKLOAD) & set(described), "our labels are for metrics"


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_the_exporters_own_traces_arrive_by_either_protocol(
    stage: Stage,
    protocol: str,
    control_plane: ControlPlane,
    exporter: Callable[..., Exporter],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endpoint = stage.collector.grpc if protocol == "grpc" else stage.collector.http
    for name, value in {
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "POD_NAME": "headroom-0",
    }.items():
        monkeypatch.setenv(name, value)
    started = exporter(control_plane.kubeconfig())
    started.start()
    expected = {"list pods", "watch pods", "publish", "evaluate SLOs"}
    taken = stage.backend
    wait_until(lambda: expected <= taken.spans("kube-headroom").keys(), what=f"spans named {sorted(expected)}")
    assert taken.spans("kube-headroom")["publish"]["k8s.pod.name"] == "headroom-0"
    wait_until(
        lambda: started.page().series.get("headroom_spans_delivered_total", 0) > 0, what="spans that are counted"
    )
    started.process.stop()
    assert not [line for line in started.log() if line["level"] == "warning" and "trace" in line["event"]]
