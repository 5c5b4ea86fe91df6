"""ResourceQuotas: their status, kept with every change, and the admission that refuses what is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kube_headroom.simulator.controllers.admission import forbidden
from kube_headroom.simulator.controllers.charges import Charges, charges, in_scope, unspecified
from kube_headroom.simulator.controllers.pods import is_terminal
from kube_headroom.simulator.controllers.quantities import ZERO, Quantity, canonical, minus, plus, quantity
from kube_headroom.simulator.kinds import RESOURCES
from kube_headroom.simulator.store import Change, Name, Object
from kube_headroom.simulator.world import World

_COUNTED = tuple(resource.plural for resource in RESOURCES if resource.namespaced and resource.plural != "events")


@dataclass(slots=True)
class _Account:
    quota: Object
    hard: dict[str, Quantity]
    used: dict[str, Quantity] = field(default_factory=dict)

    def book(self, resource: str, before: Object | None, after: Object | None) -> None:
        """Charge an object's new state and give its old one back."""
        for charged, book in ((before, minus), (after, plus)):
            if charged is not None and in_scope(self.quota, resource, charged):
                for name, amount in charges(resource, charged).items():
                    if name in self.used:
                        self.used[name] = book(self.used[name], amount)

    def status(self) -> Object:
        """Return what the API shows."""
        return {"hard": _written(self.hard), "used": _written(self.used)}


class Quotas:
    """Counts as objects come, change and go; writes the status once per step.

    Real counters notice late what nobody writes (a pod that overstays its grace); these never do. Add it after
    what fills in requests, since it judges what is asked for in the end.
    """

    def __init__(self, world: World) -> None:
        self._store = world.store
        self._accounts: dict[str, dict[str, _Account]] = {}
        """By namespace and name."""
        self._stale: dict[Name, None] = {}
        for quota in world.store.all("resourcequotas"):
            self._open(quota)
        world.store.admissions.append(self._admit)
        world.store.listeners.append(self._hear)

    def step(self, now: float) -> None:  # noqa: ARG002  a Part
        """Write the status of the quotas whose counts changed."""
        stale, self._stale = self._stale, {}
        for namespace, name in stale:
            quota = self._store.get("resourcequotas", namespace, name)
            account = self._accounts.get(namespace, {}).get(name)
            if quota is not None and account is not None and quota.get("status") != (status := account.status()):
                self._store.change("resourcequotas", quota, status=status)

    def _hear(self, change: Change) -> None:
        metadata = change.object["metadata"]
        namespace = metadata.get("namespace", "")
        before = change.before
        if change.resource == "events" or not namespace:
            return
        after = None if change.type == "DELETED" else change.object
        if namespace in self._accounts and not _same_charge(change.resource, before, after):
            for name, account in self._accounts[namespace].items():
                used = dict(account.used)
                account.book(change.resource, before, after)
                if account.used != used:
                    self._stale[namespace, name] = None
        if change.resource == "resourcequotas":
            if after is None:
                self._close(namespace, metadata["name"])
            elif before is None or before.get("spec") != after.get("spec"):
                self._open(after)

    def _open(self, quota: Object) -> None:
        """Begin to count for a quota, or for its new spec, from what the namespace holds."""
        namespace, name = quota["metadata"]["namespace"], quota["metadata"]["name"]
        hard = {resource: quantity(text) for resource, text in quota["spec"].get("hard", {}).items()}
        account = _Account(quota, hard, dict.fromkeys(hard, ZERO))
        for resource in _COUNTED:
            for existing in self._store.all(resource, namespace):
                account.book(resource, None, existing)
        self._accounts.setdefault(namespace, {})[name] = account
        self._stale[namespace, name] = None

    def _close(self, namespace: str, name: str) -> None:
        accounts = self._accounts[namespace]
        del accounts[name]
        if not accounts:
            del self._accounts[namespace]

    def _admit(self, resource: str, new: Object) -> Object:
        """Refuse what does not fit into a quota of its namespace, or does not say how much it needs."""
        if resource == "resourcequotas" and "hard" in new["spec"]:
            hard = {name: canonical(text) for name, text in new["spec"]["hard"].items()}
            new = {**new, "spec": {**new["spec"], "hard": hard}}
        accounts = self._accounts.get(new["metadata"].get("namespace", ""))
        if not accounts or resource == "events":
            return new
        asked = charges(resource, new)
        for name, account in sorted(accounts.items()):
            if not in_scope(account.quota, resource, new):
                continue
            missing = unspecified(account.hard, new) if resource == "pods" else ""
            if missing:
                raise forbidden(resource, new, f"failed quota: {name}: {missing}")
            exceeded = [
                one for one, hard in sorted(account.hard.items()) if _exceeds(asked.get(one), account.used[one], hard)
            ]
            if exceeded:
                raise forbidden(
                    resource,
                    new,
                    f"exceeded quota: {name}, requested: {_listed(asked, exceeded)}, "
                    f"used: {_listed(account.used, exceeded)}, limited: {_listed(account.hard, exceeded)}",
                )
        return new


def _exceeds(asked: Quantity | None, used: Quantity, hard: Quantity) -> bool:
    return asked is not None and asked.nanos > 0 and used.nanos + asked.nanos > hard.nanos


def _listed(amounts: Charges, names: Iterable[str]) -> str:
    return ",".join(f"{name}={amounts[name]}" for name in names)


def _written(amounts: Mapping[str, Quantity]) -> dict[str, str]:
    return {name: str(amount) for name, amount in sorted(amounts.items())}


def _same_charge(resource: str, before: Object | None, after: Object | None) -> bool:
    """Tell, without adding anything up, that a change costs no quota anything: most only write a status."""
    if before is None or after is None or before.get("spec") is not after.get("spec"):
        return False
    return resource != "pods" or is_terminal(before) == is_terminal(after)
