"""What a source of settings gave, where it stands, and the error that says so."""

from __future__ import annotations

from typing import NamedTuple

from kube_headroom.errors import UsageError


class SettingsError(UsageError):
    """A setting that is unknown, badly written or at odds with another; names where it stands."""


class Given(NamedTuple):
    """What a source says under one key: a text, or a tuple where it wrote a list. `place` says where."""

    key: str
    value: str | tuple[str, ...]
    place: str
