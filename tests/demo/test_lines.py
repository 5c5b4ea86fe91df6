"""The demo without a terminal: where to look, then what changed, not too often."""

from __future__ import annotations

from kube_headroom.demo.lines import LINES_SECONDS, Lines
from kube_headroom.demo.look import Look
from tests.demo.looks import BUDGET, CART, CRASH_LOOP, CRASHING, NODE, NODE_DOWN, NOON, WHERE, finding, look, subject

QUIET = "12:00:00 incidents: none; attention: none"


class Paper:
    """Lines on a clock of their own."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.real = 0.0
        self.lines = Lines(self.written.append, lambda: self.real)

    def after(self, seconds: float, shown: Look) -> list[str]:
        """What is written when this is shown so many real seconds later."""
        self.real += seconds
        before = len(self.written)
        self.lines.show(shown)
        return self.written[before:]


def test_readiness_says_where_to_look() -> None:
    paper = Paper()
    paper.lines.ready(WHERE, 4.25)
    assert paper.written == [
        "Ready after 4.2 s; Ctrl-C ends it.",
        "  overview: http://localhost:9789/",
        "  metrics: http://localhost:9789/metrics",
        "  kubectl: export KUBECONFIG=/tmp/kube-headroom-demo-a1b2c3d4/kubeconfig",
        "  incident: curl -X POST http://127.0.0.1:9790/incidents/crash-loop",
    ]


def test_nothing_is_said_twice() -> None:
    paper = Paper()
    assert paper.after(0, look()) == [QUIET]
    assert paper.after(LINES_SECONDS, look()) == []
    assert paper.after(LINES_SECONDS, look()._replace(now=NOON + 20)) == []


def test_an_incident_and_what_it_breaks_are_told_together() -> None:
    paper = Paper()
    paper.after(0, look())
    (line,) = paper.after(LINES_SECONDS, look(CRASHING, NODE, CART, BUDGET, incidents=(CRASH_LOOP, NODE_DOWN)))
    assert line == (
        "12:00:00 incidents: crash-loop on payments/payments, node-down on general-b-1; "
        "attention: 2 broken, 1 at risk, 1 to note (payments/payments: no replica available, 6 wanted; "
        "node general-b-1: node is not ready; shop/cart: autoscaler at its maximum of 8 replicas)"
    )


def test_changes_within_ten_seconds_wait_for_the_next_line() -> None:
    paper = Paper()
    paper.after(0, look())
    assert paper.after(LINES_SECONDS - 1, look(NODE)) == []
    assert paper.after(1, look(NODE)) != []


def test_what_healed_before_it_was_told_is_not_told() -> None:
    paper = Paper()
    paper.after(0, look())
    assert paper.after(1, look(NODE)) == []
    assert paper.after(LINES_SECONDS, look()) == []


def test_another_reason_of_the_same_severity_is_no_change() -> None:
    paper = Paper()
    paper.after(0, look(CART))
    assert paper.after(LINES_SECONDS, look(subject("cart", finding("1 of 3 replicas missing")))) == []
