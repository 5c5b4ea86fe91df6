"""Against the true program: what `slo rules` writes is what `sloth generate` writes, and Prometheus loads it."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from kube_headroom.__main__ import main
from tests.slo.sloth.refusals import REFUSED_BY_BOTH, TAKEN_BY_SLOTH, Refusal
from tests.slo.sloth.written import FILES, OBJECTS, OPENSLO, Document, made, text
from tools.build import program

DOCUMENTS = 100
"""Of each of the three formats, of one to three SLOs."""
OURS = "sloth_version"

OPTIONS = {
    "of 30 days": ([], []),
    "of 28 days": (["--default-slo-period", "28d"], ["--period", "28d"]),
    "with labels for all": (["-l", "cluster=a", "-l", "owner=all"], ["-l", "cluster=a", "-l", "owner=all"]),
    "without alerts": (["--disable-alerts"], ["--disable-alerts"]),
    "without recordings": (["--disable-recordings"], ["--disable-recordings"]),
}


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return [document for strategy in (FILES, OBJECTS, OPENSLO) for document in made(strategy, DOCUMENTS)]


def parsed(written: str) -> list[Any]:
    """Parse what was written, our own version put in the place of any other."""
    return [_same_version(document) for document in yaml.load_all(written, Loader=yaml.CSafeLoader)]


def _same_version(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: "any" if key == OURS and value.get("sloth_spec") else _same_version(of) for key, of in value.items()
        }
    return [_same_version(of) for of in value] if isinstance(value, list) else value


def generated_by_sloth(path: Path, options: Sequence[str]) -> str:
    command = [str(program("sloth")), "generate", "--no-log", "-i", str(path), *options]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return ran.stdout


def written_by_us(path: Path, options: Sequence[str]) -> str:
    out = path.with_suffix(".rules.yaml")
    assert main(["slo", "rules", str(path), "-o", str(out), *options]) == 0
    return out.read_text()


def alerting(document: Document) -> bool:
    """Whether an alert of a document is left when its recordings are not written."""
    spec = document.get("spec", document)
    kinds = ("page_alert", "ticket_alert", "pageAlert", "ticketAlert")
    wanted = [objective["alerting"] for objective in spec.get("slos", ())]
    return any(sum(bool(of.get(kind, {}).get("disable")) for kind in kinds) < 2 for of in wanted)


@pytest.mark.parametrize(("theirs", "ours"), OPTIONS.values(), ids=OPTIONS)
def test_the_rules_are_those_of_sloth(
    theirs: list[str], ours: list[str], documents: list[Document], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    wanted = [document for document in documents if "--disable-recordings" not in ours or alerting(document)]
    path = tmp_path / "slos.yaml"
    path.write_text(text(wanted))
    expected = parsed(generated_by_sloth(path, theirs))
    found = parsed(written_by_us(path, ours))
    assert len(found) == len(expected) == len(wanted) >= 100, capfd.readouterr().err
    for document, right, left in zip(wanted, expected, found, strict=True):
        assert left == right, text([document])


def test_sloth_takes_what_only_we_refuse(tmp_path: Path) -> None:
    definitions, rules = tmp_path / "slos", tmp_path / "rules"
    for folder in (definitions, rules):
        folder.mkdir()
    for name, refusal in TAKEN_BY_SLOTH.items():
        (definitions / f"{name}.yaml").write_text(refusal.text)
    generated_by_sloth(definitions, ["-o", str(rules)])
    assert {path.stem for path in rules.iterdir() if "sloth_slo" in path.read_text()} == set(TAKEN_BY_SLOTH)


@pytest.mark.parametrize("refusal", REFUSED_BY_BOTH.values(), ids=REFUSED_BY_BOTH)
def test_sloth_too_refuses(refusal: Refusal, tmp_path: Path) -> None:
    path = tmp_path / "slos.yaml"
    path.write_text(refusal.text)
    command = [str(program("sloth")), "generate", "--no-log", "-i", str(path)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


NAMES_SINCE_3 = re.compile(r"région|app\.kubernetes\.io|with\.dot")

CHECKS = {
    "Prometheus 3": ("promtool", ["check", "rules", "{}"]),
    "Prometheus 2": ("promtool-2", ["check", "rules", "{}"]),
    "vmalert": ("vmalert", ["-dryRun", "-rule={}"]),
}


@pytest.mark.parametrize(("checker", "arguments"), CHECKS.values(), ids=CHECKS)
def test_the_rules_are_loaded_by(checker: str, arguments: list[str], documents: list[Document], tmp_path: Path) -> None:
    path = tmp_path / "slos.yaml"
    wanted = [document for document in documents if "version" in document]
    if checker != "promtool":
        wanted = [document for document in wanted if not NAMES_SINCE_3.search(text([document]))]
    assert len(wanted) >= 10
    path.write_text(text(wanted))
    out = tmp_path / "rules.yaml"
    assert main(["slo", "rules", str(path), "--one-document", "-o", str(out)]) == 0
    command = [str(program(checker)), *(argument.format(out) for argument in arguments)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
