"""How many pods a rollout may have and may miss: pure arithmetic of `pkg/controller/deployment/util`."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kube_headroom.simulator.store import Object

DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"


def scaled(value: int | str, whole: int, *, up: bool) -> int:
    """Return a count, or a percentage of `whole` rounded up or down (`GetScaledValueFromIntOrPercent`)."""
    if isinstance(value, int):
        return value
    parts = int(value.removesuffix("%")) * whole
    return -(-parts // 100) if up else parts // 100


def is_rolling(deployment: Object) -> bool:
    """Tell whether the strategy is RollingUpdate."""
    return bool(deployment["spec"]["strategy"]["type"] == "RollingUpdate")


def max_surge(deployment: Object) -> int:
    """Return how many pods more than wanted may exist."""
    return _fenceposts(deployment)[0]


def max_unavailable(deployment: Object) -> int:
    """Return how many of the wanted pods may be unavailable: one if neither that nor a surge is allowed."""
    wanted: int = deployment["spec"]["replicas"]
    return min(_fenceposts(deployment)[1], wanted)


def _fenceposts(deployment: Object) -> tuple[int, int]:
    if not is_rolling(deployment):
        return 0, 0
    wanted = deployment["spec"]["replicas"]
    rolling = deployment["spec"]["strategy"].get("rollingUpdate", {})
    surge = scaled(rolling.get("maxSurge", 0), wanted, up=True)
    unavailable = scaled(rolling.get("maxUnavailable", 0), wanted, up=False)
    return surge, unavailable if surge or unavailable else 1


def wanted_of(replica_sets: Sequence[Object]) -> int:
    """Sum the sizes that ReplicaSets are asked to have."""
    return sum(one["spec"]["replicas"] for one in replica_sets)


def counted(replica_sets: Sequence[Object], field: str) -> int:
    """Sum a count of the ReplicaSets' status."""
    return sum(one.get("status", {}).get(field, 0) for one in replica_sets)


def new_size(deployment: Object, everything: Sequence[Object], size: int) -> int:
    """Return how far the new ReplicaSet of `size` pods may grow while all of them count `everything`."""
    wanted: int = deployment["spec"]["replicas"]
    if not is_rolling(deployment):
        return wanted
    room = wanted + max_surge(deployment) - wanted_of(everything)
    return size if room <= 0 else size + min(room, wanted - size)


def proportional_sizes(deployment: Object, active: Sequence[Object]) -> list[tuple[Object, int]]:
    """Share out a change of size between the ReplicaSets of a rollout, the largest first; the first takes the rest."""
    wanted = deployment["spec"]["replicas"]
    allowed = wanted + max_surge(deployment) if wanted else 0
    change = allowed - wanted_of(active)
    # The newest of equals grows first, the oldest shrinks first; the sort is stable.
    by_age = sorted(active, key=_age, reverse=change > 0)
    by_size = sorted(by_age, key=lambda one: -one["spec"]["replicas"])
    sizes: list[tuple[Object, int]] = []
    shared = 0
    for one in by_size:
        part = _share(deployment, one, change, shared) if change else 0
        shared += part
        sizes.append((one, one["spec"]["replicas"] + part))
    if sizes and change:
        first, size = sizes[0]
        sizes[0] = (first, max(0, size + change - shared))
    return sizes


def _age(stored: Object) -> tuple[str, str]:
    return stored["metadata"]["creationTimestamp"], stored["metadata"]["name"]


def _share(deployment: Object, replica_set: Object, change: int, shared: int) -> int:
    """Return a ReplicaSet's part of a change, in proportion to its size before it (`GetReplicaSetProportion`)."""
    size: int = replica_set["spec"]["replicas"]
    left = change - shared
    if not size or not left:
        return 0
    wanted = deployment["spec"]["replicas"]
    annotations = replica_set["metadata"].get("annotations", {})
    before = int(annotations.get(MAXIMUM, 0)) or deployment.get("status", {}).get("replicas", 0)
    if not wanted:
        fraction = -size
    elif not before:
        fraction = 0
    else:
        fraction = math.floor(size * (wanted + max_surge(deployment)) / before + 0.5) - size
    return min(fraction, left) if change > 0 else max(fraction, left)
