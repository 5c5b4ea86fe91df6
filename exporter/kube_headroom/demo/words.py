"""Phrases of the demo: ages, incidents, where to look."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from kube_headroom.demo.look import Places
from kube_headroom.overview.content import Subject
from kube_headroom.simulator.incidents.board import Running
from kube_headroom.simulator.incidents.catalogue import INCIDENTS

WIDTH = 80
_KINDS = {"Node": "node", "ResourceQuota": "quota", "PodDisruptionBudget": "budget"}
_UNITS = ((86_400, "d"), (3600, "h"), (60, "m"))


def age(seconds: float) -> str:
    """Return a time span in its largest unit, as kubectl's ages read."""
    for length, unit in _UNITS:
        if seconds >= length:
            return f"{seconds // length:.0f}{unit}"
    return f"{max(0.0, seconds):.0f}s"


def named(subject: Subject) -> str:
    """Return a subject's name, with its kind where it is no workload: a budget is often called as what it guards, an SLO names its service."""
    if subject.kind == "SLO":
        return f"SLO {subject.name}"
    kind = f"{_KINDS[subject.kind]} " if subject.kind in _KINDS else ""
    return f"{kind}{subject.namespace}/{subject.name}" if subject.namespace else f"{kind}{subject.name}"


def incident(running: Running, now: float) -> str:
    """Say what runs, where, since when, and until when if anybody said."""
    ends = "" if running.until is None else f", ends in {age(running.until - now)}"
    return f"{running.name} on {running.target} for {age(now - running.since)}{ends}"


def places(where: Places) -> Iterator[tuple[str, str]]:
    """Yield what can be looked at, and how."""
    yield "overview", where.page
    yield "metrics", where.metrics
    yield "kubectl", f"export KUBECONFIG={where.kubeconfig}"
    yield "incident", f"curl -X POST {where.control}/incidents/crash-loop"


def incident_list() -> str:
    """Return every incident with its cause, what is seen and what is paged."""
    indent = " " * 9
    paragraphs = (
        "\n".join(
            [
                each.name,
                *(
                    textwrap.fill(f"  {label + ':':<7}{text}", WIDTH, subsequent_indent=indent)
                    for label, text in (
                        ("cause", each.cause),
                        ("seen", each.seen),
                        ("paged", each.paged),
                        ("usual", each.usual),
                    )
                ),
            ]
        )
        for each in INCIDENTS.values()
    )
    return "\n\n".join(paragraphs)
