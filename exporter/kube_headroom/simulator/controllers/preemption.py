"""Which pods make room for one of higher priority: the fewest and least important that help, on one node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from kube_headroom.simulator.controllers.filters import Refusal, Wish, lacks
from kube_headroom.simulator.controllers.node_sums import NodeSums, Room
from kube_headroom.simulator.controllers.pods import condition, is_terminating
from kube_headroom.simulator.controllers.selectors import matches
from kube_headroom.simulator.store import Name, Object, Store, moment

NOT_HELPFUL = "Preemption is not helpful for scheduling"
NO_VICTIMS = "No preemption victims found for incoming pod"
BY_SCHEDULER = "PreemptionByScheduler"


class Candidate(NamedTuple):
    """A node and the pods that would have to leave it, the most important first."""

    node: str
    victims: list[Object]
    violations: int
    """Victims that a PodDisruptionBudget protects."""


class Preemption:
    """Looks for victims; the rules are those of the plugin `DefaultPreemption`."""

    def __init__(self, store: Store, sums: NodeSums) -> None:
        self._store = store
        self._sums = sums

    def choose(self, wish: Wish, refusals: Mapping[str, Refusal]) -> Candidate | str:
        """Return the best node to clear, or why there is none, as the message after `preemption: ` says it."""
        spec, status = wish.pod["spec"], wish.pod.get("status", {})
        if spec.get("preemptionPolicy") == "Never":
            return "not eligible due to preemptionPolicy=Never."
        if self._is_awaited(wish, status.get("nominatedNodeName", "")):
            return "not eligible due to a terminating pod on the nominated node."
        candidates: list[Candidate] = []
        told: dict[str, int] = {}
        for name, refused in refusals.items():
            found = self._victims(wish, self._sums.rooms[name]) if refused.curable else (NOT_HELPFUL,)
            if isinstance(found, Candidate):
                candidates.append(found)
            else:
                for reason in found:
                    told[reason] = told.get(reason, 0) + 1
        if candidates:
            return min(candidates, key=_cost)
        absent = len(self._sums.rooms) - len(refusals)
        if absent:
            told[NOT_HELPFUL] = told.get(NOT_HELPFUL, 0) + absent
        return unavailable(len(self._sums.rooms), told)

    def _is_awaited(self, wish: Wish, nominated: str) -> bool:
        """Tell whether victims of an earlier preemption are still leaving the node that they leave for this pod."""
        for pod in self._store.pods_on(nominated) if nominated else ():
            disrupted = condition(pod, "DisruptionTarget")
            by_scheduler = disrupted is not None and disrupted.get("reason") == BY_SCHEDULER
            if is_terminating(pod) and by_scheduler and pod["spec"].get("priority", 0) < wish.priority:
                return True
        return False

    def _victims(self, wish: Wish, room: Room) -> Candidate | tuple[str, ...]:
        """Return who has to leave a node, or why nobody's leaving would do."""
        lower = {name: one for name, one in room.pods.items() if one.spec.get("priority", 0) < wish.priority}
        if not lower:
            return (NO_VICTIMS,)
        pods = [pod for name in lower if (pod := self._store.get("pods", *name)) is not None]
        trial = Room(room.node, room.name, room.zone, room.allocatable)
        for name, placed in room.pods.items():
            if name not in lower:
                trial.put(name, placed)
        still = lacks(wish.requests, trial)
        if still is not None:
            return still.reasons
        protected = _protected(pods, self._store.all("poddisruptionbudgets"))
        most_important_first = sorted(pods, key=lambda pod: (not protected[_name(pod)], *_importance(pod)))
        victims = []
        for pod in most_important_first:
            name = _name(pod)
            trial.put(name, lower[name])
            if lacks(wish.requests, trial) is not None:
                trial.take(name)
                victims.append(pod)
        violations = sum(protected[_name(pod)] for pod in victims)
        return Candidate(room.name, sorted(victims, key=_importance), violations)


def unavailable(nodes: int, reasons: Mapping[str, int], message: str = "") -> str:
    """Return how the scheduler says that no node can take a pod (`FitError`)."""
    counted = ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))
    return f"0/{nodes} nodes are available: {message or counted}."


def _name(pod: Object) -> Name:
    return pod["metadata"]["namespace"], pod["metadata"]["name"]


def _started(pod: Object) -> float:
    return moment(pod.get("status", {}).get("startTime", pod["metadata"]["creationTimestamp"]))


def _importance(pod: Object) -> tuple[int, float]:
    return -pod["spec"].get("priority", 0), _started(pod)


def _cost(candidate: Candidate) -> tuple[int, int, int, int, float]:
    """Return what makes one node a better choice than another, the most important first."""
    priorities = [pod["spec"].get("priority", 0) for pod in candidate.victims]
    highest = max(priorities, default=0)
    earliest = min((_started(pod) for pod in candidate.victims if pod["spec"].get("priority", 0) == highest), default=0)
    offset = 2**31  # keeps one negative priority from outweighing a second victim
    return candidate.violations, highest, sum(one + offset for one in priorities), len(priorities), -earliest


def _protected(pods: Iterable[Object], budgets: Sequence[Object]) -> dict[Name, bool]:
    """Tell of each pod whether a budget has no disruption left for it, counting the pods before it."""
    left = {id(budget): budget.get("status", {}).get("disruptionsAllowed", 0) for budget in budgets}
    result: dict[Name, bool] = {}
    for pod in sorted(pods, key=_importance):
        result[_name(pod)] = False
        for budget in budgets:
            same = budget["metadata"]["namespace"] == pod["metadata"]["namespace"]
            if same and matches(budget["spec"].get("selector"), pod["metadata"].get("labels")):
                left[id(budget)] -= 1
                result[_name(pod)] = result[_name(pod)] or left[id(budget)] < 0
    return result
