"""What the overview says at one instant: frozen, complete, the same for the page, its JSON and a terminal."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """How much a finding matters, worst first: does not work, works with less than it should have, good to know."""

    BROKEN = "broken"
    RISK = "risk"
    NOTE = "note"


RANK = {severity: rank for rank, severity in enumerate(Severity)}


class Finding(msgspec.Struct, frozen=True, gc=False):
    """One reason for attention: `text` is its phrase, `value` is in the unit of the catalogue's `indicator`.

    `since` is Unix seconds: when it was first seen while it is `lasting`, when it last happened otherwise.
    """

    indicator: str
    severity: Severity
    text: str
    value: float
    lasting: bool
    since: float


class Subject(msgspec.Struct, frozen=True, gc=False):
    """A workload, node, quota, budget, claim or SLO with its findings, worst first; `namespace` and `owner` are "" where it has none."""

    kind: str
    namespace: str
    name: str
    owner: str
    severity: Severity
    findings: tuple[Finding, ...]


class Amounts(msgspec.Struct, frozen=True, gc=False):
    """One resource in cores or bytes.

    `allocatable` is on ready, schedulable nodes and `largest` what one of them offers at most; `requested` and
    `limited` (declared limits) are of the pods on all nodes, which all have to be somewhere. `used` is what
    everything on the measured nodes uses, the system included, None where no kubelet tells.
    """

    allocatable: float
    largest: float
    requested: float
    limited: float
    used: float | None = None


class Room(msgspec.Struct, frozen=True, gc=False):
    """The room in a pool, or in the whole cluster with `pool` "".

    `usable` nodes are ready and not cordoned; of `measured` ones the use is known, None where no kubelet is read.
    """

    pool: str
    nodes: int
    usable: int
    cpu: Amounts
    memory: Amounts
    measured: int | None = None


class PeriodLeft(msgspec.Struct, frozen=True, gc=False):
    """What is left of a period's error budget: 1 with nothing spent, negative once overspent.

    `coverage` is the share of the period's time so far of which there are data. Both to what people read.
    """

    period: str
    left: float
    coverage: float


class Burn(msgspec.Struct, frozen=True, gc=False):
    """How many times too fast a budget is spent in a window such as `1h`: at 1 it lasts exactly its period."""

    window: str
    rate: float


class ErrorBudget(msgspec.Struct, frozen=True, gc=False):
    """An SLO or one group of it; namespace, kind and workload are "" where it is not about one.

    Without data `state` is "", `periods` and `burns` are empty, and `silent_since` is up to when (Unix seconds) there
    were data, None if there never were. `severity` is None while it needs no attention.
    """

    service: str
    slo: str
    group: str
    namespace: str
    kind: str
    workload: str
    owner: str
    objective: float
    state: str
    severity: Severity | None
    periods: tuple[PeriodLeft, ...]
    burns: tuple[Burn, ...]
    silent_since: float | None


class Source(msgspec.Struct, frozen=True, gc=False):
    """Something read from.

    `state` is `up`, `partial` (some of its parts fail), `down` (failing), `stale` (silent for too long) or `starting`.
    `last_success` is Unix seconds, None before the first; `error` is one line, "" while all is well.
    """

    name: str
    state: str
    objects: int
    last_success: float | None
    error: str


class Question(msgspec.Struct, frozen=True, gc=False):
    """An indicator of the catalogue, to explain a finding."""

    name: str
    sentence: str
    unit: str


class Overview(msgspec.Struct, frozen=True, gc=False):
    """Everything the page shows; times are Unix seconds of the collector's clock.

    What was there when watching began may be older than its `since`. `more` subjects, which are counted in
    `counts`, come after the listed ones. `cluster` is None while no node is known. `error_budgets` are the worst ones,
    worst first; `error_budgets_more` are not listed.
    """

    at: float
    watching_since: float
    counts: dict[Severity, int]
    subjects: tuple[Subject, ...]
    more: int
    cluster: Room | None
    pools: tuple[Room, ...]
    error_budgets: tuple[ErrorBudget, ...]
    error_budgets_more: int
    sources: tuple[Source, ...]
    questions: tuple[Question, ...]
