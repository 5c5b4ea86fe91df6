"""Take the pictures of the documentation from a running demo: `python -m tools.screenshots`. Needs Chromium."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"
SPEED = 30
PLAYED_SECONDS = 19 * 60
"""Simulated: long enough for the incidents to have shown all that they show at first."""
PATIENCE_SECONDS = 180.0
SCHEDULE = """
- {incident: bad-image, at: 3m}
- {incident: oom-loop, at: 6m}
- {incident: crash-loop, at: 9m}
- {incident: hpa-at-maximum, at: 11m, target: shop/cart}
- {incident: quota-full, at: 14m}
"""
WIDTH, HEIGHT, SCALE = 1280, 860, 1.5


def free_address() -> str:
    """Name an address on which nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def demo(address: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a demo in trouble, its page at the address; it ends in order."""
    command = [str(Path(sys.executable).with_name("kube-headroom")), "demo", "--speed", str(SPEED)]
    command += ["--web.listen-address", address, "--simulator.listen-address", "127.0.0.1:0"]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as schedule:
        schedule.write(SCHEDULE)
        schedule.flush()
        process = subprocess.Popen([*command, "--schedule", schedule.name], stdout=subprocess.DEVNULL)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def wait_until_played(process: subprocess.Popen[bytes], url: str) -> None:
    """Wait until the incidents have run for long enough; ends this program if the demo ends or never gets there."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            overview = httpx.get(f"{url}overview.json").json()["overview"]
        except httpx.TransportError:
            overview = None
        if overview and overview["at"] - overview["watching_since"] >= PLAYED_SECONDS:
            return
        time.sleep(1.0)
    sys.exit(f"screenshots: the demo ended or did not play {PLAYED_SECONDS} s in {PATIENCE_SECONDS:g} s; it says why")


def main() -> None:
    """Write docs/images/overview.png."""
    program = shutil.which("chromium")
    if program is None:
        sys.exit("screenshots: no chromium in PATH; Debian and Ubuntu: apt-get install chromium")
    IMAGES.mkdir(exist_ok=True)
    address = free_address()
    url = f"http://{address}/"
    with demo(address) as process, sync_playwright() as playwright:
        wait_until_played(process, url)
        browser = playwright.chromium.launch(executable_path=program)
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT},
            device_scale_factor=SCALE,
            color_scheme="light",
            locale="en-GB",
            timezone_id="UTC",
        )
        page.goto(url)
        page.screenshot(path=IMAGES / "overview.png")
        browser.close()


if __name__ == "__main__":
    main()
