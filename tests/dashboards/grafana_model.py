"""Grafana's own model of a dashboard, generated from its schemas: what it does not know is lost in it."""

from __future__ import annotations

import json
import warnings
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

with warnings.catch_warnings():
    # It would have everybody take the second schema, which Grafana before 12 does not import.
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.cog.plugins import register_default_plugins
    from grafana_foundation_sdk.models.dashboard import Dashboard

    register_default_plugins()


def reread(document: dict[str, Any]) -> dict[str, Any]:
    """The document as Grafana would write it after reading it."""
    copied = json.loads(json.dumps(document))
    again: dict[str, Any] = json.loads(JSONEncoder().encode(Dashboard.from_json(copied)))
    return again
