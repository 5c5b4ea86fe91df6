"""The overview page and its JSON: whole, self-contained, and never more markup than we wrote."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from kube_headroom.exposition.application import Application
from kube_headroom.exposition.channel import Publication, Setup
from kube_headroom.exposition.deflate import deflate
from kube_headroom.exposition.page import EMPTY_BODY
from kube_headroom.overview.content import Burn, ErrorBudget, Overview, PeriodLeft, Severity, Subject
from kube_headroom.overview.encoding import encode
from tests.exposition.test_application import Clock, ask

HOSTILE = "</script><img src=x onerror=alert(1)>&amp;<!--\u2028"


def overview(name: str = "cart", owner: str = "") -> Overview:
    subject = Subject("Deployment", "shop", name, owner, Severity.RISK, ())
    budget = ErrorBudget(
        service=name,
        slo=name,
        group=f"route={name}",
        namespace="shop",
        kind="Deployment",
        workload=name,
        owner=owner,
        objective=0.999,
        state="fast_burn",
        severity=Severity.BROKEN,
        periods=(PeriodLeft(name, 0.73, 0.8),),
        burns=(Burn("1h", 60.0),),
        silent_since=None,
    )
    return Overview(
        at=1.7e9,
        watching_since=1.7e9,
        counts={Severity.RISK: 1},
        subjects=(subject,),
        more=0,
        cluster=None,
        pools=(),
        error_budgets=(budget,),
        error_budgets_more=0,
        sources=(),
        questions=(),
    )


def application(
    content: Overview | None = None, *, reason: str = "", monotonic: Clock | None = None, setup: Setup | None = None
) -> Application:
    made = Application(setup or Setup("1.2.3"), monotonic or Clock())
    hear(made, content or overview(), reason=reason)
    return made


def hear(made: Application, content: Overview, *, reason: str = "", at: float = 1.7e9) -> None:
    made.hear(Publication(not reason, reason, at, EMPTY_BODY, deflate(encode(content))))


class Elements(HTMLParser):
    """Every tag with its attributes, and what stands in script and style."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        tag, attributes = self.tags[-1] if self.tags else ("", {})
        if tag in {"script", "style"}:
            self.inline.setdefault(attributes.get("id") or tag, data)

    def values(self, name: str) -> list[str]:
        return [attributes[name] or "" for _, attributes in self.tags if name in attributes]


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_the_page_holds_the_same_json_that_it_asks_for_later(encoding: str) -> None:
    made = application()
    page, data = (ask(made, path, accept_encoding=encoding) for path in ("/", "/overview.json"))
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert data.headers["Content-Type"] == "application/json"
    assert {response.headers.get("Content-Encoding", "identity") for response in (page, data)} == {encoding}
    assert Elements(page.text).inline["data"] == data.text
    shown = data.json()
    assert (shown["ready"], shown["reason"], shown["now"]) == (True, "", 1.7e9)
    assert shown["overview"]["subjects"][0]["name"] == "cart"
    budget = shown["overview"]["error_budgets"][0]
    assert (budget["state"], budget["severity"], budget["silent_since"]) == ("fast_burn", "broken", None)
    assert budget["periods"] == [{"period": "cart", "left": 0.73, "coverage": 0.8}]
    assert budget["burns"] == [{"window": "1h", "rate": 60.0}]


@pytest.mark.parametrize(
    ("heard", "reason"),
    [
        pytest.param(None, "", id="nothing was published yet"),
        pytest.param(
            Publication(ready=False, reason=HOSTILE, published_at=5.0, body=EMPTY_BODY), HOSTILE, id="no cluster yet"
        ),
    ],
)
def test_without_an_overview_there_is_the_reason(heard: Publication | None, reason: str) -> None:
    made = Application(Setup("1"))
    made.hear(heard)
    shown = ask(made, "/overview.json").json()
    assert (shown["ready"], shown["reason"], shown["overview"]) == (False, reason, None)
    assert Elements(ask(made, "/").text).inline["data"] == json.dumps(shown).translate(
        {60: r"\u003c", 62: r"\u003e", 38: r"\u0026"}
    )


def test_hostile_names_add_no_element() -> None:
    plain, hostile = application(), application(overview(HOSTILE, HOSTILE), reason=HOSTILE)
    page = ask(hostile, "/").text
    assert Elements(page).tags == Elements(ask(plain, "/").text).tags
    shown = json.loads(Elements(page).inline["data"])["overview"]
    (subject,), (budget,) = shown["subjects"], shown["error_budgets"]
    assert {subject["name"], subject["owner"], budget["service"], budget["slo"], budget["workload"]} == {HOSTILE}


def test_the_policy_allows_the_pages_own_script_and_style_and_nothing_else() -> None:
    page = ask(application(), "/")
    elements = Elements(page.text)
    policy = dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))
    for kind in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(elements.inline[kind].encode()).digest()).decode()
        assert policy[f"{kind}-src"] == f"'sha256-{digest}'"
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert page.headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_names_nothing_outside_and_holds_no_inline_handler() -> None:
    elements = Elements(ask(application(), "/").text)
    links = elements.values("href") + elements.values("src")
    assert [link for link in links if not link.startswith(("./", "data:"))] == []
    names = {name for _, attributes in elements.tags for name in attributes}
    assert {name for name in names if name.startswith("on") or name == "style"} == set()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", elements.inline["script"])


def test_the_page_names_the_version_and_links_the_metrics_relative_to_itself() -> None:
    page = ask(Application(Setup("1.2.3<b>", metrics_path='/pod"metrics')), "/").text
    assert "Headroom 1.2.3&lt;b&gt;<" in page
    assert '<a href="./pod&quot;metrics">Metrics</a>' in page


def test_unchanged_json_is_not_sent_again() -> None:
    made = application()
    tag = ask(made, "/overview.json").headers["ETag"]
    same = ask(made, "/overview.json", if_none_match=f'"other", {tag}')
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    assert "Content-Type" not in same.headers
    hear(made, overview("basket"))
    changed = ask(made, "/overview.json", if_none_match=tag)
    assert (changed.status_code, changed.headers["ETag"] != tag) == (200, True)


def test_the_age_is_how_long_the_collector_has_been_silent() -> None:
    clock = Clock()
    made = application(monotonic=clock)
    clock.now += 42
    assert ask(made, "/overview.json").headers["Age"] == "42"
    made.hear(None)
    assert ask(made, "/overview.json").headers["Age"] == "0"


def test_the_page_is_small_enough_for_a_phone() -> None:
    assert int(ask(application(), "/", accept_encoding="gzip").headers["Content-Length"]) < 20_000
