"""Exponential back-off as client-go's flowcontrol.Backoff counts it: 10 s, doubled up to 300 s, forgotten after 600 s."""

from __future__ import annotations

from typing import NamedTuple

INITIAL_SECONDS = 10.0
MAXIMUM_SECONDS = 300.0


class _Entry(NamedTuple):
    delay: float
    updated: float


class BackOff:
    """The delays of many keys; the kubelet has one of these for containers and one for image pulls."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], _Entry] = {}

    def delay(self, key: tuple[str, str]) -> float:
        """Return the seconds that the key has to wait at present, 0 if it never failed."""
        entry = self._entries.get(key)
        return entry.delay if entry else 0.0

    def next(self, key: tuple[str, str], event: float, now: float) -> None:
        """Double the delay, or begin anew if `event` came more than 600 s after the last call."""
        entry = self._entries.get(key)
        anew = entry is None or _expired(entry, event)
        delay = INITIAL_SECONDS if entry is None or anew else min(entry.delay * 2, MAXIMUM_SECONDS)
        self._entries[key] = _Entry(delay, now)

    def waits_since(self, key: tuple[str, str], event: float, now: float) -> bool:
        """Tell whether less than the delay has passed since `event` (IsInBackOffSince)."""
        entry = self._entries.get(key)
        return entry is not None and not _expired(entry, event) and now - event < entry.delay

    def waits(self, key: tuple[str, str], now: float) -> bool:
        """Tell whether less than the delay has passed since it was last doubled (IsInBackOffSinceUpdate)."""
        entry = self._entries.get(key)
        return entry is not None and not _expired(entry, now) and now - entry.updated < entry.delay

    def forget(self, uid: str) -> None:
        """Drop what is known of a pod, the first part of a key."""
        for key in [key for key in self._entries if key[0] == uid]:
            del self._entries[key]

    def clear(self) -> None:
        """Drop everything, as a restart of the kubelet does."""
        self._entries.clear()


def _expired(entry: _Entry, event: float) -> bool:
    return event - entry.updated > 2 * MAXIMUM_SECONDS


def duration(seconds: float) -> str:
    """Return seconds, to the millisecond, as Go prints a time.Duration: 512ms, 4.2s, 2m40s, 5m0s."""
    milliseconds = round(seconds * 1000)
    if milliseconds < 1000:
        return f"{milliseconds}ms" if milliseconds else "0s"
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text
