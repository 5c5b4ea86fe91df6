"""The overview page's stage in a browser: a shop behind a real server process, and a visit to its page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Self

import httpx
from playwright.sync_api import Browser, Page
from prometheus_client import CollectorRegistry

from kube_headroom.exposition.channel import Setup
from kube_headroom.exposition.listeners import bind
from kube_headroom.exposition.server import Server
from kube_headroom.overview.content import Source
from kube_headroom.overview_feed import OverviewFeed
from kube_headroom.publisher import Publisher, Standing
from kube_headroom.snapshot import SloSnapshot
from tests.overview.shop import Shop
from tests.overview.slos import key
from tests.real.waiting import wait_until

READY = Standing("", frozenset(), ())
LOADED = 120_000
"""Milliseconds in which a page must be there, on a machine that is busy."""
DESKTOP = {"width": 1280, "height": 800}


class Slos:
    """An origin of SLOs beside the shop's own."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], SloSnapshot] = {}
        self._changed: list[tuple[str, ...]] = []

    def tell(self, *snapshots: SloSnapshot) -> None:
        for snapshot in snapshots:
            self._known[key(snapshot.slo)] = snapshot
            self._changed.append(key(snapshot.slo))

    def changes(self) -> list[tuple[str, ...]]:
        changed, self._changed = self._changed, []
        return changed

    def snapshots(self, keys: Iterable[tuple[str, ...]]) -> list[tuple[tuple[str, ...], SloSnapshot]]:
        return [(each, self._known[each]) for each in keys]


class Served:
    """The shop behind a real server process; `publish` shows what changed, `wait` lets time pass."""

    def __init__(self, owner: str = "payments") -> None:
        self.shop = Shop(owner)
        self.state = "up"
        self.server = Server(bind(["127.0.0.1:0"]), Setup("1.2.3"))
        self.slos = Slos()
        stage = self.shop.stage
        feed = OverviewFeed(self._sources)
        self.publisher = Publisher(
            (stage.inventory, self.slos), self.server, CollectorRegistry(), feed=feed, clock=lambda: stage.now
        )
        self.server.start()
        self.url = f"http://{self.server.addresses[0]}/"
        self.publish()
        self.wait(120)

    def publish(self, standing: Standing = READY) -> None:
        self.publisher.publish(standing)

    def wait(self, seconds: float) -> None:
        self.shop.stage.wait(seconds)
        self.publish()
        now = self.shop.stage.now
        wait_until(lambda: self._shown() == now, what=f"the publication of {now:g}")

    def _shown(self) -> Any:
        try:
            return httpx.get(f"{self.url}overview.json").json()["now"]
        except httpx.TransportError:
            return None

    def _sources(self) -> Iterator[Source]:
        stage = self.shop.stage
        for name, count in sorted(stage.inventory.sizes().items()):
            yield Source(name, self.state, count, stage.now - 7, "")


class Visit:
    """One page open in a browser, with all that it asked for and complained of."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.context = browser.new_context(**({"viewport": DESKTOP, "locale": "en-GB"} | options))
        self.context.set_default_navigation_timeout(LOADED)
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def subject(self, name: str) -> Any:
        return self.page.locator(".subject", has=self.page.get_by_text(name, exact=True))


FAINT_TEXTS = """() => {
  const parse = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => {
    const [r, g, b] = parse(colour).map(part => part / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = node => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if ((parse(colour)[3] ?? 1) > 0) return colour;
    }
  };
  const faint = [];
  for (const node of document.querySelectorAll("body *")) {
    const words = [...node.childNodes].filter(child => child.nodeType === 3).map(child => child.data.trim()).join("");
    if (!words || !node.checkVisibility() || ["SCRIPT", "STYLE"].includes(node.tagName)) continue;
    const [a, b] = [light(getComputedStyle(node).color), light(ground(node))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) faint.push(`${words}: ${contrast.toFixed(2)}`);
  }
  return faint;
}"""
"""Texts whose contrast is below 4.5:1, which WCAG 2.2 asks for (1.4.3, level AA)."""
