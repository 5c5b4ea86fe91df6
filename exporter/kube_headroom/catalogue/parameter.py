"""What of a query whoever loads it may set: in its text stands a mark with a name and a default."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Self

# Private characters of Unicode: no query, template or address holds them.
_OPEN, _BETWEEN, _CLOSE = "\ue000", "\ue001", "\ue002"

MARK: Final = f"{_OPEN}([^{_BETWEEN}]*){_BETWEEN}([^{_CLOSE}]*){_CLOSE}"
"""The pattern of a parameter in a text: its name and its default."""

_MARK: Final = re.compile(MARK)


class Parameter(str):
    """A number, duration, label or text that may be set; as a string it is the mark that stands in a query."""

    __slots__ = ("default", "name")

    name: str
    default: str

    def __new__(cls, name: str, default: str) -> Self:
        """Return the mark of a parameter."""
        made = super().__new__(cls, f"{_OPEN}{name}{_BETWEEN}{default}{_CLOSE}")
        made.name, made.default = name, default
        return made


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return the text with each parameter's value in its place, by the parameter's name, else its default."""
    return _MARK.sub(lambda mark: values.get(mark[1], mark[2]), text)


def defaulted(text: str) -> str:
    """Return the text with every parameter's default in its place."""
    return filled(text, {})
