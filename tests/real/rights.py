"""What the exporter may do: exactly the reading rights that it needs, as RBAC rules."""

from tests.real.client import Object

RIGHTS = {
    "": (
        *("pods", "nodes", "namespaces", "resourcequotas", "limitranges"),
        *("persistentvolumeclaims", "events"),
    ),
    "apps": ("replicasets", "deployments", "statefulsets", "daemonsets"),
    "batch": ("jobs", "cronjobs"),
    "autoscaling": ("horizontalpodautoscalers",),
    "policy": ("poddisruptionbudgets",),
}
KUBELETS: Object = {"apiGroups": [""], "resources": ["nodes/metrics"], "verbs": ["get"]}
"""What reading the kubelets' pages takes besides."""


THE_CLUSTER: Object = {
    "apiGroups": [""],
    "resources": ["namespaces"],
    "resourceNames": ["kube-system"],
    "verbs": ["get"],
}
"""Whose uid tells one cluster from another."""


def rules(*, without: tuple[str, ...] = ()) -> list[Object]:
    """Rules to list and watch every kind but those left out, as the chart's role has them."""
    watched = [
        {
            "apiGroups": [group],
            "resources": [one for one in resources if one not in without],
            "verbs": ["list", "watch"],
        }
        for group, resources in RIGHTS.items()
        if set(resources) - set(without)
    ]
    return watched if "namespaces" in without else [*watched, THE_CLUSTER]
