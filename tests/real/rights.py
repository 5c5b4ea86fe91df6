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


def rules(*, without: tuple[str, ...] = ()) -> list[Object]:
    """Rules to get, list and watch every kind but those left out."""
    return [
        {
            "apiGroups": [group],
            "resources": [one for one in resources if one not in without],
            "verbs": ["get", "list", "watch"],
        }
        for group, resources in RIGHTS.items()
        if set(resources) - set(without)
    ]
