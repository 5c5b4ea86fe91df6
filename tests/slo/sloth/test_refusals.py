import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.slo.definitions import Document
from kube_headroom.slo.objective import Severity
from kube_headroom.slo.sloth.definitions import specifications
from tests.slo.sloth.refusals import FILE, OBJECT, OPENSLO, RAW, REFUSED_BY_BOTH, TAKEN_BY_SLOTH, Refusal

REFUSALS = TAKEN_BY_SLOTH | REFUSED_BY_BOTH


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_a_definition_is_refused_for(refusal: Refusal) -> None:
    _, problems = specifications([Document("slos.yaml", refusal.text)])
    assert [(problem.place.line, problem.path, problem.severity) for problem in problems] == [
        (refusal.line, refusal.path, Severity.ERROR)
    ]
    assert refusal.message in problems[0].message


@pytest.mark.parametrize("text", [FILE, RAW, OBJECT, OPENSLO], ids=["file", "ratio", "object", "OpenSLO"])
def test_what_the_refused_ones_were_made_of_is_sound(text: str) -> None:
    found, problems = specifications([Document("slos.yaml", text)])
    assert (len(found), problems) == (1, [])


def test_every_mistake_is_told_at_once_with_the_line_of_its_document() -> None:
    text = (
        "\n# first\n---\n"
        + FILE.replace("99.9", "100").replace("owner: web", "owner: 7")
        + "---\n"
        + OPENSLO.replace("0.999", "1")
    )
    _, problems = specifications([Document("slos.yaml", text)])
    assert [str(problem).partition(" ")[0] for problem in problems] == [
        "slos.yaml:7:",
        "slos.yaml:10:",
        "slos.yaml:33:",
    ]


def test_a_share_where_a_percentage_belongs_is_warned_of() -> None:
    found, problems = specifications([Document("slos.yaml", FILE.replace("99.9", "0.999"))])
    assert found
    assert [(problem.severity, problem.message) for problem in problems] == [
        (Severity.WARNING, "an objective is a percentage: 0.999 allows 99.001 % of events to be bad")
    ]


LINES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "- [",
            "{}",
            "x: &a [*a]",
            "<<: *b",
            "slos: 1e999",
            "  objective: .inf",
            "labels: [a]",
            "---",
            "? [a]\n: b",
            "!!binary aGk=",
        ]
    ),
)


@given(st.sampled_from([FILE, RAW, OBJECT, OPENSLO]), st.integers(0, 25), st.integers(0, 14), LINES)
def test_whatever_is_written_is_read_or_told_of(sound: str, at: int, indent: int, line: str) -> None:
    lines = sound.splitlines()
    lines[at % len(lines)] = " " * indent + line
    found, problems = specifications([Document("slos.yaml", "\n".join(lines))])
    assert found or problems
    assert all(1 <= problem.place.line <= len("\n".join(lines).splitlines()) + 1 for problem in problems)
