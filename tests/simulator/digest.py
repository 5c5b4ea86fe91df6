"""Prints what a run of the simulated cluster left, as one hash: `python digest.py SEED SECONDS`."""

import hashlib
import json
import sys

from kube_headroom.simulator.composition import build
from kube_headroom.simulator.kinds import RESOURCES
from kube_headroom.simulator.kubelet.application import PAGES
from kube_headroom.simulator.kubelet.housekeeping import Housekeepings
from kube_headroom.simulator.kubelet.pages.view import View
from kube_headroom.simulator.request_metrics import RequestMetrics
from kube_headroom.simulator.world import World

TUESDAY_NOON = 1_799_755_200.0


def digest(world: World) -> str:
    """Return a hash of everything that a client can read: objects, kubelets' pages, request metrics."""
    found = hashlib.sha256()
    for resource in RESOURCES:
        found.update(json.dumps(world.store.all(resource.plural)).encode())
    cadvisors = world.part(Housekeepings)
    for name, machine in world.machines.items():
        view = View(machine=machine, housekeeping=cadvisors.on(name), now=world.now, kubernetes=world.kubernetes)
        for page in PAGES.values():
            found.update(page(view).encode())
    found.update(world.part(RequestMetrics).page())
    return found.hexdigest()


if __name__ == "__main__":
    seed, seconds = int(sys.argv[1]), float(sys.argv[2])
    grown = build(seed=seed, start=TUESDAY_NOON, past=600)
    grown.advance(TUESDAY_NOON + seconds)
    print(digest(grown))  # noqa: T201  its one line of output
