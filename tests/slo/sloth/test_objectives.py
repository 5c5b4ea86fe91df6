from fractions import Fraction

import pytest

from kube_headroom.slo.definitions import Defaults, Document, load
from kube_headroom.slo.objective import Alerting, EventRatio, Objective, Period, RawRatio
from tests.slo.sloth.refusals import FILE, OBJECT, OPENSLO, RAW

DEFAULTS = Defaults(periods=(Period("35d", 35 * 86_400),), minimum_bad_events=Fraction(7))


def objective(definition: str) -> Objective:
    definitions = load([Document("slos.yaml", definition)], DEFAULTS)
    assert not definitions.problems
    (only,) = definitions.objectives
    return only


def test_error_events_are_bad_ones_of_all() -> None:
    sli = objective(FILE).sli
    assert isinstance(sli, EventRatio)
    assert sli.bad
    assert (sli.bad.text, sli.bad.place.line, sli.good) == ("sum(rate(failed_total[{{.window}}]))", 10, None)
    assert sli.total.text == "sum(rate(requests_total[{{.window}}]))"


def test_an_error_ratio_is_a_share_of_bad_ones() -> None:
    sli = objective(RAW).sli
    assert isinstance(sli, RawRatio)
    assert not sli.success


def test_good_events_of_openslo_stay_good_ones() -> None:
    sli = objective(OPENSLO).sli
    assert isinstance(sli, EventRatio)
    assert sli.good
    assert sli.bad is None


@pytest.mark.parametrize(
    ("definition", "key", "line"),
    [(FILE, ("shop", "requests"), 6), (OBJECT, ("shop", "requests"), 9), (OPENSLO, ("shop", "requests-0"), 13)],
    ids=["a file", "an object", "OpenSLO"],
)
def test_the_objective_has_the_name_and_the_place_of(definition: str, key: tuple[str, str], line: int) -> None:
    read = objective(definition)
    assert (read.key, read.place.line, read.target) == (key, line, Fraction(999, 1000))


OWNERS = {
    "the label owner": ("owner: web", "web"),
    "else the label team": ("team: back", "back"),
    "nobody without them": ("tier: back", ""),
}


@pytest.mark.parametrize(("label", "owner"), OWNERS.values(), ids=OWNERS)
def test_the_owner_is(label: str, owner: str) -> None:
    assert objective(FILE.replace("owner: web", label)).owner == owner


def test_disabled_alerts_are_switched_off() -> None:
    definition = FILE.replace("      page_alert:", "      ticket_alert: {disable: true}\n      page_alert:")
    assert objective(definition).alerting == Alerting(page=True, ticket=False, minimum_bad_events=Fraction(7))


def test_openslo_cannot_switch_alerts_off() -> None:
    alerting = objective(OPENSLO).alerting
    assert (alerting.page, alerting.ticket) == (True, True)


def test_the_period_is_the_default_unless_the_definition_has_one() -> None:
    assert objective(FILE).periods == DEFAULTS.periods
    assert [period.seconds for period in objective(OPENSLO).periods] == [30 * 86_400]
