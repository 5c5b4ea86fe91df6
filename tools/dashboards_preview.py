"""Draw the dashboards without a Grafana: `python -m tools.dashboards_preview` takes docs/images/dashboard-*.png.

Each dashboard's generated JSON and the answers of a real Prometheus are drawn in a browser by Grafana's own components.
The Prometheus is that of `tools.stack`, which scrapes the demo while incidents begin one after the other.
"""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import click
import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tools.build import ToolError
from tools.preview_bundle import bundle
from tools.stack import Addresses, free_addresses, parts, running, wait_for

ROOT: Final = Path(__file__).parents[1]
BOARDS: Final = ROOT / "helm/headroom/generated/dashboards"
IMAGES: Final = ROOT / "docs/images"

INCIDENTS: Final = (
    (3, "throttled-service"),
    (4, "oom-loop"),
    (5, "crash-loop"),
    (6, "bad-image"),
    (7, "quota-full"),
    (8, "node-down"),
)
"""When each begins, in minutes: first all is well for long enough to be seen."""

CHOSEN: Final = {
    "headroom-cluster": {},
    "headroom-workload": {"namespace": "shop", "workload_kind": "Deployment", "workload": "checkout"},
    "headroom-slo": {"slo_service": "platform", "slo": "availability"},
    "headroom-exporter": {},
}
WIDTH: Final = 1440
PATIENCE_SECONDS: Final = 60.0


DRAWN: Final = """() => [...document.querySelectorAll("[data-panel]")].every(panel => {
    const content = panel.querySelector("[data-testid='data-testid panel content']");
    return panel.dataset.state !== "loading" && (content.innerText.trim() || content.querySelector("canvas, svg[role=img]"));
})"""
"""Whether every panel shows an answer: lines, cells, words or why there is none."""


class _Handler(SimpleHTTPRequestHandler):
    """Serves the page and the dashboards, and asks Prometheus for the page, which may ask no other origin."""

    prometheus: str

    def do_GET(self) -> None:
        """Answer one of the four things there are."""
        path = self.path.partition("?")[0]
        if path.startswith("/api/v1/"):
            said = httpx.get(self.prometheus + self.path, timeout=60)
            self._answer(said.status_code, "application/json", said.content)
        elif path == "/":
            links = (f'<li><a href="/d/{file.stem}">{file.stem}</a></li>' for file in sorted(BOARDS.glob("*.json")))
            self._answer(HTTPStatus.OK, "text/html", f"<ul>{''.join(links)}</ul>".encode())
        elif path.startswith("/dashboards/"):
            file = BOARDS / Path(path).name
            if file.is_file():
                self._answer(HTTPStatus.OK, "application/json", file.read_bytes())
            else:
                self.send_error(HTTPStatus.NOT_FOUND)
        else:
            if path.startswith("/d/"):
                self.path = "/index.html"
            super().do_GET()

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  the library's name
        """Keep silent: the page says itself what failed."""


@contextmanager
def serving(prometheus: str) -> Iterator[str]:
    """Serve the dashboards with a Prometheus' data; gives the address. ToolError if the page cannot be built."""
    page = str(bundle())
    handler = partial(type("Handler", (_Handler,), {"prometheus": prometheus}), directory=page)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def address(url: str, uid: str, minutes: float, **chosen: str) -> str:
    """Return where a dashboard is drawn for the last minutes, its variables chosen."""
    variables = {f"var-{name}": value for name, value in chosen.items()}
    return f"{url}/d/{uid}?{urlencode({'from': f'now-{round(minutes * 60)}s', 'to': 'now', **variables})}"


def wait_drawn(page: Page) -> None:
    """Wait until every panel has its answers and is in view; playwright's error says when one never has."""
    page.locator("[data-panel]").first.wait_for(timeout=PATIENCE_SECONDS * 1000)
    # Tables are drawn where they can be seen alone.
    height = page.evaluate("document.querySelector('main').scrollHeight")
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.wait_for_function(DRAWN, timeout=PATIENCE_SECONDS * 1000)


def open_page(browser: Browser) -> Page:
    """Open an empty page that shows what Grafana shows on a common screen."""
    return browser.new_page(
        viewport={"width": WIDTH, "height": 900},
        color_scheme="light",
        locale="en-GB",
        timezone_id="UTC",
        reduced_motion="reduce",
    )


def chromium() -> str:
    """Return the system's Chromium; ToolError if it has none."""
    found = shutil.which("chromium")
    if found is None:
        raise ToolError("no chromium in PATH; Debian and Ubuntu: apt-get install chromium")
    return found


def take(url: str, minutes: float, program: str) -> list[Path]:
    """Take a picture of each dashboard; ToolError if a panel cannot be drawn."""
    IMAGES.mkdir(exist_ok=True)
    taken = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        page = open_page(browser)
        for uid, chosen in CHOSEN.items():
            page.goto(address(url, uid, minutes, **chosen))
            wait_drawn(page)
            if failed := page.locator("[data-panel][data-state=error]").all_inner_texts():
                raise ToolError(f"{uid}: {'; '.join(failed)}")
            path = IMAGES / f"{uid.replace('headroom', 'dashboard')}.png"
            _write(path, page.screenshot(full_page=True))
            taken.append(path)
        browser.close()
    return taken


def _write(path: Path, picture: bytes) -> None:
    """Write a picture in as many colours as a palette holds, which are more than it needs."""
    with Image.open(BytesIO(picture)) as taken:
        taken.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
            path, optimize=True
        )


def play(at: Addresses, minutes: float) -> None:
    """Let the minutes pass, and begin each incident when its time has come."""
    begin = time.monotonic()
    for minute, incident in (*INCIDENTS, (minutes, None)):
        time.sleep(max(min(minute, minutes) * 60 - (time.monotonic() - begin), 0))
        if incident and minute < minutes:
            httpx.post(f"http://{at.control}/incidents/{incident}").raise_for_status()
            print(f"  {minute} min: {incident} began", flush=True)


@click.command()
@click.option(
    "--minutes", type=click.FloatRange(2), default=18, show_default=True, help="How long to let the demo run."
)
@click.option("--serve", is_flag=True, help="Go on serving the dashboards until Ctrl-C, while the demo goes on.")
def main(*, minutes: float, serve: bool) -> None:
    """Take the dashboards' pictures from a demo in trouble and a real Prometheus."""
    # The programs started here end with this one, however it is told to.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with ExitStack() as stack:
        try:
            program, _ = chromium(), bundle()
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="headroom-preview-")))
            at = free_addresses()
            # Nobody is to be told.
            for part in (each for each in parts(folder, at, "", ()) if each.name != "alertmanager"):
                log = folder / f"{part.name}.log"
                stack.enter_context(running(part.command, log))
                wait_for(part.ready, log)
            url = stack.enter_context(serving(f"http://{at.prometheus}"))
            print(f"  dashboards: {url}/", flush=True)
            play(at, minutes)
            for path in take(url, minutes, program):
                print(f"  {path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")
        except ToolError as error:
            sys.exit(f"dashboards_preview: {error}")
        if serve:
            print(f"serving {url}/ until Ctrl-C", flush=True)
            threading.Event().wait()


if __name__ == "__main__":
    main()
