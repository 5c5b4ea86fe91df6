"""Rules that somebody else publishes: read from their files, less those about what the simulated cluster has not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

ABSENT = re.compile("apiserver|scheduler|controller-manager|proxy|etcd|windows|prometheus|alertmanager|node-exporter")
"""Groups about what nobody scrapes here. Left in, their alerts of missing targets would page all the time."""

Group = dict[str, Any]


class RulesError(Exception):
    """A file holds no rules; the message names it."""


def read(paths: Sequence[Path]) -> list[Group]:
    """Return the groups of rule files and of PrometheusRule manifests; raises RulesError."""
    found = [group for path in paths for group in _groups(path) if not ABSENT.search(group["name"])]
    if not found:
        raise RulesError(f"{', '.join(map(str, paths))}: every group is about what the simulated cluster has not")
    return found


def names(groups: Sequence[Group]) -> frozenset[str]:
    """Return every word of the expressions, among them the names of all series that they read."""
    words = (re.findall(r"[a-zA-Z_:][\w:]*", str(rule["expr"])) for group in groups for rule in group["rules"])
    return frozenset(word for found in words for word in found)


def _groups(path: Path) -> list[Group]:
    try:
        documents = [one for one in yaml.safe_load_all(path.read_text()) if one]
    except yaml.YAMLError as error:
        raise RulesError(f"{path} is no YAML (a chart's templates have to be rendered first): {error}") from error
    found: list[Group] = []
    for document in documents:
        body = document.get("spec", document) if isinstance(document, dict) else {}
        if "groups" not in body:
            raise RulesError(f"{path} is neither a file of Prometheus' rules nor a PrometheusRule: it has no groups")
        found.extend(body["groups"])
    return found
