"""The overview page and its JSON: one document with everything in it, and a policy that lets it load nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kube_headroom.exposition.deflate import Chunk, deflate

if TYPE_CHECKING:
    from kube_headroom.exposition.channel import Publication, Setup

_FOLDER = Path(__file__).with_name("overview")
_END = deflate(b"}")
_MARKUP = {ord("<"): r"\u003c", ord(">"): r"\u003e", ord("&"): r"\u0026"}


class Document(NamedTuple):
    """The page around its data, and the Content-Security-Policy that fits it."""

    before: Chunk
    after: Chunk
    policy: str


def document(setup: Setup) -> Document:
    """Put the page together; links are relative, so that it works behind a proxy's path."""
    style, script = (_FOLDER.joinpath(f"overview.{kind}").read_text("utf-8") for kind in ("css", "js"))
    page = _FOLDER.joinpath("overview.html").read_text("utf-8")
    page = page.replace("{{style}}", style).replace("{{script}}", script)
    filled = [
        half.replace("{{version}}", escape(setup.version)).replace(
            "{{metrics}}", escape("./" + setup.metrics_path.lstrip("/"))
        )
        for half in page.split("{{data}}")
    ]
    before, after = (deflate(half.encode()) for half in filled)
    policy = (
        f"default-src 'none'; script-src {_source(script)}; style-src {_source(style)}; img-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return Document(before, after, policy)


def answer(publication: Publication | None) -> list[Chunk]:
    """Return the JSON: how the collector stands, and the overview or null; it may stand in HTML as it is."""
    facts = {
        "ready": publication is not None and publication.ready,
        "reason": publication.reason if publication else "",
        "now": publication.published_at if publication else 0,
    }
    head = json.dumps(facts).translate(_MARKUP)[:-1] + ', "overview": '
    if publication is None or not publication.overview.size:
        return [deflate(f"{head}null".encode()), _END]
    return [deflate(head.encode()), publication.overview, _END]


def entity_tag(chunks: list[Chunk]) -> str:
    """Return a weak ETag: the same facts, in whichever encoding."""
    return f'W/"{"-".join(f"{chunk.crc:08x}{chunk.size:x}" for chunk in chunks)}"'


def _source(inline: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}'"
