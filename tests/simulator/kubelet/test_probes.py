"""When a container is probed and when an answer counts: the rules of pkg/kubelet/prober/worker.go, one by one."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from kube_headroom.simulator.kubelet.answers import Question, failure, resolved
from kube_headroom.simulator.kubelet.containers import PodContainer
from kube_headroom.simulator.kubelet.probes import ProbeWorker
from kube_headroom.simulator.kubelet.runtime import Cgroup, RunningContainer
from kube_headroom.simulator.program import Program
from tests.simulator.kubelet.node_stage import Stage, container, http

BORN = 1000.0


class Pod:
    """A pod that notes what its probes tell it."""

    uid = "uid"
    address = "10.244.7.2"

    def __init__(self) -> None:
        self.stopping = False
        self.messages: list[str] = []
        self.decisions = 0

    def unhealthy(self, _container: PodContainer, message: str) -> None:
        self.messages.append(message)

    def decided(self) -> None:
        self.decisions += 1


class Bench:
    """One probe of one running container; `program` can be replaced."""

    def __init__(self, kind: str, **spec: Any) -> None:
        field = {"Startup": "startupProbe", "Readiness": "readinessProbe", "Liveness": "livenessProbe"}[kind]
        self.pod = Pod()
        self.kind = kind
        self.container = PodContainer(
            {"name": "app", "image": "web:1", field: http(**spec)}, "main", "Always", probed=frozenset([kind])
        )
        self.counts: dict[tuple[str, str, str, str], int] = {}
        self.now = BORN
        self.worker = ProbeWorker(kind, self.container, self.pod, Random(1))
        self.worker.begin(self.now, lambda *_: None, self.count)

    def count(self, row: tuple[str, str, str, str]) -> None:
        self.counts[row] = self.counts.get(row, 0) + 1

    def run(self, **program: Any) -> None:
        """Start an instance."""
        identifier = f"{len(self.counts)}-{self.now}"
        process = RunningContainer(
            name="app",
            image="web:1",
            id=identifier,
            program=Program(**{"start_seconds": 0.0, **program}),
            started=self.now,
            cgroup=Cgroup(path="/", created=self.now),
        )
        self.container.begin(process)

    def answer(self, answers: str) -> None:
        """Probe once for each sign: + is a success, - a failure."""
        for sign in answers:
            assert self.container.process is not None
            self.container.process.program = Program(start_seconds=0.0, healthy=sign == "+", ready=sign == "+")
            self.now += 1.0
            assert self.worker.probe(self.now)

    @property
    def result(self) -> bool | None:
        return self.container.results.get(self.kind)


@pytest.mark.parametrize(
    ("kind", "thresholds", "answers", "result"),
    [
        pytest.param("Readiness", {}, "+", True, id="one success makes ready by default"),
        pytest.param("Readiness", {"successThreshold": 3}, "++", None, id="two of three successes decide nothing"),
        pytest.param("Readiness", {"successThreshold": 3}, "+++", True, id="three of three make ready"),
        pytest.param("Readiness", {"successThreshold": 2}, "+-+", None, id="a failure between breaks the run"),
        pytest.param("Readiness", {}, "+--", True, id="two failures leave a ready container ready"),
        pytest.param("Readiness", {}, "+---", False, id="the third makes it unready"),
        pytest.param("Readiness", {}, "+---+", True, id="one success makes it ready again"),
        pytest.param("Readiness", {"failureThreshold": 1}, "+-", False, id="a threshold of one needs one failure"),
        pytest.param("Liveness", {}, "--", None, id="two failures do not kill"),
        pytest.param("Liveness", {}, "-+--", True, id="a success between begins the count anew"),
        pytest.param("Liveness", {}, "---", False, id="the third failure kills"),
        pytest.param("Startup", {"failureThreshold": 5}, "----", None, id="a startup may fail until its threshold"),
        pytest.param("Startup", {"failureThreshold": 5}, "-----", False, id="and is given up there"),
        pytest.param("Startup", {}, "--+", True, id="one success is a start"),
    ],
)
def test_only_a_run_as_long_as_the_threshold_decides(
    kind: str, thresholds: dict[str, int], answers: str, result: bool | None
) -> None:
    bench = Bench(kind, **thresholds)
    bench.run()
    if kind != "Startup":
        bench.container.probed -= {"Startup"}
    bench.answer(answers)
    assert bench.result is result


def test_a_liveness_probe_that_decided_against_an_instance_waits_for_the_next() -> None:
    bench = Bench("Liveness", failureThreshold=2)
    bench.run()
    bench.answer("----")
    assert sum(bench.counts.values()) == 2
    bench.container.end(137, "Error", bench.now)
    bench.run()
    bench.answer("-")
    assert sum(bench.counts.values()) == 3
    assert bench.result is None


def test_a_run_of_failures_goes_on_in_the_next_instance_unless_it_killed() -> None:
    bench = Bench("Liveness", failureThreshold=3)
    bench.run()
    bench.answer("--")
    bench.container.end(1, "Error", bench.now)
    bench.run()
    bench.answer("-")
    assert bench.result is False


def test_a_startup_probe_is_asked_no_more_once_it_decided() -> None:
    bench = Bench("Startup")
    bench.run()
    bench.answer("+++")
    assert bench.counts == {("uid", "app", "Startup", "successful"): 1}


@pytest.mark.parametrize("kind", ["Readiness", "Liveness"])
def test_until_a_container_has_started_only_the_startup_probe_is_asked(kind: str) -> None:
    bench = Bench(kind)
    bench.container.probed |= {"Startup"}
    bench.run()
    bench.answer("+")
    assert bench.counts == {}
    bench.container.results["Startup"] = True
    bench.answer("+")
    assert bench.counts == {("uid", "app", kind, "successful"): 1}


@pytest.mark.parametrize(
    ("age", "probed"),
    [
        pytest.param(9.0, False, id="before the initial delay it is not probed"),
        pytest.param(9.999, False, id="the delay counts whole seconds"),
        pytest.param(10.0, True, id="after it it is"),
    ],
)
def test_the_initial_delay_counts_from_the_container_s_start(age: float, probed: bool) -> None:
    bench = Bench("Readiness", initialDelaySeconds=10)
    bench.run()
    assert bench.worker.probe(BORN + age)
    assert bool(bench.counts) is probed


@pytest.mark.parametrize(
    ("kind", "goes_on"),
    [
        pytest.param("Liveness", False, id="liveness probes end when the pod is to be deleted"),
        pytest.param("Readiness", True, id="readiness probes go on"),
    ],
)
def test_deletion_ends_the_probes_that_could_kill(kind: str, goes_on: bool) -> None:
    bench = Bench(kind)
    bench.run()
    bench.pod.stopping = True
    assert bench.worker.probe(BORN + 1) is goes_on
    assert bool(bench.counts) is goes_on


@pytest.mark.parametrize(
    ("policy", "exit_code", "goes_on"),
    [
        pytest.param("Always", 0, True, id="a container that will be restarted keeps its probes"),
        pytest.param("OnFailure", 1, True, id="so does one that failed"),
        pytest.param("OnFailure", 0, False, id="one that completed does not"),
        pytest.param("Never", 1, False, id="nor one that is never restarted"),
    ],
)
def test_probes_end_with_a_container_that_is_not_restarted(policy: str, exit_code: int, goes_on: bool) -> None:
    bench = Bench("Readiness")
    bench.container.policy = policy
    bench.run()
    bench.answer("+")
    bench.container.end(exit_code, "Error", bench.now)
    assert bench.worker.probe(bench.now + 1) is goes_on
    assert bench.result is False
    assert sum(bench.counts.values()) == 1


def test_a_row_is_born_with_its_first_result_and_every_failure_is_an_event() -> None:
    bench = Bench("Readiness", failureThreshold=5)
    bench.run()
    bench.answer("++")
    assert bench.counts == {("uid", "app", "Readiness", "successful"): 2}
    bench.answer("-")
    assert bench.counts["uid", "app", "Readiness", "failed"] == 1
    assert bench.pod.messages == ["Readiness probe failed: HTTP probe failed with statuscode: 503"]


HTTP = {"httpGet": {"path": "/ok", "port": 80}}
TCP = {"tcpSocket": {"port": 80}}
GRPC = {"grpc": {"port": 80}, "timeoutSeconds": 2}
EXEC = {"exec": {"command": ["cat", "/ok"]}}
STARTING = {"start_seconds": 60.0}
HUNG = {"hangs_after": 0.0}
SICK = {"healthy": False}


@pytest.mark.parametrize(
    ("probe", "program", "message"),
    [
        pytest.param(HTTP, {}, "", id="a healthy program answers"),
        pytest.param(
            HTTP,
            STARTING,
            'Get "http://10.1.1.1:80/ok": dial tcp 10.1.1.1:80: connect: connection refused',
            id="one that is starting refuses connections",
        ),
        pytest.param(HTTP, SICK, "HTTP probe failed with statuscode: 503", id="a sick one says 503"),
        pytest.param(
            HTTP,
            HUNG,
            'Get "http://10.1.1.1:80/ok": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
            id="a hung one does not answer in time",
        ),
        pytest.param(TCP, STARTING, "dial tcp 10.1.1.1:80: connect: connection refused", id="TCP is refused"),
        pytest.param(TCP, HUNG, "dial tcp 10.1.1.1:80: i/o timeout", id="TCP runs into its timeout"),
        pytest.param(GRPC, SICK, 'service unhealthy (responded with "NOT_SERVING")', id="gRPC is not serving"),
        pytest.param(GRPC, HUNG, "timeout: health rpc did not complete within 2s", id="gRPC does not complete"),
        pytest.param(EXEC, HUNG, 'command timed out: "cat /ok" timed out after 1s', id="a command is cut off"),
    ],
)
def test_an_answer_follows_from_the_program_s_state(probe: Any, program: Any, message: str) -> None:
    process = _process(**{"start_seconds": 0.0, **program})
    assert failure(Question("Liveness", probe, "10.1.1.1"), process, BORN + 5, Random(1)) == message


@pytest.mark.parametrize(
    ("wanted", "granted", "least", "most"),
    [
        pytest.param(1.0, 1.0, 0.0, 0.0, id="with all the CPU it wants no probe fails"),
        pytest.param(1.2, 1.0, 0.0, 0.0, id="a little less delays no probe"),
        pytest.param(5.0, 1.0, 0.003, 0.03, id="five times too little makes one in a hundred fail"),
        pytest.param(50.0, 1.0, 0.4, 0.6, id="where latency reaches the timeout half of them fail"),
        pytest.param(1.0, 0.0, 1.0, 1.0, id="without any CPU all of them fail"),
    ],
)
def test_a_starved_program_misses_the_timeout(wanted: float, granted: float, least: float, most: float) -> None:
    process = _process(start_seconds=0.0, latency=0.02)
    process.cgroup.wanted, process.cgroup.granted = wanted, granted
    chance = Random(3)
    asked = [failure(Question("Liveness", HTTP, "10.1.1.1"), process, BORN + 5, chance) for _ in range(4000)]
    assert least <= sum(bool(answer) for answer in asked) / len(asked) <= most


def test_a_longer_timeout_forgives_a_starved_program() -> None:
    process = _process(start_seconds=0.0, latency=0.02)
    process.cgroup.wanted, process.cgroup.granted = 20.0, 1.0

    def failures(timeout: int) -> int:
        chance = Random(3)
        question = Question("Liveness", {**HTTP, "timeoutSeconds": timeout}, "10.1.1.1")
        return sum(bool(failure(question, process, BORN + 5, chance)) for _ in range(2000))

    assert failures(1) > 3 * failures(5) > 0


def test_a_named_port_is_the_container_s() -> None:
    spec = container("web:1", ports=[{"name": "admin", "containerPort": 9000}])
    assert resolved({"httpGet": {"path": "/", "port": "admin"}}, spec)["httpGet"]["port"] == 9000


def test_readiness_is_asked_at_once_when_a_container_starts_then_every_period() -> None:
    stage = Stage()
    stage.pod(container(stage.image("web:1"), readinessProbe=http(periodSeconds=60)))
    begun = stage.until(stage.runs)
    assert stage.until(stage.ready, within=5) - begun <= 2
    (row,) = stage.machine.probes
    stage.advance(600)
    assert stage.machine.probes[row] == 11


def test_a_restart_of_the_kubelet_counts_probes_from_nothing_and_restarts_no_container() -> None:
    stage = Stage()
    stage.pod(container(stage.image("web:1"), readinessProbe=http(periodSeconds=10)))
    stage.until(stage.ready)
    stage.advance(100)
    before = stage.container()
    stage.kubelets.restart("n1")
    assert stage.machine.probes == {}
    stage.advance(35)
    assert stage.container() == before
    assert stage.ready()
    assert 2 <= sum(stage.machine.probes.values()) <= 4


def _process(**program: Any) -> RunningContainer:
    return RunningContainer(
        name="app",
        image="web:1",
        id="1",
        program=Program(**program),
        started=BORN,
        cgroup=Cgroup(path="/", created=BORN),
    )
