"""The demo's options: its own table, some of the exporter's settings, and the environment of both."""

from __future__ import annotations

import pytest

from kube_headroom.demo.options import EXPORTERS, SIMULATED, Begin, read_options
from kube_headroom.settings import SETTINGS, SettingsError


def test_defaults_are_a_shop_of_a_dozen_nodes_in_real_time() -> None:
    options = read_options({}, {})
    assert (options.nodes, options.workloads, options.seed, options.speed) == (12, 25, 1, 1.0)
    assert (options.incidents, options.schedule, options.control_address) == ((), None, "127.0.0.1:9790")
    assert options.exporter.web_listen_address == (":9789",)
    assert options.exporter.log_level == "warning"


@pytest.mark.parametrize(
    ("flags", "environment", "expected"),
    [
        pytest.param({"speed": "60"}, {}, 60.0, id="a flag"),
        pytest.param({}, {"HEADROOM_SPEED": "2.5"}, 2.5, id="a variable"),
        pytest.param({"speed": "60"}, {"HEADROOM_SPEED": "2"}, 60.0, id="the flag wins"),
    ],
)
def test_options_come_from_flags_and_environment(
    flags: dict[str, str], environment: dict[str, str], expected: float
) -> None:
    assert read_options(flags, environment).speed == expected


@pytest.mark.parametrize(
    ("flags", "environment", "expected"),
    [
        pytest.param({"log_level": "debug"}, {"HEADROOM_LOG_LEVEL": "error"}, "debug", id="the flag wins"),
        pytest.param({}, {"HEADROOM_LOG_LEVEL": "error"}, "error", id="the variable wins over the demo's default"),
    ],
)
def test_the_exporters_settings_are_read_as_run_reads_them(
    flags: dict[str, str], environment: dict[str, str], expected: str
) -> None:
    assert read_options(flags, environment).exporter.log_level == expected


def test_settings_of_run_that_are_no_options_of_the_demo_are_passed_over() -> None:
    environment = {"HEADROOM_KUBECONFIG": "/home/ann/.kube/config", "HEADROOM_STATE_FILE": "/var/lib/headroom.sqlite"}
    exporter = read_options({}, environment).exporter
    assert (exporter.kubeconfig, exporter.state_file) == (None, None)


def test_incidents_may_name_their_target_and_come_in_numbers() -> None:
    options = read_options({"incident": ["crash-loop", "node-down@general-b-1,oom-loop@shop/cart"]}, {})
    assert options.incidents == (
        Begin("crash-loop", None), Begin("node-down", "general-b-1"), Begin("oom-loop", "shop/cart"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("flags", "environment", "message"),
    [
        pytest.param({"speed": "0"}, {}, "flag --speed: expected a number from 0.1 to 600, found '0'", id="speed"),
        pytest.param({"speed": "1e2"}, {}, "flag --speed: expected a number from 0.1 to 600", id="an exponent"),
        pytest.param({"nodes": "2"}, {}, "flag --nodes: expected a whole number from 3 to 5000", id="nodes"),
        pytest.param({"incident": ["@shop/cart"]}, {}, "flag --incident: expected NAME or NAME@", id="no name"),
        pytest.param(
            {"simulator_listen_address": "9790"},
            {},
            "flag --simulator.listen-address: expected [HOST]:PORT",
            id="no host",
        ),
        pytest.param({"log_level": "loud"}, {}, "flag --log.level: expected one of", id="one of the exporter's"),
        pytest.param({}, {"HEADROOM_SPEDE": "2"}, "HEADROOM_SPEDE; did you mean HEADROOM_SPEED?", id="misspelt"),
    ],
)
def test_a_mistake_says_where_it_stands(flags: dict[str, str], environment: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_options(flags, environment)
    assert message in str(caught.value)


def test_no_option_has_the_name_of_a_setting() -> None:
    assert not {setting.name for setting in SIMULATED} & {setting.name for setting in SETTINGS}
    assert {setting.name for setting in EXPORTERS} <= {setting.name for setting in SETTINGS}
