"""What users set of the rules: what cannot be, with the words that must name it, and what can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Values = Mapping[str, Any]

REFUSED: Mapping[str, tuple[Values, tuple[str, ...]]] = {
    "a ratio above 1": ({"thresholds": {"hurt": 1.5}}, ("thresholds", "hurt", "1.5")),
    "a ratio of 0": ({"thresholds": {"memory_near_limit": 0}}, ("thresholds", "memory_near_limit")),
    "negative seconds": ({"thresholds": {"throttled_seconds": -1}}, ("thresholds", "throttled_seconds", "-1")),
    "no restarts at all": ({"thresholds": {"loop_restarts": 0}}, ("thresholds", "loop_restarts")),
    "a number as a text": ({"thresholds": {"hurt": "half"}}, ("thresholds", "hurt")),
    "a duration that is none": ({"thresholds": {"lately": "5 minutes"}}, ("thresholds", "lately", "5 minutes")),
    "a duration without unit": ({"thresholds": {"lately": 300}}, ("thresholds", "lately")),
    "a negative duration": ({"thresholds": {"page_wait": "-5m"}}, ("thresholds", "page_wait", "-5m")),
    "a duration of nothing": ({"thresholds": {"page_wait": "0m"}}, ("thresholds", "page_wait", "0m")),
    "a window too short for a rate": (
        {"thresholds": {"lately": "1m"}},
        ("thresholds.lately is 1m", "from 2m up to 1d"),
    ),
    "a wait of a week": ({"thresholds": {"ticket_wait": "1w"}}, ("thresholds.ticket_wait is 1w", "up to 1d")),
    "an unknown threshold": ({"thresholds": {"hurts": 0.5}}, ("thresholds", "hurts")),
    "a threshold that is taken away": ({"thresholds": {"hurt": None}}, ("thresholds", "hurt")),
    "a loop's pause as long as a ticket's wait": (
        {"thresholds": {"loop_pause": "15m"}},
        ("thresholds.loop_pause is 15m", "thresholds.ticket_wait", "loop_pause must be shorter than ticket_wait"),
    ),
    "a loop's pause as long as its window": (
        {"thresholds": {"loop_pause": "30m", "ticket_wait": "40m"}},
        ("loop_pause must be shorter than loop_window",),
    ),
    "a page that waits longer than the ticket": (
        {"thresholds": {"page_wait": "20m"}},
        ("page_wait must be at most ticket_wait",),
    ),
    "more restarts than a back-off lets happen": (
        {"thresholds": {"loop_restarts": 7}},
        ("thresholds.loop_restarts is 7", "must be at most loop_window"),
    ),
    "more kills than a back-off lets happen": (
        {"thresholds": {"loop_window": "14m"}},
        ("thresholds.loop_restarts is 4", "must be at most loop_window"),
    ),
    "an unknown alert": ({"alerts": {"HeadroomCrashLoops": {"enabled": False}}}, ("alerts", "HeadroomCrashLoops")),
    "an unknown severity": (
        {"alerts": {"HeadroomSLONoData": {"severity": {"warning": "page"}}}},
        ("HeadroomSLONoData", "severity", "warning", "critical"),
    ),
    "a level that an alert does not have": (
        {"alerts": {"HeadroomSLONoData": {"severity": {"critical": "warning"}}}},
        ("HeadroomSLONoData", "severity", "critical"),
    ),
    "one severity for a page and its ticket": (
        {"alerts": {"HeadroomCrashLoop": {"severity": {"critical": "warning"}}}},
        ("alerts.HeadroomCrashLoop.severity is warning for both critical and warning",),
    ),
    "a switch that is a word": ({"alerts": {"HeadroomCrashLoop": {"enabled": "no"}}}, ("HeadroomCrashLoop", "enabled")),
    "a cluster label that is none": ({"clusterLabel": "k8s-cluster"}, ("clusterLabel", "k8s-cluster")),
    "a cluster label of our own": ({"clusterLabel": "namespace"}, ("clusterLabel",)),
    "a selector that is no matcher": (
        {"selectors": ["environment=production"]},
        ("selectors", "environment=production"),
    ),
    "a selector that ends a template": ({"selectors": ['a="`"']}, ("selectors",)),
    "a namespace that ends a string": ({"namespacesDenied": ['a"b']}, ("namespacesDenied",)),
    "an alert's own label": ({"labels": {"severity": "page"}}, ("severity",)),
    "a label that is a number": ({"labels": {"team": 1}}, ("labels", "team")),
    "an alert's own annotation": ({"annotations": {"summary": "x"}}, ("summary",)),
    "an address without scheme": ({"runbooksUrl": "example.com"}, ("runbooksUrl", "example.com")),
}

ALL: Values = {
    "grafanaUrl": "https://grafana.example.com/",
    "runbooksUrl": "https://docs.example.com/runbooks",
    "clusterLabel": "k8s_cluster",
    "selectors": ['environment="production"', 'region!~"test|eu-0"'],
    "namespacesDenied": ["sandbox", "dev-.*"],
    "labels": {"team": "platform", "on": "{{ $labels.namespace }}"},
    "annotations": {"note": 'a: <b> & "c" \u00e9'},
    "thresholds": {
        "hurt": 0.4,
        "page_wait": "90s",
        "loop_window": "1h30m",
        "loop_restarts": 5,
        "throttled_seconds": 0.001,
    },
    "alerts": {
        "HeadroomSLONoData": {"enabled": False},
        "HeadroomNodeNotReady": {"severity": {"critical": "warning"}},
        "HeadroomCrashLoop": {"severity": {"critical": "warning", "warning": "info"}},
    },
}

NODES: Values = {"alerts": {name: {"enabled": False} for name in ("HeadroomNodeNotReady", "HeadroomNodeFlapping")}}

TAKEN: Mapping[str, Values] = {
    "nothing": {},
    "everything": ALL,
    "no cluster label": {"clusterLabel": ""},
    "no cluster label, and matchers in its place": {
        "clusterLabel": "",
        "selectors": ['a="b"'],
        "namespacesDenied": ["x"],
    },
    "namespaces alone": {"namespacesDenied": ["sandbox"]},
    "no alerts about nodes": NODES,
}
