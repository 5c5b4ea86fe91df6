"""Whatever a text holds: it is read or it is refused, and never more than that."""

from __future__ import annotations

import string
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from kube_headroom.catalogue.labels import Workload
from kube_headroom.slo.definitions import Defaults, Document, from_annotation, load
from kube_headroom.slo.definitions.queries import parse
from tests.slo.definitions.documents import LATENCY, ONCE, SLO, STATE, WEEKLY

DOCUMENTS = (SLO, STATE, LATENCY, WEEKLY, ONCE)
PIECES = (
    "", " ", "\n", "\t", ":", "- ", "? ", "[", "]", "{", "}", "&a ", "*a", "<<: ", "|\n", ">-\n", "'", '"', "#", "!!binary ",
    "!!float ", "---\n", "...\n", "%YAML 1.1\n", "~", "null", "yes", "-1", "0x1f", "1e400", ".inf", ".nan", "99999999999999999999",
    "2020-13-45", "9999-12-31 23:59:59", "0001-01-01 00:00:00", "Europe", "/etc/passwd", "..", "1m", "0d", "999999Y", "\x00",
    "\x85", "\u2028", "\ufeff", "\ud800", "{{.window}}", "{{", "(" * 300, "`", "١٢", "1_000", "02:00", "spec:\n  spec:\n",
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(DOCUMENTS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 30)))
        text = text[:start] + draw(st.sampled_from(PIECES) | st.text(max_size=8)) + text[end:]
    return text


@st.composite
def with_a_value_replaced(draw: st.DrawFn) -> str:
    lines = draw(st.sampled_from(DOCUMENTS)).splitlines()
    index = draw(st.integers(0, len(lines) - 1))
    key = lines[index].partition(":")[0]
    lines[index] = f"{key}: {draw(st.sampled_from(PIECES) | st.text(string.printable, max_size=12))}"
    return "\n".join(lines)


@settings(max_examples=600)
@given(mutated() | with_a_value_replaced())
def test_no_text_makes_load_raise(text: str) -> None:
    definitions = load([Document("fuzz.yaml", text), Document("good.yaml", STATE)], Defaults())
    last_line = max(len(text.splitlines()), STATE.count("\n")) + 1
    for problem in definitions.problems:
        assert "\n" not in str(problem)
        assert 0 <= problem.place.line <= last_line
    # What is right beside it stays, unless it was declared by both.
    assert ("shop", "up") in {objective.key for objective in definitions.objectives}
    for objective in definitions.objectives:
        assert 0 < objective.target < 1
        assert objective.periods


@given(st.text(max_size=60) | st.sampled_from(PIECES))
def test_no_annotation_makes_it_raise(text: str) -> None:
    objectives, problems = from_annotation(text, Workload("shop", "Deployment", "cart"), "", Defaults())
    assert objectives or problems


QUERY = st.lists(st.sampled_from(("(", ")", "x", "sum", "rate", "[5m]", "{", "}", 'a="b"', ",", "+", "-", "and", "`", '"', "#", "\n", "\\", "'")), max_size=400)  # fmt: skip


@settings(max_examples=300)
@given(QUERY)
def test_no_query_ends_the_process(pieces: list[str]) -> None:
    with suppress(ValueError):
        parse(" ".join(pieces))
