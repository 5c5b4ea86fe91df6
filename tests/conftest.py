"""What every tier shares: golden files, rewritten by `pytest --update`, and hypothesis without a stop-watch."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no bug: how long an example takes proves nothing. What holds back a change is that change, so CI tries
# the same examples every time; new ones are tried wherever else the tests run.
settings.register_profile(
    "headroom", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
settings.load_profile("headroom")


class Golden(Protocol):
    def __call__(self, path: Path, text: str) -> None: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite golden files with what the code says now")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare a text with a golden file, byte by byte, or rewrite the file under --update."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update"):
            path.write_text(text, encoding="utf-8", newline="")
        recorded = path.read_bytes().decode() if path.exists() else ""
        assert text == recorded, f"{path} differs; if the change is meant, run pytest --update"

    return compare
