"""ConfigMaps that define SLOs, read by label from a served world into the inventory: those of others stay unread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kube_headroom.cluster.connection import Connection
from kube_headroom.cluster.facts.conversion import Keys
from kube_headroom.cluster.readers import Choice, reflectors
from kube_headroom.settings.table import OPTIONAL_KINDS
from kube_headroom.simulator.store import Object
from kube_headroom.state.inventory import Inventory
from kube_headroom.state.ledger import Ledger
from tests.simulator.apiserver.stage import START, Stage, wait_until
from tests.stage import LIMITS

MARK = {"kube-headroom.io/slo": "definitions"}
SELECTOR = "kube-headroom.io/slo=definitions"


def config_map(name: str, text: str = "a", labels: dict[str, str] | None = None) -> Object:
    labelled = MARK if labels is None else labels
    return {"metadata": {"name": name, "namespace": "shop", "labels": labelled}, "data": {"slos.yaml": text}}


@pytest.fixture(params=[True, False], ids=["lists as streams", "lists in pages"])
def inventory(stage: Stage, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Inventory]:
    stage.create("configmaps", config_map("old"), config_map("private", labels={}))
    found = Inventory(LIMITS, Ledger(START), lambda: START)
    connection = Connection.open(str(stage.simulation.write_kubeconfig(tmp_path / "kubeconfig")))
    choice = Choice((), (), OPTIONAL_KINDS, Keys(), streaming=request.param, slo_configmaps=SELECTOR)
    read = {health.kind: reflector for health, reflector in reflectors(choice, connection, found)}
    stop = threading.Event()
    thread = threading.Thread(target=read["configmaps"].run, args=(stop,))
    thread.start()
    yield found
    stop.set()

    def ended() -> bool:
        read["configmaps"].interrupt()
        thread.join(0.01)
        return not thread.is_alive()

    wait_until(ended, "the reflector to end")


def texts(inventory: Inventory) -> dict[str, Any]:
    return {one.metadata.name: dict(one.data)["slos.yaml"] for one in inventory.slo_inputs().config_maps}


def test_what_the_label_selects_comes_changes_and_goes(stage: Stage, inventory: Inventory) -> None:
    wait_until(lambda: texts(inventory) == {"old": "a"}, "the first list")
    [new, unlabelled] = stage.create("configmaps", config_map("new", "b"), config_map("other", labels={"a": "b"}))
    wait_until(lambda: texts(inventory) == {"old": "a", "new": "b"}, "the new one")
    changed = stage.change("configmaps", new, data={"slos.yaml": "c"})
    stage.change("configmaps", unlabelled, metadata={**unlabelled["metadata"], "labels": MARK})
    wait_until(lambda: texts(inventory) == {"old": "a", "new": "c", "other": "a"}, "both changes")
    before = inventory.slo_version
    stage.change("configmaps", changed, metadata={**changed["metadata"], "labels": {}})
    wait_until(lambda: texts(inventory) == {"old": "a", "other": "a"}, "the one without the label to go")
    assert inventory.slo_version > before
