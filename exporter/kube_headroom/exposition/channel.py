"""What the collector tells its server process, and how it travels: length, metadata, compressed bytes.

Standard library only: msgspec alone adds 6 MB to a process of 24.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, NamedTuple

from kube_headroom.exposition.deflate import EMPTY, Chunk
from kube_headroom.exposition.page import Body

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

# Ten times the largest page measured (50,000 pods); more is a fault, not a page.
LARGEST_FRAME = 256 * 1024 * 1024
_PREFIX = struct.Struct(">IIII")
# What comes back: of when the page is that somebody fetched whole.
FETCHED = struct.Struct(">d")
# A heartbeat: a frame of nothing, which only says that the collector is alive.
HEARTBEAT = _PREFIX.pack(0, 0, 0, 0)


class Setup(NamedTuple):
    """How the server process answers; it travels in argv, so nothing here is secret. Durations in seconds."""

    version: str
    metrics_path: str = "/metrics"
    silence_limit: float = 60.0
    connection_limit: int = 512
    request_limit: float = 30.0
    keep_alive: int = 90


class Publication(NamedTuple):
    """Everything a request is answered from; `published_at` is Unix time, `reason` says why `ready` is False.

    `overview` is one JSON object in UTF-8 that may stand in HTML as it is, EMPTY while there is none.
    """

    ready: bool
    reason: str
    published_at: float
    body: Body
    overview: Chunk = EMPTY


class ChannelError(Exception):
    """What came through the channel is no frame of ours."""


def encode(publication: Publication) -> bytes:
    """Return the publication as one frame; raises ValueError where it is larger than a frame may be."""
    text, openmetrics = publication.body
    overview = publication.overview
    metadata = json.dumps(
        {
            "ready": publication.ready,
            "reason": publication.reason,
            "published_at": publication.published_at,
            "text": text[1:],
            "openmetrics": openmetrics[1:],
            "overview": overview[1:],
        }
    ).encode()
    frame = b"".join(
        (
            _PREFIX.pack(len(metadata), len(text.deflated), len(openmetrics.deflated), len(overview.deflated)),
            metadata,
            text.deflated,
            openmetrics.deflated,
            overview.deflated,
        )
    )
    if len(frame) > LARGEST_FRAME:
        message = f"a page of {len(frame)} compressed bytes is over the limit of {LARGEST_FRAME}"
        raise ValueError(message)
    return frame


async def read(receive: Callable[[int], Awaitable[bytes]]) -> Publication | None:
    """Return the next publication, None for a heartbeat; `receive` awaits exactly so many bytes.

    Raises ChannelError for lengths that no frame of ours has, and whatever `receive` raises.
    """
    lengths = _PREFIX.unpack(await receive(_PREFIX.size))
    if not any(lengths):
        return None
    if sum(lengths) > LARGEST_FRAME:
        message = f"a frame of {sum(lengths)} bytes is over the limit of {LARGEST_FRAME}"
        raise ChannelError(message)
    metadata, text, openmetrics, overview = [await receive(length) for length in lengths]
    try:
        facts = json.loads(metadata)
        body = Body(Chunk(text, *facts["text"]), Chunk(openmetrics, *facts["openmetrics"]))
        shown = Chunk(overview, *facts["overview"])
        return Publication(facts["ready"], facts["reason"], facts["published_at"], body, shown)
    except (ValueError, KeyError, TypeError) as error:
        message = f"a frame's metadata cannot be read: {error}"
        raise ChannelError(message) from error
