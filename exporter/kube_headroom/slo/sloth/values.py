"""Single values of Sloth's formats as readers: as strict as Sloth where it is strict, stricter where it guesses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import NoReturn, TypeVar

import yaml

from kube_headroom.slo.definitions import queries, values
from kube_headroom.slo.definitions.reading import Part, Reader, Refused, attempt, entries, shown
from kube_headroom.slo.objective import Query
from kube_headroom.slo.sloth.rules import SHORTEST, WINDOW, expression
from kube_headroom.slo.sloth.specification import Sli

T = TypeVar("T")
U = TypeVar("U")

_NULL = "tag:yaml.org,2002:null"
_NAME = re.compile(r"[A-Za-z0-9][-A-Za-z0-9_.]*[A-Za-z0-9]")  # Sloth's rule for services, SLOs and their ids
# What YAML 1.1, 1.2 or Go's mixture of them takes for a number, a truth or nothing where it is not quoted.
_NOT_TEXT = re.compile(
    r"|~|null|y|n|yes|no|on|off|true|false|[-+]?\.inf|\.nan|[-+]?0[xob][0-9a-f_]+"
    r"|[-+]?[0-9][0-9_]*(:[0-9]+)*(\.[0-9_]*)?(e[-+]?[0-9]+)?|[-+]?\.[0-9][0-9_]*(e[-+]?[0-9]+)?",
    re.IGNORECASE,
)
_OCTAL = re.compile(r"[-+]?0[0-9]")


def then(read: Reader[T], make: Callable[[T], U]) -> Reader[U]:
    """Read a value and make another of it; `make` raises as readers do."""
    return lambda part: make(read(part))


def refused(why: str) -> Reader[None]:
    """Refuse whatever stands there."""

    def refuse(_: Part) -> NoReturn:
        raise ValueError(why)

    return refuse


def any_text(part: Part) -> str:
    """Read text with all its white space; ValueError where it has to be quoted to be text for every reader of YAML."""
    if not isinstance(part.node, yaml.ScalarNode):
        raise part.error(f"expected text, found {part.shape}")
    text = str(part.node.value)
    if not part.node.style and _NOT_TEXT.fullmatch(text):
        raise ValueError(f'expected text, found {text}; quote it: "{text}"' if text else "expected text, found nothing")
    return text


def text(part: Part) -> str:
    """Read text that is not empty."""
    read = any_text(part)
    if not read:
        raise ValueError("expected text, found an empty one")
    return read


def name(part: Part, suffix: str = "") -> str:
    """Read the name of a service or an SLO, to which a suffix may be added before it is one."""
    read = text(part)
    if _NAME.fullmatch(read + suffix) is None:
        raise ValueError(
            "expected a name of at least two letters, digits, '-', '_' and '.', that begins and ends with a letter or digit, "
            f"found {shown(read)}"
        )
    return read


def number(part: Part) -> Fraction:
    """Read a decimal number exactly."""
    written = str(part.node.value)
    if part.node.tag == _NULL or not isinstance(part.node, yaml.ScalarNode) or part.node.style:
        raise ValueError(f"expected a number without quotes, found {part.shape}")
    if _OCTAL.match(written):
        raise ValueError(
            f"expected a decimal number, found {written}, which YAML reads as octal; leave the first 0 out"
        )
    return values.number(written)


def percentage(part: Part) -> Fraction:
    """Read an objective in percent as a ratio."""
    read = number(part)
    if 0 < read < 1:
        part.warn(f"an objective is a percentage: {part.node.value} allows {100 - float(read):g} % of events to be bad")
    return _with_budget(read / 100, float(read), whole="100")


def ratio(part: Part) -> Fraction:
    """Read OpenSLO's target."""
    read = number(part)
    return _with_budget(read, float(read) * 100, whole="1")


def query(part: Part) -> Query:
    """Read PromQL over `{{.window}}` with all its white space, which the rules repeat."""
    read = text(part)
    if WINDOW.search(read) is None:
        raise ValueError("expected a query over a range of [{{.window}}]: each rule fills in a window of its own")
    if "{{" in WINDOW.sub("", read):
        raise ValueError("only {{.window}} is filled in; Go's other template actions are not run")
    queries.parse(read)
    return Query(read, part.place)


go_source = refused(
    "plugins are Go source that Sloth interprets, and are not run here; write the query that the plugin makes as `raw`, "
    "or go on with `sloth generate` for this SLO"
)


def labels(part: Part) -> Mapping[str, str]:
    """Read labels or annotations of rules: texts that are not empty by names that are not `__name__`."""
    return _texts(part, text)


def metadata_texts(part: Part) -> Mapping[str, str]:
    """Read labels or annotations of a Kubernetes object, whose values may be empty."""
    return _texts(part, any_text)


def some(read_all: Reader[tuple[T, ...]]) -> Reader[tuple[T, ...]]:
    """Read a list that is not empty."""

    def read_some(part: Part) -> tuple[T, ...]:
        found = read_all(part)
        if not found:
            raise ValueError("expected at least one, found an empty list")
        return found

    return read_some


def countable(part: Part, sli: Sli) -> Sli:
    """Return an SLI that still parses once its queries stand in a rule, where a comment at the end may swallow a bracket."""
    try:
        queries.parse(expression(sli, SHORTEST))
    except ValueError as error:
        raise part.error(f"in the rule's brackets: {error}; leave comments at the end of a query out") from None
    return sli


def _texts(part: Part, read: Reader[str]) -> Mapping[str, str]:
    if part.node.tag == _NULL:
        return {}
    if not isinstance(part.node, yaml.MappingNode):
        raise part.error(f"expected `name: text` pairs, found {part.shape}")
    texts = {}
    refused = False
    for key, value in entries(part):
        try:
            texts[attempt(_label_name, key)] = attempt(read, value)
        except Refused:
            refused = True
    if refused:
        raise Refused
    return texts


def _label_name(part: Part) -> str:
    read = text(part)
    if read == "__name__":
        raise ValueError("__name__ is the name of the series; choose another label")
    return read


def _with_budget(target: Fraction, percent: float, *, whole: str) -> Fraction:
    """Return a target that leaves a budget, in Sloth's floating point too."""
    if not 0 < target <= 1:
        raise ValueError(f"expected an objective above 0 and below {whole}")
    if percent >= 100:
        raise ValueError(f"nothing is left for errors: burn rates divide by zero; choose less than {whole}")
    return target
