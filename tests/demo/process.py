"""The demo as its users run it: the real command in a process, on free ports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

PATIENCE_SECONDS = 60.0
Result = TypeVar("Result")


def wait_until(condition: Callable[[], Result], what: str) -> Result:
    """Poll until the condition gives something true."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    pause = threading.Event()
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {PATIENCE_SECONDS:g} s in vain for {what}")
        pause.wait(0.05)
    return result


class Demo:
    """A demo that runs; `where` is what it says of itself when it is ready."""

    def __init__(self, process: subprocess.Popen[str], temporary: Path) -> None:
        self.process = process
        self.temporary = temporary
        self.where: dict[str, str] = {}
        self.lines: list[str] = []
        assert process.stdout is not None
        self._output = process.stdout

    def wait_ready(self) -> None:
        """Read lines until the last of those that say where to look."""
        while "incident" not in self.where:
            line = self._output.readline()
            assert line, f"the demo ended: {self.process.wait()}"
            self.lines.append(line.rstrip("\n"))
            if line.startswith("  "):
                what, _, how = line.strip().partition(": ")
                self.where[what] = how

    @property
    def kubeconfig(self) -> Path:
        """Where it says that kubectl's configuration is."""
        return Path(self.where["kubectl"].removeprefix("export KUBECONFIG="))

    def page(self) -> str:
        """The metrics."""
        return httpx.get(self.where["metrics"], timeout=30).raise_for_status().text

    def control(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """An answer of the control address."""
        url = self.where["incident"].removeprefix("curl -X POST ").removesuffix("/incidents/crash-loop")
        return httpx.request(method, url + path, timeout=30, **arguments)

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal; return the exit code and what was written since."""
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, rest


@contextmanager
def running(temporary: Path, *arguments: str) -> Iterator[Demo]:
    """A demo on free ports that keeps its temporary files below a folder of the test's."""
    command = [
        *(sys.executable, "-m", "kube_headroom", "demo"),
        *("--web.listen-address", "127.0.0.1:0", "--simulator.listen-address", "127.0.0.1:0"),
        *arguments,
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HEADROOM_")}
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**environment, "TMPDIR": str(temporary)}, start_new_session=True,
    )  # fmt: skip
    try:
        demo = Demo(process, temporary)
        demo.wait_ready()
        yield demo
    finally:
        process.kill()
        process.communicate()
