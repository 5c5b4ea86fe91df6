"""Our own reflectors on a simulated world that changes under them: whatever breaks, they end with what is there."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from kube_headroom.cluster.connection import Connection
from kube_headroom.cluster.decode import NamespaceFilter, ObjectReader
from kube_headroom.cluster.facts.conversion import Keys
from kube_headroom.cluster.failures import Reason
from kube_headroom.cluster.health import ListCause, SourceHealth
from kube_headroom.cluster.kinds import KINDS_BY_NAME
from kube_headroom.cluster.reflector import Reflector, Source
from kube_headroom.model import Change, Fact, Pod
from kube_headroom.simulator.store import Object
from kube_headroom.timing import Timing
from tests.simulator.apiserver.stage import Stage, pod, wait_until

VersionedView = dict[str, str]
"""Names of pods, and their phase, in which the tests write a number."""


class View:
    """What the reader sees; it must never hear of a pod it does not know."""

    def __init__(self) -> None:
        self._pods: dict[str, Pod] = {}

    def replace(self, _kind: str, _scope: str, facts: Mapping[str, Fact]) -> None:
        self._pods = {uid: fact for uid, fact in facts.items() if isinstance(fact, Pod)}

    def apply(self, _kind: str, facts: Sequence[tuple[Change, Fact]]) -> None:
        for change, fact in facts:
            assert isinstance(fact, Pod)
            if change is Change.DELETE:
                del self._pods[fact.uid]
            else:
                self._pods[fact.uid] = fact

    @property
    def shown(self) -> VersionedView:
        return {found.name: found.phase for found in list(self._pods.values())}


class Reading:
    """A reflector of pods in a thread; its waits are cut to a thousandth, the numbers are proven elsewhere."""

    def __init__(self, stage: Stage, folder: Path, *, streaming: bool) -> None:
        self.view = View()
        self.health = SourceHealth("pods")
        kind = KINDS_BY_NAME["pods"]
        connection = Connection.open(str(stage.simulation.write_kubeconfig(folder / "kubeconfig")))
        reader = ObjectReader(kind, Keys(), self.health, NamespaceFilter())
        timing = Timing(wait=lambda stop, seconds: stop.wait(seconds / 1000))
        source = Source(kind, "", reader, self.health)
        self._reflector = Reflector(source, connection, self.view, streaming=streaming, timing=timing)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._reflector.run, args=(self._stop,))
        self._thread.start()

    def end(self) -> None:
        self._stop.set()

        def ended() -> bool:
            self._reflector.interrupt()  # again and again: it may be between two answers
            self._thread.join(0.01)
            return not self._thread.is_alive()

        wait_until(ended, "the reflector to end")


@pytest.fixture(params=[True, False], ids=["lists as streams", "lists in pages"])
def reading(stage: Stage, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Reading]:
    stage.create("pods", *(pod(f"old-{number}") for number in range(700)))
    found = Reading(stage, tmp_path, streaming=request.param)
    wait_until(lambda: found.health.report().listed, "the first list")
    yield found
    found.end()


class Churn:
    """Pods that come, change and go, by the same numbers in every run."""

    def __init__(self, stage: Stage) -> None:
        self._store = stage.world.store
        self._call = stage.simulation.call
        self._chance = random.Random(1)
        self._made = 0

    def go_on(self, writes: int = 50) -> None:
        def write() -> None:
            for _ in range(writes):
                self._write()

        self._call(write)

    def _write(self) -> None:
        store, pods = self._store, self._store.all("pods")
        self._made += 1
        choice = self._chance.choice(("create", "change", "delete"))
        if choice == "create":
            store.create("pods", pod(f"new-{self._made}"))
        elif choice == "change":
            store.change("pods", self._chance.choice(pods), status={"phase": str(self._made)})
        else:
            store.delete("pods", self._chance.choice(pods))

    def truth(self) -> VersionedView:
        def read() -> list[Object]:
            return self._store.all("pods")

        return {found["metadata"]["name"]: found["status"]["phase"] for found in self._call(read)}


def agree(reading: Reading, churn: Churn) -> None:
    truth = churn.truth()
    wait_until(lambda: reading.view.shown == truth, "the reader to see what is there")


def test_nothing_is_lost_while_the_world_changes(stage: Stage, reading: Reading) -> None:
    churn = Churn(stage)
    for _ in range(20):
        churn.go_on()
    agree(reading, churn)
    report = reading.health.report()
    assert (report.lists, report.errors, report.skipped) == ({ListCause.FIRST: 1}, {}, {})


def break_connections(stage: Stage) -> None:
    stage.simulation.call(stage.api_server.cut_watches)


def lose_history(stage: Stage) -> None:
    def both() -> None:
        stage.api_server.cut_watches()
        stage.world.store.create("pods", pod(f"unseen-{stage.world.store.revision}"))
        stage.api_server.compact()

    stage.simulation.call(both)


def refuse(status: int) -> Callable[[Stage], None]:
    def both(stage: Stage) -> None:
        def begin() -> None:
            stage.api_server.faults.refuse(status, times=3)
            stage.api_server.cut_watches()

        stage.simulation.call(begin)

    return both


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param(break_connections, None, id="connections break"),
        pytest.param(lose_history, Reason.EXPIRED, id="history is forgotten meanwhile"),
        pytest.param(refuse(429), Reason.TOO_MANY_REQUESTS, id="the server is too busy"),
        pytest.param(refuse(500), Reason.SERVER_ERROR, id="the server fails"),
        pytest.param(refuse(503), Reason.SERVER_ERROR, id="the server is not available"),
    ],
)
def test_nothing_is_lost_whatever_the_server_does(
    stage: Stage, reading: Reading, fault: Callable[[Stage], None], reason: Reason | None
) -> None:
    churn = Churn(stage)
    for _ in range(5):
        churn.go_on()
        wait_until(lambda: stage.open_watches() == 1, "the watch to be open again")
        fault(stage)
        churn.go_on()
        agree(reading, churn)
    report = reading.health.report()
    assert report.skipped == {}
    assert reason is None or report.errors[reason] >= 5
    relists = 5 if reason is Reason.EXPIRED else 0
    assert report.lists.get(ListCause.EXPIRED, 0) == relists
