"""pint's checks that need no Prometheus, with the strict configuration of tools/pint/pint.hcl."""

from __future__ import annotations

import subprocess
from pathlib import Path

import yaml

from alerts.__main__ import FILE
from tools.build import TOOLS, program

CONFIGURATION = TOOLS / "pint" / "pint.hcl"

WRONG = {
    "groups": [
        {
            "name": "wrong",
            "rules": [
                {
                    "alert": "Wrong",
                    "expr": "sum by (instance) (up) == 0",
                    "labels": {"severity": "page"},
                    "annotations": {"summary": "{{ $labels.node }}"},
                }
            ],
        }
    ]
}


def pint(rules: Path) -> subprocess.CompletedProcess[str]:
    command = [program("pint"), "--offline", "--no-color", "-c", CONFIGURATION, "lint", "--show-duplicates"]
    asked = ("--min-severity=info", "--fail-on=info", rules)
    return subprocess.run(
        [*map(str, (*command, *asked))], capture_output=True, text=True, check=False, cwd=rules.parent
    )


def test_it_finds_nothing_in_the_generated_rules() -> None:
    done = pint(FILE)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Problems found" not in done.stderr


def test_it_finds_what_is_wrong(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(yaml.safe_dump(WRONG))
    done = pint(rules)

    assert done.returncode != 0
    for check in ("rule/name", "rule/label", "alerts/annotation", "promql/aggregate", "alerts/template"):
        assert check in done.stdout + done.stderr


def test_every_check_that_is_off_has_its_reason() -> None:
    blocks = CONFIGURATION.read_text().split("\n\n")

    assert sum("disable" in block for block in blocks) == 4
    assert all(block.startswith("# ") for block in blocks if "disable" in block)
