"""Bytes that a pod costs our collector: real objects, taken from the API, read into an inventory in a fresh process.

`python -m benchmarks.retained FOLDER` reads what `save` wrote there and prints a JSON object.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.costs import anonymous_bytes
from kube_headroom import signals
from kube_headroom.catalogue.metrics import CLUSTER_METRICS
from kube_headroom.cluster import decode, requests
from kube_headroom.cluster.facts.conversion import Keys
from kube_headroom.cluster.health import SourceHealth
from kube_headroom.cluster.kinds import KINDS, Kind
from kube_headroom.exposition.page import Page
from kube_headroom.model import Change, Fact
from kube_headroom.settings import read as read_settings
from kube_headroom.state.inventory import Inventory, Limits
from kube_headroom.state.ledger import Ledger
from tests.real.client import Client

OTHERS = ("nodes", "namespaces", "replicasets", "deployments")


class Retained(NamedTuple):
    """Bytes a pod: facts and state, the rendered page; seconds of CPU to read, to apply one event, to publish all."""

    pods: int
    state_bytes: float
    page_bytes: float
    list_microseconds: float
    event_microseconds: float
    publish_microseconds: float


def save(client: Client, folder: Path) -> None:
    """Write the lists of some kinds as the API server pages them."""
    for kind in KINDS:
        if kind.name not in (*OTHERS, "pods"):
            continue
        token, page = "", 0
        while True:
            ask = requests.list_page(kind, "", token)
            answer = client.http.get(kind.path(""), params=dict(ask.query), headers={"accept": ask.accept})
            body = answer.raise_for_status().content
            (folder / f"{kind.name}-{page:04}.json").write_bytes(body)
            token, page = decode.list_page(body, kind).next_token, page + 1
            if not token:
                break


def measure(folder: Path) -> Retained:
    """Run this module in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.retained", str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return Retained(**json.loads(done.stdout))


def _load(kind: Kind, folder: Path, reader: decode.ObjectReader) -> dict[str, Fact]:
    """As a reflector does it: one page in memory at a time."""
    facts: dict[str, Fact] = {}
    for path in sorted(folder.glob(f"{kind.name}-*.json")):
        for raw in decode.list_page(path.read_bytes(), kind).items or ():
            found = reader.read(raw)
            if found.fact is not None:
                facts[found.uid] = found.fact
    return facts


def _main(folder: Path) -> Retained:
    kinds = {kind.name: kind for kind in KINDS}
    keys = Keys(owner=read_settings({}, {}).owner_keys)
    limits = Limits(60.0, 600.0, 30.0, 600.0, 1000, frozenset(), 36)
    inventory = Inventory(limits, Ledger(time.time()), time.time)
    readers = {
        name: decode.ObjectReader(kinds[name], keys, SourceHealth(name, ""), decode.NamespaceFilter())
        for name in (*OTHERS, "pods")
    }
    for name in OTHERS:
        inventory.replace(name, "", _load(kinds[name], folder, readers[name]))
    gc.collect()
    before, spent = anonymous_bytes(), time.process_time()
    facts = _load(kinds["pods"], folder, readers["pods"])
    pods = len(facts)
    inventory.replace("pods", "", facts)
    listing = time.process_time() - spent
    del facts
    gc.collect()
    state, page = anonymous_bytes(), Page(CLUSTER_METRICS)
    spent = time.process_time()
    for key, snapshot in inventory.snapshots(inventory.changes()):
        page.put(key, () if snapshot is None else signals.samples(key[0], snapshot))
    page.body()
    publishing = time.process_time() - spent
    gc.collect()
    rendered = anonymous_bytes()
    path = min(folder.glob("pods-*.json"))
    raws = decode.list_page(path.read_bytes(), kinds["pods"]).items or []
    spent = time.process_time()
    for raw in raws:
        fact = readers["pods"].read(raw).fact
        if fact is not None:
            inventory.apply("pods", [(Change.UPSERT, fact)])
    event = (time.process_time() - spent) / max(1, len(raws))
    return Retained(
        pods=pods,
        state_bytes=(state - before) / pods,
        page_bytes=(rendered - state) / pods,
        list_microseconds=1e6 * listing / pods,
        event_microseconds=1e6 * event,
        publish_microseconds=1e6 * publishing / pods,
    )


if __name__ == "__main__":
    print(json.dumps(_main(Path(sys.argv[1]))._asdict()))
