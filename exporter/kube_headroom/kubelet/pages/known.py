"""What label blocks mean, remembered from a node's last page to its next, so that each is read once."""

from __future__ import annotations

from kube_headroom.kubelet.pages.cgroups import Identity, identity
from kube_headroom.kubelet.pages.rows import labels

_USUAL = ["container=", ",id=", ",image=", ",name=", ",namespace=", ",pod=", "}"]
"""What stands between the quotes of a block of the kubelet's cAdvisor."""
_NAMES = ("container", "id", "image", "name", "namespace", "pod")


class KnownBlocks:
    """The blocks of one node's last page, by the hash of their text and not by the text, which is ten times as large.

    A page's blocks replace the last one's, so a node costs what is on its page: some 100 bytes a block, and for the
    blocks of pods and containers their names' texts, which are the objects that the `Cgroup`s hold. Two of a
    node's thousand blocks have the same 64 bits of a keyed hash once in some 10^13 pages that are all new.
    """

    __slots__ = ("_last", "_now")

    def __init__(self) -> None:
        self._last: dict[int, Identity | None] = {}
        self._now: dict[int, Identity | None] = {}

    def whose(self, block: bytes) -> Identity | None:
        """Return whose row has the block, None for one to leave out.

        Raises:
            ValueError: it is no block of labels.

        """
        key = hash(block)
        if key in self._now:
            return self._now[key]
        found = self._last[key] if key in self._last else identity(_labels(block))
        self._now[key] = found
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
