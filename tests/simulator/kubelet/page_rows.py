"""A kubelet's page taken apart line by line, recorded and simulated ones alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

RECORDED = Path(__file__).parents[2] / "fixtures" / "kubelet" / "1.36.3"

_ROW = re.compile(r"(?P<name>\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)(?: (?P<stamp>\d+))?$")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Line(NamedTuple):
    """A sample as printed."""

    name: str
    labels: dict[str, str]
    value: str
    stamp: str | None

    @property
    def kind(self) -> str:
        """Whose cgroup it is: the root's, a pod's, a sandbox's, a container's, an unknown one's, or none."""
        if "id" not in self.labels:
            return "machine"
        if self.labels["container"]:
            return "container"
        if self.labels["image"]:
            return "pause"
        if self.labels["pod"]:
            return "pod"
        if self.labels["id"] == "/":
            return "root"
        return "unknown" if re.search(r"/pod[^/]+/", self.labels["id"]) else "parent"


def recorded(node: str, page: str) -> str:
    """A recorded page."""
    return (RECORDED / node / f"{page}.txt").read_text()


def lines(page: str) -> Iterator[Line]:
    """The page's samples."""
    for text in page.splitlines():
        if not text.startswith("#"):
            found = _ROW.match(text)
            assert found is not None, text
            yield Line(found["name"], dict(_LABEL.findall(found["labels"] or "")), found["value"], found["stamp"])


def comments(page: str) -> list[str]:
    """The page's HELP and TYPE lines, in their order."""
    return [text for text in page.splitlines() if text.startswith("#")]


def shapes(page: str) -> set[tuple[str, str, tuple[str, ...], bool]]:
    """Family, kind of row, its labels in their order, and whether it has a timestamp: all that a page has of them."""
    return {(each.name, each.kind, tuple(each.labels), each.stamp is not None) for each in lines(page)}
