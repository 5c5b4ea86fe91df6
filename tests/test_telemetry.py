"""Log lines: their shape, what of libraries gets in, and that no secret gets out."""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom import telemetry
from kube_headroom.redaction import REDACTED, redact, redact_value


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("kube_headroom")
    before = (root.level, ours.level, list(root.handlers))
    yield
    root.setLevel(before[0])
    ours.setLevel(before[1])
    root.handlers[:] = before[2]
    structlog.reset_defaults()


def log_to(level: str = "info", log_format: str = "json") -> io.StringIO:
    stream = io.StringIO()
    # pytest listens too, and would show what these tests hide.
    root = logging.getLogger()
    root.handlers[:] = [handler for handler in root.handlers if isinstance(handler, telemetry._Handler)]
    telemetry.configure(level=level, log_format=log_format, stream=stream)
    return stream


def test_a_json_line_has_level_event_logger_values_and_a_time_in_utc() -> None:
    stream = log_to()
    structlog.get_logger("kube_headroom.cluster").warning("watch ended", kind="pods", age=1.5)
    record = json.loads(stream.getvalue())
    written = datetime.fromisoformat(record.pop("timestamp"))
    assert written.utcoffset() == timedelta(0)
    assert record == {
        "event": "watch ended", "kind": "pods", "age": 1.5, "level": "warning", "logger": "kube_headroom.cluster",
    }  # fmt: skip


def test_a_console_line_is_for_people_and_has_no_colours_off_a_terminal() -> None:
    stream = log_to(log_format="console")
    structlog.get_logger("kube_headroom.cluster").info("listed", kind="pods")
    assert "listed" in stream.getvalue()
    assert "kind=pods" in stream.getvalue()
    assert "\x1b[" not in stream.getvalue()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "json_lines"),
    [
        pytest.param(io.StringIO(), True, id="machines read what is no terminal"),
        pytest.param(Terminal(), False, id="people read a terminal"),
    ],
)
def test_the_format_follows_the_terminal(stream: io.StringIO, json_lines: bool) -> None:
    telemetry.configure(log_format="auto", stream=stream)
    logging.getLogger("kube_headroom").info("started")
    assert stream.getvalue().startswith("{") is json_lines


@pytest.mark.parametrize(
    ("logger", "level", "written"),
    [
        pytest.param("kube_headroom.state", logging.INFO, True, id="our lines from the level on"),
        pytest.param("kube_headroom.state", logging.DEBUG, False, id="not our lines below it"),
        pytest.param("urllib3.connectionpool", logging.WARNING, True, id="a library's warning"),
        pytest.param("urllib3.connectionpool", logging.INFO, False, id="not a library's chatter"),
        pytest.param("uvicorn.error", logging.ERROR, True, id="the server's error"),
        pytest.param("uvicorn.access", logging.INFO, False, id="not the server's access log"),
    ],
)
def test_what_gets_in(logger: str, level: int, written: bool) -> None:
    stream = log_to()
    logging.getLogger(logger).log(level, "said %s", "something", extra={"kind": "pods"})
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["event"], line["kind"]) for line in lines] == ([("said something", "pods")] if written else [])


def test_debug_shows_our_lines_and_still_no_requests_of_libraries() -> None:
    stream = log_to(level="debug")
    logging.getLogger("urllib3.connectionpool").debug("GET /?token=x")
    structlog.get_logger("kube_headroom").debug("decoded")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["decoded"]


def test_configured_twice_each_line_is_written_once_to_the_last_stream() -> None:
    first, second = log_to(), log_to()
    structlog.get_logger("kube_headroom").info("once")
    assert first.getvalue() == ""
    assert second.getvalue().count("once") == 1


def test_a_line_that_cannot_be_written_is_said_without_its_content(capsys: pytest.CaptureFixture[str]) -> None:
    log_to()
    logging.getLogger("kube_headroom").error("%d pods", "hunter2")
    err = capsys.readouterr().err
    assert "a log line of kube_headroom:" in err
    assert "hunter2" not in err


class Unshowable:
    def __repr__(self) -> str:
        raise RuntimeError("hunter2")


def test_a_value_that_cannot_be_shown_does_not_cost_its_line() -> None:
    stream = log_to()
    structlog.get_logger("kube_headroom").info("odd", value=Unshowable())
    assert json.loads(stream.getvalue())["value"] == "<Unshowable that cannot be shown: RuntimeError>"


# Ends every secret, so that not even its tail may show, and so that no secret is a word of the line around it.
MARK = "Zq7"


def secrets(alphabet: st.SearchStrategy[str] | str) -> st.SearchStrategy[str]:
    return st.text(alphabet, max_size=60).map(lambda text: text + MARK)


TOKEN68 = secrets("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/")
PRINTABLE = secrets(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=["Z", "C"]))
# In YAML what begins with a quote is quoted, and PRINTABLE does not know how to end it.
PLAIN_SCALAR = PRINTABLE.filter(lambda text: not text.startswith(("'", '"')))
ANY_TEXT = secrets(st.characters(exclude_categories=["Cs"]))
URL_PART = secrets("ABCabc0123456789!$&()*+,;=._~%-:@")


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


SHAPES = {
    "bearer header": TOKEN68.map(lambda s: (s, f"GET / HTTP/1.1 Authorization: Bearer {s}")),
    "basic header": ANY_TEXT.map(lambda s: (base64_of(s), f"authorization: basic {base64_of(s)}\r\nAccept: */*")),
    "header of an unknown scheme": PRINTABLE.map(lambda s: (s, f"Authorization: Digest username=a, response={s}")),
    "cookie": PRINTABLE.map(lambda s: (s, f"Set-Cookie: session={s}; Path=/")),
    "headers as a dictionary": TOKEN68.map(lambda s: (s, str({"Accept": "*/*", "Authorization": f"Bearer {s}"}))),
    "headers as bytes": TOKEN68.map(lambda s: (s, str([(b"Authorization", f"Token {s}".encode())]))),
    "bearer in a sentence": TOKEN68.map(lambda s: (s, f"the server refused bearer {s} twice")),
    "exec credential": PRINTABLE.map(
        lambda s: (s, json.dumps({"kind": "ExecCredential", "status": {"token": s}}, ensure_ascii=False))
    ),
    "exec credential, indented": ANY_TEXT.map(lambda s: (s, json.dumps({"status": {"token": s}}, indent=2))),
    "exec credential in JSON": TOKEN68.map(lambda s: (s, json.dumps({"output": json.dumps({"token": f"{s} x"})}))),
    "token in YAML": PLAIN_SCALAR.map(lambda s: (s, f"users:\n- user:\n    token: {s}\n")),
    "token in a YAML block": TOKEN68.map(lambda s: (s, f"token: >-\n      {s}\n")),
    "password in a kubeconfig": PLAIN_SCALAR.map(lambda s: (s, f"username: ann\n    password: {s}\n")),
    "client-key-data": TOKEN68.map(lambda s: (base64_of(s), f"client-key-data: {base64_of(s)}")),
    "clientKeyData": ANY_TEXT.map(lambda s: (s, str({"clientKeyData": s}))),
    "private key": TOKEN68.map(
        lambda s: (s, f"-----BEGIN EC PRIVATE KEY-----\n{s}\n-----END EC PRIVATE KEY-----\n")
    ),
    "private key cut short": TOKEN68.map(lambda s: (s, f"-----BEGIN RSA PRIVATE KEY-----\\n{s}")),
    "private key in base64": TOKEN68.map(
        lambda s: (base64_of(f"-----BEGIN {s}"), f"found {base64_of(f'-----BEGIN {s}')} there")
    ),
    "user and password in a URL": URL_PART.map(lambda s: (s, f"GET https://ann:{s}@prometheus.example/api failed")),
    "token in a URL": URL_PART.map(lambda s: (s, f"proxy http://{s}@proxy:3128")),
    "token in a query": TOKEN68.map(lambda s: (s, f"GET /api?watch=1&access_token={s} 401")),
    "JSON Web Token": TOKEN68.map(
        lambda s: (base64_of(s), f"got eyJhbGciOiJSUzI1NiJ9.{base64_of(s)}.{base64_of(s)}, which expired")
    ),
    "EKS token": TOKEN68.map(lambda s: (base64_of(s).rstrip("="), f"k8s-aws-v1.{base64_of(s)} was refused")),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_a_planted_secret_never_appears(shape: str, data: st.DataObject) -> None:
    secret, text = data.draw(SHAPES[shape])
    before, after = data.draw(st.sampled_from(["", "error: ", "\n", "{'x': 1} ", "a\nb "])), " tail"
    redacted = redact(before + text + after)
    assert secret not in redacted
    assert MARK not in redacted
    assert REDACTED in redacted


@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_a_planted_secret_never_reaches_a_log_line(log_format: str, shape: str, data: st.DataObject) -> None:
    secret, text = data.draw(SHAPES[shape])
    stream = log_to(log_format=log_format)
    logger = structlog.get_logger("kube_headroom.cluster")
    logger.warning(text, value=text, nested={"list": [text, (text,)], "bytes": text.encode()}, error=ValueError(text))
    logging.getLogger("urllib3").warning("failed: %s", text)
    try:
        raise ConnectionError(text)  # noqa: TRY301 - a traceback needs a raise
    except ConnectionError:
        logger.exception("cannot list")
    assert secret not in stream.getvalue()
    assert MARK not in stream.getvalue()
    assert REDACTED in stream.getvalue()


@pytest.mark.parametrize(
    "name", ["token", "Authorization", "client-key-data", "clientKeyData", "api_key", "db_password"]
)
@given(secret=ANY_TEXT)
def test_what_goes_by_a_secrets_name_is_one(name: str, secret: str) -> None:
    for value in (secret, secret.encode(), [secret], {"x": secret}):
        assert redact_value({"deep": [{name: value}]}) == {"deep": [{name: REDACTED}]}
    assert redact_value([(name, secret)]) == [[name, REDACTED]]


@pytest.mark.parametrize(
    "text",
    [
        "cannot read /var/run/secrets/kubernetes.io/serviceaccount/token: Permission denied",
        'secrets is forbidden: User "system:serviceaccount:a:b" cannot list resource "secrets" in API group ""',
        "unexpected token, line 3",
        "GET https://10.0.0.1:6443/api/v1/pods?limit=500&resourceVersion=0 timed out",
        "config.yaml:3: log.level: expected one of debug, info, warning, error, found 'loud'",
        "Deployment shop/basic-auth lost 3 replicas",
        "the author is ann@example.com",
    ],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert redact(text) == text


def test_a_text_of_a_megabyte_is_cut_in_the_middle() -> None:
    redacted = redact("begin " + "x" * 1_000_000 + " end")
    assert len(redacted) < 17_000
    assert redacted.startswith("begin ")
    assert redacted.endswith(" end")
    assert "characters left out" in redacted


@pytest.mark.parametrize(
    "text",
    [
        'token: "' * 50_000,
        "-----BEGIN A-----" * 20_000,
        "://" * 100_000,
        "eyJ" * 100_000,
        " " * 300_000,
        "\\" * 300_000,
    ],
)
def test_a_hostile_text_costs_no_more_than_its_length(text: str) -> None:
    # A pattern that backtracks would take hours for these; the tests' time limit is the proof.
    assert isinstance(redact(text), str)


def test_values_that_hold_no_text_stay_what_they_are() -> None:
    values: dict[str, Any] = {"count": 3, "ratio": 0.5, "up": True, "owner": None}
    assert redact_value(values) == values


def test_a_value_that_holds_itself_ends() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert "[...]" in str(redact_value(endless))
