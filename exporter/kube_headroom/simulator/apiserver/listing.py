"""Lists: pages of one consistent snapshot, at the newest revision or at the one that was asked for."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left
from typing import Any, NamedTuple

import msgspec

from kube_headroom.simulator.apiserver.history import CompactedError, History, Snapshot
from kube_headroom.simulator.apiserver.options import EXACT, NOT_OLDER_THAN, ListOptions
from kube_headroom.simulator.apiserver.selection import Selection
from kube_headroom.simulator.apiserver.status import StatusError, bad_request, expired, too_large
from kube_headroom.simulator.store import Object

_TOKEN_VERSION = "meta.k8s.io/v1"  # noqa: S105  the form of a page's token
_NEWEST = -1
_TOO_OLD = "The resourceVersion for the provided list is too old."
_TOKEN_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list "  # noqa: S105
    "without the continue parameter, or use the continue token in this response to retrieve the remainder of the "
    "results. Continuing with the provided token results in an inconsistent list - objects that were created, "
    "modified, or deleted between the time the first chunk was returned and now may show up in the list."
)


class Page(NamedTuple):
    """Objects, and the list's `metadata`."""

    objects: list[Object]
    metadata: dict[str, Any]


class _Token(msgspec.Struct):
    """Where the next page begins: the key, and the revision of the list (-1: whatever is newest)."""

    v: str = ""
    rv: int = 0
    start: str = ""


def list_page(history: History, selection: Selection, options: ListOptions, revision: int) -> Page:
    """Return the page that the options ask for, `revision` being the store's.

    Raises StatusError: 400 for what cannot be read, 410 for a compacted revision, 504 for one not reached yet.
    """
    if options.token:
        return _next_page(history, selection, options, revision)
    asked = options.revision
    if asked > revision:
        raise too_large(asked, revision)
    # A limit with a version and no match means exactly that version: how the first page was asked for of old.
    exact = options.match == EXACT or (asked and options.limit and options.match != NOT_OLDER_THAN)
    shown = asked if exact else revision
    try:
        snapshot = history.at(selection.resource.plural, shown)
    except CompactedError:
        raise expired(_TOO_OLD) from None
    return _page(snapshot, selection, options, _Token(_TOKEN_VERSION, shown))


def _next_page(history: History, selection: Selection, options: ListOptions, revision: int) -> Page:
    token = _read_token(options.token)
    if options.version not in ("", "0"):
        raise bad_request("specifying resource version is not allowed when using continue")
    if token.rv == _NEWEST:
        token.rv = revision
    if token.rv > revision:
        raise too_large(token.rv, revision)
    try:
        snapshot = history.at(selection.resource.plural, token.rv)
    except CompactedError:
        raise expired(_TOKEN_TOO_OLD, continued=_write_token(token, _NEWEST)) from None
    return _page(snapshot, selection, options, token)


def _page(snapshot: Snapshot, selection: Selection, options: ListOptions, token: _Token) -> Page:
    """Gather objects from the token's key on; what follows is told as kube-apiserver tells it."""
    prefix = f"{selection.namespace}/" if selection.namespace else ""
    position = bisect_left(snapshot.keys, max(token.start, prefix))
    end = bisect_left(snapshot.keys, f"{selection.namespace}0") if prefix else len(snapshot.keys)  # "0" follows "/"
    limit = options.limit if options.limit > 0 else end
    found: list[Object] = []
    while position < end and len(found) < limit:
        stored = snapshot.objects[position]
        if selection.matches(stored):
            found.append(stored)
        position += 1
    metadata: dict[str, Any] = {"resourceVersion": str(token.rv)}
    if position < end:
        token.start = snapshot.keys[position - 1] + "\0"
        metadata["continue"] = _write_token(token, token.rv)
        if selection.everything:
            metadata["remainingItemCount"] = end - position
    return Page(found, metadata)


def _read_token(text: str) -> _Token:
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        token = msgspec.json.decode(data, type=_Token)
    except (binascii.Error, msgspec.DecodeError, UnicodeError, ValueError) as error:
        raise _bad_token(f": {error}") from None
    if token.v != _TOKEN_VERSION:
        raise _bad_token(f": server does not recognize this encoded version {token.v}")
    if token.rv == 0:
        raise _bad_token(f": incorrect encoded start resourceVersion (version {_TOKEN_VERSION})")
    if not token.start:
        raise _bad_token(f": encoded start key empty (version {_TOKEN_VERSION})")
    return token


def _bad_token(problem: str) -> StatusError:
    return bad_request(f"invalid continue token: continue key is not valid{problem}")


def _write_token(token: _Token, revision: int) -> str:
    data = msgspec.json.encode(_Token(token.v, revision, token.start))
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
