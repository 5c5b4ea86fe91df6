"""`/metrics/resource` read into usage: CPU and memory of the node, its pods and containers."""

from __future__ import annotations

from collections import Counter

from kube_headroom.kubelet.pages.families import Expected, Families, Oddity, cut
from kube_headroom.kubelet.pages.rows import Row, rows
from kube_headroom.readings import Reading, ResourcePage, Usage

EXPECTED = Expected("/metrics/resource", (b"container_", b"node_", b"pod_", b"resource_scrape_error", b"scrape_error"))

_CPU = "cpu_usage_seconds_total"
_WORKING_SET = "memory_working_set_bytes"
_STARTED = b"container_start_time_seconds"
_ERRORS = (b"resource_scrape_error", b"scrape_error")
"""The page's own verdict, and its name before Kubernetes 1.29."""
_WANTED = frozenset(
    (
        *(f"{whose}_{what}".encode() for whose in ("container", "node", "pod") for what in (_CPU, _WORKING_SET)),
        _STARTED,
        *_ERRORS,
    )
)

_Key = tuple[str, str, str]


def resource(page: bytes, odd: Counter[Oddity] | None = None) -> ResourcePage:
    """Return what a page says, counting in `odd` what was unusual about it.

    NaN and infinite values are as absent ones; of two rows of one container or pod the newest is taken.

    Raises:
        PageError: the body is no such page.

    """
    odd = Counter() if odd is None else odd
    texts = cut(page, _WANTED, EXPECTED)
    failed = [row.value != 0 for name in _ERRORS for row in rows(name, texts.get(name), odd)]
    return ResourcePage(
        containers=_usages("container", texts, odd),
        pods=_usages("pod", texts, odd),
        node_cpu=_readings(f"node_{_CPU}", texts, odd).get(("", "", "")),
        node_working_set=_readings(f"node_{_WORKING_SET}", texts, odd).get(("", "", "")),
        failed=any(failed),
    )


def _usages(whose: str, texts: Families, odd: Counter[Oddity]) -> tuple[Usage, ...]:
    """Return the usage of all that have names, in the order of the page."""
    cpu, working_set = (_readings(f"{whose}_{what}", texts, odd) for what in (_CPU, _WORKING_SET))
    started = _readings(_STARTED.decode(), texts, odd) if whose == "container" else {}
    return tuple(
        Usage(*key, cpu.get(key), working_set.get(key), None if key not in started else started[key].value)
        for key in dict.fromkeys((*cpu, *working_set))
        if all(key[:2]) and bool(key[2]) == (whose == "container")
    )


def _readings(name: str, texts: Families, odd: Counter[Oddity]) -> dict[_Key, Reading]:
    found: dict[_Key, Reading] = {}
    for row in rows(name.encode(), texts.get(name.encode()), odd):
        key = _key(row)
        last = found.get(key)
        if last is not None:
            odd[Oddity.DUPLICATE] += 1
        if last is None or (row.at or 0) > (last.at or 0):
            found[key] = Reading(row.value, row.at)
    return found


def _key(row: Row) -> _Key:
    return row.labels.get("namespace", ""), row.labels.get("pod", ""), row.labels.get("container", "")
