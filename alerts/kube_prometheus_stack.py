"""Values for kube-prometheus-stack: its rules that ours replace, and our routes beneath those of its Alertmanager.

What the stack does with its own alerts stays as its chart has it; only its inhibitions are kept off ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import yaml

from alerts import routes

REPLACED: Final[Mapping[str, tuple[str, ...]]] = {
    "CPUThrottlingHigh": ("HeadroomThrottlingHurts",),
    "KubeDaemonSetRolloutStuck": ("HeadroomRolloutStuck",),
    "KubeDeploymentReplicasMismatch": ("HeadroomWorkloadUnavailable",),
    "KubeDeploymentRolloutStuck": ("HeadroomRolloutStuck",),
    "KubeNodeNotReady": ("HeadroomNodeNotReady",),
    "KubeNodeReadinessFlapping": ("HeadroomNodeFlapping",),
    "KubeNodeUnreachable": ("HeadroomNodeNotReady",),
    "KubePodCrashLooping": ("HeadroomCrashLoop", "HeadroomOOMLoop"),
    "KubePodNotReady": ("HeadroomPodsUnschedulable", "HeadroomWorkloadUnavailable"),
    "KubeStatefulSetReplicasMismatch": ("HeadroomWorkloadUnavailable",),
    "KubeStatefulSetUpdateNotRolledOut": ("HeadroomRolloutStuck",),
}
"""Alert of the stack -> the alerts that tell of the same cause, once per workload or node."""

NAME: Final = "headroom-alertmanager"
"""The Secret with the receivers' addresses, and the chart's ConfigMap with the template."""

SECRETS: Final = f"/etc/alertmanager/secrets/{NAME}"
TEMPLATES: Final = (f"/etc/alertmanager/configmaps/{NAME}/*.tmpl", "/etc/alertmanager/config/*.tmpl")
"""Where the operator mounts what `alertmanagerSpec` names, and the stack's own templates."""

NOBODY: Final = "null"

HEAD: Final = """\
# Generated from alerts/kube_prometheus_stack.py by `make generate`; changes here are lost.
# Values for kube-prometheus-stack; docs/installation.md says what else they need.
"""


def _values() -> dict[str, Any]:
    """The routes, inhibitions and receivers of the stack's own alerts are its chart's defaults."""
    ours = routes.configuration()
    return {
        "defaultRules": {"disabled": dict.fromkeys(REPLACED, True)},
        "alertmanager": {
            "alertmanagerSpec": {"configMaps": [NAME], "secrets": [NAME]},
            "config": {
                "global": ours["global"],
                "templates": list(TEMPLATES),
                "route": _route(ours["route"]),
                "inhibit_rules": [*ours["inhibit_rules"], *_inhibitions()],
                "receivers": [*ours["receivers"], {"name": NOBODY}],
            },
        },
    }


def page() -> str:
    """Return the file, with the addresses where the operator mounts them."""
    body = yaml.safe_dump(_values(), sort_keys=False, width=float("inf"))
    return HEAD + body.replace(f"{routes.SECRETS}/", f"{SECRETS}/")


def _route(ours: dict[str, Any]) -> dict[str, Any]:
    return {
        "group_by": ["namespace"],
        "group_wait": "30s",
        "group_interval": "5m",
        "repeat_interval": "12h",
        "receiver": NOBODY,
        "routes": [{"matchers": [routes.OURS], **ours}, {"matchers": ['alertname="Watchdog"'], "receiver": NOBODY}],
    }


def _inhibitions() -> list[dict[str, Any]]:
    """The stack's, which compare namespace and alert name alone: a page would silence other workloads' tickets."""
    others = routes.OURS.replace("=~", "!~")
    return [
        {
            "source_matchers": ['severity="critical"'],
            "target_matchers": ['severity=~"warning|info"', others],
            "equal": ["namespace", "alertname"],
        },
        {
            "source_matchers": ['severity="warning"'],
            "target_matchers": ['severity="info"', others],
            "equal": ["namespace", "alertname"],
        },
        {
            "source_matchers": ['alertname="InfoInhibitor"'],
            "target_matchers": ['severity="info"', others],
            "equal": ["namespace"],
        },
        {"target_matchers": ['alertname="InfoInhibitor"']},
    ]
