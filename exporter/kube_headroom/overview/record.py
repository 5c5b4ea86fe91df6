"""What the overview remembers of one subject: its conditions, since when they are, and what its counters gained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kube_headroom.overview.conditions import Condition, Sorted
from kube_headroom.overview.content import RANK, Finding, Severity, Subject
from kube_headroom.overview.increases import WINDOW, Increases


class Identity(NamedTuple):
    """Who a key is about; `namespace` is "" for nodes."""

    kind: str
    namespace: str
    name: str


class _Standing(NamedTuple):
    """A condition since when it is, and when it ended if it only echoes."""

    condition: Condition
    since: float
    ended: float | None = None


class Judgement(NamedTuple):
    """A subject worth attention or None, and when time alone will change that, None if never."""

    subject: Subject | None
    due: float | None


class Record:
    """One subject; every time is handed in."""

    __slots__ = ("_gone_at", "_identity", "_increases", "_owner", "_said", "_standing", "_suffered")

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._owner = ""
        self._said: tuple[Condition, ...] = ()
        self._suffered: tuple[Condition, ...] = ()
        self._standing: dict[tuple[str, str], _Standing] = {}
        self._increases = Increases()
        self._gone_at: float | None = None

    def update(self, owner: str, told: Sorted, now: float) -> bool:
        """Take what is said now, and say whether that is news; what is said no more has ended."""
        news = self._increases.take(told.counters, now) or (owner, None) != (self._owner, self._gone_at)
        self._owner, self._gone_at, self._said = owner, None, told.conditions
        return self._stand(now) or news

    def suffer(self, owner: str, conditions: tuple[Condition, ...], now: float) -> bool:
        """Take what kubelets tell now, apart from what the API server tells, and say whether that is news."""
        self._owner, self._suffered = owner, conditions
        return self._stand(now)

    def _stand(self, now: float) -> bool:
        told = (*self._said, *self._suffered)
        if not (told or self._standing):
            return False
        before, self._standing = self._standing, {}
        for condition in told:
            key = (condition.indicator.name, condition.detail)
            since = before[key].since if key in before else now
            self._standing[key] = _Standing(condition, since)
        for key, standing in before.items():
            if key not in self._standing and standing.condition.echo:
                self._standing[key] = standing._replace(ended=standing.ended or now)
        return self._standing != before

    def leave(self, now: float) -> None:
        """Note that the subject is gone; its counters are kept for as long as it may come back with them."""
        self._said = self._suffered = ()
        self._standing.clear()
        self._gone_at = now

    def judge(self, now: float) -> Judgement:
        """Say what needs attention now."""
        if self._gone_at is not None:
            forgotten = self._gone_at + WINDOW
            return Judgement(None, forgotten if forgotten > now else None)
        due = self._increases.forget(now)
        if not self._standing:
            return Judgement(self._subject([*self._increases.findings()]), due)
        self._standing = {
            key: standing
            for key, standing in self._standing.items()
            if standing.ended is None or standing.ended + standing.condition.echo > now
        }
        turns = [turn for turn in map(_turn, self._standing.values()) if turn > now]
        findings = [*self._current(now), *self._increases.findings()]
        return Judgement(self._subject(findings), min(turns if due is None else [due, *turns], default=None))

    @property
    def idle(self) -> bool:
        """Nothing is known that a later update could not tell again."""
        return not self._standing and (self._gone_at is not None or self._increases.untouched)

    def _current(self, now: float) -> Iterator[Finding]:
        for condition, since, ended in self._standing.values():
            if since + condition.patience <= now:
                yield Finding(
                    indicator=condition.indicator.name,
                    severity=condition.severity if ended is None else Severity.RISK,
                    text=condition.text,
                    value=condition.value,
                    lasting=ended is None,
                    since=since if ended is None else ended,
                )

    def _subject(self, findings: Sequence[Finding]) -> Subject | None:
        if not findings:
            return None
        ranked = sorted(findings, key=lambda finding: (RANK[finding.severity], not finding.lasting))
        return Subject(
            kind=self._identity.kind,
            namespace=self._identity.namespace,
            name=self._identity.name,
            owner=self._owner,
            severity=ranked[0].severity,
            findings=tuple(ranked),
        )


def _turn(standing: _Standing) -> float:
    """When a standing condition is told of at last, or no more."""
    condition = standing.condition
    return standing.since + condition.patience if standing.ended is None else standing.ended + condition.echo
