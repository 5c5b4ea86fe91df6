"""What holds where an SLO does not say."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from kube_headroom.slo.objective import Period


class Defaults(NamedTuple):
    """Values of the settings `slo.*` and `annotation-prefix`; the field defaults are the settings' own.

    A `budget_ticket` of 0 makes no ticket.
    """

    periods: tuple[Period, ...] = (Period("30d", 30 * 86_400),)
    minimum_bad_events: Fraction = Fraction(3)
    budget_ticket: Fraction = Fraction(1, 5)
    group_limit: int = 100
    annotation_prefix: str = "kube-headroom.io/"
