"""The overview as JSON that may stand inside an HTML document: no name in it can close a tag or open one."""

from __future__ import annotations

import msgspec

from kube_headroom.overview.content import Overview

_encoder = msgspec.json.Encoder()
_MARKUP = ((b"<", rb"\u003c"), (b">", rb"\u003e"), (b"&", rb"\u0026"))
"""In JSON these occur in strings only, where the escapes mean the same."""


def encode(overview: Overview) -> bytes:
    """Return the overview as one JSON object in UTF-8."""
    content = _encoder.encode(overview)
    for character, escape in _MARKUP:
        content = content.replace(character, escape)
    return content
