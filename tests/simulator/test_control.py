"""The control of a simulated cluster: incidents over HTTP, and one line for every mistake."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from kube_headroom.simulator.composition import build
from kube_headroom.simulator.control import control
from kube_headroom.simulator.incidents.catalogue import INCIDENTS
from kube_headroom.simulator.serving import LOOPBACK, Served, bind, port_of
from kube_headroom.simulator.simulation import Simulation

NOON = 1_799_755_200.0


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    """The control of a young shop that stands still."""
    world = build(seed=1, start=NOON, past=0)
    listener = bind(0)
    with (
        Simulation(world, also=[Served(control(world), [listener], tls=False)]),
        httpx.Client(base_url=f"http://{LOOPBACK}:{port_of(listener)}", timeout=30) as client,
    ):
        yield client


def running(http: httpx.Client) -> list[dict[str, str]]:
    found: list[dict[str, str]] = http.get("/incidents").json()["running"]
    return found


def test_the_guide_names_what_can_be_asked(http: httpx.Client) -> None:
    text = http.get("/").text
    for path in ("/incidents", "/incidents/NAME", "/metrics"):
        assert path in text


def test_all_incidents_are_known_with_their_cause_sight_and_page(http: httpx.Client) -> None:
    known = http.get("/incidents").json()["known"]
    assert [each["name"] for each in known] == list(INCIDENTS)
    assert set(known[0]) == {"name", "cause", "seen", "paged", "usual_target"}


@pytest.mark.parametrize(
    ("parameters", "body", "target", "until"),
    [
        pytest.param({}, None, "payments/payments", None, id="nothing said"),
        pytest.param(
            {"target": "shop/cart", "for": "15m"}, None, "shop/cart", "2027-01-12T12:15:00Z", id="in the query"
        ),
        pytest.param({}, {"target": "shop/cart", "for": "1h"}, "shop/cart", "2027-01-12T13:00:00Z", id="as JSON"),
        pytest.param({"target": "shop/checkout"}, {"target": "shop/cart"}, "shop/cart", None, id="JSON wins"),
    ],
)
def test_an_incident_begins_is_shown_and_ends(
    http: httpx.Client, parameters: dict[str, str], body: dict[str, str] | None, target: str, until: str | None
) -> None:
    answer = http.post("/incidents/crash-loop", params=parameters, json=body)
    expected = {"name": "crash-loop", "target": target, "since": "2027-01-12T12:00:00Z", "until": until}
    assert (answer.status_code, answer.json()) == (200, expected)
    assert running(http) == [expected]
    assert http.delete("/incidents/crash-loop").json() == [expected]
    assert running(http) == []


def test_only_the_named_target_is_healed(http: httpx.Client) -> None:
    for target in ("shop/cart", "shop/checkout"):
        http.post("/incidents/failing-readiness", params={"target": target})
    http.delete("/incidents/failing-readiness", params={"target": "shop/cart"})
    assert [each["target"] for each in running(http)] == ["shop/checkout"]
    http.delete("/incidents/failing-readiness")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "text"),
    [
        pytest.param("POST", "/incidents/crash-lop", "", 404, "did you mean crash-loop?", id="an unknown incident"),
        pytest.param("POST", "/incidents/crash-loop?target=shop/crat", "", 404, "did you mean shop/cart?", id="target"),
        pytest.param("DELETE", "/incidents/oom-loop", "", 404, "oom-loop does not run", id="nothing to end"),
        pytest.param("POST", "/incidents/crash-loop?for=soon", "", 400, "for: expected a duration", id="no duration"),
        pytest.param("POST", "/incidents/crash-loop?for=0", "", 400, "for: expected a duration", id="no time at all"),
        pytest.param("POST", "/incidents/crash-loop?until=noon", "", 400, "unknown field `until`", id="unknown word"),
        pytest.param("POST", "/incidents/crash-loop", "{", 400, "Input data was truncated", id="half a body"),
        pytest.param("POST", "/incidents/crash-loop", '{"target": 3}', 400, "Expected `str", id="a number as target"),
        pytest.param("DELETE", "/incidents/crash-loop?for=5m", "", 400, "ends at once", id="an end that lasts"),
    ],
)
def test_a_mistake_is_told_in_one_line_and_changes_nothing(  # noqa: PLR0917  a table
    http: httpx.Client, method: str, path: str, body: str, status: int, text: str
) -> None:
    answer = http.request(method, path, content=body)
    assert answer.status_code == status
    assert text in answer.text
    assert answer.text.count("\n") == 1
    assert running(http) == []


def test_the_services_tell_their_requests(http: httpx.Client) -> None:
    answer = http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert sum(sample.value for sample in families["http_requests"].samples) > 0
