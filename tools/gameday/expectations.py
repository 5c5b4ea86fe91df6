"""The table that stands apart from any run: what has to be told of which incident, what may be, and nothing else."""

from __future__ import annotations

from typing import NamedTuple

from tools.gameday.play import Script


class Due(NamedTuple):
    """What is told of one object: alerts that must come, others that may; by a page or by a ticket.

    An object of which nothing must be told may be told of. `ends` is False where the cause outlasts the play, `owned`
    where nobody has declared to own it.
    """

    about: str
    must: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    pages: bool = True
    ends: bool = True
    owned: bool = True


class Expected(NamedTuple):
    """An incident that lasts some minutes and is watched for some `after` it; what is not `due` must not be told."""

    name: str
    due: tuple[Due, ...] = ()
    minutes: int = 40
    after: int = 40
    incident: bool = True

    @property
    def script(self) -> Script:
        """What is to be played."""
        return Script(self.name, self.name if self.incident else "", self.minutes, self.after)


HEALTHY = "healthy"


def _of(*names: str) -> frozenset[str]:
    return frozenset(names)


SCHEDULING = Due("SLO platform/scheduling", may=frozenset({"SLOFastBurn"}))
"""The platform team's SLO of all pods that wait for a node."""


def _namespace(name: str) -> Due:
    """The platform team's SLO of a whole namespace, which an outage of one workload may burn too."""
    return Due(f"SLO platform/availability namespace={name}", may=_of("SLOFastBurn"))


def _page(about: str, *must: str, may: frozenset[str] = frozenset()) -> Due:
    return Due(about, _of(*must), may)


def _ticket(about: str, *must: str, may: frozenset[str] = frozenset()) -> Due:
    return Due(about, _of(*must), may, pages=False)


_LOOPS = _of("CrashLoop", "OOMLoop", "ProbesFailing", "WorkloadUnavailable", "SLOFastBurn")

# fmt: off
_TABLE = (
    Expected("crash-loop", (
        _page("Deployment payments/payments", "WorkloadUnavailable", "CrashLoop", "SLOFastBurn"),
        _namespace("payments"))),
    Expected("oom-loop", (
        _page("Deployment payments/fraud-check", "OOMLoop", "SLOFastBurn", may=_LOOPS),
        _namespace("payments"))),
    Expected("failing-readiness", (
        _page("Deployment shop/cart", "WorkloadUnavailable", "ProbesFailing", "SLOFastBurn"),
        _namespace("shop"))),
    Expected("failing-liveness", (
        _page("Deployment catalog/catalog", "SLOFastBurn", "CrashLoop", may=_LOOPS),
        _namespace("catalog")), minutes=34),
    Expected("throttled-service", (
        _ticket("Deployment shop/checkout", "ThrottlingHurts"),), after=90),
    # A ticket that somebody heeds in time: ten minutes later, the kills page. What has leaked stays with its process.
    Expected("memory-leak", (
        Due("Deployment catalog/search", _of("MemoryNearLimit"), _of("OOMLoop"), pages=False, ends=False),), minutes=16),
    # SLOs about rollouts, whose budget stays spent; nobody owns the first.
    Expected("stuck-rollout", (
        Due("Deployment orders/notifications", _of("RolloutStuck"), _of("ProbesFailing", "SLOBudgetSpent"),
            pages=False, ends=False, owned=False),), minutes=28),
    Expected("bad-image", (
        Due("Deployment shop/storefront", _of("RolloutStuck"), _of("SLOBudgetSpent"), pages=False, ends=False),)),
    # Its SLO is about the time until a pod has a node: the page leaves the ticket unsaid.
    Expected("unschedulable-pods", (
        _page("Deployment catalog/recommendations", "SLOFastBurn", may=_of("PodsUnschedulable")), SCHEDULING)),
    Expected("quota-full", (
        _page("Deployment payments/payments", "SLOFastBurn", may=_of("WorkloadUnavailable")),
        _page("Deployment payments/fraud-check", "SLOFastBurn", may=_of("WorkloadUnavailable")),
        _namespace("payments"))),
    Expected("pdb-blocks-drain"),
    Expected("node-down", (_page("node general-b-1", "NodeNotReady"), _namespace("shop"))),
    # Ready for more than three quarters of the time.
    Expected("node-flapping", minutes=60),
    Expected("disk-filling", (
        # Again and again it is away for about as long as a cause of a page has to last.
        _page("Deployment shop/assets", may=_of("WorkloadUnavailable", "PodsUnschedulable")),
        _namespace("shop"), SCHEDULING)),
    # Whoever buys four times as much checks out four times as often.
    Expected("hpa-at-maximum", (_ticket("Deployment shop/checkout", "ThrottlingHurts"),)),
    # Its SLO is about Jobs, whose budget stays spent.
    Expected("failed-job", (
        Due("CronJob catalog/catalog-sync", _of("CrashLoop"), _of("SLOBudgetSpent"), pages=False, ends=False),)),
    Expected("late-cronjob"),
    Expected("event-storm"),
    # The cluster sees nothing of these two: their SLOs are queries to a Prometheus, which a game day does not have.
    Expected("error-spike"),
    Expected("slow-burn"),
    Expected("total-outage", (
        _page("StatefulSet orders/orders", "WorkloadUnavailable", may=_LOOPS),
        _namespace("orders"))),
    # Deploys and Jobs, and nothing else.
    Expected(HEALTHY, minutes=360, after=0, incident=False),
)
# fmt: on

EXPECTED = {expected.name: expected for expected in _TABLE}
