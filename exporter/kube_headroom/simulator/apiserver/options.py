"""What a list or watch asks for: the query's ListOptions, read and refused as apimachinery does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from kube_headroom.simulator.apiserver.status import StatusError, bad_request, invalid_options

EXACT, NOT_OLDER_THAN = "Exact", "NotOlderThan"
_FORBIDDEN, _NOT_SUPPORTED = "FieldValueForbidden", "FieldValueNotSupported"
_MATCH, _INITIAL = "resourceVersionMatch", "sendInitialEvents"
Cause = tuple[str, str, str]


class ListOptions(NamedTuple):
    """A list's or watch's query; `version` is "" where none is asked for."""

    watch: bool
    version: str
    match: str
    limit: int
    token: str
    label_selector: str
    field_selector: str
    bookmarks: bool
    initial_events: bool | None
    timeout_seconds: int | None
    revision: int = 0
    """`version` as a number, 0 for none."""


def read_options(query: Mapping[str, str]) -> ListOptions:
    """Return the query's options; raises StatusError 400 for what cannot be read, 422 for contradictions."""
    options = ListOptions(
        watch=_flag(query, "watch") or False,
        version=query.get("resourceVersion", ""),
        match=query.get(_MATCH, ""),
        limit=_number(query, "limit") or 0,
        token=query.get("continue", ""),
        label_selector=query.get("labelSelector", ""),
        field_selector=query.get("fieldSelector", ""),
        bookmarks=_flag(query, "allowWatchBookmarks") or False,
        initial_events=_flag(query, _INITIAL),
        timeout_seconds=_number(query, "timeoutSeconds"),
    )
    if options.watch and options.initial_events is None and not options.match and options.version in ("", "0"):
        # What clients of old expect of a watch from nowhere is a list as a stream.
        options = options._replace(initial_events=True, match=NOT_OLDER_THAN)
    causes = _watch_causes(options) if options.watch else _list_causes(options)
    if causes:
        raise invalid_options(causes)
    return options._replace(revision=_revision(options))


def _revision(options: ListOptions) -> int:
    version = options.version
    if not version:
        return 0
    if version.isascii() and version.isdigit():
        return int(version)
    words = f'resourceVersion: Invalid value: "{version}": strconv.ParseUint: parsing "{version}": invalid syntax'
    # A watch's error is not recognized as the client's: kube-apiserver answers it with 500.
    raise StatusError(500, "", words) if options.watch else bad_request(f"invalid resource version: {words}")


def _list_causes(options: ListOptions) -> list[Cause]:
    causes = []
    match = options.match
    if match:
        if not options.version:
            causes.append(_forbidden(_MATCH, f"{_MATCH} is forbidden unless resourceVersion is provided"))
        if options.token:
            causes.append(_forbidden(_MATCH, f"{_MATCH} is forbidden when continue is provided"))
        if match not in (EXACT, NOT_OLDER_THAN):
            causes.append(_unsupported(match, f'"{EXACT}", "{NOT_OLDER_THAN}", ""'))
        if match == EXACT and options.version == "0":
            causes.append(_forbidden(_MATCH, f'{_MATCH} "exact" is forbidden for resourceVersion "0"'))
    if options.initial_events is not None:
        causes.append(_forbidden(_INITIAL, f"{_INITIAL} is forbidden for list"))
    return causes


def _watch_causes(options: ListOptions) -> list[Cause]:
    causes = []
    match = options.match
    if options.initial_events is not None and match != NOT_OLDER_THAN:
        causes.append(_forbidden(_MATCH, f"{_INITIAL} requires setting {_MATCH} to {NOT_OLDER_THAN}"))
    if match:
        if options.initial_events is None:
            causes.append(_forbidden(_MATCH, f"{_MATCH} is forbidden for watch unless {_INITIAL} is provided"))
        if match != NOT_OLDER_THAN:
            causes.append(_unsupported(match, f'"{NOT_OLDER_THAN}"'))
        if options.token:
            causes.append(_forbidden(_MATCH, f"{_MATCH} is forbidden when continue is provided"))
    return causes


def _forbidden(field: str, message: str) -> Cause:
    return _FORBIDDEN, field, f"Forbidden: {message}"


def _unsupported(value: str, supported: str) -> Cause:
    return _NOT_SUPPORTED, _MATCH, f'Unsupported value: "{value}": supported values: {supported}'


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name, "")
    if not text:
        return None
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def _flag(query: Mapping[str, str], name: str) -> bool | None:
    """Anything but `false` and `0` is true, even nothing: `?watch`."""
    return query[name].lower() not in ("false", "0") if name in query else None
