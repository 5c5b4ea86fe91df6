"""Whatever goes wrong gets a reason of a bounded vocabulary and one line that says what to do."""

from __future__ import annotations

import ssl

import msgspec
import pytest
from urllib3.exceptions import (
    ConnectTimeoutError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from kube_headroom.cluster.credentials import ConnectionSettingsError
from kube_headroom.cluster.failures import Failure, Reason, Status, broken, described, refusal, status_of
from kube_headroom.cluster.health import Flaw, ListCause, SourceHealth, WatchEnd


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (caused(NewConnectionError(None, "x"), ConnectionRefusedError()), Reason.CONNECTION_REFUSED),  # type: ignore[arg-type]
        (NewConnectionError(None, "no such host"), Reason.CONNECTION),  # type: ignore[arg-type]
        (ConnectTimeoutError("slow"), Reason.TIMEOUT),
        (ReadTimeoutError(None, "/", "slow"), Reason.TIMEOUT),  # type: ignore[arg-type]
        (ProtocolError("cut"), Reason.CONNECTION),
        (ProxyError("proxy", OSError()), Reason.CONNECTION),
        (SSLError("certificate verify failed"), Reason.TLS),
        (ssl.SSLError("bad"), Reason.TLS),
        (FileNotFoundError("token"), Reason.CONNECTION),
        (TimeoutError(), Reason.TIMEOUT),
        (msgspec.DecodeError("no JSON"), Reason.DECODE),
        (ConnectionSettingsError("no file"), Reason.UNAUTHORIZED),
        (ZeroDivisionError("bug"), Reason.INTERNAL),
        (Failure(Reason.EXPIRED, "old"), Reason.EXPIRED),
    ],
    ids=lambda value: value if isinstance(value, Reason) else type(value).__name__,
)
def test_an_exception_has_a_reason(error: Exception, reason: Reason) -> None:
    assert broken(error).reason is reason


@pytest.mark.parametrize(
    ("code", "body", "reason"),
    [
        (400, {}, Reason.BAD_REQUEST),
        (401, {}, Reason.UNAUTHORIZED),
        (403, {}, Reason.FORBIDDEN),
        (404, {}, Reason.NOT_FOUND),
        (410, {}, Reason.EXPIRED),
        (422, {}, Reason.BAD_REQUEST),
        (429, {}, Reason.TOO_MANY_REQUESTS),
        (302, {}, Reason.BAD_REQUEST),
        (500, {}, Reason.SERVER_ERROR),
        (503, {}, Reason.SERVER_ERROR),
        (504, {"details": {"causes": [{"reason": "ResourceVersionTooLarge"}]}}, Reason.TOO_LARGE),
        (504, {"message": "Too large resource version: 9, current: 4"}, Reason.TOO_LARGE),
        (500, {"reason": "Expired"}, Reason.EXPIRED),
    ],
)
def test_a_refusal_has_a_reason(code: int, body: dict[str, object], reason: Reason) -> None:
    assert refusal(code, status_of(msgspec.json.encode(body)), {}, 0.0).reason is reason


def test_the_server_may_say_when_to_come_back_in_two_places() -> None:
    assert refusal(429, Status(), {"Retry-After": "9"}, 0.0).retry_after == 9.0
    status = status_of(b'{"details":{"retryAfterSeconds":4}}')
    assert refusal(429, status, {}, 0.0).retry_after == 4.0
    assert refusal(429, Status(), {}, 0.0).retry_after is None


def test_an_answer_that_is_no_status_is_quoted_shortly() -> None:
    assert status_of(b"<html>\n  <h1>Bad gateway</h1>" + b"x" * 10_000).message == (
        "<html> <h1>Bad gateway</h1>" + "x" * 171
    )
    assert status_of(b"\xff").message == "\ufffd"


@pytest.mark.parametrize("reason", Reason)
def test_a_line_is_one_line_and_bounded(reason: Reason) -> None:
    line = described("pods in shop", "pods", "https://api", Failure(reason, "a\nb " + "x" * 5000))
    assert line.startswith(f"pods in shop: {reason}: a b x")
    assert "\n" not in line
    assert len(line) < 500
    assert "{" not in line


def test_a_report_says_what_the_source_went_through() -> None:
    health = SourceHealth("pods", "shop")
    assert health.report() == health.report()
    assert not health.report().up
    assert health.failed(Reason.FORBIDDEN, "pods: forbidden")
    assert not health.failed(Reason.FORBIDDEN, "pods: forbidden")
    assert health.heard(7.0)
    assert not health.heard(8.0)
    health.list_done(9.0, ListCause.FIRST)
    health.watching()
    health.watch_ended(WatchEnd.SILENT)
    health.flawed(Flaw.NO_IDENTITY)
    health.flawed(Flaw.FIELDS)
    report = health.report()
    assert (report.kind, report.scope, report.listed, report.up) == ("pods", "shop", True, True)
    assert (report.last_success, report.last_error, report.last_reason) == (9.0, "", None)
    assert (report.lists, report.watches) == ({ListCause.FIRST: 1}, 1)
    assert (report.watch_ends, report.errors) == ({WatchEnd.SILENT: 1}, {Reason.FORBIDDEN: 2})
    assert (report.skipped, report.repaired) == ({Flaw.NO_IDENTITY: 1}, {Flaw.FIELDS: 1})
