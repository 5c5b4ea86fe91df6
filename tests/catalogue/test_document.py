"""The generator writes the document, and says when a file is not it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kube_headroom.catalogue.__main__ import main
from kube_headroom.catalogue.document import document


def test_it_writes_what_check_then_accepts(tmp_path: Path) -> None:
    file = tmp_path / "metrics.md"

    assert main([str(file)]) == 0
    assert file.read_text(encoding="utf-8") == document()
    assert main(["--check", str(file)]) == 0


@pytest.mark.parametrize("content", [None, "", "# Metrics\n"], ids=["a missing file", "an empty file", "another text"])
def test_check_objects_to(content: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "metrics.md"
    if content is not None:
        file.write_text(content, encoding="utf-8")

    assert main(["--check", str(file)]) == 1
    assert f"run: python -m kube_headroom.catalogue {file}" in capsys.readouterr().err


def test_every_table_has_as_many_cells_in_each_row_as_in_its_heading() -> None:
    rows = [line for line in document().splitlines() if line.startswith("|")]

    assert {line.replace(r"\|", "").count("|") for line in rows} == {8}
