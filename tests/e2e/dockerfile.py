"""The Dockerfile as data: its stages, and the configuration of the image that a stage makes.

What is not read here is refused, so that no image is made by half a Dockerfile.
"""

import json
import re
import shlex
from collections.abc import Mapping
from string import Template
from typing import NamedTuple

from tests.real.client import Object

READ = ("CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "RUN", "USER", "WORKDIR")
FROM = re.compile(r"(?P<image>[^\s-]\S*)(?:\s+AS\s+(?P<name>\S+))?", re.IGNORECASE)


class Instruction(NamedTuple):
    """A line: its first word in capitals, and the rest."""

    word: str
    text: str


class Stage(NamedTuple):
    """What stands between one FROM and the next."""

    image: str
    name: str
    instructions: tuple[Instruction, ...]


class Copy(NamedTuple):
    """A COPY: `stage` is empty where it takes from the build context."""

    stage: str
    sources: tuple[str, ...]
    target: str


def read_stages(text: str) -> list[Stage]:
    """Return the stages in order; ValueError with the line that cannot be read."""
    stages: list[Stage] = []
    lines = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    for line in re.sub(r"\\\n", " ", lines).splitlines():
        if not line.strip():
            continue
        word, _, rest = line.strip().partition(" ")
        instruction = Instruction(word.upper(), rest.strip())
        if instruction.word == "FROM" and (found := FROM.fullmatch(instruction.text)):
            stages.append(Stage(found["image"], found["name"] or "", ()))
        elif instruction.word in READ and stages and "<<" not in instruction.text:
            stages[-1] = stages[-1]._replace(instructions=(*stages[-1].instructions, instruction))
        else:
            message = f"{line!r} is not read here; expected FROM IMAGE [AS NAME], then {', '.join(READ)}"
            raise ValueError(message)
    return stages


def copies(stage: Stage) -> list[Copy]:
    """Return what the stage copies; ValueError for an option other than --from."""
    found = []
    for instruction in stage.instructions:
        if instruction.word != "COPY":
            continue
        words = shlex.split(instruction.text)
        options = [word for word in words if word.startswith("--")]
        if any(not option.startswith("--from=") for option in options):
            message = f"COPY {instruction.text}: only --from=STAGE is read here"
            raise ValueError(message)
        *sources, target = words[len(options) :]
        found.append(Copy("".join(options).removeprefix("--from="), tuple(sources), target))
    return found


def environment(stage: Stage, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that the stage leaves, on top of its base image's."""
    found = dict(inherited)
    for instruction in stage.instructions:
        if instruction.word == "ENV":
            pairs = (pair.partition("=") for pair in shlex.split(instruction.text))
            # All of one line see what stood before it.
            found |= {name: Template(value).substitute(found) for name, _, value in pairs}
    return found


def configuration(stage: Stage, inherited: Mapping[str, str]) -> Object:
    """Return the image's configuration as the OCI has it; commands that want a shell are refused."""
    found: Object = {"Env": [f"{name}={value}" for name, value in environment(stage, inherited).items()]}
    for word, text in stage.instructions:
        match word:
            case "ENTRYPOINT" | "CMD":
                found[word.capitalize()] = _command(word, text)
            case "USER":
                found["User"] = text
            case "WORKDIR":
                found["WorkingDir"] = text
            case "EXPOSE":
                ports = (port if "/" in port else f"{port}/tcp" for port in text.split())
                found.setdefault("ExposedPorts", {}).update((port, {}) for port in ports)
    return found


def _command(word: str, text: str) -> list[str]:
    try:
        command: list[str] = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"{word} {text}: expected a JSON list; anything else is run by a shell, which the image has none of"
        raise ValueError(message) from error
    return command
