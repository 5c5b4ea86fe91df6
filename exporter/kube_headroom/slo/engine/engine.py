"""Counts every objective's stretches and tells what they mean now. Pure and without locks: time and order are the caller's."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from kube_headroom.slo.engine import rows as row_format
from kube_headroom.slo.engine import telling
from kube_headroom.slo.engine.account import Account, Standing
from kube_headroom.slo.engine.counters import Limits
from kube_headroom.slo.engine.flow import SECOND, Flow, micros
from kube_headroom.slo.engine.history import PeriodSums
from kube_headroom.slo.engine.plan import Plan
from kube_headroom.slo.engine.policy import spending
from kube_headroom.slo.engine.slicing import Slicer
from kube_headroom.slo.engine.spans import uncovered_by_all
from kube_headroom.slo.intake import Key, Member, Stretch
from kube_headroom.slo.objective import Maintenance, Objective, Selector
from kube_headroom.snapshot import SloSnapshot

SnapshotKey = tuple[str, str, str, str, str, str, str]
"""`slo`, then the labels of `catalogue.labels.Slo`."""

MOST_PER_MICROSECOND = 10_000_000
"""Millionths of events: more than ten million events a second are refused, so that no bucket can overflow 64 bits."""

TOUCHING = 1_000
"""Microseconds by which stretches may overlap: ends that were computed in different ways are the same."""

KEEP_GONE = 86_400.0
"""Seconds for which the history of an objective that is no longer declared is kept, should it come back."""


class Engine:
    """Implements slo.intake.Intake; the caller lets one thread in at a time.

    The order of a step: `add` what was measured, `changes` closes the step, `snapshot` for each key of it. `define`
    comes first, `restore` right after the first `define`.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._now = 0.0
        self._accounts: dict[Key, Account] = {}
        self._gone: dict[Key, tuple[float, Account]] = {}
        self._unclaimed: dict[Key, list[tuple[str, bytes]]] = {}
        self._restored = 0.0
        self._withdrawn: set[SnapshotKey] = set()
        self._declared: set[SnapshotKey] = set()
        self._deleted: set[str] = set()
        self._flaws: Counter[tuple[str, str, str]] = Counter()

    def define(self, objectives: Sequence[Objective], maintenance: Sequence[Maintenance], now: float) -> None:
        """Count these objectives from now on.

        One whose SLI is the same keeps its history and counters, also with another target or period, and also if it
        was gone for less than a day; another SLI under the same name begins anew. Changed maintenance concerns what
        comes from now on. Of two under one name the first counts.
        """
        self._now = now
        before, self._accounts = self._accounts, {}
        for objective in objectives:
            if objective.key in self._accounts:
                self.flaw(objective.key, "declared_twice")
                continue
            plan = Plan(objective, maintenance)
            account = before.pop(objective.key, None)
            if account is None and objective.key in self._gone:
                account = self._gone.pop(objective.key)[1]
                account.adapt(account.plan, now)
            if account is not None and account.plan.fingerprint != plan.fingerprint:
                self._discard(account)
                account = None
            if account is None:
                account = Account(plan)
            elif not plan.same(account.plan):
                account.adapt(plan, now)
            self._accounts[objective.key] = account
            self._declare(account)
            self._claim(account, now)
        for key, account in before.items():
            self._gone[key] = now, account
            self._withdrawn.update(self._keys(account))
        for reason in [reason for reason in self._flaws if reason[:2] in before]:
            del self._flaws[reason]

    def add(self, key: Key, stretches: Sequence[Stretch]) -> None:
        """Take new stretches of an objective; a key that is not (or no longer) defined is left alone."""
        account = self._accounts.get(key)
        for stretch in stretches if account else ():
            flow = self._flow(key, stretch)
            standing = self._standing(key, stretch.member) if flow else None
            if account is None or flow is None or standing is None:
                continue
            end = standing.history.end
            if end is not None and flow.start < end:
                if flow.start < end - TOUCHING or flow.end <= end:
                    self.flaw(key, "out_of_order")
                    continue
                flow = flow._replace(start=end)
            account.take(standing, flow, self._limits)

    def fill(self, key: Key, stretches: Sequence[Stretch]) -> None:
        """Take stretches of the past: what of them lies in gaps enters windows and periods, no counter moves.

        For time slices, one call brings whole slices: one it leaves less than half full is not counted.
        """
        account = self._accounts.get(key)
        slicers: dict[Member, tuple[Standing, Slicer]] = {}
        for stretch in stretches if account else ():
            flow = self._flow(key, stretch)
            standing = self._standing(key, stretch.member) if flow else None
            if account is None or flow is None or standing is None:
                continue
            oldest = micros(self._now) - account.plan.reach
            if flow.end <= oldest:
                self.flaw(key, "too_old")
                continue
            _, slicer = slicers.setdefault(stretch.member, (standing, Slicer(strictly=True)))
            if not account.fill(standing, flow, slicer, oldest):
                self.flaw(key, "covered_already")
        for standing, slicer in slicers.values():
            if account:
                account.close(standing, slicer)

    def flaw(self, key: Key, reason: str, times: int = 1) -> None:
        """Count what could not be used of an objective's data."""
        self._flaws[*key, reason] += times

    def flaws(self) -> Mapping[tuple[str, str, str], int]:
        """Return counts by service, SLO and reason."""
        return self._flaws

    def members(self, key: Key) -> list[Member]:
        """Return the members of an objective that have a history."""
        account = self._accounts.get(key)
        return [*account.members] if account else []

    def changes(self, now: float) -> list[SnapshotKey]:
        """Close an evaluation step; return whose snapshot may differ, by data or by time, since the last one."""
        self._now = now
        changed = self._withdrawn | self._declared
        self._withdrawn, self._declared = set(), set()
        for key, account in self._accounts.items():
            for member, _, forgotten in account.settle(now, self._limits):
                changed.add(_snapshot_key(account, member))
                if forgotten:
                    self._deleted.add(row_format.key_text(key, member))
                    self._declare(account)
        return [*changed]

    def snapshot(self, key: SnapshotKey, now: float) -> SloSnapshot | None:
        """Return what is to be shown under a key of `changes`, None if nothing is any more."""
        _, service, slo, group, *workload = key
        account = self._accounts.get((service, slo))
        return account.snapshot(Member(group, Selector(*workload)), now, self._limits) if account else None

    def totals(self, key: Key, member: Member, now: float) -> dict[str, PeriodSums]:
        """Return, by period, what counts against the budget and what maintenance excluded; empty for an unknown member."""
        account = self._accounts.get(key)
        standing = account.members.get(member) if account else None
        if account is None or standing is None:
            return {}
        plan = account.plan
        return {period.name: spending(plan, standing.history, period, now).sums for period in plan.objective.periods}

    def gaps(self, key: Key, since: float) -> list[tuple[float, float]]:
        """Return the times (Unix seconds) since then, up to the last step's, of which no member has data.

        Before the first data and after the last ones is a gap too: ask for what your next steps will not bring.
        """
        account = self._accounts.get(key)
        if account is None or since >= self._now:
            return []
        spans = [standing.history.spans for standing in account.members.values()]
        parts = uncovered_by_all(spans, micros(since), micros(self._now))
        return [(begin / SECOND, end / SECOND) for begin, end in parts]

    def rows(self, now: float) -> list[tuple[str, bytes]]:
        """Return the rows that changed since the last call; an empty value says that there is no such row any more."""
        self._expire(now)
        deleted, self._deleted = self._deleted, set()
        changed = []
        for account in (*self._accounts.values(), *(account for _, account in self._gone.values())):
            for member, standing in account.members.items():
                text = row_format.key_text(account.plan.objective.key, member)
                deleted.discard(text)
                if standing.unsaved:
                    standing.unsaved = False
                    changed.append((text, row_format.write(standing.history, account.plan)))
        return [*changed, *((text, b"") for text in deleted)]

    def give_back(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Take back rows that could not be written: the next call of `rows` has them again, as they are then."""
        for text, blob in rows:
            if not blob:
                self._deleted.add(text)
                continue
            row = row_format.read_key(text)
            account = self._accounts.get(row.key) or self._gone.get(row.key, (0.0, None))[1]
            standing = account.members.get(row.member) if account else None
            if standing:
                standing.unsaved = True

    def restore(self, rows: Iterable[tuple[str, bytes]], now: float) -> None:
        """Take up rows, each as soon as its objective is defined, for a day; what cannot be used is counted and dropped."""
        self._now = self._restored = now
        for text, blob in rows:
            try:
                key = row_format.read_key(text).key
            except msgspec.MsgspecError:
                self._drop(("", ""), text, "row_unreadable")
                continue
            self._unclaimed.setdefault(key, []).append((text, blob))
        for account in self._accounts.values():
            self._claim(account, now)

    def _claim(self, account: Account, now: float) -> None:
        key = account.plan.objective.key
        for text, blob in self._unclaimed.pop(key, ()):
            member = row_format.read_key(text).member
            if member in account.members:
                self._drop(key, text, "row_too_late")
                continue
            try:
                history = row_format.read(blob, account.plan, now)
            except row_format.OtherSliError:
                self._drop(key, text, "row_of_another_sli")
                continue
            except (ValueError, OverflowError, zlib.error, msgspec.MsgspecError):
                self._drop(key, text, "row_unreadable")
                continue
            if history.end is not None and history.end > micros(now + self._limits.ahead):
                self._drop(key, text, "row_of_the_future")
            else:
                self._withdrawn.add(_snapshot_key(account, telling.declared(account.plan.objective)))
                account.members[member] = Standing(history, min((history.end or 0) / SECOND, now))

    def _standing(self, key: Key, member: Member) -> Standing | None:
        account = self._accounts[key]
        if not account.members:
            self._declare(account)
        standing = account.standing(member, self._now)
        if standing is None:
            self.flaw(key, "groups_over_limit")
        return standing

    def _flow(self, key: Key, stretch: Stretch) -> Flow | None:
        events, bad = stretch.amount
        try:
            start, end = micros(stretch.start), micros(stretch.end)
        except (ValueError, OverflowError):
            self.flaw(key, "nan")
            return None
        flaws = {
            "no_time": end <= start,
            "negative": bad < 0 or events < 0,
            "bad_above_events": bad > events,
            "too_many": events > MOST_PER_MICROSECOND * (end - start),
            "in_the_future": end > micros(self._now + self._limits.ahead),
        }
        reason = next((reason for reason, found in flaws.items() if found), None)
        if reason:
            self.flaw(key, reason)
            return None
        return Flow(start, end, events - bad, bad)

    def _declare(self, account: Account) -> None:
        if not account.members:
            self._declared.add(_snapshot_key(account, telling.declared(account.plan.objective)))

    def _discard(self, account: Account) -> None:
        self._withdrawn.update(self._keys(account))
        self._deleted.update(row_format.key_text(account.plan.objective.key, member) for member in account.members)

    def _keys(self, account: Account) -> list[SnapshotKey]:
        members = account.members or (telling.declared(account.plan.objective),)
        return [_snapshot_key(account, member) for member in members]

    def _drop(self, key: Key, text: str, reason: str) -> None:
        self.flaw(key, reason)
        self._deleted.add(text)

    def _expire(self, now: float) -> None:
        for key in [key for key, (since, _) in self._gone.items() if now - since > KEEP_GONE]:
            self._discard(self._gone.pop(key)[1])
        if now - self._restored > KEEP_GONE:
            self._deleted.update(text for rows in self._unclaimed.values() for text, _ in rows)
            self._unclaimed.clear()


def _snapshot_key(account: Account, member: Member) -> SnapshotKey:
    return ("slo", *telling.identity(account.plan.objective, member))
