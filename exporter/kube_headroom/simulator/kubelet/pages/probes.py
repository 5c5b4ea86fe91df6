"""`/metrics/probes`: how often each probe answered how; a row is born with its first result."""

from __future__ import annotations

from collections.abc import Iterator

from kube_headroom.simulator.kubelet.pages.text import BUCKETS, family, head, histogram
from kube_headroom.simulator.kubelet.pages.view import View

_TOTAL = "[BETA] Cumulative number of a liveness, readiness or startup probe for a container by result."
_DURATION = "[ALPHA] Duration in seconds for a probe response."
_START = "[ALPHA] Start time of the process since unix epoch in seconds."

_ANSWERED_BELOW = (0.93, 0.97, 0.99, 0.996, 0.999, 1.0)
"""The share of answers within each of the shortest buckets: a probe of a healthy process takes milliseconds."""
_MEAN_SECONDS = 0.004


def page(view: View) -> str:
    """Return the page as it is now."""
    names = {uid: (pod.namespace, pod.name) for uid, pod in view.machine.pods.items()}
    totals: list[tuple[dict[str, str], float]] = []
    answered: dict[tuple[tuple[str, str], ...], int] = {}
    for (uid, container, kind, result), count in view.machine.probes.items():
        namespace, pod = names.get(uid, ("", ""))
        named = {"container": container, "namespace": namespace, "pod": pod, "probe_type": kind}
        totals.append(({**named, "pod_uid": uid, "result": result}, float(count)))
        if result != "failed":
            key = tuple(named.items())
            answered[key] = answered.get(key, 0) + count
    return "".join(
        (
            *_durations(answered),
            family("prober_probe_total", "counter", _TOTAL, totals),
            family("process_start_time_seconds", "gauge", _START, [({}, round(view.kubelet_started, 2))]),
        )
    )


def _durations(answered: dict[tuple[tuple[str, str], ...], int]) -> Iterator[str]:
    """Yield the histogram of the probes that did not fail; the kubelet does not time failures."""
    if answered:
        yield head("prober_probe_duration_seconds", "histogram", _DURATION)
    for named, count in sorted(answered.items()):
        below = [int(count * share) for share in _ANSWERED_BELOW[:-1]] + [count]
        counts = [upper - lower for lower, upper in zip([0, *below], below, strict=False)]
        counts += [0] * (len(BUCKETS) + 1 - len(counts))
        yield histogram("prober_probe_duration_seconds", dict(named), counts, round(count * _MEAN_SECONDS, 9))
