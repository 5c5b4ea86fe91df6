from pathlib import Path

import pytest
import yaml

from kube_headroom.__main__ import main
from tests.slo.sloth.refusals import FILE, OBJECT, OPENSLO


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    folder = tmp_path / "slos"
    folder.mkdir()
    (folder / "a.yaml").write_text(FILE)
    (folder / "b.yml").write_text(f"{OPENSLO}---\n{OBJECT.replace('service: shop', 'service: web')}")
    return folder


def test_rules_of_a_folder_come_one_document_each(definitions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slo", "rules", str(definitions)]) == 0
    written, told = capsys.readouterr()
    documents = list(yaml.safe_load_all(written))
    assert [document.get("kind", "groups") for document in documents] == ["groups", "groups", "PrometheusRule"]
    assert f"# Made of {definitions / 'a.yaml'}:1 by kube-headroom" in written
    assert "Prometheus loads only the first document of a file: --one-document" in told


def test_one_document_is_what_prometheus_loads(definitions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slo", "rules", str(definitions), "--format", "prometheus", "--one-document"]) == 0
    written, told = capsys.readouterr()
    (document,) = yaml.safe_load_all(written)
    assert (len(document["groups"]), told) == (8, "")


def test_rules_go_to_a_file(definitions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "rules.yaml"
    options = ["--period", "28d", "-l", "cluster=a=b", "--disable-alerts", "-o", str(out)]
    assert main(["slo", "rules", str(definitions / "a.yaml"), *options]) == 0
    assert capsys.readouterr() == ("", "")
    groups = yaml.safe_load(out.read_text())["groups"]
    assert [group["name"] for group in groups] == [
        "sloth-slo-sli-recordings-shop-requests",
        "sloth-slo-meta-recordings-shop-requests",
    ]
    labels = groups[0]["rules"][-1]["labels"]
    assert (labels["cluster"], labels["sloth_window"]) == ("a=b", "4w")


def test_a_mistake_in_one_definition_writes_nothing(
    definitions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = definitions / "c.yaml"
    wrong.write_text(FILE.replace("99.9", "100").replace("shop", "web").replace("alerting", "alertin"))
    out = tmp_path / "rules.yaml"
    assert main(["slo", "rules", str(definitions), "-o", str(out)]) == 2
    written, told = capsys.readouterr()
    assert (written, out.exists()) == ("", False)
    assert [line.partition(": ")[0] for line in told.splitlines()] == [f"{wrong}:{line}" for line in (7, 12, 6)]


MISUSES = {
    "a label without a value": (["-l", "cluster="], "expected key=value"),
    "the series' name as a label": (["-l", "__name__=up"], "expected key=value"),
    "nothing to be written": (["--disable-alerts", "--disable-recordings"], "leave no rules"),
    "a period without windows": (["--period", "7d"], "'7d' is not one of '28d', '30d'"),
    "a target that cannot be written": (["-o", "/nowhere/rules.yaml"], "--out /nowhere/rules.yaml: cannot be written"),
    "the definitions themselves as target": (["-o", "a.yaml"], "that is a file of definitions"),
}


@pytest.mark.parametrize(("options", "message"), MISUSES.values(), ids=MISUSES)
def test_a_misuse_is_refused(
    options: list[str],
    message: str,
    definitions: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(definitions)
    assert main(["slo", "rules", "a.yaml", *options]) == 2
    written, told = capsys.readouterr()
    assert written == ""
    assert message in told
    assert (definitions / "a.yaml").read_text() == FILE


def test_a_folder_without_definitions_is_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slo", "rules", str(tmp_path)]) == 2
    assert "no SLOs in" in capsys.readouterr().err
