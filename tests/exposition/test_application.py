"""What each path answers, asked of the application itself with the clock in hand."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from kube_headroom.exposition.application import Application
from kube_headroom.exposition.channel import Publication, Setup
from kube_headroom.exposition.page import EMPTY_BODY, Body, Page
from tests.exposition.stage import CART, MEMORY, METRICS, SERIES, one_member, openmetrics_series, text_series

OPENMETRICS = {"Accept": "application/openmetrics-text;version=1.0.0"}


def body(value: float = 1) -> Body:
    page = Page(METRICS)
    page.put(("workload", *CART), [MEMORY.at(CART, value)])
    return page.body()


def publication(*, ready: bool = True, reason: str = "", body: Body = EMPTY_BODY) -> Publication:
    return Publication(ready, reason, 1.7e9, body)


def ask(application: Application, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    """Ask once, sending exactly the headers given."""

    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(application)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://headroom") as client:
            client.headers.clear()
            return await client.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return asyncio.run(request())


class Clock:
    """A monotonic clock that moves when told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("heard", "status", "text"),
    [
        pytest.param([], 503, "starting\n", id="nothing published yet"),
        pytest.param([None], 503, "starting\n", id="only a heartbeat"),
        pytest.param([publication()], 200, "ready\n", id="ready"),
        pytest.param(
            [publication(ready=False, reason="pods not listed: 403 Forbidden")],
            503,
            "pods not listed: 403 Forbidden\n",
            id="not ready says why",
        ),
        pytest.param([publication(ready=False, reason="x"), publication()], 200, "ready\n", id="ready at last"),
        pytest.param([publication(), None], 200, "ready\n", id="a heartbeat changes nothing"),
    ],
)
def test_ready(heard: list[Publication | None], status: int, text: str) -> None:
    application = Application(Setup("1"))
    for frame in heard:
        application.hear(frame)
    response = ask(application, "/-/ready")
    assert (response.status_code, response.text) == (status, text)


@pytest.mark.parametrize(
    ("silence", "status", "text"),
    [
        pytest.param(0, 200, "healthy\n", id="just heard"),
        pytest.param(60, 200, "healthy\n", id="at the limit"),
        pytest.param(73, 503, "no sign of life from the collector for 73 s (limit 60 s)\n", id="over the limit"),
    ],
)
@pytest.mark.parametrize("sign", [None, publication()], ids=["heartbeat", "publication"])
def test_healthy(sign: Publication | None, silence: float, status: int, text: str) -> None:
    clock = Clock()
    application = Application(Setup("1"), clock)
    clock.now += 1000
    application.hear(sign)
    clock.now += silence
    response = ask(application, "/-/healthy")
    assert (response.status_code, response.text) == (status, text)


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_metrics_are_the_publication_and_the_servers_own_series(encoding: str) -> None:
    application = Application(Setup("1"))
    application.hear(publication(body=body(5)))
    response = ask(application, "/metrics", accept_encoding=encoding)
    found = text_series(response.text)
    assert found[SERIES] == "5.0"
    assert found["headroom_http_requests_in_flight", (("handler", "metrics"),)] == "1.0"
    assert found["headroom_exposition_published_timestamp_seconds", ()] == repr(1.7e9)
    assert "# EOF" not in response.text
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert response.headers.get("Content-Encoding", "identity") == encoding
    assert response.headers["Vary"] == "Accept, Accept-Encoding"


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_openmetrics_end_once(encoding: str) -> None:
    application = Application(Setup("1"))
    application.hear(publication(body=body(5)))
    response = ask(application, "/metrics", accept_encoding=encoding, **OPENMETRICS)
    assert openmetrics_series(response.text)[SERIES] == "5.0"
    assert response.text.endswith("# EOF\n")
    assert response.text.count("# EOF") == 1
    assert response.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")


def test_before_the_first_publication_there_are_only_the_servers_own_series() -> None:
    found = text_series(ask(Application(Setup("1")), "/metrics").text)
    assert {name for name, _ in found} == {"headroom_http_requests_total", "headroom_http_requests_in_flight"}


def test_requests_are_counted_by_handler_and_code_from_zero() -> None:
    application = Application(Setup("1"))
    before = text_series(ask(application, "/metrics").text)
    for path in ("/-/ready", "/-/ready", "/nowhere", "/%00/../etc"):
        ask(application, path)
    ask(application, "/metrics", "POST")
    after = text_series(ask(application, "/metrics").text)

    def requests(found: dict[Any, str], handler: str, code: int) -> str | None:
        return found.get(("headroom_http_requests_total", (("code", str(code)), ("handler", handler))))

    assert requests(before, "ready", 503) == "0.0"
    assert requests(after, "ready", 503) == "2.0"
    assert requests(after, "other", 404) == "2.0"
    assert requests(after, "metrics", 405) == "1.0"
    assert requests(after, "metrics", 200) == "1.0"


@pytest.mark.parametrize("path", ["/", "/overview.json", "/metrics", "/-/healthy", "/-/ready"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_are_refused_with_those_allowed(path: str, method: str) -> None:
    response = ask(Application(Setup("1")), path, method)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")
    assert response.text == "method not allowed; use GET or HEAD\n"


@pytest.mark.parametrize("path", ["/", "/overview.json", "/metrics", "/-/healthy", "/-/ready", "/nowhere"])
def test_head_is_get_without_the_body(path: str) -> None:
    application = Application(Setup("1"))
    got, head = ask(application, path), ask(application, path, "HEAD")
    assert head.content == b""
    assert head.status_code == got.status_code
    same = ("content-type", "vary", "x-content-type-options")
    assert [head.headers.get(name) for name in same] == [got.headers.get(name) for name in same]
    assert int(head.headers["content-length"]) > 0


def test_an_unknown_path_is_not_found() -> None:
    response = ask(Application(Setup("1")), "/metrics/")
    assert (response.status_code, response.text) == (404, "not found; the paths are listed at /\n")


def test_metrics_are_where_the_setting_says() -> None:
    application = Application(Setup("1", metrics_path="/pods"))
    assert ask(application, "/pods").status_code == 200
    assert ask(application, "/metrics").status_code == 404


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_large_page_is_sent_in_bounded_blocks_of_the_announced_length(encoding: str) -> None:
    page = Page(METRICS)
    for number in range(20_000):
        workload = CART._replace(workload=f"{number * 2654435761 % 2**32:x}")
        page.put(tuple(workload), [MEMORY.at(workload, number * 7919 % 10_007)])
    application = Application(Setup("1"))
    application.hear(publication(body=page.body()))
    messages: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    async def receive() -> dict[str, Any]:
        raise AssertionError("no body is read")

    scope = {"path": "/metrics", "method": "GET", "headers": [(b"accept-encoding", encoding.encode())]}
    asyncio.run(application(scope, receive, send))
    blocks = [message["body"] for message in messages[1:]]
    content = b"".join(blocks)
    assert int(dict(messages[0]["headers"])[b"content-length"]) == len(content)
    assert len(blocks) > 3
    assert max(map(len, blocks)) <= 256 * 1024
    text = one_member(content) if encoding == "gzip" else content
    assert text.count(MEMORY.name.encode() + b"{") == 20_000
    assert [message["more_body"] for message in messages[1:]] == [True] * (len(blocks) - 1) + [False]


def test_a_repeated_accept_header_is_one_list() -> None:
    application = Application(Setup("1"))
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        raise AssertionError("no body is read")

    headers = [(b"accept", b"text/plain;q=0.1"), (b"accept", b"application/openmetrics-text;q=0.9")]
    asyncio.run(application({"path": "/metrics", "method": "GET", "headers": headers}, receive, send))
    assert dict(sent[0]["headers"])[b"content-type"].startswith(b"application/openmetrics-text")
