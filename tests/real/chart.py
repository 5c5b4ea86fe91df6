"""The chart as Helm renders it: objects, refusals, and the settings that come out of it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.real.client import Object
from tools.build import program
from tools.chart_schema import CHART

HELMS = ("helm", "helm-3")
RELEASE, NAMESPACE = "headroom", "monitoring"


def run(helm: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a Helm that keeps nothing of the user's and asks no cluster unless it is told of one."""
    command = [str(program(helm)), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"HOME": "/nonexistent"})


def render(
    helm: str, values: Mapping[str, Any], folder: Path, *, chart: Path = CHART, namespace: str = NAMESPACE
) -> list[Object]:
    """Return the objects of a release called `headroom`, in Helm's order."""
    done = run(helm, "template", RELEASE, chart, "--namespace", namespace, "--values", values_file(values, folder))
    assert not done.returncode, done.stderr
    return [document for document in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if document]


def refusal(helm: str, values: Mapping[str, Any], folder: Path) -> str:
    """Return what Helm says of values that cannot be."""
    done = run(helm, "template", RELEASE, CHART, "--values", values_file(values, folder))
    assert done.returncode, f"taken: {done.stdout}"
    return done.stderr


def values_file(values: Mapping[str, Any], folder: Path) -> Path:
    """Write values for `--values`; JSON is YAML, and keeps each type."""
    path = folder / "values.json"
    path.write_text(json.dumps(values))
    return path


def of_kind(objects: Sequence[Object], kind: str) -> list[Object]:
    """Return the objects of one kind."""
    return [each for each in objects if each["kind"] == kind]


def only(objects: Sequence[Object], kind: str) -> Object:
    """Return the one object of a kind."""
    (found,) = of_kind(objects, kind)
    return found


def granted(objects: Sequence[Object], *kinds: str) -> set[tuple[str, str, str]]:
    """Return the rights of roles as (group, resource, verb)."""
    return {
        (group, resource, verb)
        for role in objects
        if role["kind"] in kinds
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def container(objects: Sequence[Object]) -> Object:
    """Return the exporter's container."""
    (found,) = only(objects, "Deployment")["spec"]["template"]["spec"]["containers"]
    assert isinstance(found, dict)
    return found


VALUES: Mapping[str, Mapping[str, Any]] = {
    "the defaults": {},
    "everything on": {
        "additionalLabels": {"team": "platform"},
        "image": {"registry": "registry.example.com", "digest": f"sha256:{'0' * 64}"},
        "imagePullSecrets": [{"name": "registry"}],
        "settings": {
            "owner-keys": ["example.com/team"],
            "kubelet-insecure-tls": True,
            "watch-list": False,
            "slo.minimum-bad-events": 3,
            "slo.configmap-selector": "kube-headroom.io/slo=true",
        },
        "slos": {"cart": "apiVersion: openslo/v1\nkind: Service\nmetadata:\n  name: cart\nspec: {}\n"},
        "prometheus": {
            "monitor": {
                "enabled": True,
                "additionalLabels": {"release": "kube-prometheus-stack"},
                "sampleLimit": 1_000_000,
                "relabelings": [{"targetLabel": "cluster", "replacement": "one"}],
                "metricRelabelings": [{"action": "drop", "sourceLabels": ["namespace"], "regex": "sandbox"}],
            }
        },
        "rules": {
            "prometheusRule": {"enabled": True, "additionalLabels": {"release": "kube-prometheus-stack"}},
            "configMap": {"enabled": True},
            "grafanaUrl": "https://grafana.example.com/",
            "runbooksUrl": "https://docs.example.com/runbooks",
        },
        "alertmanager": {"configMap": {"enabled": True}},
        "dashboards": {"enabled": True, "annotations": {"grafana_folder": "Headroom"}},
        "persistence": {"enabled": True, "storageClassName": "fast", "annotations": {"example.com/a": "b"}},
        "networkPolicy": {
            "enabled": True,
            "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
            "egress": [{"ports": [{"port": 443}, {"port": 10250}]}],
        },
        "serviceAccount": {"annotations": {"example.com/a": "b"}},
        "service": {"annotations": {"example.com/a": "b"}},
        "podAnnotations": {"example.com/a": "b"},
        "podLabels": {"tier": "monitoring"},
        "env": [{"name": "OTEL_SERVICE_NAME", "value": "headroom"}],
        "extraVolumes": [{"name": "token", "secret": {"secretName": "prometheus-token"}}],
        "extraVolumeMounts": [{"name": "token", "mountPath": "/etc/headroom/token", "readOnly": True}],
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"operator": "Exists"}],
        "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
        "extraManifests": [
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}},
            'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ include "headroom.fullname" . }}-two\n',
        ],
    },
    "annotations in place of a monitor": {"prometheusScrape": True, "settings": {"web.telemetry-path": "/m"}},
    "rights in two namespaces": {
        "rbac": {"clusterWide": False},
        "settings": {"namespaces": ["default", "kube-system"], "kubelets": "off"},
    },
    "an account of the user's own": {"rbac": {"create": False}, "serviceAccount": {"create": False, "name": "mine"}},
    "another name": {"fullnameOverride": "room", "persistence": {"enabled": True, "existingClaim": "kept"}},
}
"""Tables of values that every test of rendering goes through."""
