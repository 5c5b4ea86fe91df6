"""Tracing: nothing at all while nobody asks for it, never in the way when somebody does, and no secret in any span."""

from __future__ import annotations

import importlib.util
import io
import json
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.trace import SpanKind, StatusCode
from structlog.testing import capture_logs

from kube_headroom import telemetry, tracing
from kube_headroom.cluster.failures import Failure, Reason
from kube_headroom.redaction import REDACTED
from kube_headroom.tracing.environment import Plan, plan_of
from kube_headroom.tracing.export import LAST_SECONDS
from kube_headroom.tracing.resource import attributes_of
from kube_headroom.tracing.spans import Counts
from tests.cluster.script import Run, added, bookmark, listing, pod, refused, watching
from tests.prometheus.fake_prometheus import FakePrometheus, prometheus, refusal
from tests.prometheus.stage import Remembering, events, objective, reader
from tests.spans import attributes, recorded
from tests.test_publisher import READY, publisher_of, stage_with
from tests.test_slos import Exporter

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
HTTP = "http://collector:4318"


@pytest.mark.parametrize(
    ("given", "plan"),
    [
        pytest.param({}, "", id="nothing set"),
        pytest.param({"OTEL_SERVICE_NAME": "x", "OTEL_TRACES_EXPORTER": "otlp"}, "", id="no endpoint"),
        pytest.param({ENDPOINT: "  "}, "", id="an empty endpoint is none"),
        pytest.param({ENDPOINT: HTTP}, Plan(ENDPOINT, "http/protobuf"), id="an endpoint"),
        pytest.param(
            {ENDPOINT: HTTP, TRACES_ENDPOINT: HTTP}, Plan(TRACES_ENDPOINT, "http/protobuf"), id="one for traces"
        ),
        pytest.param({ENDPOINT: HTTP, "OTEL_SDK_DISABLED": "True"}, "", id="switched off"),
        pytest.param({ENDPOINT: HTTP, "OTEL_TRACES_EXPORTER": "none"}, "", id="no traces wanted"),
        pytest.param(
            {ENDPOINT: HTTP, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, Plan(ENDPOINT, "grpc"), id="the other protocol"
        ),
        pytest.param(
            {
                ENDPOINT: HTTP,
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
            },
            Plan(ENDPOINT, "http/protobuf"),
            id="the protocol for traces goes first",
        ),
        pytest.param(
            {ENDPOINT: HTTP, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"},
            "OTEL_EXPORTER_OTLP_PROTOCOL is 'http/json'; expected one of http/protobuf, grpc",
            id="a protocol that we do not speak is named",
        ),
        pytest.param(
            {ENDPOINT: HTTP, "OTEL_TRACES_EXPORTER": "jaeger"},
            "OTEL_TRACES_EXPORTER is 'jaeger'; expected otlp or none",
            id="an exporter that we do not have is named",
        ),
    ],
)
def test_the_environment_decides(given: Mapping[str, str], plan: Plan | str) -> None:
    assert plan_of(given) == plan


def test_without_the_extra_one_line_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with capture_logs() as lines, tracing.exporting({ENDPOINT: HTTP}):
        assert tracing.counts() is None
    assert [line["log_level"] for line in lines] == ["warning"]
    assert "pip install 'kube-headroom[otel]'" in lines[0]["why"]


def test_without_an_endpoint_nothing_of_opentelemetry_is_imported() -> None:
    code = (
        "import os, sys; from kube_headroom import app, tracing, telemetry; telemetry.configure()\n"
        "with tracing.exporting({'OTEL_SERVICE_NAME': 'x'}), tracing.span('work'): pass\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_while_nobody_traces_a_span_is_one_object_for_all() -> None:
    with tracing.span("one", {"k8s.node.name": "node-1"}) as one, tracing.span("other", client=True) as other:
        one.note({"headroom.pages": 1})
        tracing.failed(ValueError("nobody asks"))
        assert (one, tracing.here(), tracing.identifiers(), tracing.counts()) == (other, None, None, None)
    with pytest.raises(ValueError, match="passes"), tracing.span("one"):
        raise ValueError("passes")


POD = {
    "POD_NAME": "headroom-0",
    "POD_UID": "u",
    "POD_NAMESPACE": "monitoring",
    "NODE_NAME": "node-1",
    "CONTAINER_NAME": "exporter",
}


def test_a_pod_describes_itself_by_the_semantic_conventions() -> None:
    described = attributes_of(POD)
    version = described.pop("service.version")
    assert version[0].isdigit()
    assert described == {
        "service.name": "kube-headroom",
        "service.namespace": "monitoring",
        "service.instance.id": "monitoring.headroom-0.exporter",
        "k8s.pod.name": "headroom-0",
        "k8s.pod.uid": "u",
        "k8s.namespace.name": "monitoring",
        "k8s.node.name": "node-1",
        "k8s.container.name": "exporter",
    }
    assert attributes_of({}) == {"service.name": "kube-headroom", "service.version": version}


def test_what_the_environment_says_of_the_service_goes_before_what_we_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "headroom-blue")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "k8s.node.name=other,k8s.cluster.name=blue")
    with recorded(POD) as spans, tracing.span("work"):
        pass
    resource = spans[0].resource.attributes
    names = ("service.name", "k8s.node.name", "k8s.cluster.name", "k8s.pod.name")
    assert [resource[name] for name in names] == ["headroom-blue", "other", "blue", "headroom-0"]


def test_the_sampler_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    with recorded() as spans, tracing.span("work"):
        assert tracing.identifiers() is None, "a log line names no trace that nobody will find"
        assert tracing.counts() == Counts(0, 0)
    assert spans == []


def test_what_another_thread_goes_on_with_belongs_to_the_same_trace() -> None:
    with recorded() as spans:
        with tracing.span("ask", client=True):
            handed_over = tracing.here()

        def go_on() -> None:
            with tracing.span("read", parent=handed_over):
                pass

        thread = threading.Thread(target=go_on)
        thread.start()
        thread.join()
    assert spans.parent("read") == "ask"
    assert (spans.named("ask").kind, spans.named("read").kind) == (SpanKind.CLIENT, SpanKind.INTERNAL)


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        pytest.param(Failure(Reason.FORBIDDEN, "no: Bearer hunter2"), "forbidden", id="ours by its reason"),
        pytest.param(OSError("password=hunter2"), "OSError", id="another by its class"),
    ],
)
def test_an_error_is_noted_without_its_secrets_and_goes_on(raised: Exception, kind: str) -> None:
    with recorded() as spans, pytest.raises(type(raised)), tracing.span("work", {"token": "hunter2", "of": "shop"}):
        raise raised
    assert attributes(spans[0]) == {"token": REDACTED, "of": "shop", "error.type": kind}
    assert spans[0].status.status_code is StatusCode.ERROR
    assert REDACTED in (spans[0].status.description or "")
    assert "hunter2" not in spans[0].to_json()
    assert spans[0].events == (), "a traceback might hold what we were sent"


def test_a_log_line_within_a_span_names_its_trace() -> None:
    stream = io.StringIO()
    root, before = logging.getLogger(), [*logging.getLogger().handlers]
    try:
        telemetry.configure(log_format="json", stream=stream)
        with recorded() as spans:
            with tracing.span("work"):
                structlog.get_logger("kube_headroom.cluster").info("ours")
                logging.getLogger("urllib3").warning("a library's")
            structlog.get_logger("kube_headroom.cluster").info("outside")
    finally:
        root.handlers[:] = before
        structlog.reset_defaults()
    ours, library, outside = map(json.loads, stream.getvalue().splitlines())
    context = spans[0].context
    assert context is not None
    for line in (ours, library):
        assert (line["trace_id"], line["span_id"]) == (f"{context.trace_id:032x}", f"{context.span_id:016x}")
    assert "trace_id" not in outside


class Collector:
    """Takes OTLP over HTTP, and answers while `answers` is set."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.answers = threading.Event()
        self.answers.set()
        self.asked = threading.Event()


@contextmanager
def collector(port: int = 0) -> Iterator[tuple[Collector, str]]:
    taken = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.asked.set()
            taken.answers.wait(30)
            request = ExportTraceServiceRequest.FromString(body)
            scopes = [scope for resource in request.resource_spans for scope in resource.scope_spans]
            taken.names += [span.name for scope in scopes for span in scope.spans]
            taken.headers.append(dict(self.headers))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield taken, f"http://127.0.0.1:{server.server_port}"
    finally:
        taken.answers.set()
        server.shutdown()
        server.server_close()


def work(times: int) -> None:
    for _ in range(times):
        with tracing.span("work"):
            pass


def test_spans_reach_a_collector_with_the_headers_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-scope-orgid=shop")
    with collector() as (taken, url), capture_logs() as lines:
        monkeypatch.setenv(ENDPOINT, url)
        with tracing.exporting({ENDPOINT: url}):
            work(3)
            counts = tracing.counts()
            assert counts is not None
            assert counts.ended == 3
    assert taken.names == ["work"] * 3
    assert taken.headers[0]["x-scope-orgid"] == "shop"
    assert [(line["log_level"], line["event"]) for line in lines] == [("info", "traces are sent")]


def test_a_header_that_cannot_be_read_is_told_without_its_value(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-scope hunter2,x-other=fine")
    with collector() as (taken, url):
        monkeypatch.setenv(ENDPOINT, url)
        with tracing.exporting({ENDPOINT: url}):
            work(1)
    assert taken.headers[0]["x-other"] == "fine"
    assert "a header of OTEL_EXPORTER_OTLP_HEADERS is no name=value" in caplog.text
    assert "hunter2" not in caplog.text


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(met: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not met():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


def test_a_collector_that_is_down_costs_its_spans_one_line_and_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    for name, value in {ENDPOINT: url, "OTEL_BSP_MAX_QUEUE_SIZE": "64", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "16",
                        "OTEL_BSP_SCHEDULE_DELAY": "50", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    # The collector that comes outlives the last delivery.
    with capture_logs() as lines, ExitStack() as later, tracing.exporting({ENDPOINT: url}):
        begun = time.monotonic()
        work(2_000)
        assert time.monotonic() - begun < 10, "as many connections that are refused would take longer"
        until(lambda: [line for line in lines if line["log_level"] == "warning"])
        work(200)
        assert tracing.counts() == Counts(2_200, 0)
        taken, _ = later.enter_context(collector(port))
        work(16)
        until(lambda: taken.names)
        until(lambda: any(line["event"] == "traces are delivered again" for line in lines))
        counts = tracing.counts()
        assert counts is not None
        assert 0 < counts.delivered < 2_200 < counts.ended
    warnings = [line for line in lines if line["log_level"] == "warning"]
    assert [line["event"] for line in warnings] == ["traces cannot be delivered, spans are lost until they can"]
    assert warnings[0]["why"]


def test_a_collector_that_does_not_answer_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as (taken, url):
        taken.answers.clear()
        monkeypatch.setenv(ENDPOINT, url)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
        with tracing.exporting({ENDPOINT: url}):
            work(1)
            assert taken.asked.wait(30)
            begun = time.monotonic()
        assert time.monotonic() - begun < LAST_SECONDS + 6, "what is sent may take ten seconds, the end may not"


def test_settings_that_contradict_each_other_are_told_and_nothing_else_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "10")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "100")
    with capture_logs() as lines, tracing.exporting({ENDPOINT: HTTP}):
        work(1)
    assert [line["event"] for line in lines] == ["no traces"]
    assert "max_export_batch_size must be less than or equal to max_queue_size" in lines[0]["why"]


def test_a_list_its_pages_and_the_watch_are_spans() -> None:
    with recorded() as spans:
        Run(listing(pod("a"), token="next"), listing(pod("b"), version="12"), watching(bookmark("13")))
    assert spans.names[:4] == ["GET pods", "GET pods", "list pods", "watch pods"]
    assert spans.parent("GET pods") == "list pods"
    assert attributes(spans.named("list pods")) == {"headroom.list.cause": "first"}
    assert attributes(spans.named("GET pods"))["http.response.status_code"] == 200
    assert all(span.status.status_code is StatusCode.UNSET for span in spans)


def test_a_streamed_list_is_a_span_and_the_watch_that_it_becomes_is_not() -> None:
    end = json.loads(bookmark("12"))
    end["object"]["metadata"]["annotations"] = {"k8s.io/initial-events-end": "true"}
    with recorded() as spans:
        Run(watching(added(pod("a", "11")) + json.dumps(end).encode() + b"\n", bookmark("13")), streaming=True)
    assert spans.names[:2] == ["watch pods", "list pods"]


@pytest.mark.parametrize(
    ("answer", "failing", "kind"),
    [
        pytest.param(refused(403, "Forbidden"), "watch pods", "forbidden", id="a refusal"),
        pytest.param(ConnectionError("token=hunter2"), "watch pods", "ConnectionError", id="a broken connection"),
    ],
)
def test_a_request_that_fails_is_a_span_that_failed(answer: object, failing: str, kind: str) -> None:
    with recorded() as spans:
        Run(listing(pod("a")), answer, watching(bookmark("11")))  # type: ignore[arg-type]
    failed = [span for span in spans if span.status.status_code is StatusCode.ERROR]
    assert [(span.name, attributes(span)["error.type"]) for span in failed] == [(failing, kind)]
    assert "hunter2" not in failed[0].to_json()


def test_a_publication_is_a_span_and_a_heartbeat_is_none() -> None:
    stage = stage_with("web")
    publisher, server = publisher_of(stage)
    with recorded() as spans:
        for _ in range(3):
            publisher.publish(READY)
    assert (spans.names, server.heartbeats) == (["publish"], 2)
    assert attributes(spans[0]) == {"headroom.changed": True}
    assert spans[0].start_time is not None
    assert spans[0].end_time is not None
    assert 0 < spans[0].end_time - spans[0].start_time < 60 * 10**9


def test_a_step_of_the_slos_is_a_span() -> None:
    exporter = Exporter(stage_with("web"))
    with recorded() as spans:
        exporter.publish()
    exporter.end()
    assert spans.names == ["evaluate SLOs"]
    assert attributes(spans[0]) == {"headroom.slo.objectives": 0}


def test_questions_to_prometheus_are_spans_of_their_sli() -> None:
    def answer(_asked: object) -> object:
        return refusal(422, "too many samples")

    fake: FakePrometheus
    ratio = objective(events("requests_total", bad='requests_total{code="500"}'))
    with prometheus(answer) as fake, recorded() as spans:  # type: ignore[arg-type]
        reader(fake.url, Remembering(), ratio).evaluate(time.time())
    assert spans.names == ["POST /api/v1/query", "measure SLI"]
    assert spans.parent("POST /api/v1/query") == "measure SLI"
    assert attributes(spans[1]) == {"headroom.slo": "shop/requests", "error.type": "query"}
    assert {span.status.status_code for span in spans} == {StatusCode.ERROR}
