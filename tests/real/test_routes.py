"""The Alertmanager configuration in amtool and a real Alertmanager: who is told, together with what, silenced by what."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts import pack, routes
from alerts.__main__ import FOLDER
from alerts.rules import Alert
from kube_headroom.catalogue.labels import Slo
from tests.real.components import answers
from tests.real.processes import Process, free_port
from tests.real.waiting import wait_until
from tools.build import program

TEAMS = (routes.Team("checkout", "#checkout-pages", "#checkout-tickets"), routes.Team("search", "#find", "#find"))
TEMPLATE = FOLDER / "headroom.tmpl"

CART = {"namespace": "shop", "workload_kind": "Deployment", "workload": "cart"}
FIND = {**CART, "workload": "find"}
CART_SLO = dict(Slo("shop", "cart-requests", "", *CART.values())._asdict())
FIND_SLO = {**CART_SLO, **FIND, "slo": "find-requests"}
BARE_SLO = {"slo_service": "shop", "slo": "synthetic"}
PAGE, TICKET = {"severity": "critical"}, {"severity": "warning"}

Labels = dict[str, str]


def amtool(*arguments: str | Path) -> str:
    """What amtool prints; it must succeed."""
    command = [str(program("amtool")), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def alert(name: str, *labels: Labels) -> Labels:
    """The labels of an alert; empty ones are none."""
    merged = {"alertname": f"Headroom{name}"}
    for more in labels:
        merged |= more
    return {label: text for label, text in merged.items() if text}


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration with two teams, and its template where it is generated."""
    folder = tmp_path_factory.mktemp("alertmanager")
    secrets = folder / "secrets"
    secrets.mkdir()
    file = folder / "alertmanager.yaml"
    text = routes.page(TEAMS).replace(routes.TEMPLATES, str(TEMPLATE)).replace(routes.SECRETS, str(secrets))
    for receiver in ("slack", *(found["name"] for found in routes.configuration(TEAMS)["receivers"])):
        # Nobody listens there: what is delivered is no matter here.
        (secrets / f"{receiver}-url").write_text("http://127.0.0.1:9/")
    file.write_text(text)
    return file


def test_amtool_finds_nothing_wrong(configuration: Path, tmp_path: Path) -> None:
    generated = tmp_path / "generated.yaml"
    generated.write_text((FOLDER / "alertmanager.yaml").read_text().replace(routes.TEMPLATES, str(TEMPLATE)))

    for file in (configuration, generated):
        assert "SUCCESS" in amtool("check-config", file)


ROUTES = {
    "the watchdog feeds the dead man's switch": (alert("Watchdog", {"severity": "none"}), routes.SWITCH),
    "a page goes to its owner": (alert("CrashLoop", PAGE, CART, {"owner": "checkout"}), "headroom-pages-checkout"),
    "a ticket goes to its owner": (alert("CrashLoop", TICKET, CART, {"owner": "search"}), "headroom-tickets-search"),
    "a page without owner goes to those on call": (alert("CrashLoop", PAGE, CART), routes.PAGES),
    "so does that of an owner who has no route": (alert("CrashLoop", PAGE, CART, {"owner": "new"}), routes.PAGES),
    "a ticket without owner goes to all tickets": (alert("CrashLoop", TICKET, CART), routes.TICKETS),
    "an SLO's page goes to its owner": (
        alert("SLOFastBurn", PAGE, CART_SLO, {"owner": "checkout"}),
        "headroom-pages-checkout",
    ),
    "a node's page goes to those on call": (alert("NodeNotReady", PAGE, {"node": "n1"}), routes.PAGES),
    "a page about the exporter goes to those on call": (alert("ExporterDown", PAGE), routes.PAGES),
    "what somebody made an info notifies nobody": (alert("CrashLoop", {"severity": "info"}, CART), routes.INFO),
    "its owner neither": (alert("CrashLoop", {"severity": "info"}, CART, {"owner": "checkout"}), routes.INFO),
    "a stranger's alert is not lost": ({"alertname": "Foreign", "severity": "info"}, routes.TICKETS),
}


@pytest.mark.parametrize(("labels", "receiver"), ROUTES.values(), ids=ROUTES)
def test_who_is_told(configuration: Path, labels: Labels, receiver: str) -> None:
    given = [f"{label}={text}" for label, text in labels.items()]

    amtool("config", "routes", "test", f"--config.file={configuration}", f"--verify.receivers={receiver}", *given)


def test_every_alert_of_the_rules_reaches_somebody(configuration: Path) -> None:
    alerts = {(rule.name, rule.severity) for group in pack.groups() for rule in group.rules if isinstance(rule, Alert)}
    expected = {"critical": routes.PAGES, "warning": routes.TICKETS, "none": routes.SWITCH}

    for name, severity in alerts:
        given = (f"alertname={name}", f"severity={severity}")
        told = amtool("config", "routes", "test", f"--config.file={configuration}", *given)
        assert told.strip() == expected[severity], name


def test_every_receiver_but_that_of_infos_tells_somebody() -> None:
    for receiver in routes.configuration(TEAMS)["receivers"]:
        told = receiver.get("slack_configs") or receiver.get("webhook_configs")
        assert bool(told) == (receiver["name"] != routes.INFO), receiver["name"]


@pytest.mark.parametrize("owners", [("a", "a"), ("",), ("../a",), ("a b",)], ids=str)
def test_owners_that_share_a_receiver_or_cannot_name_one_are_refused(owners: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="expected each once"):
        routes.configuration(tuple(routes.Team(owner, "#pages", "#tickets") for owner in owners))


class Alertmanager:
    """A server of its own, and what it says about the alerts it was told."""

    def __init__(self, configuration: Path, folder: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.process = Process(
            (
                program("alertmanager"),
                f"--config.file={configuration}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address={self.url.removeprefix('http://')}",
                "--cluster.listen-address=",
                "--log.level=error",
            ),
            log=folder / "alertmanager.log",
            ready=answers(f"{self.url}/-/ready"),
        )

    def tell(self, alerts: list[Labels]) -> None:
        """Say that these fire."""
        body = [{"labels": labels, "annotations": {}} for labels in alerts]
        httpx.post(f"{self.url}/api/v2/alerts", json=body).raise_for_status()

    def inhibited(self) -> dict[frozenset[tuple[str, str]], bool]:
        """Return each alert that fires, and whether another one silences it."""
        found = httpx.get(f"{self.url}/api/v2/alerts").raise_for_status().json()
        return {frozenset(each["labels"].items()): bool(each["status"]["inhibitedBy"]) for each in found}

    def groups(self) -> list[set[str]]:
        """Return the names of the alerts that are told together."""
        found = httpx.get(f"{self.url}/api/v2/alerts/groups").raise_for_status().json()
        return [{each["labels"]["alertname"] for each in group["alerts"]} for group in found]


@pytest.fixture
def alertmanager(configuration: Path, tmp_path: Path) -> Iterator[Alertmanager]:
    server = Alertmanager(configuration, tmp_path)
    server.process.start()
    try:
        yield server
    finally:
        server.process.discard()


SILENCED = {
    "slow burn by the same SLO's fast burn": (
        alert("SLOFastBurn", PAGE, CART_SLO),
        alert("SLOSlowBurn", TICKET, CART_SLO),
    ),
    "a spent budget by the same SLO's fast burn, without workload": (
        alert("SLOFastBurn", PAGE, BARE_SLO),
        alert("SLOBudgetSpent", TICKET, BARE_SLO),
    ),
    "a workload's ticket by its page, whoever owns it": (
        alert("WorkloadUnavailable", PAGE, CART, {"owner": "checkout"}),
        alert("RolloutStuck", TICKET, CART),
    ),
    "the ticket of a workload's SLO by the workload's page": (
        alert("WorkloadUnavailable", PAGE, CART),
        alert("SLOSlowBurn", TICKET, CART_SLO),
    ),
    "a workload's ticket by the page of its SLO": (
        alert("SLOFastBurn", PAGE, CART_SLO),
        alert("ThrottlingHurts", TICKET, CART),
    ),
    "a node's flapping by its page": (
        alert("NodeNotReady", PAGE, {"node": "n1"}),
        alert("NodeFlapping", TICKET, {"node": "n1"}),
    ),
    "a source's failing by its page": (
        alert("SourceStale", PAGE, {"source": "pods"}),
        alert("SourceFailing", TICKET, {"source": "pods"}),
    ),
}

TOLD = {
    "slow burn of another SLO": (alert("SLOFastBurn", PAGE, CART_SLO), alert("SLOSlowBurn", TICKET, FIND_SLO)),
    "slow burn of another group": (
        alert("SLOFastBurn", PAGE, {**BARE_SLO, "slo_group": "route=/"}),
        alert("SLOSlowBurn", TICKET, BARE_SLO),
    ),
    "slow burn in another cluster": (
        alert("SLOFastBurn", PAGE, CART_SLO, {"cluster": "east"}),
        alert("SLOSlowBurn", TICKET, CART_SLO, {"cluster": "west"}),
    ),
    "an SLO's ticket beside the page of another workload": (
        alert("WorkloadUnavailable", PAGE, FIND),
        alert("SLOSlowBurn", TICKET, CART_SLO),
    ),
    "a workload's ticket beside the page of an SLO that is declared on none": (
        alert("SLOFastBurn", PAGE, BARE_SLO),
        alert("ThrottlingHurts", TICKET, CART),
    ),
    "a ticket of another workload": (alert("WorkloadUnavailable", PAGE, CART), alert("CrashLoop", TICKET, FIND)),
    "a ticket of a namesake elsewhere": (
        alert("WorkloadUnavailable", PAGE, CART),
        alert("CrashLoop", TICKET, {**CART, "namespace": "test"}),
    ),
    "a ticket of a workload beside a node's page": (
        alert("NodeNotReady", PAGE, {"node": "n1"}),
        alert("CrashLoop", TICKET, CART),
    ),
    "flapping of another node": (
        alert("NodeNotReady", PAGE, {"node": "n1"}),
        alert("NodeFlapping", TICKET, {"node": "n2"}),
    ),
    "a ticket without any object beside a page without any": (
        alert("ExporterDown", PAGE),
        alert("KubeletsUnread", TICKET),
    ),
    "a ticket of an SLO without workload beside a page without any object": (
        alert("ExporterDown", PAGE),
        alert("SLONoData", TICKET, BARE_SLO),
    ),
    "a stranger's ticket with the same labels": (
        alert("WorkloadUnavailable", PAGE, CART),
        {"alertname": "Foreign", **TICKET, **CART},
    ),
}


@pytest.mark.parametrize(
    ("page", "ticket", "silenced"),
    [*((*pair, True) for pair in SILENCED.values()), *((*pair, False) for pair in TOLD.values())],
    ids=[*(f"silences {name}" for name in SILENCED), *(f"leaves {name}" for name in TOLD)],
)
def test_what_silences_what(alertmanager: Alertmanager, page: Labels, ticket: Labels, *, silenced: bool) -> None:
    alertmanager.tell([page, ticket])

    expected = {frozenset(page.items()): False, frozenset(ticket.items()): silenced}
    wait_until(lambda: alertmanager.inhibited() == expected, what=f"the ticket to be silenced: {silenced}")
    assert alertmanager.inhibited() == expected


def test_what_is_told_together(alertmanager: Alertmanager) -> None:
    together = {"HeadroomWorkloadUnavailable", "HeadroomCrashLoop", "HeadroomOOMLoop", "HeadroomSLOFastBurn"}
    alone = (
        alert("SLOFastBurn", PAGE, FIND_SLO),
        alert("SLOFastBurn", PAGE, BARE_SLO),
        alert("SLOFastBurn", PAGE, {**BARE_SLO, "slo": "other"}),
        alert("NodeNotReady", PAGE, {"node": "n1"}),
        alert("NodeNotReady", PAGE, {"node": "n2"}),
        alert("SourceStale", PAGE, {"source": "pods"}),
        alert("SourceStale", PAGE, {"source": "nodes"}),
        alert("ExporterDown", PAGE),
        alert("Watchdog", {"severity": "none"}),
    )
    of_cart = (alert(name.removeprefix("Headroom"), PAGE, CART_SLO if "SLO" in name else CART) for name in together)
    alertmanager.tell([*of_cart, *alone])

    expected = sorted([sorted(together), *([each["alertname"]] for each in alone)])
    wait_until(lambda: sorted(map(sorted, alertmanager.groups())) == expected, what="every alert in its group")


MESSAGE: dict[str, Any] = {
    "status": "firing",
    "receiver": "headroom-pages",
    "commonLabels": {**CART, **PAGE, "cluster": "east"},
    "groupLabels": CART,
    "commonAnnotations": {},
    "externalURL": "http://alertmanager",
    "alerts": [
        {
            "status": "firing",
            "labels": {**CART, **PAGE, "alertname": f"Headroom{name}"},
            "annotations": {
                "summary": f"{name} happened",
                "description": "It is bad.",
                "runbook_url": f"https://runbooks/Headroom{name}",
                "dashboard_url": "https://grafana/d/headroom-workload",
            },
            "startsAt": "2026-01-01T00:00:00Z",
            "endsAt": "2026-01-01T00:07:30Z",
        }
        for name in ("WorkloadUnavailable", "CrashLoop")
    ],
}


def rendered(name: str, message: dict[str, Any], folder: Path) -> str:
    """What a template makes of a message."""
    data = folder / "message.json"
    data.write_text(json.dumps(message))
    text = f'{{{{ template "{name}" . }}}}'
    return amtool(
        "template", "render", f"--template.glob={TEMPLATE}", f"--template.text={text}", f"--template.data={data}"
    )


def test_what_a_person_reads(tmp_path: Path) -> None:
    title = rendered("headroom.title", MESSAGE, tmp_path)
    text = rendered("headroom.text", MESSAGE, tmp_path)

    assert title.strip() == "Page: Deployment shop/cart in east: WorkloadUnavailable, CrashLoop"
    assert rendered("headroom.link", MESSAGE, tmp_path).strip() == "https://runbooks/HeadroomWorkloadUnavailable"
    assert rendered("headroom.color", MESSAGE, tmp_path).strip() == "danger"
    for line in ("*CrashLoop happened*", "It is bad.", "Runbook: https://runbooks/HeadroomCrashLoop"):
        assert line in text
    assert text.count("Dashboard: https://grafana/d/headroom-workload") == 2


def test_what_a_person_reads_when_it_is_over(tmp_path: Path) -> None:
    over = [{**each, "status": "resolved"} for each in MESSAGE["alerts"]]
    message = {**MESSAGE, "status": "resolved", "alerts": over}

    assert rendered("headroom.title", message, tmp_path).strip() == "Over: Deployment shop/cart in east"
    assert "Over: CrashLoop happened, after 7m30s." in rendered("headroom.text", message, tmp_path)
    assert rendered("headroom.color", message, tmp_path).strip() == "good"
