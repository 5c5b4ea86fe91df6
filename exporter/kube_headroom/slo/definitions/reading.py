"""Fields of YAML mappings read by table: every problem is noted with its line, path and what was expected."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple, TypeVar

import yaml
from rapidfuzz import fuzz, process, utils

from kube_headroom.slo.objective import Place, Problem, Severity

T = TypeVar("T")

_SIMILAR_ENOUGH = 60  # of 100; below it a suggestion has nothing to do with what was written
_NEARLY_THE_SAME = 80
_SHOWN_CHARACTERS = 80
_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"


class Refused(Exception):  # noqa: N818 - no error of its own: what is wrong is noted already
    """What was read cannot be used, and why is among the problems."""


class Part(NamedTuple):
    """A node of a document, its path from the root, and where what is wrong with it is noted."""

    node: yaml.Node
    path: str
    source: str
    offset: int
    problems: list[Problem]

    @property
    def place(self) -> Place:
        """The line on which it begins."""
        return Place(self.source, self.offset + self.node.start_mark.line + 1)

    def error(self, message: str) -> Refused:
        """Note an error, to be raised where nothing else is left to read."""
        self.problems.append(Problem(self.place, self.path, message))
        return Refused()

    def warn(self, message: str) -> None:
        """Note what is accepted and yet not what its author may think."""
        self.problems.append(Problem(self.place, self.path, message, Severity.WARNING))

    def at(self, *keys: str) -> Part:
        """Return the part under a key of a mapping, and so on; the last one there is."""
        part = self
        for key in keys:
            found = next((value for name, value in _pairs(part) if name.node.value == key), None)
            if found is None:
                return part
            part = found
        return part

    def has(self, key: str) -> bool:
        """Tell whether it is a mapping with this key."""
        return any(name.node.value == key for name, _ in _pairs(self))

    def items(self) -> Iterator[Part]:
        """The parts of a list."""
        for index, node in enumerate(self.node.value):
            yield self._replace(node=node, path=f"{self.path}[{index}]")

    @property
    def shape(self) -> str:
        """What stands there, in words."""
        if isinstance(self.node, yaml.ScalarNode):
            return "nothing" if self.node.tag == _NULL else shown(str(self.node.value))
        return "a mapping" if isinstance(self.node, yaml.MappingNode) else "a list"


Reader = Callable[[Part], T]
"""Turns a part into a value; raises ValueError with a sentence, or Refused once it has noted why."""


class Field(NamedTuple):
    """One field of a mapping; it is given to `make` under its name in snake case."""

    name: str
    read: Reader[Any]
    required: bool = False


def record(make: Callable[..., T], *fields: Field) -> Reader[T]:
    """Read a mapping that has these fields and no others; `make` also takes the `part` itself."""
    known = {field.name: field for field in fields}

    def read(part: Part) -> T:
        if not isinstance(part.node, yaml.MappingNode):
            raise part.error(f"expected a mapping with {_listed(known)}, found {part.shape}")
        values: dict[str, Any] = {}
        with whole(part):
            for name, value in entries(part):
                field = known.get(str(name.node.value))
                if field is None:
                    name.error(f"unknown field{nearest(str(name.node.value), known)}")
                elif value.node.tag != _NULL or field.required:
                    values[_snake(field.name)] = None
                    with suppress(Refused):
                        values[_snake(field.name)] = attempt(field.read, value)
            for field in fields:
                if field.required and _snake(field.name) not in values:
                    part.error(f"missing field {field.name}")
        return make(part=part, **values)

    return read


def each(read: Reader[T]) -> Reader[tuple[T, ...]]:
    """Read a list whose items are all of one kind."""

    def read_all(part: Part) -> tuple[T, ...]:
        if not isinstance(part.node, yaml.SequenceNode):
            raise part.error(f"expected a list, found {part.shape}")
        values = []
        with whole(part):
            for item in part.items():
                with suppress(Refused):
                    values.append(attempt(read, item))
        return tuple(values)

    return read_all


@contextmanager
def whole(part: Part) -> Iterator[None]:
    """Let everything within be read, then raise Refused if any of it was an error."""
    before = len(part.problems)
    yield
    if any(problem.severity is Severity.ERROR for problem in part.problems[before:]):
        raise Refused


def entries(part: Part) -> Iterator[tuple[Part, Part]]:
    """Names and values of a mapping; a name that is none or that came before is noted and left out."""
    seen: dict[str, Part] = {}
    for name, value in _pairs(part):
        if not isinstance(name.node, yaml.ScalarNode):
            name.error(f"expected a field's name, found {name.shape}")
        elif name.node.tag == _MERGE:
            name.error("merge keys are not read; write the fields out")
        elif str(name.node.value) in seen:
            first = seen[str(name.node.value)].place.line
            name.error(f"given twice, first on line {first}; keep one of the two")
        else:
            seen[str(name.node.value)] = name
            yield name, value


def attempt(read: Reader[T], part: Part) -> T:
    """Read a part; a ValueError becomes a noted problem. Raises Refused."""
    try:
        return read(part)
    except ValueError as error:
        raise part.error(str(error)) from None


def scalar(part: Part) -> str:
    """Text as it is written, so that `off` and `2024-01-01` stay what they are; empty where nothing stands."""
    if not isinstance(part.node, yaml.ScalarNode):
        raise part.error(f"expected a single value, found {part.shape}")
    return "" if part.node.tag == _NULL else str(part.node.value).strip()


def nearest(written: str, known: Iterable[str]) -> str:
    """Return `; did you mean X?`, or what is known where nothing is similar."""
    known = tuple(known)
    return suggestion(written, known) or (f"; known are {_listed(known)}" if known else "")


def suggestion(written: str, known: Iterable[str]) -> str:
    """Return `; did you mean X?`, or nothing where nothing is similar."""
    found = process.extractOne(
        written[:_SHOWN_CHARACTERS],
        tuple(known),
        scorer=fuzz.WRatio,
        processor=utils.default_process,
        score_cutoff=_SIMILAR_ENOUGH,
    )
    return f"; did you mean {found[0]}?" if found else ""


def slip(written: str, known: Iterable[str]) -> str:
    """Return `; did you mean X?` for what is so near that it is hardly meant to be another."""
    found = process.extractOne(written, tuple(known), scorer=fuzz.ratio, score_cutoff=_NEARLY_THE_SAME)
    return f"; did you mean {found[0]}?" if found and found[0] != written else ""


def shown(text: str) -> str:
    """Quote a text, cut where it goes on and on."""
    return repr(text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "...")


def _pairs(part: Part) -> Iterator[tuple[Part, Part]]:
    if not isinstance(part.node, yaml.MappingNode):
        return
    for name, value in part.node.value:
        key = str(name.value) if isinstance(name, yaml.ScalarNode) else "?"
        if len(key) > _SHOWN_CHARACTERS or not key.isprintable():
            key = shown(key)
        path = f"{part.path}.{key}" if part.path else key
        yield part._replace(node=name, path=path), part._replace(node=value, path=path)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
