"""What may be set of the rules, as JSON Schema: the chart's values.schema.json holds it, overrides are read by it.

Every leaf's description says what is expected; it is the error's text where there is no Helm.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from alerts import pack
from alerts.parameters import SEVERITIES
from alerts.rules import Alert
from alerts.thresholds import THRESHOLDS, Amount, Period
from kube_headroom.catalogue.labels import Node, Slo, Source, WorkloadOwner

Schema = dict[str, Any]

LABEL: Final = "[a-zA-Z_][a-zA-Z0-9_]*"
# What would end a string, a query or a template that the text comes to stand in.
_PLAIN: Final = r'[^"\\`%{}\n]'
_RESERVED: Final = (
    "alertname",
    "severity",
    *dict.fromkeys((*WorkloadOwner._fields, *Slo._fields, *Node._fields, *Source._fields)),
)

_TEXTS: Final = {"type": "string", "description": "a text"}
_URL: Final = {
    "type": "string",
    "pattern": r"^(https?://[^\s\"`{}]+)?$",
    "description": 'an address such as https://example.com, or ""',
}

VALUES: Final[Mapping[str, Schema]] = {
    "grafanaUrl": _URL,
    "runbooksUrl": _URL,
    "clusterLabel": {
        "type": "string",
        "pattern": f"^({LABEL})?$",
        "not": {"enum": list(_RESERVED)},
        "description": 'a label name that is none of the alerts\' own, or "" for none',
    },
    "selectors": {
        "type": "array",
        "items": {
            "type": "string",
            "pattern": f'^{LABEL}(=|!=|=~|!~)"{_PLAIN}*"$',
            "description": 'a matcher such as environment="production", without \\ ` % { }',
        },
        "description": "a list of matchers",
    },
    "namespacesDenied": {
        "type": "array",
        "items": {
            "type": "string",
            "pattern": f"^{_PLAIN}+$",
            "description": "a namespace or an RE2 pattern of namespaces, without \\ ` % { }",
        },
        "description": "a list of namespaces",
    },
    "labels": {
        "type": "object",
        "propertyNames": {
            "pattern": f"^{LABEL}$",
            "not": {"enum": list(_RESERVED)},
            "description": "label names that are none of the alerts' own",
        },
        "additionalProperties": _TEXTS,
        "description": "labels and their values",
    },
    "annotations": {
        "type": "object",
        "propertyNames": {
            "pattern": f"^{LABEL}$",
            "not": {"enum": ["summary", "description", "runbook_url", "dashboard_url"]},
            "description": "annotation names that are none of the alerts' own",
        },
        "additionalProperties": _TEXTS,
        "description": "annotations and their texts",
    },
}


def levels() -> dict[str, tuple[str, ...]]:
    """Return the severities that each alert has by default: one, or that of its page and that of its ticket."""
    found: dict[str, tuple[str, ...]] = {}
    for group in pack.groups():
        for rule in group.rules:
            if isinstance(rule, Alert):
                found[rule.name] = (*found.get(rule.name, ()), rule.severity)
    return found


def schema() -> dict[str, Schema]:
    """Return the schemas of the values by name, thresholds and alerts among them."""
    return {
        "thresholds": _whole({each.name: _threshold(each) for each in THRESHOLDS}),
        "alerts": _whole({alert: _alert(of) for alert, of in levels().items()}),
        **VALUES,
    }


def _whole(properties: Mapping[str, Schema]) -> Schema:
    """A mapping of which nothing may be missing: Helm takes null for a wish to remove."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": dict(properties),
        "description": "a mapping",
    }


def _threshold(threshold: Amount | Period) -> Schema:
    if isinstance(threshold, Period):
        # The second refuses zero, which is no duration; what is too short or too long, the template.
        grammar = "^([0-9]{1,6}w)?([0-9]{1,6}d)?([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$"
        written: Schema = {"type": "string", "allOf": [{"pattern": grammar}, {"pattern": "[1-9]"}]}
    else:
        lowest = {"minimum": threshold.least} if threshold.least else {"exclusiveMinimum": 0}
        written = {"type": "number", **lowest, "maximum": threshold.most}
    return {**written, "description": threshold.expected}


def _alert(of: tuple[str, ...]) -> Schema:
    severity = {"enum": list(SEVERITIES), "description": f"one of {', '.join(SEVERITIES)}"}
    return _whole(
        {
            "enabled": {"type": "boolean", "description": "true or false"},
            "severity": _whole(dict.fromkeys(of, severity)),
        }
    )
