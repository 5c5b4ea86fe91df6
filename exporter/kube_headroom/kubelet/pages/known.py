"""What label blocks mean, remembered from a node's last page to its next, so that each is read once."""

from __future__ import annotations

from collections.abc import Sequence

from kube_headroom.kubelet.pages.cgroups import Identity, identity
from kube_headroom.kubelet.pages.rows import labels

_USUAL = ["container=", ",id=", ",image=", ",name=", ",namespace=", ",pod=", "}"]
"""What stands between the quotes of a block of the kubelet's cAdvisor."""
_NAMES = ("container", "id", "image", "name", "namespace", "pod")


class KnownBlocks:
    """The blocks of one node's last page, by the hash of their text and not by its hundreds of bytes.

    A page's blocks replace the last one's, so a node costs what is on its page: some 120 bytes a block, and for the
    blocks of pods and containers their names' texts, which are the objects that the `Cgroup`s hold. Two of a
    node's thousand blocks have the same 64 bits of a keyed hash once in some 10^13 pages that are all new.
    """

    __slots__ = ("_last", "_now")

    def __init__(self) -> None:
        self._last: dict[int, Identity] = {}
        self._now: dict[int, Identity] = {}

    def whose(self, blocks: Sequence[bytes]) -> list[Identity]:
        """Return whose rows have the blocks.

        Raises:
            ValueError: one is no block of labels.

        """
        keys = list(map(hash, blocks))
        found = [
            identity(_labels(block)) if known is None else known
            for block, known in zip(blocks, map(self._last.get, keys), strict=True)
        ]
        self._now.update(zip(keys, found, strict=True))
        return found

    def turn(self) -> None:
        """Forget the blocks that were not on the page that ends here."""
        self._last, self._now = self._now, {}

    def __len__(self) -> int:
        return len(self._last)


def _labels(block: bytes) -> dict[str, str]:
    # Without backslashes, which the reader of columns refuses, quotes alone divide names from values.
    parts = block.decode().split('"')
    if parts[::2] == _USUAL:
        return dict(zip(_NAMES, parts[1::2], strict=True))
    named = labels(block)
    if named is None:
        raise ValueError(block)
    return named
