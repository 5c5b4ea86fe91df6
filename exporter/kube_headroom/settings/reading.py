"""Flags win over environment, environment over file, file over defaults; all of them are checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kube_headroom.settings.agreement import check
from kube_headroom.settings.given import Given, SettingsError
from kube_headroom.settings.table import ENVIRONMENT_PREFIX, SETTINGS, Setting, Settings

# Kubernetes puts these into every pod for each Service of its namespace, so a Service called `headroom`
# or `headroom-x` must not read as a misspelt setting (kubelet's environment variables, enableServiceLinks).
_SERVICE_LINK = re.compile(
    rf"{ENVIRONMENT_PREFIX}(?:\w+_)?"
    r"(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)"
)
_SHOWN_CHARACTERS = 80
_SIMILAR_ENOUGH = 60  # of 100; below it a suggestion has nothing to do with what was written


def read(
    flags: Mapping[str, str | Sequence[str]] | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Settings from flags (keyed by attribute of `Settings`), environment and the file that these name.

    Raises SettingsError naming the flag, variable or file:line, what was expected and what was found.
    """
    from_flags, from_environment = _flags(SETTINGS, flags or {}), _environment(SETTINGS, environment or {})
    file = from_flags.get("config.file") or from_environment.get("config.file")
    path = _parse(_SETTING["config.file"], file) if file else None
    from_file = _file(path) if isinstance(path, Path) else {}
    values: dict[str, Any] = {setting.name: _default(setting) for setting in SETTINGS}
    given: dict[str, Given] = {}
    for source in (from_file, from_environment, from_flags):
        given |= source
        # What a later source overrides is parsed all the same: it must not break on the day the flag goes.
        values |= {name: _parse(_SETTING[name], each) for name, each in source.items()}
    check(values, given)
    values["owner-keys"] = values["owner-keys"] or (f"{values['annotation-prefix']}owner",)
    return Settings(**{setting.field: values[setting.name] for setting in SETTINGS})


def read_own(
    table: Sequence[Setting], flags: Mapping[str, str | Sequence[str]], environment: Mapping[str, str]
) -> dict[str, Any]:
    """Values by name of the settings that only one command has; those of `SETTINGS` are known and passed over.

    Raises SettingsError as `read` does.
    """
    own = {setting.name: setting for setting in table}
    given = _environment((*table, *SETTINGS), environment) | _flags(table, flags)
    values = {setting.name: _default(setting) for setting in table}
    return values | {name: _parse(own[name], each) for name, each in given.items() if name in own}


_SETTING = {setting.name: setting for setting in SETTINGS}


def _flags(table: Sequence[Setting], flags: Mapping[str, str | Sequence[str]]) -> dict[str, Given]:
    given = {}
    for setting in table:
        value = flags.get(setting.field)
        if value is not None and value != ():
            # A repeated flag may still hold commas, as kubectl's lists do.
            text = value if isinstance(value, str) else ",".join(value)
            given[setting.name] = Given(setting.name, text, f"flag {setting.flag}")
    return given


def _environment(table: Sequence[Setting], environment: Mapping[str, str]) -> dict[str, Given]:
    by_variable = {setting.variable: setting for setting in table}
    given = {}
    for variable in sorted(environment):
        value = environment[variable]
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        if variable in by_variable:
            setting = by_variable[variable]
            given[setting.name] = Given(setting.name, value, f"environment variable {variable}")
        elif not _is_service_link(variable, value):
            raise SettingsError(f"unknown environment variable {variable}{_nearest(variable, by_variable)}")
    return given


def _is_service_link(variable: str, value: str) -> bool:
    # HEADROOM_PORT=9789 is a person's mistake, HEADROOM_PORT=tcp://10.0.0.1:9789 is Kubernetes'.
    return _SERVICE_LINK.fullmatch(variable) is not None or (variable.endswith("_PORT") and "://" in value)


def _file(path: Path) -> dict[str, Given]:
    # Imported here: a run without a file does not pay for the YAML parser.
    from kube_headroom.settings.file import read_file  # noqa: PLC0415

    given = {}
    for each in read_file(path):
        if each.key == "config.file":
            raise SettingsError(f"{each.place}: config.file: a settings file cannot name another; use the flag")
        if each.key not in _SETTING:
            raise SettingsError(f"{each.place}: unknown setting {_shown(each.key)}{_nearest(each.key, _SETTING)}")
        given[each.key] = each
    return given


def _default(setting: Setting) -> object:
    if setting.default is None:
        return None
    if isinstance(setting.default, tuple):
        return tuple(setting.kind.parse(text) for text in setting.default)
    return setting.kind.parse(setting.default)


def _parse(setting: Setting, given: Given) -> object:
    where = given.place if setting.flag in given.place else f"{given.place}: {setting.name}"
    if setting.several:
        texts = given.value if isinstance(given.value, tuple) else _split(given.value)
        # A name written twice means no more than once, and nothing downstream may count it double.
        return tuple(dict.fromkeys(_parse_one(setting, text, where) for text in texts))
    if isinstance(given.value, tuple):
        raise SettingsError(f"{where}: expected {setting.kind.expected}, found a list")
    if setting.default is None and not given.value:
        return None
    return _parse_one(setting, given.value, where)


def _parse_one(setting: Setting, text: str, where: str) -> object:
    try:
        return setting.kind.parse(text)
    except ValueError:
        raise SettingsError(f"{where}: expected {setting.kind.expected}, found {_shown(text)}") from None


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",")) if text.strip() else ()


def _nearest(written: str, known: Iterable[str]) -> str:
    # Imported here: a tenth of a second that only a mistake has to pay.
    from rapidfuzz import fuzz, process, utils  # noqa: PLC0415

    # The prefix that all variables share says nothing about which one was meant.
    found = process.extractOne(
        written.removeprefix(ENVIRONMENT_PREFIX),
        {name: name.removeprefix(ENVIRONMENT_PREFIX) for name in known},
        scorer=fuzz.WRatio,
        processor=utils.default_process,
        score_cutoff=_SIMILAR_ENOUGH,
    )
    return f"; did you mean {found[2]}?" if found else "; `kube-headroom run --help` lists all settings"


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "...")
