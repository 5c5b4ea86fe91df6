"""Single values of definitions as readers: names, ratios, durations, numbers. Each says what it expects."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeVar

import yaml

from kube_headroom.slo.definitions.reading import Part, Reader, entries, scalar, shown, suggestion, whole

T = TypeVar("T")

LONGEST_DESCRIPTION = 1050  # OpenSLO v1, every `description`
UNIT_SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "M": 30 * 86_400, "Q": 90 * 86_400, "Y": 365 * 86_400}
"""OpenSLO's duration shorthand; months, quarters and years by their usual length."""

_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")  # RFC 1123, as Kubernetes names objects
# OpenSLO encourages dots and slashes too; ours need the slash, since an annotation's service is NAMESPACE/NAME.
_SERVICE = re.compile(r"[a-z0-9](?:[-a-z0-9./]{0,253}[a-z0-9])?")
_REFERENCE = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_./|\\]{0,253}[A-Za-z0-9])?")
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,127}")
_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})(?:[eE][-+]?[0-9]{1,2})?")
_SHORTHAND = re.compile(r"([0-9]{1,6})([mhdwMQY])")
_SPAN = re.compile(r"(?:([0-9]{1,6})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?")


def on_text(parse: Callable[[str], T]) -> Reader[T]:
    """Read a single value with a parser of texts."""
    return lambda part: parse(scalar(part))


def name(text: str) -> str:
    """Check a name as RFC 1123 has labels."""
    return _matching(_LABEL, text, "a name of at most 63 lower case letters, digits and '-' (RFC 1123)")


def service_name(text: str) -> str:
    """Check a service's name: RFC 1123's letters, and '.' and '/' between them."""
    return _matching(_SERVICE, text, "a service's name of lower case letters, digits, '-', '.' and '/'")


def reference(text: str) -> str:
    """Check the name of an object that is only referred to."""
    return _matching(_REFERENCE, text, "a name of letters, digits, '-', '_', '.', '/' and '|'")


def words(text: str) -> str:
    """Check that there is text."""
    if not text:
        raise ValueError("expected a text, found nothing")
    return text


def description(text: str) -> str:
    """Check a description's length."""
    if len(text) > LONGEST_DESCRIPTION:
        raise ValueError(f"expected at most {LONGEST_DESCRIPTION} characters, found {len(text)}")
    return text


def number(text: str) -> Fraction:
    """Parse a number exactly as it is written."""
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(f"expected a number, found {_found(text)}")
    return Fraction(text)


def one_of(*choices: str) -> Callable[[str], str]:
    """Parse one of a few words."""

    def parse(text: str) -> str:
        if text not in choices:
            hint = suggestion(text, choices)
            raise ValueError(f"expected one of {', '.join(choices)}, found {_found(text)}{hint}")
        return text

    return parse


def truth(text: str) -> bool:
    """Parse true or false; YAML 1.1's yes, no, on and off are none."""
    return one_of("true", "false")(text.lower()) == "true"


def target_ratio(text: str) -> Fraction:
    """Parse an objective's `target`, between 0 and 1."""
    value = number(text)
    if 1 < value < 100:
        raise ValueError(f"expected a ratio between 0 and 1, found {text}; as a percentage write targetPercent: {text}")
    return _target(value, text, 1)


def target_percent(text: str) -> Fraction:
    """Parse a percentage between 0 and 100 as a ratio between 0 and 1."""
    return _target(number(text) / 100, text, 100)


def share(text: str) -> Fraction:
    """Parse `75%` or `0.75`: more than nothing, at most all."""
    value = number(text[:-1]) / 100 if text.endswith("%") else number(text)
    if not 0 < value <= 1:
        raise ValueError(f"expected a share such as 75% or 0.75, above 0 and at most 1, found {text}")
    return value


def slice_target(text: str) -> Fraction:
    """Parse `timeSliceTarget`, above 0 and at most 1."""
    value = number(text)
    if not 0 < value <= 1:
        raise ValueError(f"expected a ratio above 0 and at most 1, found {text}")
    return value


def shorthand(text: str) -> tuple[int, str]:
    """Parse OpenSLO's duration shorthand as number and unit (m h d w M Q Y)."""
    match = _SHORTHAND.fullmatch(text)
    if match is None or int(match[1]) == 0:
        raise ValueError(
            f"expected a duration such as 30d, 4w or 1M (one number, one unit of m h d w M Q Y), found {_found(text)}"
        )
    return int(match[1]), match[2]


def shorthand_seconds(text: str) -> int:
    """Parse a duration whose units have a fixed length, in seconds."""
    count, unit = shorthand(text)
    if unit in "MQY":
        raise ValueError(f"expected a duration in m, h, d or w, found {text}")
    return count * UNIT_SECONDS[unit]


def slice_window(text: str) -> int:
    """Parse `timeSliceWindow`: shorthand, or a bare number of minutes (OpenSLO v1); in seconds, a minute to a day."""
    minutes = text if not text.isdecimal() else f"{text}m"
    seconds = shorthand_seconds(minutes)
    if seconds > UNIT_SECONDS["d"]:
        raise ValueError(f"expected a time slice of at most 1d, found {text}")
    return seconds


def span(text: str) -> float:
    """Parse a duration such as 30s, 5m or 1h30m, in seconds; never 0."""
    match = _SPAN.fullmatch(text)
    seconds = (
        0
        if match is None
        else sum(int(n or 0) * u for n, u in zip(match.groups(), (86_400, 3_600, 60, 1), strict=True))
    )
    if not seconds:
        raise ValueError(f"expected a duration such as 30s, 5m or 1h30m, found {_found(text)}")
    return float(seconds)


def label_names(text: str) -> tuple[str, ...]:
    """Parse a comma separated list of Prometheus label names."""
    names = tuple(part.strip() for part in text.split(","))
    for each in names:
        if _LABEL_NAME.fullmatch(each) is None or each.startswith("__"):
            raise ValueError(f"expected label names such as `namespace, route`, found {_found(each)}")
    if len(set(names)) < len(names):
        raise ValueError(f"expected every label once, found {shown(text)}")
    return names


def labels(part: Part) -> Mapping[str, str]:
    """Read `metadata.labels`: values are texts or lists of texts, which are joined by commas."""
    if part.node.tag == "tag:yaml.org,2002:null":
        return {}
    if not isinstance(part.node, yaml.MappingNode):
        raise part.error(f"expected labels as `name: value`, found {part.shape}")
    with whole(part):
        return {
            str(key.node.value): ",".join(scalar(item) for item in value.items())
            if isinstance(value.node, yaml.SequenceNode)
            else scalar(value)
            for key, value in entries(part)
        }


def ignored(part: Part) -> Part:
    """Read whatever stands there: a part of OpenSLO that is of any shape."""
    return part


def _target(value: Fraction, text: str, whole: int) -> Fraction:
    if value == 1:
        raise ValueError(
            f"a target of {text} leaves no error budget: a single bad event overspends it; choose less than {whole}"
        )
    if value == 0:
        raise ValueError("a target of 0 can never be missed; choose more than 0")
    if not 0 < value < 1:
        kind = "ratio between 0 and 1" if whole == 1 else "percentage between 0 and 100"
        raise ValueError(f"expected a {kind}, found {text}")
    return value


def _matching(pattern: re.Pattern[str], text: str, expected: str) -> str:
    if pattern.fullmatch(text) is None:
        raise ValueError(f"expected {expected}, found {_found(text)}")
    return text


def _found(text: str) -> str:
    return shown(text) if text else "nothing"
