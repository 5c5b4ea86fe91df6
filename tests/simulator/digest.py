"""Prints what a run of the simulated cluster left, as one hash: `python digest.py SEED SECONDS`."""

import hashlib
import json
import sys

from kube_headroom.simulator.composition import build
from kube_headroom.simulator.kinds import RESOURCES
from kube_headroom.simulator.request_metrics import RequestMetrics

TUESDAY_NOON = 1_799_755_200.0


def digest(seed: int, seconds: float) -> str:
    world = build(seed=seed, start=TUESDAY_NOON, past=600)
    world.advance(TUESDAY_NOON + seconds)
    found = hashlib.sha256()
    for resource in RESOURCES:
        found.update(json.dumps(world.store.all(resource.plural)).encode())
    found.update(world.part(RequestMetrics).page())
    return found.hexdigest()


if __name__ == "__main__":
    print(digest(int(sys.argv[1]), float(sys.argv[2])))  # noqa: T201  its one line of output
