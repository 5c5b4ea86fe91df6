"""What is around workloads: nodes, namespaces, services, events, quotas and the like."""

from __future__ import annotations

from typing import Any

from kube_headroom.simulator.apiserver.printing.cells import (
    AGE,
    NAME,
    NONE,
    UNKNOWN,
    Column,
    Printer,
    age,
    labels,
    numbers,
    since,
    text,
    wide,
)
from kube_headroom.simulator.store import Object

_ROLE_PREFIX, _ROLE = "node-role.kubernetes.io/", "kubernetes.io/role"


def _node(stored: Object, now: float) -> list[Any]:
    metadata, status = stored["metadata"], stored.get("status") or {}
    ready = [row["status"] for row in status.get("conditions") or () if row["type"] == "Ready"]
    state = ("Ready" if ready[-1] == "True" else "NotReady") if ready else "Unknown"
    if stored["spec"].get("unschedulable"):
        state += ",SchedulingDisabled"
    info = status.get("nodeInfo") or {}
    kernel = info.get("kernelVersion") or UNKNOWN
    architecture = f" ({info['architecture']})" if info.get("architecture") else ""
    return [
        metadata["name"],
        state,
        ",".join(_roles(metadata.get("labels") or {})) or NONE,
        age(stored, now),
        info.get("kubeletVersion", ""),
        _address(status, "InternalIP"),
        _address(status, "ExternalIP"),
        info.get("osImage") or UNKNOWN,
        kernel + architecture,
        info.get("containerRuntimeVersion") or UNKNOWN,
    ]


def _roles(found: dict[str, str]) -> list[str]:
    named = [name.removeprefix(_ROLE_PREFIX) for name in found if name.startswith(_ROLE_PREFIX)]
    return sorted({role for role in (*named, found.get(_ROLE, "")) if role})


def _address(status: Object, type_: str) -> str:
    return next((row["address"] for row in status.get("addresses") or () if row["type"] == type_), NONE)


def _namespace(stored: Object, now: float) -> list[Any]:
    return [stored["metadata"]["name"], (stored.get("status") or {}).get("phase", ""), age(stored, now)]


def _service(stored: Object, now: float) -> list[Any]:
    spec = stored["spec"]
    ports = ",".join(_port(row) for row in spec.get("ports") or ())
    return [
        stored["metadata"]["name"],
        spec.get("type", ""),
        (spec.get("clusterIPs") or [NONE])[0],
        _external(stored),
        ports or NONE,
        age(stored, now),
        labels(spec.get("selector")),
    ]


def _port(row: Object) -> str:
    node = f":{row['nodePort']}" if row.get("nodePort") else ""
    return f"{row['port']}{node}/{row['protocol']}"


def _external(stored: Object) -> str:
    spec = stored["spec"]
    kind, addresses = spec.get("type"), list(spec.get("externalIPs") or ())
    if kind == "ExternalName":
        return str(spec.get("externalName", ""))
    if kind == "LoadBalancer":
        ingress = ((stored.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
        found = sorted({row.get("ip") or row.get("hostname") or "" for row in ingress} - {""})
        return ",".join([*found, *addresses]) or "<pending>"
    if kind in ("ClusterIP", "NodePort"):
        return ",".join(addresses) or NONE
    return UNKNOWN


def _event(stored: Object, now: float) -> list[Any]:
    series, source, involved = stored.get("series"), stored.get("source") or {}, stored["involvedObject"]
    first = since(stored.get("firstTimestamp") or stored.get("eventTime"), now)
    last = since(stored["lastTimestamp"], now) if stored.get("lastTimestamp") else first
    count = stored.get("count") or 1
    if series:
        last, count = since(series.get("lastObservedTime"), now), series.get("count", 0)
    component = source.get("component") or stored.get("reportingComponent") or ""
    instance = source.get("host") or stored.get("reportingInstance") or ""
    name = f"/{involved['name']}" if involved.get("name") else ""
    return [
        last,
        stored.get("type", ""),
        stored.get("reason", ""),
        involved.get("kind", "").lower() + name,
        involved.get("fieldPath", ""),
        f"{component}, {instance}" if instance else component,
        stored.get("message", "").strip(),
        first,
        count,
        stored["metadata"]["name"],
    ]


def _quota(stored: Object, now: float) -> list[Any]:
    status = stored.get("status") or {}
    used = status.get("used") or {}
    rows = [
        (name, f"{name}: {used.get(name, '0')}/{hard}") for name, hard in sorted((status.get("hard") or {}).items())
    ]
    requests = ", ".join(row for name, row in rows if not name.startswith("limits."))
    limits = ", ".join(row for name, row in rows if name.startswith("limits."))
    return [stored["metadata"]["name"], requests, limits, age(stored, now)]


def _config_map(stored: Object, now: float) -> list[Any]:
    entries = sum(len(stored.get(field) or ()) for field in ("data", "binaryData"))
    return [stored["metadata"]["name"], entries, age(stored, now)]


def _lease(stored: Object, now: float) -> list[Any]:
    return [stored["metadata"]["name"], stored["spec"].get("holderIdentity") or "", age(stored, now)]


def _priority_class(stored: Object, now: float) -> list[Any]:
    return [
        stored["metadata"]["name"],
        stored.get("value", 0),
        stored.get("globalDefault", False),
        age(stored, now),
        stored.get("preemptionPolicy", ""),
    ]


def _named(stored: Object, now: float) -> list[Any]:
    return [stored["metadata"]["name"], age(stored, now)]


PRINTERS = {
    "nodes": Printer(
        (
            NAME,
            *text("Status", "Roles"),
            AGE,
            *text("Version"),
            *wide("Internal-IP", "External-IP", "OS-Image", "Kernel-Version", "Container-Runtime"),
        ),
        _node,
    ),
    "namespaces": Printer((NAME, *text("Status"), AGE), _namespace),
    "services": Printer(
        (NAME, *text("Type", "Cluster-IP", "External-IP", "Port(s)"), AGE, *wide("Selector")), _service
    ),
    "serviceaccounts": Printer((NAME, AGE), _named),
    "events": Printer(
        (
            *text("Last Seen", "Type", "Reason", "Object"),
            *wide("Subobject", "Source"),
            *text("Message"),
            *wide("First Seen", "Count"),
            Column("Name", priority=1, format="name"),
        ),
        _event,
    ),
    "resourcequotas": Printer((NAME, *text("Request", "Limit"), AGE), _quota),
    "configmaps": Printer((NAME, *text("Data"), AGE), _config_map),
    "leases": Printer((NAME, *text("Holder"), AGE), _lease),
    "priorityclasses": Printer(
        (NAME, *numbers("Value"), Column("Global-Default", "boolean"), AGE, *text("PreemptionPolicy")), _priority_class
    ),
}
