"""`make stack`: the whole of it, from an incident to what people get."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

# The first page comes after some minutes, on a busy machine after some more.
pytestmark = pytest.mark.timeout(600)


def test_an_outage_pages_with_its_burn_rate_its_owner_and_its_runbook(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.stack", "--incident", "failing-readiness", "--keep", str(tmp_path)]
    lines: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as stack:
        assert stack.stdout is not None
        try:
            for line in stack.stdout:
                lines.append(line.strip())
                if "shop/cart/availability burns" in line:
                    break
            # The description and the runbook follow the summary.
            lines += [stack.stdout.readline().strip() for _ in range(2)]
        finally:
            stack.send_signal(signal.SIGTERM)
            ended = stack.wait(120)
    assert ended == 0
    assert any(line.endswith("#headroom-pages  Page: Deployment shop/cart: SLOFastBurn") for line in lines)
    description, runbook = lines[-2:]
    assert "Owner: storefront." in description
    assert description.startswith("Burn rate: ")
    assert runbook.endswith("/HeadroomSLOFastBurn")
