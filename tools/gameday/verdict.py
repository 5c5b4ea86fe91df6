"""What was told against what was expected: every difference is a sentence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tools.gameday.expectations import Due, Expected
from tools.gameday.messages import Message, flaws, messages, pings
from tools.gameday.play import Told

MOST_FIRING, MOST_CLOSING = 3, 1
"""Messages about one broken object: what is wrong, as it shows, and that it is over."""
LONGEST_SILENCE = 150.0
"""Seconds: Alertmanager pings the dead man's switch every minute."""


def violations(expected: Expected, told: Told) -> tuple[str, ...]:
    """Return a sentence for each thing that is not as it has to be."""
    told_of: dict[str, list[Message]] = defaultdict(list)
    for message in messages(told):
        told_of[message.about].append(message)
    minutes = expected.minutes + expected.after
    return (
        *(f"nobody was told of {due.about}" for due in expected.due if due.must and due.about not in told_of),
        *(text for about, all_of in told_of.items() for text in _object(expected, about, all_of)),
        *_switch(pings(told), minutes),
    )


def _object(expected: Expected, about: str, told: Sequence[Message]) -> Iterator[str]:
    due = next((due for due in expected.due if due.about == about), None)
    names = {name for message in told for name in message.names}
    if due is None:
        yield f"{about} is not broken, and people were told {', '.join(sorted(names))}"
        return
    yield from (f"{about}: {name} never told" for name in sorted(due.must - names))
    yield from (f"{about}: {name} told, which nothing gives reason for" for name in sorted(names - due.must - due.may))
    yield from _counts(due, told)
    for flaw in dict.fromkeys(flaw for message in told for flaw in flaws(message, owned=due.owned)):
        yield f"{about}: {flaw}"


def _counts(due: Due, told: Sequence[Message]) -> Iterator[str]:
    """Count the messages about what is broken; what others promise of it is theirs, and may come and go."""
    if not due.must:
        return
    firing = sum(bool(message.alerts) for message in told)
    closing = len(told) - firing
    groups = {message.group for message in told}
    if any(message.paged for message in told) is not due.pages:
        yield f"{due.about}: {'no page' if due.pages else 'a page'} came, and {'a page' if due.pages else 'none'} should"
    if len(groups) > 1:
        yield f"{due.about}: told in {len(groups)} groups instead of one"
    if firing > MOST_FIRING:
        yield f"{due.about}: {firing} messages that it is broken, {MOST_FIRING} at most should come"
    if closing > MOST_CLOSING:
        yield f"{due.about}: {closing} messages that it is over, {MOST_CLOSING} at most should come"
    if due.ends and told[-1].alerts:
        yield f"{due.about}: nobody was told that it is over"


def _switch(count: int, minutes: float) -> Iterator[str]:
    least = int(minutes * 60 / LONGEST_SILENCE)
    if count < least:
        yield f"the dead man's switch heard {count} times in {minutes:.0f} minutes, {least} at least should come"
