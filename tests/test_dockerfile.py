"""The Dockerfile says what the chart and the Makefile expect, and what reads it in place of a container engine refuses the rest."""

import json
import re
from pathlib import Path

import pytest

from tests.e2e.dockerfile import configuration, copies, environment, read_stages
from tools.chart_schema import CHART

REPOSITORY = Path(__file__).parents[1]
BUILD, LAST = read_stages((REPOSITORY / "Dockerfile").read_text())


def test_the_image_runs_the_exporter_as_the_charts_user_on_the_charts_port() -> None:
    image = configuration(LAST, {"PATH": "/bin"})
    values = (CHART / "values.yaml").read_text()

    assert (image["Entrypoint"], image["Cmd"]) == (["kube-headroom"], ["run"])
    assert re.findall(r"runAs(?:User|Group): (\d+)", values) == image["User"].split(":")
    assert list(image["ExposedPorts"]) == ["9789/tcp"]
    assert image["Env"][0] == "PATH=/opt/headroom/bin:/bin"


def test_the_environment_is_built_where_the_image_has_it() -> None:
    (taken,) = copies(LAST)

    assert taken.stage == BUILD.name
    assert (taken.target,) == taken.sources == (environment(BUILD, {})["UV_PROJECT_ENVIRONMENT"],)


def test_uv_is_the_makefiles() -> None:
    (wanted,) = (re.findall(r"uv==(\S+)", text)[0] for word, text in BUILD.instructions if "pip install" in text)

    assert f"UV_VERSION := {wanted}\n" in (REPOSITORY / "Makefile").read_text()


def test_only_what_is_copied_is_sent_to_the_builder() -> None:
    ignored, *kept = [
        line for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if not line.startswith("#")
    ]
    copied = {source for copy in copies(BUILD) for source in copy.sources}

    assert ignored == "*"
    assert {line.removeprefix("!") for line in kept if line.startswith("!")} == copied


REFUSED = {
    "an instruction that is not read": ('FROM a\nSHELL ["bash"]\n', "SHELL"),
    "an instruction before any stage": ("USER 1\n", "USER 1"),
    "a here-document": ("FROM a\nRUN <<end\n", "<<end"),
    "an option of FROM": ("FROM --platform=linux/arm64 a\n", "--platform"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_its_line(name: str) -> None:
    text, said = REFUSED[name]

    with pytest.raises(ValueError, match=re.escape(said)):
        read_stages(text)


def test_an_option_of_copy_is_refused() -> None:
    (stage,) = read_stages("FROM a\nCOPY --chown=1 b c\n")

    with pytest.raises(ValueError, match="only --from=STAGE"):
        copies(stage)


def test_a_command_for_a_shell_is_refused() -> None:
    (stage,) = read_stages("FROM a\nCMD run fast\n")

    with pytest.raises(ValueError, match="expected a JSON list"):
        configuration(stage, {})


def test_lines_go_on_and_comments_between_them_do_not_count() -> None:
    text = 'FROM a AS b\n# why\nENV C=1 \\\n    # why not\n    D=$E:2\nWORKDIR /f\nENTRYPOINT ["g", \\\n  "h"]\n'
    (stage,) = read_stages(text)

    assert (stage.image, stage.name) == ("a", "b")
    expected = {"Env": ["E=0", "C=1", "D=0:2"], "WorkingDir": "/f", "Entrypoint": ["g", "h"]}
    assert json.dumps(configuration(stage, {"E": "0"})) == json.dumps(expected)
