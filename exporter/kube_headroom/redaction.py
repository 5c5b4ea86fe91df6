"""Secrets taken out of text and values before anybody reads them; what only might be one goes too."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

REDACTED = "[redacted]"
_DEEPEST = 8  # of nested values; what lies deeper is shown as text
_LONGEST = 16_384  # characters of one text: a 1 MB annotation in an error must not become a 1 MB log line

_HEADERS = r"(?:authorization|cookie)"
_NAMES = (
    r"(?:token|passw(?:or)?d|secret|api[-_]?key|(?:key|certificate)[-_]?data|private[-_]?key"
    r"|credential)s?"
)
_NAMED_SECRET = re.compile(rf"(?:{_HEADERS}|{_NAMES})$", re.IGNORECASE)
_IS = r"""(?:\\*["'])?\s*[:=]\s*(?:[|>][-+0-9]*\s+)?"""
# Ends at the quote it began with, under as many backslashes: JSON inside JSON inside a log line.
_QUOTED = r"""b?(?P<quote>\\*["']).*?(?:(?<!\\)(?P=quote)|\Z)"""
# What begins with a quote need not be quoted: ''x is a password too.
_BEYOND = r"""(?:[^\s,;:)}\]"\\]\S*)?"""

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # Keys and certificates, also where a log escaped their line ends, also cut short.
    (re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL), REDACTED),
    # The same in base64, as kubeconfigs hold them: LS0tLS1CRUdJTi is "-----BEGIN".
    (re.compile(r"LS0tLS1[A-Za-z0-9+/=_-]+"), REDACTED),
    # https://user:password@host and https://token@host.
    (re.compile(r"""(://)[^/\s"]*@"""), rf"\1{REDACTED}@"),
    # A header takes the rest of its line: its schemes have many forms, some with spaces.
    (
        re.compile(rf"""({_HEADERS}(?:{_IS}|\\*["'],\s*))(?:{_QUOTED}|[^\n]+)""", re.IGNORECASE | re.DOTALL),
        rf"\1{REDACTED}",
    ),
    (re.compile(r"\b(bearer|basic)\s+\S+", re.IGNORECASE), rf"\1 {REDACTED}"),
    # Unquoted, a value ends at white space only: a password may hold any separator. After a slash the name is
    # a file's: "/var/run/secrets/kubernetes.io/serviceaccount/token: Permission denied" must stay readable.
    (re.compile(rf"((?<!/){_NAMES}{_IS})(?:{_QUOTED}{_BEYOND}|\S+)", re.IGNORECASE | re.DOTALL), rf"\1{REDACTED}"),
    # JSON Web Tokens and the EKS form of a presigned URL stand out by themselves.
    (re.compile(r"eyJ[A-Za-z0-9_+/=-]{6,}(?:\.[A-Za-z0-9_+/=-]*){0,4}"), REDACTED),
    (re.compile(r"k8s-aws-v1\.[A-Za-z0-9_=-]+"), REDACTED),
)


def redact(text: str) -> str:
    """The text without its secrets, cut in the middle where it is longer than 16,384 characters."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    if len(text) <= _LONGEST:
        return text
    half = _LONGEST // 2
    return f"{text[:half]} ... {len(text) - 2 * half} characters left out ... {text[-half:]}"


def redact_value(value: object, depth: int = 0) -> object:
    """A value of a log line without its secrets: by the name it goes by, and by what its text looks like."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, bytes | bytearray):
        return redact(value.decode("utf-8", "replace"))
    if isinstance(value, str):
        return redact(value)
    if depth < _DEEPEST and isinstance(value, Mapping):
        return {redact(str(key)): _redact_named(key, each, depth) for key, each in value.items()}
    if depth < _DEEPEST and isinstance(value, list | tuple | set | frozenset):
        return _redact_items(value, depth)
    return redact(_text_of(value))


def _redact_items(items: list[object] | tuple[object, ...] | set[object] | frozenset[object], depth: int) -> object:
    redacted = [redact_value(item, depth + 1) for item in items]
    pair = tuple(items) if isinstance(items, list | tuple) else ()
    # ("Authorization", "Basic ...") is how HTTP libraries hold a header.
    if len(pair) == 2 and isinstance(pair[0], str | bytes) and is_secret_name(pair[0]):
        return [redacted[0], REDACTED]
    return redacted


def _redact_named(name: object, value: object, depth: int) -> object:
    if is_secret_name(name) and value is not None and not isinstance(value, bool):
        return REDACTED
    return redact_value(value, depth + 1)


def is_secret_name(name: object) -> bool:
    """Whether what goes by this name is a secret whatever it looks like."""
    text = name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
    return _NAMED_SECRET.search(text) is not None


def _text_of(value: object) -> str:
    as_text: Callable[[object], str] = str if isinstance(value, BaseException) else repr
    try:
        return as_text(value)
    except Exception as error:  # noqa: BLE001 - a value that cannot be shown must not cost the line it is in
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"
