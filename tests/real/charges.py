"""What the scheduler and the exporter each say that pods are charged, side by side."""

from tests.real.exporter import Page, labels_of

MEASURES = {
    ("request", "cpu", True): "headroom_workload_cpu_effective_request_cores",
    ("request", "memory", True): "headroom_workload_memory_effective_request_bytes",
    ("request", "ephemeral-storage", True): "headroom_workload_extended_resource_requests",
    ("request", "cpu", False): "headroom_workload_cpu_unscheduled_request_cores",
    ("request", "memory", False): "headroom_workload_memory_unscheduled_request_bytes",
    ("limit", "cpu", True): "headroom_workload_cpu_effective_limit_cores",
    ("limit", "memory", True): "headroom_workload_memory_effective_limit_bytes",
}
Charges = dict[tuple[str, str, bool, str], float]


def scheduler_charges(page: str, pods: dict[str, str], namespace: str) -> Charges:
    charges: Charges = {}
    for line in page.splitlines():
        name, _, _ = line.partition("{")
        labels = labels_of(line.rpartition(" ")[0])
        if name.startswith("kube_pod_resource_") and labels.get("namespace") == namespace:
            side, bound = name.removeprefix("kube_pod_resource_"), bool(labels.get("node"))
            if (side, labels["resource"], bound) in MEASURES:
                key = (side, labels["resource"], bound, pods.get(labels["pod"], "not there"))
                charges[key] = charges.get(key, 0.0) + float(line.rpartition(" ")[2])
    return {key: value for key, value in charges.items() if value}


def our_charges(page: Page, namespace: str) -> Charges:
    charges: Charges = {}
    for (side, resource, bound), metric in MEASURES.items():
        wanted = {"resource": resource} if metric.endswith("resource_requests") else {}
        for series, value in page.matching(metric, namespace=namespace, **wanted).items():
            charges[side, resource, bound, labels_of(series)["workload"]] = value
    return {key: value for key, value in charges.items() if value}


def different(ours: Charges, theirs: Charges) -> dict[tuple[str, str, bool, str], tuple[float, float]]:
    """Where the two say different things, but for the order in which the scheduler's floats were added.

    Where a container is unlimited the scheduler adds up the limits of the others; we say nothing.
    """
    pairs = {key: (ours.get(key, 0.0), theirs.get(key, 0.0)) for key in ours.keys() | theirs.keys()}
    return {
        key: (our, their)
        for key, (our, their) in pairs.items()
        if abs(our - their) > 1e-9 * abs(their) and not (key[0] == "limit" and key not in ours)
    }
