"""The overview page in a real Chromium: what it shows, how it changes, and what it never does."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Route, expect, sync_playwright

from kube_headroom.catalogue.labels import Slo
from kube_headroom.cluster.kinds import KINDS
from kube_headroom.publisher import Standing
from tests.overview.shop import HOSTILE
from tests.overview.slos import OUTAGE, silent, slo
from tests.real import manifests
from tests.real.browsing import FAINT_TEXTS, Served, Visit
from tests.real.control_plane import ControlPlane
from tests.real.exporter import Exporter
from tests.real.waiting import wait_until

PHONE = {"width": 360, "height": 740}
POLLED = 60_000.0
"""Milliseconds: long enough for a browser on a busy machine."""
LIGHTEST_DARK, DARKEST_LIGHT = 60, 200


NAMESAKES = (("a/b", "c"), ("a", "b/c"))
"""Services and SLOs that read the same."""
REQUESTS = Slo("checkout", "requests", "route=/pay", "", "", "")
LONG = "a-service-with-a-name-that-is-longer-than-any-screen-of-a-phone"
BUDGETS = (
    slo("fast_burn", REQUESTS, left={"30d": 0.73, "month": 0.1}, rates=OUTAGE),
    slo("exhausted", Slo(LONG, LONG, f"route={LONG}", LONG, "Deployment", LONG), left={"30d": -12.5}, coverage=0.004),
    slo(),
    slo("frozen", Slo("search", "latency", "", "", "", ""), left={"30d": 0.05}),
    silent(Slo("ledger", "probes", "", "", "", "")),
)
"""A row of every looks."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    assert program, "no chromium in PATH; Debian and Ubuntu: apt-get install chromium"
    with sync_playwright() as playwright:
        expect.set_options(timeout=POLLED)
        started = playwright.chromium.launch(executable_path=program, timeout=POLLED)
        yield started
        started.close()


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()
    yield made
    made.server.stop()


def test_a_healthy_cluster_says_so_and_how_much_room_is_left(browser: Browser, served: Served) -> None:
    with Visit(browser, served.url) as visit:
        expect(visit.page.locator("#status")).to_have_text("Nothing needs attention")
        expect(visit.page.locator("#attention")).to_be_hidden()
        assert visit.page.title() == "Nothing needs attention – Headroom"  # noqa: RUF001  as on the page
        rooms = visit.page.locator(".room b").all_text_contents()
        assert rooms == ["Whole cluster", "general", "spot"]
        whole = visit.page.locator(".room").first
        expect(whole).to_contain_text("of 64 cores requested")
        expect(whole).to_contain_text("with the largest node gone")
        expect(whole).not_to_contain_text("used")
        expect(whole.locator(".use").first).to_be_hidden()
        expect(visit.page.locator("#banner")).to_be_hidden()


def test_what_is_used_stands_beside_what_is_requested(browser: Browser, served: Served) -> None:
    served.shop.measure("general-1", "general-2", cores=3.0, memory=8 << 30)
    served.publish()
    with Visit(browser, served.url) as visit:
        general = visit.page.locator(".room", has_text="general")
        expect(general).to_contain_text("8 nodes, use measured on 2")
        expect(general).to_contain_text("6 used, 19%")
        expect(general).to_contain_text("16 used")
        expect(general.locator(".use").first).to_be_visible()
        expect(visit.page.locator(".room", has_text="spot").locator(".use").first).to_be_hidden()
        expect(visit.page.locator("#context")).not_to_contain_text("used")
        assert visit.complaints == []


def test_what_needs_attention_comes_first_with_its_reasons_and_owner(browser: Browser, served: Served) -> None:
    served.shop.trouble()
    served.publish()
    served.wait(120)
    with Visit(browser, served.url) as visit:
        expect(visit.page.locator("#status")).to_have_text("4 broken, 2 at risk")
        assert visit.page.locator(".severity").all_text_contents() == [
            *["Broken"] * 4,
            *["At risk"] * 2,
            *["Good to know"] * 2,
        ]
        search = visit.subject("search")
        for words in ("Deployment in shop", "discovery", "CrashLoopBackOff in app", "1 OOM kill in the last hour"):
            expect(search).to_contain_text(words)
        expect(search.locator(".since").first).to_have_text("for 2 min")


def test_error_budgets_say_how_much_is_left_and_how_fast_it_goes(browser: Browser, served: Served) -> None:
    with Visit(browser, served.url) as visit:
        expect(visit.page.locator("#budgets")).to_be_hidden()
        served.slos.tell(
            slo("exhausted", left={"30d": -0.4, "month": 0.15}, rates={"6h": 0.4}, coverage=0.8),
            slo("fast_burn", REQUESTS, left={"30d": 0.73}, rates={**OUTAGE, "6h": 15.0}),
            silent(Slo("ledger", "probes", "", "", "", ""), evaluated_at=served.shop.stage.now - 600),
        )
        served.wait(10)
        rows = visit.page.locator(".budget")
        expect(rows).to_have_count(3)
        fast, spent, unknown = (rows.nth(place) for place in range(3))
        for words in ("fast burn", "checkout/requests", "route=/pay", "storefront", "objective 99.9%", "73% left"):
            expect(fast).to_contain_text(words)
        burns = "burns 60× too fast in the last hour, 15× too fast in the last 6 hours"  # noqa: RUF001  as on the page
        expect(fast).to_contain_text(burns)
        for words in ("Deployment cart in shop", "overspent by 40%", "15% left", "data for 80% of the time"):
            expect(spent).to_contain_text(words)
        assert spent.locator(".bar").first.get_attribute("aria-valuenow") == "0"
        expect(unknown).to_contain_text("no data for 10 min: what is left is not known")
        assert unknown.locator(".bar").count() == 0
        expect(visit.subject("checkout/requests route=/pay")).to_contain_text("SLO")
        expect(visit.page.locator("#status")).to_have_text("1 broken, 1 at risk")
        rows.evaluate_all("nodes => nodes.forEach(node => { node.mark = true; })")
        served.slos.tell(slo("fast_burn", REQUESTS, left={"30d": 0.5}, rates=OUTAGE))
        served.wait(10)
        expect(fast).to_contain_text("50% left")
        expect(fast).to_contain_text("60× too fast in the last hour and 6 hours")  # noqa: RUF001  as on the page
        assert rows.evaluate_all("nodes => nodes.every(node => node.mark)")
        assert visit.complaints == []


def test_budgets_that_are_not_listed_are_counted_and_namesakes_stay_apart(browser: Browser, served: Served) -> None:
    served.slos.tell(*(slo(labels=Slo("shop", f"slo-{number}", "", "", "", "")) for number in range(60)))
    served.slos.tell(*(slo("fast_burn", Slo(*names, "", "", "", ""), rates=OUTAGE) for names in NAMESAKES))
    served.publish()
    served.wait(10)
    with Visit(browser, served.url) as visit:
        for _ in range(2):
            with visit.page.expect_response("**/overview.json"):
                served.wait(10)
        expect(visit.page.locator(".budget")).to_have_count(50)
        expect(visit.page.locator("#budgets-more")).to_have_text("and 12 more, none worse")
        expect(visit.page.locator(".subject")).to_have_count(2)
        assert visit.complaints == []


def test_nothing_is_asked_of_anyone_else_and_nothing_is_complained_of(browser: Browser, served: Served) -> None:
    served.shop.trouble()
    served.publish()
    with Visit(browser, served.url) as visit:
        with visit.page.expect_response("**/overview.json"):
            pass
        assert {urlsplit(url).netloc for url in visit.requests if not url.startswith("data:")} == {
            served.server.addresses[0]
        }
        assert visit.complaints == []


def test_the_policy_stops_what_is_not_ours(browser: Browser, served: Served) -> None:
    with Visit(browser, served.url) as visit:
        visit.page.evaluate(
            "() => { const s = document.createElement('script'); s.textContent = 'window.hacked = 1';"
            " document.body.append(s); }"
        )
        visit.page.evaluate("() => fetch('http://192.0.2.1/').catch(() => null)")
        assert visit.page.evaluate("window.hacked") is None
        assert len([text for text in visit.complaints if "Content Security Policy" in text]) >= 2


def test_hostile_names_are_shown_as_text(browser: Browser) -> None:
    served = Served(owner=HOSTILE)
    try:
        served.shop.trouble()
        served.slos.tell(slo("fast_burn", Slo(*[HOSTILE] * len(Slo._fields)), owner=HOSTILE, rates=OUTAGE))
        served.publish()
        served.wait(120)
        with Visit(browser, served.url) as visit:
            expect(visit.subject("checkout").locator(".owner")).to_have_text(HOSTILE)
            served.wait(60)
            expect(visit.subject("checkout").locator(".since").first).to_have_text("for 3 min")
            expect(visit.subject("checkout").locator(".owner")).to_have_text(HOSTILE)
            expect(visit.page.locator(".budget b")).to_have_text(f"{HOSTILE}/{HOSTILE}")
            assert visit.page.locator("img").count() == 0
            assert visit.page.evaluate("window.hacked") is None
            assert visit.complaints == []
    finally:
        served.server.stop()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_readers_light(browser: Browser, served: Served, scheme: Any) -> None:
    with Visit(browser, served.url, color_scheme=scheme) as visit:
        ground = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
        shades = [int(part) for part in ground.removeprefix("rgb(").removesuffix(")").split(",")]
        assert max(shades) < LIGHTEST_DARK if scheme == "dark" else min(shades) > DARKEST_LIGHT


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(browser: Browser, served: Served, scheme: Any) -> None:
    served.shop.trouble()
    served.slos.tell(*BUDGETS)
    served.publish()
    served.wait(120)
    with Visit(browser, served.url, color_scheme=scheme) as visit:
        visit.page.evaluate("document.querySelectorAll('details').forEach(node => node.open = true)")
        assert visit.page.evaluate(FAINT_TEXTS) == []


def test_nothing_is_cut_off_on_a_phone(browser: Browser, served: Served) -> None:
    served.shop.owner = "a-team-with-a-name-that-is-longer-than-any-screen-of-a-phone"
    served.shop.trouble()
    served.slos.tell(*BUDGETS)
    served.publish()
    served.wait(120)
    with Visit(browser, served.url, viewport=PHONE, has_touch=True, is_mobile=True) as visit:
        visit.page.evaluate("document.querySelectorAll('details').forEach(node => node.open = true)")
        assert visit.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        assert (
            visit.page.evaluate(
                "[...document.querySelectorAll('body *')].filter(node => node.getBoundingClientRect().right > 360.5).length"
            )
            == 0
        )


def test_changes_come_into_the_nodes_that_are_there(browser: Browser, served: Served) -> None:
    served.shop.trouble()
    served.publish()
    served.wait(120)
    with Visit(browser, served.url) as visit:
        marked = visit.page.locator(".subject, .finding, .room, .bar, #source-rows tr")
        count = marked.count()
        marked.evaluate_all("nodes => nodes.forEach(node => { node.mark = true; })")
        served.shop.crash("checkout", 0, 20)
        served.publish()
        served.wait(120)
        checkout = visit.subject("checkout")
        expect(checkout).to_contain_text("26 restarts in the last hour")
        expect(checkout).to_contain_text("for 4 min")
        assert marked.count() == count
        assert marked.evaluate_all("nodes => nodes.every(node => node.mark)")


def test_what_is_well_again_leaves_the_page(browser: Browser, served: Served) -> None:
    shop = served.shop
    shop.stage.upsert("deployments", shop.deployment("cart", deadline_exceeded=True))
    served.publish()
    served.wait(5)
    with Visit(browser, served.url) as visit:
        expect(visit.page.locator("#status")).to_have_text("1 broken")
        shop.stage.upsert("deployments", shop.deployment("cart"))
        served.publish()
        served.wait(5)
        expect(visit.page.locator("#status")).to_have_text("Nothing needs attention")
        assert visit.page.locator(".subject").count() == 0


def test_the_page_says_since_when_its_data_are_old(browser: Browser, served: Served) -> None:
    with Visit(browser, served.url) as visit:
        shown = visit.page.locator("#clock").text_content()
        served.server.stop()
        banner = visit.page.locator("#banner")
        expect(banner).to_contain_text("No answer from the exporter for")
        expect(banner).to_contain_text(f"Everything below is as of {shown}.")


def test_a_collector_that_hangs_is_told_from_one_that_has_no_news(browser: Browser, served: Served) -> None:
    with Visit(browser, served.url) as visit:
        expect(visit.page.locator("#banner")).to_be_hidden()

        def hang(route: Route) -> None:
            answer = route.fetch()
            route.fulfill(response=answer, headers=answer.headers | {"age": "61"})

        visit.page.route("**/overview.json", hang)
        banner = visit.page.locator("#banner")
        expect(banner).to_contain_text("The collector has been silent for 1 min.")


def test_silent_sources_are_named(browser: Browser, served: Served) -> None:
    served.state = "stale"
    served.wait(60)
    with Visit(browser, served.url) as visit:
        expect(visit.page.locator("#banner")).to_contain_text("Silent for too long:")
        expect(visit.page.locator("#source-rows .state").first).to_have_text("stale")
        expect(visit.page.locator("#source-rows")).to_be_visible()


def test_before_the_cluster_was_read_the_page_says_what_it_waits_for(browser: Browser, served: Served) -> None:
    served.publish(Standing("not listed yet: pods\n<b>403</b>", frozenset(), ()))
    wait_until(
        lambda: not httpx.get(f"{served.url}overview.json").json()["ready"], what="the page of a starting exporter"
    )
    with Visit(browser, served.url) as visit:
        expect(visit.page.locator("#status")).to_have_text("Starting: the cluster is being read")
        expect(visit.page.locator("#banner")).to_have_text("not listed yet: pods\n<b>403</b>")
        expect(visit.page.locator("#room")).to_be_hidden()


def test_a_real_cluster_is_shown_as_its_api_server_tells_it(
    browser: Browser, control_plane: ControlPlane, namespace: str, exporter: Callable[..., Exporter]
) -> None:
    client, started = control_plane.client(), exporter(control_plane.kubeconfig())
    nowhere = manifests.pod_spec(nodeSelector={"zone": "nowhere"})
    owned = {"kube-headroom.io/owner": "payments"}
    started.start()
    client.create(manifests.deployment("ledger", namespace, nowhere, replicas=2, annotations=owned))
    with Visit(browser, started.url) as visit:
        ledger = visit.subject("ledger").filter(has_text=f"Deployment in {namespace}")
        for words in ("no replica available, 2 wanted", "2 pods find no node", "payments"):
            expect(ledger).to_contain_text(words)
        expect(visit.page.locator(".room").first).to_contain_text("with the largest node gone")
        expect(visit.page.locator("#source-rows tr")).to_have_count(len(KINDS))
        expect(visit.page.locator("#sources-summary")).to_contain_text(f"{len(KINDS)} of {len(KINDS)} up")
        assert visit.complaints == []


def test_a_saved_page_is_whole(browser: Browser, served: Served, tmp_path: Any) -> None:
    served.shop.trouble()
    served.publish()
    served.wait(120)
    with Visit(browser, served.url) as visit:
        saved = tmp_path / "overview.html"
        saved.write_text(visit.page.content())
    with Visit(browser, saved.as_uri()) as copy:
        expect(copy.page.locator("#banner")).to_contain_text("A saved copy, as of")
        expect(copy.page.locator("#status")).to_have_text("4 broken, 2 at risk")
        assert copy.page.locator(".subject").count() == 8
        assert [url for url in copy.requests if url.startswith("http")] == []
