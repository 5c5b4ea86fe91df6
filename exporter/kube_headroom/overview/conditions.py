"""What of a key's samples needs attention now: one rule per metric, each told in the words of its indicator."""

from __future__ import annotations

from collections import Counter as Multiset
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from kube_headroom.catalogue import batch, indicators, nodes, objects, usage_indicators, volumes, workloads
from kube_headroom.catalogue.indicator import Indicator
from kube_headroom.catalogue.metric import Metric, Sample
from kube_headroom.overview.content import Severity
from kube_headroom.overview.increases import COUNTED
from kube_headroom.overview.words import amount, counted, listed

ROLLOUT_PATIENCE = 15.0
"""Seconds for which missing replicas are a deploy's daily business."""
START_PATIENCE = 300.0
"""Seconds that an image and a volume may take before a container that waits for them is worth a look."""
BACK_OFF = 600.0
"""Seconds for which a crash loop is still told of while its container runs for a moment (`BACK_OFF` of the indicator)."""
NEARLY_FULL = 0.9
VOLUME_NEARLY_FULL = 0.9
"""The kubelet calls its own disk short with less than a tenth free (`nodefs.available<10%`)."""
INODES_NEARLY_USED = 0.95
"""As above: `nodefs.inodesFree<5%`."""
VOLUME_PATIENCE = 90.0
"""Seconds: longer than between two readings of volumes, so that two agree."""
STARTING_REASONS = frozenset({"ContainerCreating", "PodInitializing"})
CRASH_LOOP = "CrashLoopBackOff"

BROKEN, RISK, NOTE = Severity


class Condition(NamedTuple):
    """Something that is so now: told once it lasted `patience` seconds, and for `echo` seconds after it ended.

    `detail` tells several of one indicator apart.
    """

    indicator: Indicator
    severity: Severity
    text: str
    value: float
    detail: str = ""
    patience: float = 0.0
    echo: float = 0.0


Told = Mapping[Metric[Any], Sequence[tuple[tuple[str, ...], float]]]
"""The labels and values of each metric, without those that are 0."""
Rule = Callable[[Told], Iterator[Condition]]


class Sorted(NamedTuple):
    """A key's samples as the overview reads them."""

    conditions: tuple[Condition, ...]
    counters: tuple[Sample, ...]


def sort(samples: Iterable[Sample]) -> Sorted:
    """Part the samples into what is so now and what was counted; a healthy key has neither."""
    told: dict[Metric[Any], list[tuple[tuple[str, ...], float]]] = {}
    counters: list[Sample] = []
    for sample in samples:
        metric, labels, value = sample
        if metric in TOLD and (value or metric in TELLING_ZEROS):
            told.setdefault(metric, []).append((labels, value))
        elif value and metric in COUNTED:
            counters.append(sample)
    found = tuple(condition for metric in told if metric in RULES for condition in RULES[metric](told))
    return Sorted(found, tuple(counters))


def _sum(told: Told, metric: Metric[Any]) -> float:
    return sum(value for _, value in told.get(metric, ()))


def _replicas_missing(told: Told) -> Iterator[Condition]:
    desired, available = _sum(told, workloads.REPLICAS_DESIRED), _sum(told, workloads.REPLICAS_AVAILABLE)
    if available < desired:
        text = f"{desired - available:g} of {counted(desired, 'replica', 'replicas')} missing"
        yield Condition(
            indicators.REPLICAS_MISSING,
            RISK if available else BROKEN,
            text if available else f"no replica available, {desired:g} wanted",
            desired - available,
            patience=ROLLOUT_PATIENCE,
        )


def _rollout_stuck(_told: Told) -> Iterator[Condition]:
    yield Condition(indicators.ROLLOUT_STUCK, BROKEN, "rollout makes no progress", 1)


def _unschedulable(told: Told) -> Iterator[Condition]:
    pods = _sum(told, workloads.PODS_UNSCHEDULABLE)
    text = f"{counted(pods, 'pod finds', 'pods find')} no node"
    yield Condition(indicators.PODS_UNSCHEDULABLE, RISK, text, pods)


def _on_unready_nodes(told: Told) -> Iterator[Condition]:
    pods = _sum(told, workloads.PODS_ON_UNREADY_NODES)
    text = f"{counted(pods, 'pod', 'pods')} on a node that is not ready"
    yield Condition(indicators.PODS_ON_UNREADY_NODES, RISK, text, pods)


def _waiting(told: Told) -> Iterator[Condition]:
    """One condition for what failed and one for what only starts, so that neither hides the other."""
    failed: Multiset[str] = Multiset()
    starting: Multiset[str] = Multiset()
    for labels, count in told[workloads.CONTAINERS_WAITING]:
        container, reason = labels[3], labels[4]
        (starting if reason in STARTING_REASONS else failed)[f"{reason} in {container}"] += int(count)
    if failed:
        echo = BACK_OFF if any(name.startswith(CRASH_LOOP) for name in failed) else 0.0
        yield Condition(indicators.CONTAINERS_WAITING, BROKEN, _by_name(failed), failed.total(), echo=echo)
    if starting:
        yield Condition(
            indicators.CONTAINERS_WAITING,
            RISK,
            _by_name(starting),
            starting.total(),
            detail="starting",
            patience=START_PATIENCE,
        )


def _by_name(counts: Multiset[str]) -> str:
    return listed([f"{count} × {name}" if count > 1 else name for name, count in counts.most_common()])  # noqa: RUF001  meant


def _autoscaler(told: Told) -> Iterator[Condition]:
    desired, maximum = _sum(told, batch.AUTOSCALER_DESIRED), _sum(told, batch.AUTOSCALER_MAXIMUM)
    if desired >= maximum:
        text = f"autoscaler at its maximum of {counted(maximum, 'replica', 'replicas')}"
        yield Condition(indicators.AUTOSCALER_AT_MAXIMUM, RISK, text, desired / maximum if maximum else 1)


def _not_ready(told: Told) -> Iterator[Condition]:
    for _, ready in told[nodes.NODE_READY]:
        if not ready:
            yield Condition(indicators.NODES_NOT_READY, BROKEN, "node is not ready", 1)


def _node_conditions(told: Told) -> Iterator[Condition]:
    for (_, condition), value in told[nodes.NODE_CONDITION]:
        yield Condition(indicators.NODE_CONDITIONS, RISK, condition, value, detail=condition)


def _quota(told: Told) -> Iterator[Condition]:
    hard = {labels[2]: value for labels, value in told.get(objects.QUOTA_HARD, ())}
    for labels, used in told[objects.QUOTA_USED]:
        resource = labels[2]
        limit = hard.get(resource, 0.0)
        if limit and used >= NEARLY_FULL * limit:
            text = f"{used / limit:.0%} of {resource} used: {amount(resource, used)} of {amount(resource, limit)}"
            severity = RISK if used >= limit else NOTE
            yield Condition(indicators.QUOTA_USED, severity, text, used / limit, detail=resource)


def _budget(told: Told) -> Iterator[Condition]:
    """A budget that covers no pod holds nothing up."""
    if _sum(told, objects.PDB_DISRUPTIONS_ALLOWED) or not _sum(told, objects.PDB_EXPECTED):
        return
    healthy, desired = _sum(told, objects.PDB_HEALTHY), _sum(told, objects.PDB_DESIRED_HEALTHY)
    text = f"no pod may be evicted: {healthy:g} healthy, {desired:g} required"
    yield Condition(indicators.DISRUPTIONS_ALLOWED, RISK if healthy < desired else NOTE, text, 0)


def _volume(told: Told) -> Iterator[Condition]:
    used, size = _sum(told, volumes.VOLUME_USED), _sum(told, volumes.VOLUME_CAPACITY)
    if size and used >= VOLUME_NEARLY_FULL * size:
        text = f"{used / size:.0%} of the volume used: {amount('storage', used)} of {amount('storage', size)}"
        yield Condition(usage_indicators.VOLUME_USED, RISK, text, used / size, patience=VOLUME_PATIENCE)


def _inodes(told: Told) -> Iterator[Condition]:
    used, size = _sum(told, volumes.VOLUME_INODES_USED), _sum(told, volumes.VOLUME_INODES)
    if size and used >= INODES_NEARLY_USED * size:
        text = f"{used / size:.0%} of the volume's inodes used: {used:,.0f} of {size:,.0f}"
        yield Condition(usage_indicators.VOLUME_INODES_USED, RISK, text, used / size, patience=VOLUME_PATIENCE)


RULES: dict[Metric[Any], Rule] = {
    workloads.CONTAINERS_WAITING: _waiting,
    workloads.REPLICAS_DESIRED: _replicas_missing,
    workloads.ROLLOUT_STUCK: _rollout_stuck,
    workloads.PODS_UNSCHEDULABLE: _unschedulable,
    workloads.PODS_ON_UNREADY_NODES: _on_unready_nodes,
    batch.AUTOSCALER_DESIRED: _autoscaler,
    nodes.NODE_READY: _not_ready,
    nodes.NODE_CONDITION: _node_conditions,
    objects.QUOTA_USED: _quota,
    objects.PDB_DISRUPTIONS_ALLOWED: _budget,
    volumes.VOLUME_USED: _volume,
    volumes.VOLUME_INODES_USED: _inodes,
}
"""The rules, each under the metric without which it has nothing to say."""

TELLING_ZEROS = frozenset({nodes.NODE_READY, objects.PDB_DISRUPTIONS_ALLOWED})
"""Metrics whose 0 is the news; of all others it says that nothing is wrong."""

TOLD = frozenset(
    {
        *RULES,
        workloads.REPLICAS_AVAILABLE,
        batch.AUTOSCALER_MAXIMUM,
        objects.QUOTA_HARD,
        objects.PDB_EXPECTED,
        objects.PDB_HEALTHY,
        objects.PDB_DESIRED_HEALTHY,
        volumes.VOLUME_CAPACITY,
        volumes.VOLUME_INODES,
    }
)
