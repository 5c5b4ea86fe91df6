"""Label selectors: `a=b,c!=d,e in (f,g),h notin (i),j,!k`, in apimachinery's grammar and with its errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from kube_headroom.simulator.apiserver.status import bad_request

_TOKENS = re.compile(r"[ \t\r\n]+|(==|!=|[=!(),<>]|[^ \t\r\n=!(),<>]+)")
_SYMBOLS = frozenset({"==", "!=", "=", "!", "(", ")", ",", "<", ">", ""})
_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", re.ASCII)
_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?", re.ASCII)
_INTEGER = re.compile(r"[0-9]{1,18}", re.ASCII)
_OPERATORS = "in, notin, =, ==, !=, gt, lt"  # as apimachinery lists them
Labels = Mapping[str, str]


class _Requirement(NamedTuple):
    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def holds(self, labels: Labels) -> bool:
        return _HOLDS[self.operator](labels.get(self.key), self.values)


def _compared(wanted: int) -> Callable[[str | None, frozenset[str]], bool]:
    def holds(value: str | None, values: frozenset[str]) -> bool:
        try:
            here, there = int(value or ""), int(next(iter(values)))
        except ValueError:
            return False
        return (here > there) - (here < there) == wanted

    return holds


_HOLDS: dict[str, Callable[[str | None, frozenset[str]], bool]] = {
    "in": lambda value, values: value in values,
    "=": lambda value, values: value in values,
    "==": lambda value, values: value in values,
    "notin": lambda value, values: value not in values,
    "!=": lambda value, values: value not in values,
    "exists": lambda value, _: value is not None,
    "!": lambda value, _: value is None,
    ">": _compared(1),
    "<": _compared(-1),
}


class LabelSelector(NamedTuple):
    """All requirements have to hold; none is everything."""

    requirements: tuple[_Requirement, ...]

    def matches(self, labels: Labels) -> bool:
        """Tell whether an object with these labels is selected."""
        return all(requirement.holds(labels) for requirement in self.requirements)


def label_selector(text: str) -> LabelSelector:
    """Return the selector of a query; raises StatusError 400 for what is none."""
    return LabelSelector(tuple(_Parser(text).requirements()))


class _Parser:
    """Reads one token after the other; "" is the end of the text."""

    def __init__(self, text: str) -> None:
        self._tokens = [*(match[1] for match in _TOKENS.finditer(text) if match[1]), ""]
        self._position = 0

    def requirements(self) -> list[_Requirement]:
        found: list[_Requirement] = []
        if self._peek() == "":
            return found
        while True:
            if self._peek() in _SYMBOLS - {"!"}:
                after = "identifier after ','" if found else "!, identifier, or 'end of string'"
                raise bad_request(f"found '{self._peek()}', expected: {after}")
            found.append(self._requirement())
            word = self._next()
            if word == "":
                return found
            if word != ",":
                raise bad_request(f"found '{word}', expected: ',' or 'end of string'")

    def _requirement(self) -> _Requirement:
        absent = self._peek() == "!"
        if absent:
            self._next()
        key = self._next()
        if key in _SYMBOLS:
            raise _unparsed(f"found '{key}', expected: identifier")
        if not _KEY.fullmatch(key):
            raise _unparsed(f'<nil>: Invalid value: "{key}": a label key is a name, perhaps after a DNS prefix and "/"')
        if absent:
            return _Requirement(key, "!")
        if self._peek() in ("", ","):
            return _Requirement(key, "exists")
        operator = self._next()
        if operator not in _HOLDS or operator in ("!", "exists"):
            raise _unparsed(f"found '{operator}', expected: {_OPERATORS}")
        values = self._values() if operator in ("in", "notin") else [self._value()]
        for value in values:
            if not _VALUE.fullmatch(value):
                raise _unparsed(f'<nil>: Invalid value: "{value}": a label value has up to 63 of A-Z a-z 0-9 - _ .')
        if operator in ("<", ">") and not _INTEGER.fullmatch(values[0]):
            problem = f'values[0]: Invalid value: "{values[0]}"'
            raise _unparsed(f"{problem}: for 'Gt', 'Lt' operators, the value must be an integer")
        return _Requirement(key, operator, frozenset(values))

    def _value(self) -> str:
        if self._peek() in ("", ","):
            return ""
        value = self._next()
        if value in _SYMBOLS:
            raise _unparsed(f"found '{value}', expected: identifier")
        return value

    def _values(self) -> list[str]:
        if (opening := self._next()) != "(":
            raise _unparsed(f"found '{opening}' expected: '('")
        values = [""]
        while True:
            word = self._next()
            if word == ")":
                return values
            if word == ",":
                values.append("")
            elif word in _SYMBOLS or values[-1]:
                expected = "',' or ')'" if values[-1] else "',', ')' or identifier"
                raise _unparsed(f"found '{word}', expected: {expected}")
            else:
                values[-1] = word

    def _peek(self) -> str:
        return self._tokens[self._position]

    def _next(self) -> str:
        word = self._tokens[self._position]
        self._position = min(self._position + 1, len(self._tokens) - 1)
        return word


def _unparsed(problem: str) -> Exception:
    return bad_request(f"unable to parse requirement: {problem}")
