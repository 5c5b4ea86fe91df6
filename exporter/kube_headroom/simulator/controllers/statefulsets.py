"""The StatefulSet controller: pods with a name, an order and claims of their own."""

from __future__ import annotations

from kube_headroom.simulator.controllers.ordinals import Ordinals
from kube_headroom.simulator.controllers.queue import Queue
from kube_headroom.simulator.controllers.replicas import next_available, template_hash
from kube_headroom.simulator.store import Object
from kube_headroom.simulator.world import World


class StatefulSets:
    """A part of the world; the rules are those of `pkg/controller/statefulset`.

    The history of templates (ControllerRevisions, which are not served) is kept here, for the revisions in use.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._queue = Queue(world.store, "statefulsets", ("pods",))
        self._templates: dict[str, dict[str, Object]] = {}

    def step(self, now: float) -> None:
        """Take every StatefulSet that changed, or whose pods did, a step further."""
        for stateful_set in self._queue.take(now):
            update = f"{stateful_set['metadata']['name']}-{template_hash(stateful_set['spec']['template'])}"
            templates = self._templates.setdefault(stateful_set["metadata"]["uid"], {})
            templates[update] = stateful_set["spec"]["template"]
            current = stateful_set.get("status", {}).get("currentRevision", update)
            ordinals = Ordinals(self._world, stateful_set, (current if current in templates else update, update), now)
            if ordinals.run(templates):
                self._queue.succeeded(stateful_set)
            else:
                self._queue.failed(stateful_set, now)
            self._forget(stateful_set, ordinals.used)
            due = next_available(ordinals.pods, stateful_set["spec"].get("minReadySeconds", 0), now)
            if due is not None:
                self._queue.again(stateful_set, due)
        if len(self._templates) > 2 * self._world.store.count("statefulsets") + 10:
            alive = {one["metadata"]["uid"] for one in self._world.store.all("statefulsets")}
            self._templates = {uid: known for uid, known in self._templates.items() if uid in alive}

    def _forget(self, stateful_set: Object, used: frozenset[str]) -> None:
        """Drop templates that neither the status nor a pod names any more."""
        uid = stateful_set["metadata"]["uid"]
        self._templates[uid] = {name: known for name, known in self._templates[uid].items() if name in used}
