"""`/metrics/probes` read into counts of results; the histogram beside them is skipped, it knows no failures."""

from __future__ import annotations

from collections import Counter

from kube_headroom.kubelet.pages.families import Expected, Oddity, PageError, cut
from kube_headroom.kubelet.pages.rows import rows
from kube_headroom.readings import ProbeCount, ProbesPage

EXPECTED = Expected("/metrics/probes", (b"prober_", b"process_start_time_seconds"))

_TOTAL = b"prober_probe_total"
_STARTED = b"process_start_time_seconds"
_WANTED = frozenset((_TOTAL, _STARTED))
_RESULTS = ("successful", "failed", "unknown")

_Key = tuple[str, str, str, str, str]


def probes(page: bytes, odd: Counter[Oddity] | None = None) -> ProbesPage:
    """Return what a page says, counting in `odd` what was unusual about it.

    Raises:
        PageError: the body is no such page, or a count cannot be read: a result without a row is one that never
            happened, so leaving the row out would tell of 0 and, on the next page, of everything once more.

    """
    odd = Counter() if odd is None else odd
    texts = cut(page, _WANTED, EXPECTED)
    before = _lost(odd)
    totals = rows(_TOTAL, texts.get(_TOTAL), odd)
    if _lost(odd) > before:
        raise PageError(f"{EXPECTED.path}: expected a count in every row of {_TOTAL.decode()}, got one that has none")
    counts: dict[_Key, dict[str, int]] = {}
    for row in totals:
        named = row.labels
        result, probe = named.get("result", ""), named.get("probe_type", "").lower()
        if result not in _RESULTS or row.value < 0:
            odd[Oddity.BROKEN_ROW] += 1
            continue
        uid, namespace, pod = (named.get(name, "") for name in ("pod_uid", "namespace", "pod"))
        results = counts.setdefault((uid, namespace, pod, named.get("container", ""), probe), {})
        if result in results:
            odd[Oddity.DUPLICATE] += 1
        results.setdefault(result, int(row.value))
    started = [row.value for row in rows(_STARTED, texts.get(_STARTED), odd)]
    return ProbesPage(
        probes=tuple(
            ProbeCount(*key, *(results.get(result, 0) for result in _RESULTS)) for key, results in counts.items()
        ),
        started=started[0] if started else None,
    )


def _lost(odd: Counter[Oddity]) -> int:
    return odd[Oddity.BROKEN_ROW] + odd[Oddity.NOT_FINITE]
