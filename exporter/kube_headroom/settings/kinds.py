"""What a setting's text may be: each kind parses text and can say in words what it expects."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from kube_headroom.durations import parse_duration


class Kind(NamedTuple):
    """How one setting is read: `parse` raises ValueError on text that is not `expected`."""

    metavar: str
    expected: str
    parse: Callable[[str], object]


def duration(minimum: str, maximum: str) -> Kind:
    """A duration between two others, in seconds."""
    lowest, highest = parse_duration(minimum), parse_duration(maximum)

    def parse(text: str) -> float:
        seconds = parse_duration(text)
        if not lowest <= seconds <= highest:
            raise ValueError(text)
        return seconds

    return Kind("DURATION", f"a duration such as 30s, 5m or 1h, from {minimum} to {maximum}", parse)


def whole_number(minimum: int, maximum: int) -> Kind:
    """A whole number between two others."""

    def parse(text: str) -> int:
        # The digits are checked first: int() also takes "1_000", " 7 " and other scripts' digits.
        if not re.fullmatch(r"[0-9]{1,18}", text) or not minimum <= int(text) <= maximum:
            raise ValueError(text)
        return int(text)

    return Kind("NUMBER", f"a whole number from {minimum} to {maximum}", parse)


def size(minimum: str, maximum: str) -> Kind:
    """A number of bytes between two others, with Kubernetes' binary suffixes."""
    lowest, highest = _bytes(minimum), _bytes(maximum)

    def parse(text: str) -> int:
        if not lowest <= _bytes(text) <= highest:
            raise ValueError(text)
        return _bytes(text)

    return Kind("SIZE", f"a size such as 512Ki, 16Mi or 1Gi, from {minimum} to {maximum}", parse)


def _bytes(text: str) -> int:
    match = re.fullmatch(r"([0-9]{1,15})(Ki|Mi|Gi)?", text)
    if match is None:
        raise ValueError(text)
    return int(match[1]) * {None: 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}[match[2]]


def decimal(minimum: float, maximum: float) -> Kind:
    """A number between two others, with or without decimals."""

    def parse(text: str) -> float:
        if not re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", text) or not minimum <= float(text) <= maximum:
            raise ValueError(text)
        return float(text)

    return Kind("NUMBER", f"a number from {minimum:g} to {maximum:g}", parse)


def one_of(*choices: str) -> Kind:
    """One of a few words."""

    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return Kind("|".join(choices) if len(choices) < 5 else "NAME", "one of " + ", ".join(choices), parse)


def matching(metavar: str, expected: str, pattern: str) -> Kind:
    """Text that a pattern matches from end to end."""
    compiled = re.compile(pattern)

    def parse(text: str) -> str:
        if compiled.fullmatch(text) is None:
            raise ValueError(text)
        return text

    return Kind(metavar, expected, parse)


def _parse_path(text: str) -> Path:
    if not text or "\0" in text:
        raise ValueError(text)
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # "~nobody/x": no such user, no such home
        raise ValueError(text) from error


def _parse_listen_address(text: str) -> str:
    match = re.fullmatch(r"(?:\[[0-9A-Fa-f:.]+(?:%\w+)?\]|[A-Za-z0-9_.-]*):([0-9]{1,5})", text)
    if match is None or int(match[1]) > 65_535:
        raise ValueError(text)
    return text


# Kubernetes' own naming rules: k8s.io/apimachinery, util/validation (RFC 1123 names, qualified names).
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_SUBDOMAIN = rf"(?=.{{1,253}}/){_LABEL}(?:\.{_LABEL})*/"
_KEY_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"


def _parse_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError(text)
    return text.rstrip("/")


PATH = Kind("FILE", "a file's path", _parse_path)
LISTEN_ADDRESS = Kind("ADDRESS", "[HOST]:PORT, such as :9789, 127.0.0.1:9789 or [::1]:9789", _parse_listen_address)
URL = Kind("URL", "an address such as https://prometheus:9090/base, without user, query or fragment", _parse_url)
HEADER = matching("NAME: VALUE", "an HTTP header such as `X-Team: shop`", r"[A-Za-z0-9!#$%&'*+.^_`|~-]+: ?[\x20-\x7e]*")
TENANT = matching(
    "NAME", "a tenant's name as Mimir takes it, such as team-a or team-a|team-b", r"[A-Za-z0-9!_.*'()|-]{1,150}"
)
USER_NAME = matching("NAME", "a user's name without a colon", r"[^:\x00-\x1f]{1,256}")
SELECTOR = matching("SELECTOR", "a label selector such as kube-headroom.io/slo=true", r"[A-Za-z0-9_./!=, ()-]{1,512}")
PERIOD = matching(
    "PERIOD",
    "a rolling period such as 28d, or week, month, quarter, year",
    r"[1-9][0-9]{0,2}[dw]|week|month|quarter|year",
)
TELEMETRY_PATH = matching(
    "PATH",
    "a path such as /metrics, other than / and what begins with /-/",
    r"/(?!-/)[A-Za-z0-9._~-][A-Za-z0-9._~/-]*",
)
CONTEXT = matching("NAME", "the name of a context in the kubeconfig", r"[^\s\x00-\x1f](?:.*\S)?")
NAMESPACE = matching("NAMESPACE", "a namespace's name (lower case letters, digits and -)", _LABEL)
KEY = matching(
    "KEY", "a label's or annotation's key, such as team or example.com/owner", rf"(?:{_SUBDOMAIN})?{_KEY_NAME}"
)
KEY_PREFIX = matching("PREFIX", "a domain and a slash, such as example.com/", _SUBDOMAIN)
EVENT_REASON = matching("REASON", "an event's reason, such as BackOff", r"[A-Za-z][A-Za-z0-9_.-]{0,127}")
