"""What can go wrong between us and a Prometheus, in a bounded vocabulary, and what a human should do about it; pure."""

from __future__ import annotations

import ssl
from enum import StrEnum
from types import MappingProxyType

from urllib3 import exceptions as pool


class Reason(StrEnum):
    """Why a query has no answer: the values of the `reason` label."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    CERTIFICATE = "certificate"
    TLS = "tls"
    CREDENTIALS = "credentials"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    REDIRECT = "redirect"
    OVERLOADED = "overloaded"
    HTTP = "http"
    QUERY = "query"
    TOO_LARGE = "too_large"
    SERIES = "series"
    ANSWER = "answer"
    INTERNAL = "internal"


OF_SERVER = frozenset(
    {
        Reason.UNREACHABLE,
        Reason.CONNECTION,
        Reason.CERTIFICATE,
        Reason.TLS,
        Reason.CREDENTIALS,
        Reason.UNAUTHORIZED,
        Reason.FORBIDDEN,
        Reason.NOT_FOUND,
        Reason.REDIRECT,
        Reason.ANSWER,
    }
)
"""Failures that every query shares; the others say something about one query, or may."""

ADVICE = MappingProxyType(
    {
        Reason.UNREACHABLE: "does it run there, and does a firewall or NetworkPolicy let us reach it?",
        Reason.TIMEOUT: "it is slow or hangs; prometheus-request-timeout says how long it may take",
        Reason.CERTIFICATE: "give the authority that signed it with prometheus-certificate-authority",
        Reason.TLS: "is it an HTTPS port?",
        Reason.UNAUTHORIZED: "it does not know us: see prometheus-bearer-token-file and prometheus-username",
        Reason.FORBIDDEN: "we may not ask it; a multi-tenant server also wants prometheus-tenant",
        Reason.NOT_FOUND: "prometheus-url is to be what comes before /api/v1/query",
        Reason.REDIRECT: "redirects are not followed: give prometheus-url as the place it leads to",
        Reason.TOO_LARGE: "make the selectors narrower",
        Reason.SERIES: "make the selectors narrower, or raise prometheus-series-limit",
        Reason.ANSWER: "is it a server with Prometheus' HTTP API?",
    }
)


class Failure(Exception):  # noqa: N818  (the field's word is failure, and it is no bug)
    """A query without an answer."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = " ".join(message.split())[:500]

    def __str__(self) -> str:
        advice = ADVICE.get(self.reason)
        return f"{self.reason}: {self.message}" + (f"; {advice}" if advice else "")


class TooManySeries(Failure):
    """A query gave more series than are allowed, so nothing of it is counted."""

    def __init__(self, limit: int) -> None:
        super().__init__(Reason.SERIES, f"the query gives more than {limit} series")


# The first that fits counts: certificates that are not trusted are TLS errors, which are OSErrors, as timeouts are.
_BY_EXCEPTION: tuple[tuple[type[BaseException], Reason], ...] = (
    (ssl.SSLCertVerificationError, Reason.CERTIFICATE),
    (ssl.SSLZeroReturnError, Reason.CONNECTION),
    (ssl.SSLEOFError, Reason.CONNECTION),
    (ssl.SSLError, Reason.TLS),
    (pool.NewConnectionError, Reason.UNREACHABLE),
    (pool.TimeoutError, Reason.TIMEOUT),
    (TimeoutError, Reason.TIMEOUT),
    (pool.SSLError, Reason.TLS),
    (pool.ProtocolError, Reason.CONNECTION),
    (pool.HTTPError, Reason.CONNECTION),
    (OSError, Reason.CONNECTION),
)


def broken(error: BaseException) -> Failure:
    """A failure from whatever connecting, sending or reading may raise; what nobody foresaw is internal."""
    if isinstance(error, Failure):
        return error
    chain = _causes(error)
    for kind, reason in _BY_EXCEPTION:
        for cause in chain:
            if isinstance(cause, kind):
                return Failure(reason, _line(cause))
    return Failure(Reason.INTERNAL, f"{type(error).__name__}: {error}")


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what the pool wrapped, outermost first."""
    chain: list[BaseException] = []
    one: object = error
    while isinstance(one, BaseException) and one not in chain:
        chain.append(one)
        one = getattr(one, "reason", None) or one.__cause__ or (one.args[-1] if one.args else None)
    return chain


def _line(error: BaseException) -> str:
    if isinstance(error, pool.NewConnectionError) and isinstance(error.__cause__, OSError):
        error = error.__cause__
    said = getattr(error, "verify_message", "") or getattr(error, "strerror", None) or str(error)
    return str(said) or type(error).__name__
