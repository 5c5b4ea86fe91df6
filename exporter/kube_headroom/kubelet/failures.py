"""What can go wrong between us and a kubelet, in a bounded vocabulary, and what a human should do about it; pure."""

from __future__ import annotations

import ssl
from enum import StrEnum
from http.client import HTTPException
from types import MappingProxyType


class Reason(StrEnum):
    """Why a page could not be had: the values of the `reason` label."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION = "connection"
    CERTIFICATE = "certificate"
    TLS = "tls"
    CREDENTIALS = "credentials"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    REDIRECT = "redirect"
    HTTP = "http"
    TOO_LARGE = "too_large"
    GZIP = "gzip"
    PAGE = "page"
    INTERNAL = "internal"


OF_NODE = frozenset(
    {
        Reason.UNREACHABLE,
        Reason.CONNECTION_REFUSED,
        Reason.CERTIFICATE,
        Reason.TLS,
        Reason.CREDENTIALS,
        Reason.UNAUTHORIZED,
        Reason.FORBIDDEN,
        Reason.REDIRECT,
    }
)
"""Failures that all pages of a node share: one page is enough to see whether they are over."""

ADVICE = MappingProxyType(
    {
        Reason.UNREACHABLE: "does the node run, and does a firewall or NetworkPolicy let us reach {address}?",
        Reason.TIMEOUT: "the kubelet is slow or hangs; kubelet-request-timeout says how long it may take",
        Reason.CONNECTION_REFUSED: "nothing listens at {address}",
        Reason.CONNECTION: "is {address} reachable from here?",
        Reason.CERTIFICATE: "give the authority that signed it with kubelet-certificate-authority, or let the kubelet "
        "have one that the cluster's authority signed (serverTLSBootstrap)",
        Reason.TLS: "is {address} a kubelet's HTTPS port?",
        Reason.UNAUTHORIZED: "the kubelet does not know us: it needs webhook authentication, or our token has expired",
        Reason.FORBIDDEN: "grant get on nodes/metrics",
        Reason.NOT_FOUND: "this kubelet has no such page; its interval can be set to 0s",
        Reason.REDIRECT: "redirects are not followed: is {address} a kubelet?",
        Reason.PAGE: "is {address} a kubelet?",
    }
)


class Failure(Exception):  # noqa: N818  (the field's word is failure, and it is no bug)
    """A page that could not be had; `received` bytes of it had come over the wire."""

    def __init__(self, reason: Reason, message: str, received: int = 0) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.received = received


# The first that fits counts: certificates that are not trusted are TLS errors, which are OSErrors, as timeouts are.
_BY_EXCEPTION: tuple[tuple[type[Exception], Reason], ...] = (
    (ssl.SSLCertVerificationError, Reason.CERTIFICATE),
    (ssl.SSLZeroReturnError, Reason.CONNECTION),
    (ssl.SSLEOFError, Reason.CONNECTION),
    (ssl.SSLError, Reason.TLS),
    (TimeoutError, Reason.TIMEOUT),
    (ConnectionRefusedError, Reason.CONNECTION_REFUSED),
    (OSError, Reason.CONNECTION),
    (HTTPException, Reason.CONNECTION),
)


def broken(error: Exception) -> Failure:
    """A failure from whatever connecting, sending or reading may raise; what nobody foresaw is internal."""
    if isinstance(error, Failure):
        return error
    for kind, reason in _BY_EXCEPTION:
        if isinstance(error, kind):
            return Failure(reason, _line(error))
    return Failure(Reason.INTERNAL, f"{type(error).__name__}: {_line(error)}")


def described(node: str, page: str, address: str, failure: Failure) -> str:
    """One line for a human: where, what, why, what to do."""
    advice = ADVICE.get(failure.reason, "").format(address=address)
    message = " ".join(failure.message.split())[:300]
    return f"kubelet of {node}: {page}: {failure.reason}: {message}" + (f"; {advice}" if advice else "")


def _line(error: Exception) -> str:
    verified = getattr(error, "verify_message", "")
    text = str(verified or getattr(error, "strerror", None) or str(error) or type(error).__name__)
    return " ".join(text.split())
