"""What can go wrong with a source, in a bounded vocabulary, and what a human should do about it; pure."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from enum import StrEnum

import msgspec
from urllib3.exceptions import HTTPError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as HTTPTimeoutError

from kube_headroom.cluster.backoff import retry_after
from kube_headroom.cluster.credentials import ConnectionSettingsError


class Reason(StrEnum):
    """Why a source failed: the values of the `reason` label."""

    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    EXPIRED = "expired"
    TOO_LARGE = "too_large_resource_version"
    TOO_MANY_REQUESTS = "too_many_requests"
    BAD_REQUEST = "bad_request"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION = "connection"
    TLS = "tls"
    DECODE = "decode"
    INTERNAL = "internal"


_BY_CODE = {
    400: Reason.BAD_REQUEST,
    401: Reason.UNAUTHORIZED,
    403: Reason.FORBIDDEN,
    404: Reason.NOT_FOUND,
    408: Reason.TIMEOUT,
    410: Reason.EXPIRED,
    422: Reason.BAD_REQUEST,
    429: Reason.TOO_MANY_REQUESTS,
}

ADVICE = {
    Reason.UNAUTHORIZED: "the server does not know us: check the token, certificate or plugin of our credentials",
    Reason.FORBIDDEN: "grant list and watch on {resource}",
    Reason.NOT_FOUND: "the server does not have {resource}: switch the kind off or install what serves it",
    Reason.TLS: "check the certificate authority we were given for {server}",
    Reason.CONNECTION_REFUSED: "nothing listens at {server}",
    Reason.CONNECTION: "is {server} reachable from here?",
    Reason.TIMEOUT: "{server} did not answer in time",
    Reason.DECODE: "is {server} a Kubernetes API server?",
}


class _Cause(msgspec.Struct):
    reason: str | None = None


class _Details(msgspec.Struct, rename="camel"):
    causes: list[_Cause] | None = None
    retry_after_seconds: int | None = None


class Status(msgspec.Struct):
    """A `meta/v1` Status: the body of a refusal and the object of an ERROR event."""

    message: str | None = None
    reason: str | None = None
    code: int | None = None
    details: _Details | None = None


class Failure(Exception):  # noqa: N818  (the field's word is failure, and it is no bug)
    """A request or a stream that did not give what it should; `retry_after` in seconds where the server asked for it."""

    def __init__(self, reason: Reason, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.retry_after = wait


def status_of(body: bytes) -> Status:
    """The Status in an answer; what is none becomes a Status whose message is the beginning of the text."""
    try:
        return msgspec.json.decode(body, type=Status, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Status(message=" ".join(body[:200].decode("utf-8", "replace").split()))


def refusal(code: int, status: Status, headers: Mapping[str, str], now: float) -> Failure:
    """A failure from an HTTP status and body, or from an ERROR event (its own code, no headers)."""
    reason = _BY_CODE.get(code, Reason.SERVER_ERROR if code >= 500 else Reason.BAD_REQUEST)
    if status.reason in ("Expired", "Gone"):
        reason = Reason.EXPIRED
    causes = (status.details and status.details.causes) or ()
    if any(cause.reason == "ResourceVersionTooLarge" for cause in causes) or (
        status.message and "Too large resource version" in status.message
    ):
        reason = Reason.TOO_LARGE
    wait = retry_after(headers.get("Retry-After"), now)
    if wait is None and status.details and status.details.retry_after_seconds:
        wait = retry_after(str(status.details.retry_after_seconds), now)
    return Failure(reason, status.message or f"the server answered {code}", wait)


# The first that fits counts: urllib3 derives a connection that cannot be made from a timeout.
_BY_EXCEPTION: tuple[tuple[tuple[type[Exception], ...], Reason], ...] = (
    ((SSLError, ssl.SSLError), Reason.TLS),
    ((NewConnectionError,), Reason.CONNECTION),
    ((HTTPTimeoutError, TimeoutError), Reason.TIMEOUT),
    ((HTTPError, OSError), Reason.CONNECTION),
    ((msgspec.DecodeError, UnicodeDecodeError), Reason.DECODE),
    ((ConnectionSettingsError,), Reason.UNAUTHORIZED),
)


def broken(error: Exception) -> Failure:
    """A failure from whatever a request, a read or a decode may raise; what nobody foresaw is internal."""
    if isinstance(error, Failure):
        return error
    if isinstance(error.__cause__, ConnectionRefusedError):
        return Failure(Reason.CONNECTION_REFUSED, "connection refused")
    for types, reason in _BY_EXCEPTION:
        if isinstance(error, types):
            return Failure(reason, _line(error))
    return Failure(Reason.INTERNAL, f"{type(error).__name__}: {_line(error)}")


def described(source: str, resource: str, server: str, failure: Failure) -> str:
    """One line for a human: what, why, what to do."""
    advice = ADVICE.get(failure.reason, "").format(resource=resource, server=server)
    message = " ".join(failure.message.split())[:300]
    return f"{source}: {failure.reason}: {message}" + (f"; {advice}" if advice else "")


def _line(error: Exception) -> str:
    """urllib3 prefixes its messages with the repr of an object that says nothing to a reader."""
    text = " ".join(str(error).split())
    return text.split(": ", 1)[-1] if text.startswith(("HTTPConnection", "HTTPSConnection", "<urllib3")) else text
