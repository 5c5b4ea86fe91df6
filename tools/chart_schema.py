"""helm/headroom/values.schema.json from values.yaml, the settings and the rules: `python -m tools.chart_schema` writes it.

What values.yaml names is allowed, in the type that it has there, and nothing else; a mapping or list that is empty
there is the user's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from alerts.shape import schema as rules_shape
from kube_headroom.settings import SETTINGS, Setting

CHART = Path(__file__).parent.parent / "helm" / "headroom"
FILE = CHART / "values.schema.json"

OWNED = ("config.file", "web.listen-address", "state.file", "slo.state-file")
"""Settings that the chart itself sets: its probes and volumes depend on them."""

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_LABELS: Schema = {"type": "object", "additionalProperties": _TEXT}
_OPEN: Schema = {"type": "object"}
_DURATION: Schema = {"type": "string", "pattern": "^([0-9]+(ms|s|m|h|d|w|y))+$"}
_QUANTITY: Schema = {"type": "string", "pattern": "^[0-9]+(Ki|Mi|Gi|Ti)?$"}
_TYPES = {str: "string", bool: "boolean", int: "integer", list: "array", dict: "object"}

# YAML makes booleans of words that are not quoted; the templates make words of them again.
_BOOLEANS = {"on": True, "off": False, "true": True, "false": False}


def schema() -> Schema:
    """Return the whole schema, as JSON Schema draft 7, which Helm 3 and 4 understand."""
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    return {"$schema": "http://json-schema.org/draft-07/schema#", **_like(values, "")}


def page() -> str:
    """Return the schema's file."""
    return json.dumps(schema(), indent=2) + "\n"


def _like(value: object, path: str) -> Schema:
    """Return what may stand in the place of a default."""
    if path in _SPECIAL:
        return _SPECIAL[path]
    if isinstance(value, Mapping) and value:
        named = {name: _like(each, f"{path}.{name}".lstrip(".")) for name, each in value.items()}
        return {"type": "object", "additionalProperties": False, "properties": named}
    return {"type": _TYPES[type(value)]}


def _settings() -> Schema:
    named = {each.name: _setting(each) for each in SETTINGS if each.name not in OWNED}
    return {"type": "object", "additionalProperties": False, "properties": named}


def _setting(setting: Setting) -> Schema:
    one = _kind(setting)
    described = {"description": f"{setting.help} Expects {setting.kind.expected}."}
    return described | ({"type": "array", "items": one} if setting.several else one)


def _kind(setting: Setting) -> Schema:
    """Return what one value of a setting may be, from the words that its error message has too."""
    expected = setting.kind.expected
    if expected.startswith("one of "):
        choices = expected.removeprefix("one of ").split(", ")
        return {"enum": [*choices, *(_BOOLEANS[each] for each in choices if each in _BOOLEANS)]}
    if found := re.fullmatch(r"a (whole )?number from (\S+) to (\S+)", expected):
        whole, lowest, highest = found.groups()
        return {"type": "integer" if whole else "number", "minimum": float(lowest), "maximum": float(highest)}
    return {"DURATION": _DURATION, "SIZE": _QUANTITY}.get(setting.kind.metavar, {"type": "string", "minLength": 1})


_LABELLED = (
    *("additionalLabels", "nodeSelector", "podAnnotations", "podLabels", "service.annotations"),
    *("serviceAccount.annotations", "persistence.annotations", "dashboards.annotations"),
    *("prometheus.monitor.additionalLabels", "rules.prometheusRule.additionalLabels"),
    *("rules.configMap.additionalLabels", "alertmanager.configMap.additionalLabels"),
)
"""Mappings of texts: Kubernetes refuses a label or annotation that is a number or boolean."""

_SPECIAL: dict[str, Schema] = {
    # Charts that hold this one share their globals with it.
    "global": {"type": "object", "properties": {"imageRegistry": _TEXT, "imagePullSecrets": {"type": "array"}}},
    "image.digest": {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
    "image.pullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
    "image.repository": {"type": "string", "minLength": 1},
    "imagePullSecrets": {"type": "array", "items": {"type": "object", "required": ["name"]}},
    "settings": _settings(),
    "slos": {
        "type": "object",
        "propertyNames": {"pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]*$", "maxLength": 240},
        "additionalProperties": {"type": "string", "minLength": 1},
    },
    "service.type": {"enum": ["ClusterIP", "NodePort", "LoadBalancer"]},
    "service.port": {"type": "integer", "minimum": 1, "maximum": 65535},
    "prometheus.monitor.interval": _DURATION,
    "prometheus.monitor.scrapeTimeout": _DURATION,
    "prometheus.monitor.instance": {"type": "string", "minLength": 1},
    "prometheus.monitor.sampleLimit": {"type": "integer", "minimum": 0},
    "dashboards.labels": _LABELS,
    **{f"rules.{name}": shape for name, shape in rules_shape().items()},
    "persistence.size": _QUANTITY,
    "persistence.accessModes": {
        "type": "array",
        "minItems": 1,
        "items": {"enum": ["ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany"]},
    },
    # The exporter reads settings there too, and the roles are made of those that stand under `settings`.
    "env": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string", "not": {"pattern": "^HEADROOM_"}}},
        },
    },
    "extraManifests": {"type": "array", "items": {"type": ["object", "string"]}},
    "podSecurityContext": _OPEN,
    "securityContext": _OPEN,
    "resources": _OPEN,
    "livenessProbe": _OPEN,
    "readinessProbe": _OPEN,
    **dict.fromkeys(_LABELLED, _LABELS),
}


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
