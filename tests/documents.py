"""What the documents hold that can be checked: fenced blocks by language, links, headings, names in code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
)

_FENCED = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?:\]\(|(?:href|src)=\")([^)\s\"]+)[)\"]")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block and where it begins."""

    document: Path
    line: int
    language: str
    text: str

    @property
    def name(self) -> str:
        """The block as a test's id."""
        return f"{self.document.relative_to(ROOT)}:{self.line}"


class Link(NamedTuple):
    """A link to another document, or to a heading."""

    document: Path
    target: str

    @property
    def name(self) -> str:
        """The link as a test's id."""
        return f"{self.document.relative_to(ROOT)} to {self.target}"


def blocks(*languages: str) -> list[Block]:
    """Return the fenced blocks of these languages, in all documents."""
    return [
        Block(document, text.count("\n", 0, match.start()) + 2, match[1], match[2])
        for document in DOCUMENTS
        for text in (document.read_text(),)
        for match in _FENCED.finditer(text)
        if match[1] in languages
    ]


def prose(document: Path) -> str:
    """Return a document without its fenced blocks."""
    return _FENCED.sub("", document.read_text())


def links() -> list[Link]:
    """Return the links that lead to something of ours."""
    return [
        Link(document, target)
        for document in DOCUMENTS
        for target in dict.fromkeys(_LINK.findall(prose(document)))
        if not re.match(r"https?://", target)
    ]


def anchors(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    titles = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title) for title in _HEADING.findall(prose(document)))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
