"""What each side imports: memory that every installation pays for."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"kubernetes", "structlog", "prometheus_client", "msgspec", "yaml", "urllib3", "rapidfuzz", "asyncio"}


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        pytest.param("kube_headroom.exposition.server", HEAVY | {"uvicorn", "click"}, id="the parent's side"),
        pytest.param("kube_headroom.exposition.page", HEAVY | {"uvicorn", "click", "json"}, id="the page"),
        pytest.param("kube_headroom.exposition.process", HEAVY - {"asyncio"}, id="the server process"),
    ],
)
def test_imports_stay_small(module: str, unwanted: set[str]) -> None:
    program = f"import sys, {module}; print(*sorted({unwanted!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == ""
