"""What the API server says when it does not do what it was asked: `meta/v1` Status objects."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from kube_headroom.simulator.kinds import Resource

READ_ONLY = (
    "the simulated cluster is read-only for its clients: its controllers and its incidents change it "
    "(kube-headroom demo --help names them)"
)


class StatusError(Exception):
    """An answer that is a Status; `details` and `metadata` are its fields, `reason` may be ""."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        details: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.metadata = metadata or {}

    @property
    def body(self) -> dict[str, Any]:
        """The Status object."""
        status = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "details": self.details,
            "code": self.code,
        }
        return {field: value for field, value in status.items() if value is not None and value != ""}

    @property
    def headers(self) -> dict[str, str]:
        """`Retry-After` where the Status tells when to come back."""
        seconds = (self.details or {}).get("retryAfterSeconds")
        return {"Retry-After": str(seconds)} if seconds and self.code in _RETRIED else {}


_RETRIED = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)


def bad_request(message: str) -> StatusError:
    """A request that cannot be read."""
    return StatusError(400, "BadRequest", message)


def unauthorized() -> StatusError:
    """No token, or one that nobody gave out."""
    return StatusError(401, "Unauthorized", "Unauthorized")


def not_found(resource: Resource, name: str) -> StatusError:
    """An object that does not exist."""
    details = {"name": name, "kind": resource.plural}
    if resource.group:
        details["group"] = resource.group
    return StatusError(404, "NotFound", f'{_group_resource(resource)} "{name}" not found', details=details)


def unknown_path() -> StatusError:
    """A path under a known group and version that leads nowhere."""
    return StatusError(404, "NotFound", "the server could not find the requested resource", details={})


def read_only(method: str) -> StatusError:
    """A write."""
    return StatusError(405, "MethodNotAllowed", f"{method} is not allowed: {READ_ONLY}", details={})


def not_acceptable(message: str, *, details: dict[str, Any] | None = None) -> StatusError:
    """A representation that cannot be given."""
    return StatusError(406, "NotAcceptable", message, details=details)


def expired(message: str, *, continued: str = "") -> StatusError:
    """A version that was compacted; `continued` is a token that goes on with the newest state."""
    return StatusError(410, "Expired", message, metadata={"continue": continued} if continued else None)


def invalid_options(causes: Sequence[tuple[str, str, str]]) -> StatusError:
    """List options that contradict each other: reason, field and message of each cause."""
    told = [f"{field}: {message}" for _, field, message in causes]
    problem = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
    details = {
        "group": "meta.k8s.io",
        "kind": "ListOptions",
        "causes": [{"reason": reason, "message": message, "field": field} for reason, field, message in causes],
    }
    return StatusError(422, "Invalid", f'ListOptions.meta.k8s.io "" is invalid: {problem}', details=details)


def too_large(asked: int, current: int) -> StatusError:
    """A resource version that the store has not reached."""
    words = "Too large resource version"
    details = {"causes": [{"reason": "ResourceVersionTooLarge", "message": words}], "retryAfterSeconds": 1}
    message = f"Timeout: {words}: {asked}, current: {current}"
    return StatusError(504, "Timeout", message, details=details)


def _group_resource(resource: Resource) -> str:
    return f"{resource.plural}.{resource.group}" if resource.group else resource.plural
