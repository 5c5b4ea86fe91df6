"""Publications cross the channel whole, or not at all."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.exposition import channel
from kube_headroom.exposition.channel import HEARTBEAT, LARGEST_FRAME, ChannelError, Publication, encode, read
from kube_headroom.exposition.deflate import deflate
from kube_headroom.exposition.page import EMPTY_BODY, Body

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

publications = st.builds(
    Publication,
    ready=st.booleans(),
    reason=st.text(),
    published_at=st.floats(min_value=0, max_value=1e11),
    body=st.builds(Body, st.binary().map(deflate), st.binary().map(deflate)),
    overview=st.binary().map(deflate),
)


def receiver(content: bytes) -> Callable[[int], Awaitable[bytes]]:
    """Hand out bytes as a connection does; EOFError where they end."""
    position = 0

    async def receive(length: int) -> bytes:
        nonlocal position
        if position + length > len(content):
            raise EOFError
        position += length
        return content[position - length : position]

    return receive


@given(st.lists(st.none() | publications))
def test_frames_read_back_in_order(sent: list[Publication | None]) -> None:
    receive = receiver(b"".join(HEARTBEAT if one is None else encode(one) for one in sent))

    async def everything() -> list[Publication | None]:
        return [await read(receive) for _ in sent]

    assert asyncio.run(everything()) == sent


@given(publications, st.data())
def test_a_torn_frame_is_never_a_publication(publication: Publication, data: st.DataObject) -> None:
    frame = encode(publication)
    torn = frame[: data.draw(st.integers(0, len(frame) - 1))]
    with pytest.raises(EOFError):
        asyncio.run(_read(torn))


@pytest.mark.parametrize(
    ("content", "error"),
    [
        pytest.param(struct.pack(">IIII", 2, 0, 0, LARGEST_FRAME), "is over the limit of", id="too large"),
        pytest.param(
            struct.pack(">IIII", 2, 0, 0, 0) + b"no", "metadata cannot be read", id="metadata that is no JSON"
        ),
        pytest.param(struct.pack(">IIII", 2, 0, 0, 0) + b"{}", "metadata cannot be read", id="metadata without facts"),
        pytest.param(
            struct.pack(">IIII", 2, 0, 0, 0) + b"[]", "metadata cannot be read", id="metadata of another shape"
        ),
    ],
)
def test_a_foreign_frame_is_refused(content: bytes, error: str) -> None:
    with pytest.raises(ChannelError, match=error):
        asyncio.run(_read(content))


def test_a_page_over_the_limit_is_refused_where_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "LARGEST_FRAME", 64)
    with pytest.raises(ValueError, match="compressed bytes is over the limit of 64"):
        encode(Publication(ready=True, reason="x" * 64, published_at=0.0, body=EMPTY_BODY))


async def _read(content: bytes) -> Publication | None:
    return await read(receiver(content))
