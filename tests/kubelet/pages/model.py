"""What pages say by the book: prometheus_client reads every row, plain dictionaries apply the rules.

Written from the rules, not from the parser: no path expression, no columns, no memory of earlier pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import Any, NamedTuple

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from kube_headroom.readings import (
    CadvisorPage,
    Cgroup,
    Pressure,
    ProbeCount,
    ProbesPage,
    Reading,
    ResourcePage,
    Usage,
    Volume,
    VolumesPage,
)

CPU = "container_cpu_usage_seconds_total"
COUNTED = (
    CPU,
    "container_cpu_cfs_periods_total",
    "container_cpu_cfs_throttled_periods_total",
    "container_cpu_cfs_throttled_seconds_total",
    "container_memory_working_set_bytes",
)
PRESSURES = tuple(
    f"container_pressure_{resource}_{kind}_seconds_total"
    for resource in ("cpu", "memory", "io")
    for kind in ("waiting", "stalled")
)
STARTED = "container_start_time_seconds"

Who = tuple[str, str, str, str, str]


def samples(page: bytes) -> dict[str, list[Sample]]:
    """Every finite sample by its name, in the order of the page."""
    found: dict[str, list[Sample]] = {}
    for family in text_string_to_metric_families(page.decode()):
        for sample in family.samples:
            # prometheus_client keeps integers that no float holds.
            value = float(sample.value)
            if isfinite(value):
                found.setdefault(sample.name, []).append(sample._replace(value=value))
    return found


def where(path: str) -> tuple[str, str, int]:
    """Pod uid, container id and the depth below the pod of a cgroup's path; depth -1 outside of pods."""
    parts = path.replace(".slice:", ".slice/").split("/")
    for position, part in enumerate(parts):
        uid = ""
        # The part itself must be a QoS class's or the root's for cgroupfs, or name them for systemd.
        if part.startswith("pod") and position and _parent(parts[:position]):
            uid = part.removeprefix("pod")
            if "." in uid or ":" in uid:
                uid = ""
        elif "kubepods" in part and "-pod" in part and part.endswith(".slice"):
            before, _, uid = part.removesuffix(".slice").partition("-pod")
            last = before[before.rindex("kubepods") :]
            known = ("kubepods", *(f"kubepods-{each}" for each in ("burstable", "besteffort", "guaranteed")))
            uid = uid.replace("_", "-") if last in known else ""
        if uid:
            below = parts[position + 1 :]
            return uid, _container(below[0]) if len(below) == 1 else "", len(below)
    return "", "", -1


def _parent(parts: list[str]) -> bool:
    if parts[-1] in ("burstable", "besteffort", "guaranteed"):
        parts = parts[:-1]
    return bool(parts) and parts[-1].endswith("kubepods")


def _container(name: str) -> str:
    name = name.removesuffix(".scope")
    for prefix in ("cri-containerd-", "crio-", "docker-", "cri-containerd:"):
        name = name.removeprefix(prefix)
    return name if len(name) >= 32 and set(name) <= set("0123456789abcdef") else ""


def who(sample: Sample) -> Who | None:
    """Whose row it is; None for parents, sandboxes, monitors and strangers."""
    named = {name: sample.labels.get(name, "") for name in ("container", "id", "image", "name", "namespace", "pod")}
    uid, container_id, depth = where(named["id"])
    if named["container"]:
        if named["container"] == "POD" or not named["namespace"] or not named["pod"]:
            return None
        return uid, container_id, named["namespace"], named["pod"], named["container"]
    if depth == 0 or (depth < 0 and named["pod"] and not named["image"] and not named["name"]):
        return uid, "", named["namespace"], named["pod"], ""
    if named["pod"] or not container_id or named["image"].split("/")[-1].startswith("pause"):
        return None
    return uid, container_id, "", "", ""


def _newest(found: Iterable[Sample]) -> Sample:
    return max(found, key=lambda sample: _time(sample) or 0)


def _time(sample: Sample) -> float | None:
    return None if sample.timestamp is None else float(sample.timestamp)


def _reading(found: list[Sample]) -> Reading:
    processors: dict[str, list[Sample]] = {}
    for sample in found:
        processors.setdefault(sample.labels.get("cpu", "total"), []).append(sample)
    if "total" in processors:
        newest = _newest(processors["total"])
        return Reading(newest.value, _time(newest))
    each = [_newest(rows) for rows in processors.values()]
    times = [time for time in map(_time, each) if time is not None]
    return Reading(sum(sample.value for sample in each), min(times) if times else None)


def cadvisor(page: bytes) -> CadvisorPage:
    found = samples(page)
    rows: dict[Who, dict[str, list[Sample]]] = {}
    for name in (*COUNTED, *PRESSURES, STARTED):
        for sample in found.get(name, ()):
            whose = who(sample)
            if whose is not None and (name != STARTED or whose in rows):
                rows.setdefault(whose, {}).setdefault(name, []).append(sample)
    read = {
        whose: {name: _reading(of_family) for name, of_family in families.items()} for whose, families in rows.items()
    }
    read = {whose: each for whose, each in read.items() if any(_fields(each))}
    pods = {whose: each for whose, each in read.items() if not whose[4] and not whose[1]}
    named = {whose: each for whose, each in read.items() if whose[4]}
    unnamed = {whose: each for whose, each in read.items() if whose[1] and not whose[4]} if not named else {}
    return CadvisorPage(
        pods=_cgroups(_one_each(pods, pod=True)),
        containers=_cgroups(_one_each(named, pod=False)) if named else _cgroups(unnamed),
        pressure=any(sample.value for name in PRESSURES for sample in found.get(name, ())),
        labelled=not unnamed,
    )


def _one_each(read: dict[Who, dict[str, Reading]], *, pod: bool) -> dict[Who, dict[str, Reading]]:
    """Of several cgroups of one pod or container the newest."""
    grouped: dict[tuple[str, ...], list[Who]] = {}
    for whose in read:
        key = ((whose[0],) if whose[0] else whose[2:4]) if pod else (whose[0], *whose[2:])
        grouped.setdefault(key, []).append(whose)

    def age(whose: Who) -> tuple[float, float]:
        readings = read[whose]
        times = [readings[name].at or 0 for name in COUNTED if name in readings]
        return max(times, default=0), readings[STARTED].value if STARTED in readings else 0

    return {newest: read[newest] for newest in (max(each, key=age) for each in grouped.values())}


def _fields(readings: dict[str, Reading]) -> list[Any]:
    """The values of a `Cgroup`, in their order."""

    def pressure(resource: str) -> Pressure | None:
        waiting = readings.get(f"container_pressure_{resource}_waiting_seconds_total")
        stalled = readings.get(f"container_pressure_{resource}_stalled_seconds_total")
        return Pressure(waiting, stalled) if waiting is not None and stalled is not None else None

    return [*map(readings.get, COUNTED), *map(pressure, ("cpu", "memory", "io"))]


def _cgroups(read: dict[Who, dict[str, Reading]]) -> tuple[Cgroup, ...]:
    return tuple(Cgroup(*whose, *_fields(readings)) for whose, readings in read.items())


def resource(page: bytes) -> ResourcePage:
    found = samples(page)

    def reading(name: str) -> dict[tuple[str, str, str], Reading]:
        keyed: dict[tuple[str, str, str], list[Sample]] = {}
        for sample in found.get(name, ()):
            named = sample.labels
            key = named.get("namespace", ""), named.get("pod", ""), named.get("container", "")
            keyed.setdefault(key, []).append(sample)
        return {key: Reading(_newest(each).value, _time(_newest(each))) for key, each in keyed.items()}

    def usages(whose: str) -> tuple[Usage, ...]:
        cpu = reading(f"{whose}_cpu_usage_seconds_total")
        memory = reading(f"{whose}_memory_working_set_bytes")
        started = {key: each.value for key, each in reading(STARTED).items()} if whose == "container" else {}
        keys = [key for key in {**cpu, **memory} if key[0] and key[1] and bool(key[2]) == (whose == "container")]
        return tuple(Usage(*key, cpu.get(key), memory.get(key), started.get(key)) for key in keys)

    errors = [*found.get("resource_scrape_error", ()), *found.get("scrape_error", ())]
    return ResourcePage(
        containers=usages("container"),
        pods=usages("pod"),
        node_cpu=reading("node_cpu_usage_seconds_total").get(("", "", "")),
        node_working_set=reading("node_memory_working_set_bytes").get(("", "", "")),
        failed=any(sample.value for sample in errors),
    )


class _Probe(NamedTuple):
    pod_uid: str
    namespace: str
    pod: str
    container: str
    probe: str


def probes(page: bytes) -> ProbesPage:
    found = samples(page)
    counts: dict[_Probe, dict[str, int]] = {}
    for sample in found.get("prober_probe_total", ()):
        named = sample.labels
        result = named.get("result", "")
        if result in ("successful", "failed", "unknown") and sample.value >= 0:
            names = (named.get(name, "") for name in ("pod_uid", "namespace", "pod", "container", "probe_type"))
            uid, namespace, pod, container, probe = names
            key = _Probe(uid, namespace, pod, container, probe.lower())
            counts.setdefault(key, {}).setdefault(result, int(sample.value))
    started = found.get("process_start_time_seconds")
    return ProbesPage(
        probes=tuple(
            ProbeCount(*key, each.get("successful", 0), each.get("failed", 0), each.get("unknown", 0))
            for key, each in counts.items()
        ),
        started=started[0].value if started else None,
    )


def volumes(page: bytes) -> VolumesPage:
    found = samples(page)
    names = [f"kubelet_volume_stats_{what}" for what in ("capacity_bytes", "used_bytes", "inodes", "inodes_used")]
    claims: dict[tuple[str, str], dict[str, float]] = {}
    for name in names:
        for sample in found.get(name, ()):
            key = sample.labels.get("namespace", ""), sample.labels.get("persistentvolumeclaim", "")
            claims.setdefault(key, {}).setdefault(name, sample.value)
    return VolumesPage(
        tuple(
            Volume(*key, *(values.get(name) for name in names)) for key, values in claims.items() if key[0] and key[1]
        )
    )
