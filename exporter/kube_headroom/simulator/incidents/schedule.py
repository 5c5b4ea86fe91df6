"""A schedule file: a YAML list of incidents with the moment each begins."""

from __future__ import annotations

from pathlib import Path

import yaml

from kube_headroom.durations import parse_duration
from kube_headroom.errors import UsageError
from kube_headroom.simulator.incidents.board import Planned, known
from kube_headroom.simulator.incidents.target import nearest

KEYS = ("incident", "at", "for", "target")
EXAMPLE = "expected a list of `- incident: crash-loop` entries with at, and optionally for and target"


def read_schedule(path: Path) -> tuple[Planned, ...]:
    """Return the file's incidents in its order; raises UsageError naming file and line."""
    try:
        root = yaml.compose(path.read_text("utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 text") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise UsageError(f"{path}{line}: not valid YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: not valid YAML: {str(error).partition(chr(10))[0]}") from error
    if not isinstance(root, yaml.SequenceNode):
        raise UsageError(f"{path}:{root.start_mark.line + 1 if root else 1}: {EXAMPLE}")
    return tuple(_entry(path, node) for node in root.value)


def _entry(path: Path, node: yaml.Node) -> Planned:
    place = f"{path}:{node.start_mark.line + 1}"
    if not isinstance(node, yaml.MappingNode):
        raise UsageError(f"{place}: {EXAMPLE}")
    texts: dict[str, str] = {}
    for key_node, value_node in node.value:
        key, line = str(key_node.value), f"{path}:{key_node.start_mark.line + 1}"
        if key not in KEYS:
            raise UsageError(f"{line}: unknown key {key!r}, expected one of {', '.join(KEYS)}{nearest(key, KEYS)}")
        if key in texts:
            raise UsageError(f"{line}: {key} is given twice; keep one of the two")
        if not isinstance(value_node, yaml.ScalarNode):
            raise UsageError(f"{line}: {key}: expected text")
        texts[key] = value_node.value
        _check(line, key, value_node.value)
    missing = [key for key in ("incident", "at") if key not in texts]
    if missing:
        raise UsageError(f"{place}: {missing[0]} is missing; {EXAMPLE}")
    seconds = parse_duration(texts["for"]) if "for" in texts else None
    return Planned(parse_duration(texts["at"]), texts["incident"], texts.get("target"), seconds)


def _check(line: str, key: str, text: str) -> None:
    try:
        if key == "incident":
            known(text)
        elif key in ("at", "for"):
            parse_duration(text)
    except UsageError as error:
        raise UsageError(f"{line}: {error}") from error
    except ValueError as error:
        raise UsageError(f"{line}: {key}: expected a duration such as 30s, 5m or 1h, found {text!r}") from error
