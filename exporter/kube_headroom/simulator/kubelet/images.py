"""Images on a node: which are there, how long a pull takes, what the events and the waiting container say of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from random import Random
from typing import NamedTuple

from kube_headroom.simulator.kubelet.backoff import BackOff, duration
from kube_headroom.simulator.kubelet.containers import Reason
from kube_headroom.simulator.program import Registry, repository
from kube_headroom.simulator.store import Object

MB = 1_000_000
BYTES_PER_SECOND = 80 * MB
LOOKUP_SECONDS = (0.3, 1.2)
"""Until the registry has answered what a tag means, or that it does not know it."""

Record = Callable[[str, str, str], None]
"""Writes an event of a container: type, reason, message."""


class Pull(NamedTuple):
    """What a container asks for."""

    uid: str
    image: str
    policy: str


class Images:
    """A node's images and its queue of pulls, one at a time as the kubelet does by default (serializeImagePulls)."""

    def __init__(self, registry: Registry, chance: Random, clock: Callable[[], float]) -> None:
        self._registry = registry
        self._chance = chance
        self._clock = clock
        self._present: dict[str, int] = {}
        """Bytes by image."""
        self._fetched: set[str] = set()
        """Images in the queue: whoever asks for one after them finds its layers there."""
        self._failures: dict[tuple[str, str], str] = {}
        self._free_at = 0.0
        self.back_off = BackOff()

    def ensure(self, pull: Pull, record: Record) -> Generator[float, None, Reason | None]:
        """Make an image present, waiting the seconds that are yielded; return why that failed, None if it did not."""
        image = pull.image
        if image in self._present and pull.policy != "Always":
            message = f'Container image "{image}" already present on machine and can be accessed by the pod'
            record("Normal", "Pulled", message)
            return None
        if pull.policy == "Never":
            message = f'Container image "{image}" is not present with pull policy of Never'
            record("Warning", "ErrImageNeverPull", message)
            return Reason("ErrImageNeverPull", message)
        key = (pull.uid, image)
        if self.back_off.waits(key, self._clock()):
            message = f'Back-off pulling image "{image}"'
            record("Normal", "BackOff", message)
            return Reason("ImagePullBackOff", f"{message}: ErrImagePull: {self._failures[key]}")
        record("Normal", "Pulling", f'Pulling image "{image}"')
        known = self._registry.has(image)
        size = image_bytes(image)
        waited, took = self._queue(image, size, known=known)
        yield waited + took
        if not known:
            return self._failed(key, record)
        self._present[image] = size
        self._failures.pop(key, None)
        record(
            "Normal",
            "Pulled",
            f'Successfully pulled image "{image}" in {duration(took)} ({duration(waited + took)} including waiting). '
            f"Image size: {size} bytes.",
        )
        return None

    def _queue(self, image: str, size: int, *, known: bool) -> tuple[float, float]:
        """Put a pull into the queue; returns the seconds it waits for its turn, and those it takes then."""
        asked = self._clock()
        begins = max(self._free_at, asked)
        took = self._chance.uniform(*LOOKUP_SECONDS)
        if known and image not in self._fetched:
            self._fetched.add(image)
            took += size / BYTES_PER_SECOND * self._chance.uniform(0.7, 2.0)
        self._free_at = begins + took
        return begins - asked, took

    def forget(self, uid: str) -> None:
        """Drop what is known of a pod's failed pulls."""
        self.back_off.forget(uid)
        for key in [key for key in self._failures if key[0] == uid]:
            del self._failures[key]

    def _failed(self, key: tuple[str, str], record: Record) -> Reason:
        image = key[1]
        full = reference(image)
        error = (
            f'rpc error: code = NotFound desc = failed to pull and unpack image "{full}": '
            f'failed to resolve reference "{full}": {full}: not found'
        )
        record("Warning", "Failed", f'Failed to pull image "{image}": {error}')
        self.back_off.next(key, self._clock(), self._clock())
        self._failures[key] = error
        return Reason("ErrImagePull", error)


def pull_policy(container: Object) -> str:
    """Return the container's imagePullPolicy, or the API server's default for its image."""
    given = container.get("imagePullPolicy")
    if given:
        return str(given)
    image = container["image"]
    return (
        "Always" if "@" not in image and (image == repository(image) or image.endswith(":latest")) else "IfNotPresent"
    )


def reference(image: str) -> str:
    """Return an image's full name as containerd writes it, registry and tag included."""
    head, slash, _ = image.partition("/")
    if not slash:
        image = f"docker.io/library/{image}"
    elif not ("." in head or ":" in head or head == "localhost"):
        image = f"docker.io/{image}"
    return f"{image}:latest" if image == repository(image) else image


def image_id(image: str) -> str:
    """Return the digest by which a container's status names its image; another tag is another image."""
    return f"{repository(reference(image))}@sha256:{hashlib.sha256(image.encode()).hexdigest()}"


def image_bytes(image: str) -> int:
    """Return an image's compressed size, 15 MB to 215 MB, always the same for one name."""
    return 15 * MB + int.from_bytes(hashlib.sha256(image.encode()).digest()[:4], "big") % (200 * MB)
