"""What label blocks mean, remembered from a node's last page to its next, so that each is read once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import NamedTuple

from kube_headroom.kubelet.pages.cgroups import NOBODY, Identity, identity
from kube_headroom.kubelet.pages.rows import labels

_USUAL = ["container=", ",id=", ",image=", ",name=", ",namespace=", ",pod=", "}"]
"""What stands between the quotes of a block of the kubelet's cAdvisor."""
_NAMES = ("container", "id", "image", "name", "namespace", "pod")
_LEFT_OUT = -1


class Order(NamedTuple):
    """A sequence of blocks that several families have: which are kept, and the places of those.

    `straight` says that the places are 0, 1, 2 and so on.
    """

    kept: bytes
    places: Sequence[int]
    distinct: bool
    straight: bool


class KnownBlocks:
    """The sequences of blocks on one node's last page, by the hash of their texts, and whose blocks they are.

    Pages are mostly as the one before but for their values; after one that is not, the next is read as the first. So
    a node costs what was on one page, some 110 bytes a cgroup beside the names' texts, which are the objects that the
    `Cgroup`s hold. Two different sequences of blocks have the same 64 bits of a keyed hash once in some 10^19.
    """

    __slots__ = ("_by_block", "_learnt", "_orders", "_places", "_reused", "identities")

    def __init__(self) -> None:
        self.identities: list[Identity] = []
        self._orders: dict[int, Order] = {}
        self._places: dict[Identity, int] = {}
        self._by_block: dict[bytes, int] = {}
        self._learnt = self._reused = False

    def order(self, blocks: tuple[bytes, ...]) -> Order:
        """Return what the blocks mean.

        Raises:
            ValueError: one is no block of labels.

        """
        key = hash(blocks)
        order = self._orders.get(key)
        if order is None:
            self._learn()
            order = self._orders[key] = self._read(blocks)
        self._reused = self._reused or not self._learnt
        return order

    def place(self, whose: Identity) -> int:
        """Return the place of an identity, a new one if need be; `_LEFT_OUT` for nobody."""
        if whose is NOBODY:
            return _LEFT_OUT
        if not self._places:
            self._places = {each: place for place, each in enumerate(self.identities)}
        if whose in self._places:
            self._reused = self._reused or not self._learnt
        else:
            self._learn()
            self._places[whose] = len(self.identities)
            self.identities.append(whose)
        return self._places[whose]

    def turn(self) -> None:
        """End a page; what only some of it had in common with the last one is forgotten."""
        if self._learnt and self._reused:
            self._forget()
        self._places, self._by_block = {}, {}
        self._learnt = self._reused = False

    def _learn(self) -> None:
        if not self._reused and not self._learnt:
            self._forget()
        self._learnt = True

    def _forget(self) -> None:
        self.identities, self._orders, self._places = [], {}, {}

    def _read(self, blocks: tuple[bytes, ...]) -> Order:
        for block in blocks:
            if block not in self._by_block:
                self._by_block[block] = self.place(identity(_labels(block)))
        found = list(map(self._by_block.__getitem__, blocks))
        kept = bytes(place != _LEFT_OUT for place in found)
        places = list(compress(found, kept))
        straight = places == list(range(len(places)))
        distinct = straight or len(set(places)) == len(places)
        return Order(kept, range(len(places)) if straight else places, distinct, straight)


def _labels(block: bytes) -> dict[str, str]:
    # Without backslashes, which the reader of columns refuses, quotes alone divide names from values.
    parts = block.decode().split('"')
    if parts[::2] == _USUAL:
        return dict(zip(_NAMES, parts[1::2], strict=True))
    named = labels(block)
    if named is None:
        raise ValueError(block)
    return named
