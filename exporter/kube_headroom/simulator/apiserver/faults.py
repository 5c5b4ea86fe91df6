"""An API server's bad days, on demand: refusals, delays, lost connections and lost history."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from kube_headroom.simulator.apiserver.status import StatusError

_REASONS = {
    429: ("TooManyRequests", "the server has received too many requests and has asked us to try again later"),
    500: ("InternalError", "Internal error occurred: the simulated API server was told to fail"),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
}


class _Refusal(NamedTuple):
    error: StatusError
    remaining: int | None


class Faults:
    """What requests of the API meet before they are answered; health checks and discovery are spared nothing either."""

    def __init__(self) -> None:
        self.delay = 0.0
        """Seconds every answer waits."""
        self._refusal: _Refusal | None = None

    def refuse(self, status: int, *, times: int | None = None, retry_after: int | None = None) -> None:
        """Refuse the next `times` requests, or (None) all until `accept`, with 429, 500 or 503.

        `retry_after` in seconds is sent as header and in the Status.
        """
        reason, message = _REASONS[status]
        details = {"retryAfterSeconds": retry_after} if retry_after else {}
        self._refusal = _Refusal(StatusError(status, reason, message, details=details), times)

    def accept(self) -> None:
        """Refuse no more."""
        self._refusal = None

    async def meet(self) -> None:
        """Let one request meet the faults; raises StatusError if it is refused."""
        refusal = self._refusal
        if refusal is not None:
            if refusal.remaining is not None:
                left = refusal.remaining - 1
                self._refusal = refusal._replace(remaining=left) if left > 0 else None
            raise refusal.error
        if self.delay > 0:
            await asyncio.sleep(self.delay)
