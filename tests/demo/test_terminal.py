"""The demo on a terminal: a live view that leaves the terminal as it was, and output that nobody reads any more."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

from tests.demo.process import PATIENCE_SECONDS

HIDDEN, SHOWN = b"\x1b[?25l", b"\x1b[?25h"
SMALL = ("--nodes", "3", "--workloads", "8")
GONE = """
import sys
from kube_headroom.__main__ import main
from kube_headroom.demo import session
def play(options, stop_on_signals):
    while True:
        print("a line")
session.play = play
sys.exit(main(["demo"]))
"""


class Screen:
    """What a program writes to a terminal of 80 by 24."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.seen = b""

    def read_until(self, *texts: bytes) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not all(text in self.seen for text in texts):
            assert time.monotonic() < deadline, f"waited in vain for {texts}; seen: {self.seen.decode()}"
            self._read()

    def read_all(self) -> None:
        while self._read():
            pass

    def _read(self) -> bytes:
        try:
            read = os.read(self._descriptor, 65_536)
        except OSError:  # how Linux tells that the program has closed its terminal
            read = b""
        self.seen += read
        return read


def test_the_view_is_live_log_lines_pass_above_it_and_the_terminal_is_given_back(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HEADROOM_")}
    addresses = ("--web.listen-address", "127.0.0.1:0", "--simulator.listen-address", "127.0.0.1:0")
    process = subprocess.Popen(
        [sys.executable, "-m", "kube_headroom", "demo", *addresses, *SMALL, "--log.level", "info"],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        env={**environment, "TERM": "xterm-256color", "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    os.close(theirs)
    try:
        screen = Screen(ours)
        screen.read_until(b"Needs attention: ", b"http://127.0.0.1:", b"export KUBECONFIG=")
        assert screen.seen.count(HIDDEN) == 1
        process.send_signal(signal.SIGINT)
        screen.read_all()
        assert process.wait(timeout=PATIENCE_SECONDS) == 0
        assert screen.seen.count(SHOWN) == 1
        # The last log line was written over the view's first, which was drawn again below it.
        ended = screen.seen.index(b"ended")
        assert b"Headroom demo" in screen.seen[ended:]
        assert list(tmp_path.iterdir()) == []
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_a_reader_that_goes_away_ends_it_without_a_word(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", GONE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(timeout=PATIENCE_SECONDS) == 0
    process.stderr.close()
