"""Incidents are begun, prolonged, planned and ended by name; what cannot happen is told in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from kube_headroom.errors import UsageError
from kube_headroom.simulator.composition import build
from kube_headroom.simulator.incidents.board import Incidents, Planned
from kube_headroom.simulator.incidents.catalogue import INCIDENTS
from kube_headroom.simulator.incidents.schedule import read_schedule
from kube_headroom.simulator.world import World

CART = "registry.example.com/shop/cart:v2.7.3"


@pytest.fixture(scope="module")
def world() -> World:
    return build(seed=1, start=1_780_000_000.0, nodes=6, past=0)


@pytest.fixture
def board(world: World) -> Incidents:
    board = world.part(Incidents)
    for running in board.running():
        board.end(running.name, target=running.target)
    return board


def test_ends_when_its_time_is_over(world: World, board: Incidents) -> None:
    running = board.begin("failing-readiness", seconds=10)
    assert (running.target, running.until) == ("shop/cart", world.now + 10)
    assert not world.registry.program(CART).ready
    world.advance(world.now + 9)
    assert board.running() == (running,)
    world.advance(world.now + 1)
    assert board.running() == ()
    assert world.registry.program(CART).ready


def test_begun_again_it_only_lasts_longer(world: World, board: Incidents) -> None:
    first = board.begin("failing-readiness", seconds=10)
    second = board.begin("failing-readiness", seconds=60)
    assert board.running() == (second,)
    assert second == first._replace(until=world.now + 60)


def test_runs_on_a_target_of_its_kind_beside_the_usual_one(world: World, board: Incidents) -> None:
    board.begin("crash-loop", target="shop/cart")
    board.begin("crash-loop")
    assert [running.target for running in board.running()] == ["shop/cart", "payments/payments"]
    assert world.registry.program(CART).exit_code == 1
    assert [running.target for running in board.end("crash-loop")] == ["shop/cart", "payments/payments"]
    assert world.registry.program(CART).exit_code == 0


def test_two_on_one_program_are_taken_back_one_by_one(world: World, board: Incidents) -> None:
    board.begin("crash-loop", target="shop/cart")
    board.begin("failing-readiness")
    board.end("crash-loop")
    program = world.registry.program(CART)
    assert (program.ready, program.runs_seconds) == (False, None)


def test_planned_ones_begin_at_their_moment(world: World, board: Incidents) -> None:
    board.plan([Planned(20, "error-spike", seconds=5), Planned(10, "event-storm", "payments")])
    world.advance(world.now + 9)
    assert board.running() == ()
    world.advance(world.now + 1)
    assert [running.name for running in board.running()] == ["event-storm"]
    world.advance(world.now + 10)
    assert [running.name for running in board.running()] == ["event-storm", "error-spike"]
    world.advance(world.now + 5)
    assert [running.name for running in board.running()] == ["event-storm"]


def test_a_release_is_rolled_back_to_what_ran_before(world: World, board: Incidents) -> None:
    board.begin("bad-image", target="shop/cart")
    world.advance(world.now + 30)
    board.end("bad-image")
    deployment = world.store.get("deployments", "shop", "cart")
    assert deployment is not None
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == CART


@pytest.mark.parametrize(
    ("name", "target", "message"),
    [
        ("crashloop", None, "no such incident 'crashloop'; did you mean crash-loop?"),
        ("xyz", None, "no such incident 'xyz'; known: crash-loop, oom-loop,"),
        (
            "crash-loop",
            "shop/card",
            (
                "no such target 'shop/card', expected one of the deployments or statefulsets or daemonsets; "
                "did you mean shop/cart?"
            ),
        ),
        ("node-down", "shop/cart", "no such target 'shop/cart', expected one of the nodes"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(
    board: Incidents, name: str, target: str | None, message: str
) -> None:
    with pytest.raises(UsageError) as raised:
        board.begin(name, target=target)
    assert str(raised.value).startswith(message)
    with pytest.raises(UsageError):
        board.plan([Planned(5, name, target)])


def test_what_does_not_run_cannot_be_ended(board: Incidents) -> None:
    board.begin("error-spike")
    with pytest.raises(UsageError, match="node-down does not run; running: error-spike@payments/payments"):
        board.end("node-down")


@pytest.mark.parametrize("incident", INCIDENTS.values(), ids=lambda incident: incident.name)
def test_every_usual_target_exists_in_the_shop(board: Incidents, incident: object) -> None:
    running = board.begin(incident.name)  # type: ignore[attr-defined]
    assert running.target == incident.usual  # type: ignore[attr-defined]


def test_a_schedule_file_is_read_in_order(tmp_path: Path) -> None:
    file = tmp_path / "schedule.yaml"
    file.write_text(
        "- {at: 5m, incident: crash-loop, for: 10m, target: shop/cart}\n- incident: node-down\n  at: 1h30m\n"
    )
    assert read_schedule(file) == (
        Planned(300, "crash-loop", "shop/cart", 600),
        Planned(5400, "node-down", None, None),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "{file}:1: expected a list of `- incident: crash-loop` entries"),
        ("incident: crash-loop\n", "{file}:1: expected a list of `- incident: crash-loop` entries"),
        ("- crash-loop\n", "{file}:1: expected a list of `- incident: crash-loop` entries"),
        ("- at: 5m\n", "{file}:1: incident is missing"),
        ("- incident: node-down\n", "{file}:1: at is missing"),
        ("- at: 5m\n  incident: nodedown\n", "{file}:2: no such incident 'nodedown'; did you mean node-down?"),
        (
            "- at: soon\n  incident: node-down\n",
            "{file}:1: at: expected a duration such as 30s, 5m or 1h, found 'soon'",
        ),
        (
            "- at: 5m\n  inciden: node-down\n",
            "{file}:2: unknown key 'inciden', expected one of incident, at, for, target",
        ),
        ("- at: 5m\n  at: 6m\n  incident: node-down\n", "{file}:2: at is given twice"),
        ("- at: 5m\n  incident: [node-down]\n", "{file}:2: incident: expected text"),
        ("- at: 5m\n\tincident: x\n", "{file}:2: not valid YAML: "),
    ],
)
def test_an_error_in_a_schedule_names_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "schedule.yaml"
    file.write_text(text)
    with pytest.raises(UsageError) as raised:
        read_schedule(file)
    assert str(raised.value).startswith(message.format(file=file))


def test_a_schedule_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nothing\.yaml: cannot be read: No such file or directory"):
        read_schedule(tmp_path / "nothing.yaml")
