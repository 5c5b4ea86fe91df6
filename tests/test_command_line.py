"""The command line as a user meets it: exit codes, one clear line, never a traceback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from click.testing import CliRunner

from kube_headroom.__main__ import command_line, main
from kube_headroom.settings import SETTINGS

# The real command line in a real process; only what it starts is put in its place, so that these tests need no cluster.
DRIVER = """
import sys, types
from kube_headroom.errors import UsageError
app = types.ModuleType("kube_headroom.app")
def run(settings, stop):
{body}
app.run = run
sys.modules["kube_headroom.app"] = app
import kube_headroom
kube_headroom.app = app
from kube_headroom.__main__ import main
sys.exit(main(["run", *sys.argv[1:]]))
"""
KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: nowhere
contexts: [{name: nowhere, context: {cluster: nowhere, user: ann}}]
clusters: [{name: nowhere, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: ann, user: {}}]
"""
WAIT_FOR_STOP = "    print('running', flush=True); stop.wait(); print('ended in order', flush=True)"


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("HEADROOM_")}


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kube_headroom", *arguments],
        capture_output=True, text=True, check=False, timeout=60, env=clean_environment(),
    )  # fmt: skip


def driven(body: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", DRIVER.format(body=body)],
        capture_output=True, text=True, check=False, timeout=60, env=clean_environment(),
    )  # fmt: skip


@contextmanager
def running(body: str) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER.format(body=body)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment(),
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield process, process.stdout
    finally:
        process.kill()
        process.communicate()


def test_version_is_the_distributions() -> None:
    result = command("--version")
    assert (result.returncode, result.stdout, result.stderr) == (0, "kube-headroom 0.1.0\n", "")


def test_version_and_help_do_not_pay_for_the_client_the_server_or_the_logs() -> None:
    heavy = "('kubernetes', 'urllib3', 'uvicorn', 'structlog', 'rapidfuzz', 'yaml', 'aiohttp', 'rich')"
    for argument in (["--version"], ["run", "--help"], ["demo", "--help"]):
        script = f"import sys; from kube_headroom.__main__ import main; main({argument}); print([m for m in {heavy} if m in sys.modules])"
        result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
        assert result.stdout.splitlines()[-1] == "[]"


def test_help_lists_every_setting_with_its_variable() -> None:
    result = CliRunner().invoke(command_line, ["run", "--help"], terminal_width=1000)
    assert result.exit_code == 0
    for setting in SETTINGS:
        assert f"  {setting.flag} {setting.kind.metavar}" in result.output
        assert f"environment: {setting.variable}]" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param([], "Missing command.", id="no command"),
        pytest.param(["walk"], "No such command 'walk'", id="unknown command"),
        pytest.param(["run", "--web.listen-adress", "x"], "Did you mean '--web.listen-address'?", id="misspelt flag"),
        pytest.param(["run", "--log.level"], "'--log.level' requires an argument", id="flag without a value"),
        pytest.param(["run", "more"], "unexpected extra argument (more)", id="an argument too many"),
        pytest.param(["run", "--log.level", "loud"], "flag --log.level: expected one of debug, info", id="wrong value"),
        pytest.param(["run", "--config.file", "/no/such"], "cannot read /no/such: No such file", id="no file"),
        pytest.param(
            ["run", "--namespaces", "a", "--namespaces-denied", "b"], "cannot be used together", id="settings at odds"
        ),
    ],
)
def test_mistake_is_one_line_and_exit_code_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("HEADROOM_")]:
        monkeypatch.delenv(name)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("kube-headroom: error: ")
    assert err.count("\n") == 1
    assert message in err


def test_mistake_in_a_file_reaches_the_user_of_a_real_process(tmp_path: Path) -> None:
    path = tmp_path / "headroom.yaml"
    path.write_text("log.level: info\nnamespcaes: [shop]\n")
    result = command("run", "--config.file", str(path))
    assert result.returncode == 2
    assert result.stderr == f"kube-headroom: error: {path}:2: unknown setting 'namespcaes'; did you mean namespaces?\n"


def test_a_kubeconfig_that_cannot_be_used_is_one_line_naming_it(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text("users: [{name: ann, user: {token: hunter2}}]\nclusters: {")
    result = command("run", "--kubeconfig", str(path))
    assert result.returncode == 2
    assert result.stderr.startswith(f"kube-headroom: error: kubeconfig {path}")
    assert result.stderr.count("\n") == 1
    assert "hunter2" not in result.stderr


def test_an_address_that_cannot_be_listened_on_is_one_line_naming_it(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(KUBECONFIG)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        result = command("run", "--kubeconfig", str(path), "--web.listen-address", address)
    assert result.returncode == 2
    assert result.stderr.startswith("kube-headroom: error: ")
    assert address in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_unreachable_server_is_said_once_retried_and_a_signal_ends_it_in_order(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(KUBECONFIG)
    process = subprocess.Popen(
        [sys.executable, "-m", "kube_headroom", "run", "--kubeconfig", str(path), "--web.listen-address", "127.0.0.1:0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment(),
    )  # fmt: skip
    try:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        said = next(line for line in map(json.loads, lines) if line["level"] == "warning")
        assert "http://127.0.0.1:1" in said["why"]
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
        assert process.wait(timeout=60) == 0
        assert "Traceback" not in rest
    finally:
        process.kill()
        process.communicate()


def test_what_another_room_refuses_is_one_line_without_secrets_or_traceback() -> None:
    result = driven("    raise UsageError('kubeconfig x:3: bad\\nserver https://ann:hunter2@example.com')")
    assert result.returncode == 2
    assert result.stderr == "kube-headroom: error: kubeconfig x:3: bad server https://[redacted]@example.com\n"


def test_an_unexpected_error_is_logged_once_without_secrets_and_ends_with_1() -> None:
    result = driven("    raise RuntimeError('Authorization: Bearer hunter2')")
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    record = json.loads(line)
    assert record["level"] == "error"
    assert "RuntimeError: Authorization: [redacted]" in record["exception"]
    assert "hunter2" not in result.stderr


def test_an_error_in_a_thread_is_a_log_line() -> None:
    result = driven(
        "    import threading\n"
        "    def fail(): raise ValueError('token: hunter2')\n"
        "    thread = threading.Thread(target=fail, name='pods'); thread.start(); thread.join()"
    )
    assert result.returncode == 0
    (line,) = result.stderr.splitlines()
    record = json.loads(line)
    assert (record["event"], record["thread"]) == ("thread ended by an error", "pods")
    assert "ValueError: token: [redacted]" in record["exception"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_the_program_in_order(number: signal.Signals) -> None:
    with running(WAIT_FOR_STOP) as (process, output):
        assert output.readline() == "running\n"
        process.send_signal(number)
        assert output.read() == "ended in order\n"
        assert process.wait(timeout=60) == 0


def test_a_second_signal_ends_a_program_that_cannot_end_in_order() -> None:
    body = "    stop.wait(0); print('running', flush=True); stop.wait(); print('stuck', flush=True)\n    while True: signal.pause()"
    with running("    import signal\n" + body) as (process, output):
        assert output.readline() == "running\n"
        process.send_signal(signal.SIGTERM)
        assert output.readline() == "stuck\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == -signal.SIGTERM


def test_flags_reach_what_is_run_as_settings() -> None:
    body = "    print(settings.namespaces, settings.web_listen_address, settings.counter_hold, stop.is_set())"
    script = DRIVER.format(body=body)
    flags = ["--namespaces", "a", "--namespaces", "b,c", "--web.listen-address", ":0", "--counter-hold", "2m"]
    result = subprocess.run(
        [sys.executable, "-c", script, *flags],
        capture_output=True, text=True, check=False, timeout=60, env=clean_environment(),
    )  # fmt: skip
    assert (result.returncode, result.stdout) == (0, "('a', 'b', 'c') (':0',) 120.0 False\n")
