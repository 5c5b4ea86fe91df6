"""The builder of the real programs, with a go command that only notes how it was called."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tools import build
from tools.build import Program, ToolError

GO = """#!/bin/sh
echo "$@" >> {calls}
case "$1" in
env) echo {version} ;;
list) case "$4" in *Version*) echo v1.36.3 ;; *) echo {module} ;; esac ;;
build) {compile} ;;
esac
"""
COMPILE = 'while [ "$1" != -o ]; do shift; done; mkdir -p "$(dirname "$2")"; echo built > "$2"'


class Workshop:
    """A tools/ folder with one program, an empty cache, and the noted calls of go."""

    def __init__(self, folder: Path) -> None:
        self.tools, self.cache = folder / "tools", folder / "cache"
        self._folder = folder
        (self.tools / "printer").mkdir(parents=True)
        (self.tools / "printer" / "go.mod").write_text("module printer\n")
        (self.tools / "printer" / "go.sum").write_text("")
        (folder / "module").mkdir()
        (folder / "module" / "stage.yaml").write_text("kind: Stage\n")
        self.bring_go()

    def bring_go(self, *, version: str = "go1.26.9", compiler: str = COMPILE) -> None:
        go = self._folder / "go"
        names = {"calls": self._folder / "calls", "module": self._folder / "module"}
        go.write_text(GO.format(version=version, compile=compiler, **names))
        go.chmod(0o755)

    def compilations(self) -> list[str]:
        calls = self._folder / "calls"
        return [line for line in calls.read_text().splitlines() if line.startswith("build")]


def forget() -> None:
    """What the builder remembers of a process's one tree and one PATH."""
    build._key.cache_clear()
    build._go_on_path.cache_clear()


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    made = Workshop(tmp_path)
    printer = Program(
        module="example.com/printer",
        packages={"printer": "example.com/printer/cmd/printer"},
        symbols={"example.com/version.Version": "{version}/{major}.{minor}"},
        files={"stages/stage.yaml": "stage.yaml"},
    )
    monkeypatch.setattr(build, "TOOLS", made.tools)
    monkeypatch.setattr(build, "PROGRAMS", {"printer": printer})
    monkeypatch.setenv("KUBE_HEADROOM_TOOLS_CACHE", str(made.cache))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    forget()
    return made


@pytest.fixture(autouse=True)
def forgotten() -> object:
    yield
    forget()


def test_a_program_is_built_with_its_files_and_its_version(workshop: Workshop) -> None:
    folder = build.build("printer")

    assert (folder / "bin" / "printer").read_text() == "built\n"
    assert (folder / "stages" / "stage.yaml").read_text() == "kind: Stage\n"
    (call,) = workshop.compilations()
    assert "-trimpath" in call
    assert "-s -w -X example.com/version.Version=v1.36.3/1.36" in call
    assert build.program("printer") == folder / "bin" / "printer"


def test_builds_at_the_same_time_and_later_ones_compile_once(workshop: Workshop) -> None:
    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(build.build, ["printer"] * 4))

    assert folders == {build.build("printer")}
    assert len(workshop.compilations()) == 1


@pytest.mark.parametrize("file", ["go.mod", "go.sum", "main.go"])
def test_a_change_of_what_is_built_builds_anew(workshop: Workshop, file: str) -> None:
    before = build.build("printer")
    (workshop.tools / "printer" / file).write_text("// other\n")
    forget()

    assert build.build("printer") != before
    assert len(workshop.compilations()) == 2


def test_another_go_builds_anew(workshop: Workshop) -> None:
    before = build.build("printer")
    workshop.bring_go(version="go1.27.0")
    forget()

    assert build.build("printer") != before


@pytest.mark.parametrize("version", ["go1.25.12", "devel"])
def test_a_go_too_old_for_the_modules_is_not_used(workshop: Workshop, version: str) -> None:
    workshop.bring_go(version=version)

    assert build._go_on_path() is None


def test_a_failed_build_leaves_nothing_and_says_what_it_needs(
    workshop: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    workshop.bring_go(compiler="exit 4")

    assert build.main(["printer"]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("tools/build.py: building printer failed: `go build` in tools/printer ended with 4")
    assert [path.name for path in workshop.cache.iterdir()] == ["printer.lock"]


@pytest.mark.usefixtures("workshop")
def test_a_program_that_is_not_built_names_the_command_that_builds_it() -> None:
    with pytest.raises(ToolError, match=r"run `python3 tools/build\.py printer`"):
        build.program("printer")


@pytest.mark.usefixtures("workshop")
def test_a_binary_that_no_program_builds_says_where_to_add_it() -> None:
    with pytest.raises(ToolError, match="no program under tools/ builds 'scanner'; add it to PROGRAMS"):
        build.program("scanner")


@pytest.mark.usefixtures("workshop")
def test_a_misspelt_program_is_answered_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["printre"]) == 1
    assert "tools/ has: printer" in capsys.readouterr().err


def test_lost_pins_say_how_to_restore_them(workshop: Workshop) -> None:
    (workshop.tools / "printer" / "go.sum").unlink()
    with pytest.raises(ToolError, match=r"go\.sum is missing: restore it with `git checkout -- tools/printer`"):
        build.build("printer")
