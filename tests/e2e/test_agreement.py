"""What counts as a disagreement between a source and the truth, told without a cluster."""

import pytest

from tests.e2e.agreement import Allowance, disagreements
from tests.e2e.figures import Key, Reading, Timeline

KEY = Key("burner", "cpu_seconds")
TRUTH = ((0, 0.0), (10, 5.0), (20, 10.0))


def timeline(*readings: tuple[float, float]) -> Timeline:
    """Readings of a second each."""
    made = Timeline()
    made.readings += [Reading(begin, begin + 1, {KEY: value}) for begin, value in readings]
    return made


@pytest.mark.parametrize(
    ("reading", "found"),
    [
        pytest.param((15, 10.0), 0, id="as large as the truth became by the next reading"),
        pytest.param((15, 10.1), 1, id="larger than the truth was later"),
        pytest.param((25, 10.1), 0, id="larger than the last truth, read after it"),
        pytest.param((25, 5.0), 0, id="as small as the truth was a lag ago"),
        pytest.param((25, 4.9), 1, id="smaller than the truth was a lag ago, read after the last truth"),
    ],
)
def test_a_source_may_be_late_and_never_ahead(reading: tuple[float, float], found: int) -> None:
    wrong = disagreements(timeline(reading), timeline(*TRUTH), ("cpu_seconds",), Allowance(lag=10))
    assert len(wrong) == found
