"""`kube-headroom slo validate` on files, directories and standard input."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kube_headroom.__main__ import command_line
from kube_headroom.slo_files import MAXIMUM_BYTES
from tests.slo.definitions.documents import LATENCY, SLO, STATE, WEEKLY

WRONG = SLO.replace("0.999", "99.9")
CAPPED = SLO.replace("0.999", "0.9")


def validate(*arguments: str | Path, stdin: bytes = b"") -> tuple[int, list[str]]:
    result: Result = CliRunner().invoke(
        command_line, ["slo", "validate", *map(str, arguments)], input=stdin, standalone_mode=False
    )
    if result.exception is not None:
        raise result.exception
    assert isinstance(result.return_value, int)
    return result.return_value, result.output.splitlines()


def test_every_definition_below_a_directory_is_read(tmp_path: Path) -> None:
    for name, text in (("a.yaml", SLO), ("deep/er/b.yml", STATE), ("notes.txt", "{"), (".hidden/c.yaml", "{")):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert validate(tmp_path) == (0, ["2 SLOs, 0 maintenance windows, 0 errors, 0 warnings"])


def test_a_mounted_config_map_is_read_once(tmp_path: Path) -> None:
    version = tmp_path / "..2026_03_01"
    version.mkdir()
    (version / "slos.yaml").write_text(SLO)
    (tmp_path / "..data").symlink_to(version.name)
    (tmp_path / "slos.yaml").symlink_to("..data/slos.yaml")
    assert validate(tmp_path) == (0, ["1 SLO, 0 maintenance windows, 0 errors, 0 warnings"])


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    file = tmp_path / "definitions"
    file.write_text(f"{LATENCY}---\n{WEEKLY}")
    assert validate(file, file) == (0, ["1 SLO, 1 maintenance window, 0 errors, 0 warnings"])


def test_problems_come_one_per_line_and_warnings_alone_are_no_failure(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(CAPPED)
    capped = "warning: a total outage burns at 10: the burn rate 14.4 over 1h is lowered to 8 so that it can be reached"
    assert validate(tmp_path) == (
        0, [f"{tmp_path}/a.yaml:4: {capped}", "1 SLO, 0 maintenance windows, 0 errors, 1 warning"]
    )  # fmt: skip
    (tmp_path / "b.yaml").write_text(WRONG)
    code, lines = validate(tmp_path)
    assert code == 2
    assert lines[1].startswith(f"{tmp_path}/b.yaml:26: spec.objectives[0].target: expected a ratio")
    assert lines[2] == "1 SLO, 0 maintenance windows, 1 error, 1 warning"


def test_standard_input_may_refer_to_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SLO)
    code, lines = validate(tmp_path, "-", stdin=SLO.encode())
    first = f"stdin:4: SLO checkout of shop is already declared at {tmp_path}/a.yaml:4; rename one of the two"
    assert (code, lines[0]) == (2, first)


def test_json_is_for_programs() -> None:
    code, lines = validate("-", "--format", "json", stdin=WRONG.encode())
    told = json.loads("\n".join(lines))
    assert code == 2
    assert told["slos"] == told["maintenance"] == []
    assert told["problems"][0] | {"message": ""} == {
        "source": "stdin", "line": 26, "path": "spec.objectives[0].target", "severity": "error", "message": "",
    }  # fmt: skip


def test_the_annotation_prefix_is_the_exporters() -> None:
    text = SLO.replace("kube-headroom.io/owner", "example.com/ownr").encode()
    assert validate("-", stdin=text)[0] == 0
    assert validate("-", "--annotation-prefix", "example.com/", stdin=text)[0] == 2


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(None, "FILE: cannot be read: No such file or directory", id="not there"),
        pytest.param(b"a: b\nc: \xff", "FILE:2: not UTF-8 text", id="not text"),
        pytest.param(
            b"#" * (MAXIMUM_BYTES + 1), "FILE: larger than 8 MiB; is it a file of definitions?", id="too large"
        ),
    ],
)
def test_a_file_that_cannot_be_read_keeps_the_others(tmp_path: Path, content: bytes | None, expected: str) -> None:
    file, good = tmp_path / "bad.yaml", tmp_path / "good.yaml"
    good.write_text(SLO)
    if content is not None:
        file.write_bytes(content)
    assert validate(file, good) == (
        2, [expected.replace("FILE", str(file)), "1 SLO, 0 maintenance windows, 1 error, 0 warnings"]
    )  # fmt: skip


def test_a_directory_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    (tmp_path / "a.yaml").write_text(SLO)
    real = os.scandir

    # Root may read everything, so the kernel's refusal is put in its place.
    def scandir(path: str) -> object:
        if Path(path) == closed:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    code, lines = validate(tmp_path)
    assert (code, lines[0]) == (2, f"{closed}: cannot be read: Permission denied")


def test_a_directory_without_definitions_is_warned_of(tmp_path: Path) -> None:
    assert validate(tmp_path) == (
        0, [f"{tmp_path}: warning: holds no *.yaml or *.yml file", "0 SLOs, 0 maintenance windows, 0 errors, 1 warning"]
    )  # fmt: skip
