"""Settings: which source wins, and what each mistake is told."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.cluster.kinds import KINDS
from kube_headroom.durations import parse_duration
from kube_headroom.settings import SETTINGS, Settings, SettingsError, read
from kube_headroom.settings.file import MAXIMUM_BYTES
from kube_headroom.settings.table import OPTIONAL_KINDS


def write(folder: Path, text: str | bytes) -> str:
    path = folder / "headroom.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def test_table_and_dataclass_name_the_same_settings_in_the_same_order() -> None:
    assert [setting.field for setting in SETTINGS] == [field.name for field in dataclasses.fields(Settings)]


def test_every_watched_kind_but_pods_can_be_switched_off() -> None:
    assert {*OPTIONAL_KINDS, "pods"} == {kind.name for kind in KINDS}


def test_settings_cannot_be_changed_after_they_were_read() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        read().log_level = "debug"  # type: ignore[misc]


def test_defaults_are_those_of_the_design() -> None:
    settings = read()
    assert settings.web_listen_address == (":9789",)
    assert settings.web_telemetry_path == "/metrics"
    assert settings.owner_keys == ("kube-headroom.io/owner",)
    assert settings.node_pool_keys[0] == "karpenter.sh/nodepool"
    assert (settings.counter_hold, settings.source_stale_after, settings.workload_kept_after) == (60, 3600, 600)
    assert (settings.owner_wait, settings.bare_workloads_per_namespace, settings.state_file) == (30, 1000, None)


@pytest.mark.parametrize(
    ("file", "environment", "flags", "expected"),
    [
        pytest.param("", {}, {}, "info", id="nothing given leaves the default"),
        pytest.param("log.level: error", {}, {}, "error", id="the file wins over the default"),
        pytest.param("log.level: error", {"HEADROOM_LOG_LEVEL": "warning"}, {}, "warning", id="environment over file"),
        pytest.param(
            "log.level: error", {"HEADROOM_LOG_LEVEL": "warning"}, {"log_level": "debug"}, "debug", id="flag over both"
        ),
    ],
)
def test_source_that_wins(
    tmp_path: Path, file: str, environment: dict[str, str], flags: dict[str, str], expected: str
) -> None:
    assert read({"config_file": write(tmp_path, file), **flags}, environment).log_level == expected


def test_the_environment_may_name_the_file(tmp_path: Path) -> None:
    settings = read({}, {"HEADROOM_CONFIG_FILE": write(tmp_path, "watch-list: off")})
    assert settings.watch_list == "off"


@pytest.mark.parametrize(
    ("text", "field", "expected"),
    [
        pytest.param("namespaces: [b, a, b]", "namespaces", ("b", "a"), id="a list keeps its order and drops repeats"),
        pytest.param("namespaces: a, b", "namespaces", ("a", "b"), id="a text with commas is a list"),
        pytest.param(
            "namespaces: [no, 1e3]", "namespaces", ("no", "1e3"), id="YAML 1.1 does not turn words into values"
        ),
        pytest.param("event-reasons: []", "event_reasons", (), id="an empty list empties the default"),
        pytest.param("counter-hold: 1m30s", "counter_hold", 90.0, id="a duration becomes seconds"),
        pytest.param("bare-workloads-per-namespace: 5", "bare_workloads_per_namespace", 5, id="a number stays whole"),
        pytest.param("state.file: ~/s.db", "state_file", Path("~/s.db").expanduser(), id="a path's ~ is the home"),
        pytest.param(
            "annotation-prefix: example.com/", "owner_keys", ("example.com/owner",), id="the prefix names the owner key"
        ),
        pytest.param("\ufeff# nothing\n", "log_level", "info", id="a byte order mark and comments say nothing"),
        pytest.param("x: &n a", "namespaces", None, id="an anchor does not hide an unknown key"),
    ],
)
def test_file_values(tmp_path: Path, text: str, field: str, expected: Any) -> None:
    flags = {"config_file": write(tmp_path, text)}
    if expected is None:
        with pytest.raises(SettingsError, match="unknown setting"):
            read(flags)
    else:
        assert getattr(read(flags), field) == expected


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        pytest.param(
            "\n\nnamespcaes: [a]", 3, "unknown setting 'namespcaes'; did you mean namespaces?", id="misspelt key"
        ),
        pytest.param(
            "qqqqqqqq: 1", 1, "unknown setting 'qqqqqqqq'; `kube-headroom run --help` lists", id="no neighbour"
        ),
        pytest.param(
            "log.level: loud", 1, "log.level: expected one of debug, info, warning, error, found 'loud'", id="word"
        ),
        pytest.param(
            "counter-hold: 60", 1, "expected a duration such as 30s, 5m or 1h, from 0s to 10m, found '60'", id="unit"
        ),
        pytest.param("counter-hold: 11m", 1, "from 0s to 10m, found '11m'", id="too long"),
        pytest.param("bare-workloads-per-namespace: 1_0", 1, "expected a whole number from 0 to 1000000", id="number"),
        pytest.param("log.level: [info]", 1, "log.level: expected one of", id="list where one is expected"),
        pytest.param("kinds-disabled: [pods]", 1, "kinds-disabled: expected one of nodes", id="pods cannot be off"),
        pytest.param("namespaces: [Shop]", 1, "expected a namespace's name", id="a namespace has no capitals"),
        pytest.param("owner-keys: [a/b/c]", 1, "expected a label's or annotation's key", id="key with two slashes"),
        pytest.param("web.telemetry-path: /-/ready", 1, "other than / and what begins with /-/", id="path of ours"),
        pytest.param("web.listen-address: '9789'", 1, "expected [HOST]:PORT", id="address without a colon"),
        pytest.param("web.listen-address: ':65536'", 1, "expected [HOST]:PORT", id="port too high"),
        pytest.param("web.listen-address: []", 1, "expected at least one address", id="no address at all"),
        pytest.param("kubeconfig: ~no-such-user-here/c", 1, "expected a file's path", id="home of nobody"),
        pytest.param("namespaces:", 1, "expected text or a list of texts, found nothing", id="key without value"),
        pytest.param("a: 1\nlog.level: info\nlog.level: info", 3, "already set on line 2", id="key twice"),
        pytest.param("log:\n  level: info", 2, "settings are not nested", id="nested keys"),
        pytest.param("? [a]\n: b", 1, "expected a setting's name, found a list", id="key that is no text"),
        pytest.param("- a", 1, "expected `name: value` lines, found a list", id="a list as a file"),
        pytest.param("namespaces: [a\nb: c", 2, "not valid YAML", id="not YAML"),
        pytest.param("a: b\n---\nc: d", 2, "not valid YAML", id="two documents"),
        pytest.param(b"log.level: info\n\xff", 2, "not UTF-8 text", id="not UTF-8"),
        pytest.param("config.file: x", 1, "cannot name another", id="a file that names a file"),
    ],
)
def test_mistake_in_the_file_names_line_key_and_what_was_expected(
    tmp_path: Path, text: str | bytes, line: int, message: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingsError) as raised:
        read({"config_file": path})
    assert str(raised.value).startswith(f"{path}:{line}: ")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda folder: str(folder / "none.yaml"), "No such file", id="a file that is not there"),
        pytest.param(str, "Is a directory", id="a folder"),
        pytest.param(lambda folder: write(folder, b"#" * (MAXIMUM_BYTES + 1)), "is it a settings file?", id="huge"),
        pytest.param(lambda folder: write(folder, "[" * 20_000), "nested too deeply", id="nested without end"),
        pytest.param(lambda folder: write(folder, "a: \0"), "not valid YAML: unacceptable character", id="NUL"),
    ],
)
def test_file_that_cannot_be_read_is_named(tmp_path: Path, make: Any, message: str) -> None:
    path = make(tmp_path)
    with pytest.raises(SettingsError) as raised:
        read({"config_file": path})
    assert path in str(raised.value)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("flags", "environment", "message"),
    [
        pytest.param(
            {"log_level": "loud"}, {}, "flag --log.level: expected one of debug, info, warning, error, found 'loud'",
            id="a flag's value",
        ),
        pytest.param(
            {}, {"HEADROOM_OWNER_WAIT": "soon"}, "environment variable HEADROOM_OWNER_WAIT: owner-wait: expected a dur",
            id="a variable's value",
        ),
        pytest.param(
            {}, {"HEADROOM_LOGLEVEL": "info"},
            "unknown environment variable HEADROOM_LOGLEVEL; did you mean HEADROOM_LOG_LEVEL?", id="misspelt variable",
        ),
        pytest.param({}, {"HEADROOM_PORT": "9789"}, "unknown environment variable HEADROOM_PORT", id="a port of a person"),
        pytest.param(
            {"namespaces": ("a",)}, {"HEADROOM_NAMESPACES_DENIED": "b"},
            "namespaces (flag --namespaces) and namespaces-denied (environment variable HEADROOM_NAMESPACES_DENIED) "
            "cannot be used together", id="allowed and denied",
        ),
        pytest.param(
            {"kubelet_certificate_authority": "ca.crt", "kubelet_insecure_tls": "true"}, {},
            "kubelet-certificate-authority (flag --kubelet-certificate-authority) and kubelet-insecure-tls "
            "(flag --kubelet-insecure-tls) cannot be used together", id="to verify kubelets and not to",
        ),
        pytest.param(
            {"prometheus_bearer_token_file": "token", "prometheus_username": "ann", "prometheus_password_file": "word"}, {},
            "prometheus.bearer-token-file (flag --prometheus.bearer-token-file) and prometheus.username "
            "(flag --prometheus.username) cannot be used together", id="to be two people at Prometheus",
        ),
        pytest.param(
            {"prometheus_client_certificate": "tls.crt"}, {},
            "prometheus.client-key (default) belong together; give both or none", id="a certificate without its key",
        ),
        pytest.param({"prometheus_url": "prometheus:9090"}, {}, "expected an address such as https://", id="no URL"),
        pytest.param({"prometheus_url": "http://ann:pw@prometheus"}, {}, "without user, query or fragment", id="a URL with a password"),
        pytest.param(
            {"kubelet_body_size_limit": "32MB"}, {},
            "flag --kubelet-body-size-limit: expected a size such as 512Ki, 16Mi or 1Gi, from 64Ki to 1Gi, found '32MB'",
            id="a decimal size",
        ),
        pytest.param({"kubelet_body_size_limit": "2Gi"}, {}, "from 64Ki to 1Gi, found '2Gi'", id="a size too large"),
        pytest.param(
            {"state_max_age": "5s"}, {}, "state.max-age (flag --state.max-age) must be longer than state.interval "
            "(default)", id="no check-point is fresh",
        ),
        pytest.param(
            {"kubelet_volumes_interval": "61s"}, {},
            "kubelet-volumes-interval (flag --kubelet-volumes-interval) must be at most half of kubelet-stale-after "
            "(default)", id="kubelets read too rarely",
        ),
        pytest.param(
            {"kubelet_stale_after": "30s", "kubelet_volumes_interval": "0s"}, {},
            "kubelet-cadvisor-interval (default) must be at most half of kubelet-stale-after "
            "(flag --kubelet-stale-after)", id="kubelets' figures withdrawn too soon",
        ),
        pytest.param(
            {"log_level": "info"}, {"HEADROOM_LOG_LEVEL": "loud"}, "environment variable HEADROOM_LOG_LEVEL: log.level",
            id="a mistake that a flag hides is still one",
        ),
        pytest.param({"namespaces": ("x" * 500,)}, {}, "'" + "x" * 80 + "...'", id="a long value is cut"),
    ],
)  # fmt: skip
def test_mistake_in_flags_or_environment(flags: dict[str, Any], environment: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read(flags, environment)
    assert message in str(raised.value)


def test_how_old_kubelets_figures_get_does_not_matter_where_none_are_read() -> None:
    assert read({"kubelets": "off", "kubelet_volumes_interval": "10m"}).kubelets == "off"


def test_variables_that_kubernetes_makes_for_a_service_called_headroom_are_passed_over() -> None:
    links = {
        "HEADROOM_SERVICE_HOST": "10.96.0.7",
        "HEADROOM_SERVICE_PORT": "9789",
        "HEADROOM_SERVICE_PORT_HTTP_METRICS": "9789",
        "HEADROOM_PORT": "tcp://10.96.0.7:9789",
        "HEADROOM_PORT_9789_TCP": "tcp://10.96.0.7:9789",
        "HEADROOM_PORT_9789_TCP_PROTO": "tcp",
        "HEADROOM_PORT_9789_TCP_PORT": "9789",
        "HEADROOM_PORT_9789_TCP_ADDR": "10.96.0.7",
        "HEADROOM_KUBE_PROMETHEUS_SERVICE_HOST": "10.96.0.8",
    }
    assert read({}, links) == read()


def test_repeated_flags_and_commas_say_the_same() -> None:
    assert (
        read({"namespaces": ("a", "b")}) == read({"namespaces": ("a,b",)}) == read({}, {"HEADROOM_NAMESPACES": "a, b"})
    )


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_default_written_out_is_the_default(setting: Any, tmp_path: Path) -> None:
    if setting.default is None:
        assert getattr(read({}, {setting.variable: ""}), setting.field) is None
        return
    text = ",".join(setting.default) if setting.several else setting.default
    assert read({}, {setting.variable: text}) == read()
    assert read({setting.field: (text,) if setting.several else text}) == read()
    path = write(tmp_path, f"{setting.name}: '{text}'")
    assert dataclasses.replace(read({"config_file": path}), config_file=None) == read()


UNITS = {"y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(UNITS, st.integers(0, 10_000))), st.integers(0, 999))
def test_a_duration_is_the_sum_of_its_parts(parts: dict[str, int], milliseconds: int) -> None:
    text = "".join(f"{parts[unit]}{unit}" for unit in UNITS if unit in parts) + f"{milliseconds}ms"
    expected = sum(UNITS[unit] * count for unit, count in parts.items()) + milliseconds / 1000
    assert parse_duration(text) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("text", ["", "60", "1.5s", "-1s", "1s1m", "1s ", " 1s", "1S", "1 s", "s", "1m1m", "\u0661s"])
def test_what_prometheus_refuses_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        parse_duration(text)


@given(st.binary(max_size=200))
def test_any_bytes_as_a_file_are_settings_or_one_clear_line(tmp_path_factory: Any, data: bytes) -> None:
    path = tmp_path_factory.mktemp("settings") / "headroom.yaml"
    path.write_bytes(data)
    try:
        read({"config_file": str(path)})
    except SettingsError as error:
        assert str(path) in str(error)  # noqa: PT017 - both outcomes are allowed, a third is not
