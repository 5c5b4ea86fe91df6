"""A settings file as texts with the line each stands on; refuses what is not a flat YAML mapping."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from kube_headroom.settings.given import Given, SettingsError

# A settings file is a page long; more is a wrong path, and reading it whole would cost memory.
MAXIMUM_BYTES = 1 << 20


def read_file(path: Path) -> list[Given]:
    """All keys of a settings file, unknown ones included, in the file's order.

    Values are taken as they are written: `off` stays `off` and does not become YAML 1.1's false.
    Raises SettingsError naming file and line.
    """
    text = _read_text(path)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        problem = error.problem or error.context or "it cannot be parsed"
        raise SettingsError(f"{path}{line}: not valid YAML: {problem}") from error
    except yaml.YAMLError as error:
        problem = str(error).partition("\n")[0]
        raise SettingsError(f"{path}: not valid YAML: {problem}") from error
    except RecursionError as error:
        raise SettingsError(f"{path}: nested too deeply; a settings file is a flat list of `name: value`") from error
    if root is None:
        return []
    if not isinstance(root, yaml.MappingNode):
        raise SettingsError(f"{path}:{root.start_mark.line + 1}: expected `name: value` lines, found {_shape(root)}")
    return list(_entries(path, root))


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"config.file: cannot read {path}: {error.strerror}") from error
    if len(data) > MAXIMUM_BYTES:
        raise SettingsError(f"config.file: {path} is larger than {MAXIMUM_BYTES} bytes; is it a settings file?")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{path}:{line}: not UTF-8 text") from error


def _entries(path: Path, root: yaml.MappingNode) -> Iterator[Given]:
    lines: dict[str, int] = {}
    for key_node, value_node in root.value:
        line = key_node.start_mark.line + 1
        key = _scalar(key_node)
        if key is None:
            raise SettingsError(f"{path}:{line}: expected a setting's name, found {_shape(key_node)}")
        if key in lines:
            raise SettingsError(f"{path}:{line}: {key} is already set on line {lines[key]}; keep one of the two")
        lines[key] = line
        yield Given(key, _value(path, key, value_node), f"{path}:{line}")


def _value(path: Path, key: str, node: yaml.Node) -> str | tuple[str, ...]:
    items = node.value if isinstance(node, yaml.SequenceNode) else [node]
    texts = []
    for item in items:
        text = _scalar(item)
        if text is None:
            line = item.start_mark.line + 1
            hint = "; settings are not nested, write `a.b: value`" if isinstance(item, yaml.MappingNode) else ""
            raise SettingsError(f"{path}:{line}: {key}: expected text or a list of texts, found {_shape(item)}{hint}")
        texts.append(text)
    return tuple(texts) if isinstance(node, yaml.SequenceNode) else texts[0]


def _scalar(node: yaml.Node) -> str | None:
    if not isinstance(node, yaml.ScalarNode) or node.tag == "tag:yaml.org,2002:null":
        return None
    return str(node.value)


def _shape(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return repr(node.value) if node.value else "nothing"
    return "a mapping" if isinstance(node, yaml.MappingNode) else "a list"
