"""docs/settings.md says what the table says."""

from __future__ import annotations

import re
from pathlib import Path

from kube_headroom.settings import read
from tools.settings_page import PAGE, page


def test_the_page_is_what_the_table_generates() -> None:
    assert PAGE.read_bytes() == page().encode(), "run `make generate`"


def test_the_example_in_the_page_is_a_settings_file(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", page(), re.DOTALL)
    assert example is not None
    path = tmp_path / "headroom.yaml"
    path.write_text(example[1])
    settings = read({"config_file": str(path)})
    assert settings.namespaces_denied == ("kube-system", "sandbox")
    assert settings.owner_keys == ("example.com/team", "team")
    assert (settings.counter_hold, settings.log_level) == (120, "warning")
