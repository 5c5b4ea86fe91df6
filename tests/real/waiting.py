"""Waiting for a condition with a deadline: the only place of these tests that sleeps."""

import time
from collections.abc import Callable
from typing import TypeVar

import httpx

Result = TypeVar("Result")

POLL_SECONDS = 0.1
# Long enough for a busy machine, short enough to be told of before the test itself is over its time.
PATIENCE_SECONDS = 120.0


def wait_until(condition: Callable[[], Result], *, what: str, timeout: float = PATIENCE_SECONDS) -> Result:
    """Poll until the condition returns something true, and return it.

    A refused connection counts as not yet. After `timeout` seconds the error says what was waited
    for and what was seen last.
    """
    deadline = time.monotonic() + timeout
    seen: object = None
    while True:
        try:
            result = condition()
        except httpx.TransportError as error:
            seen = error
        else:
            if result:
                return result
            seen = result
        if time.monotonic() > deadline:
            message = f"waited {timeout:g} s in vain for {what}; last seen: {seen!r}"
            raise TimeoutError(message)
        time.sleep(POLL_SECONDS)
