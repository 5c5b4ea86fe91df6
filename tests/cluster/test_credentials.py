"""Each mistaken way to name an API server is told in one line that says where and what was expected."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from kube_headroom.cluster.credentials import ConnectionSettingsError, Environment, find_access
from kube_headroom.errors import UsageError

SECRET = "hunter2-token"


def config(user: Any = None, **cluster: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:6443", **cluster}}],
        "users": [{"name": "u", "user": user or {"token": SECRET}}],
    }


def without(key: str) -> dict[str, Any]:
    found = config()
    del found[key]
    return found


@pytest.mark.parametrize(
    ("content", "context", "expected"),
    [
        pytest.param(None, None, "No such file or directory; expected a readable kubeconfig", id="a missing file"),
        pytest.param("", None, "is empty; expected a Config", id="an empty file"),
        pytest.param(f"token: [{SECRET}", None, "line 1: is not YAML: expected ',' or ']'", id="half a list"),
        pytest.param(f"a: b\ntoken: {SECRET}: x", None, "line 2: is not YAML: mapping values", id="two colons"),
        pytest.param("\x00", None, "is not YAML: unreadable character", id="a binary file"),
        pytest.param("just words", None, "cannot be understood", id="a text"),
        pytest.param("[1, 2]", None, "cannot be understood", id="a list"),
        pytest.param("{}", None, "Expected", id="an empty object"),
        pytest.param(without("contexts"), None, "has no context 'here'", id="no contexts"),
        pytest.param(without("current-context"), None, "Expected key current-context", id="no current context"),
        pytest.param(config(), "there", "has no context 'there'", id="a context it has not"),
        pytest.param(
            config(**{"certificate-authority": "/nowhere/ca.crt"}),
            None,
            "File does not exist: /nowhere/ca.crt",
            id="no CA",
        ),
        pytest.param(
            config(**{"certificate-authority-data": base64.b64encode(b"no PEM").decode()}),
            None,
            "expected PEM certificates",
            id="a CA that is none",
        ),
        pytest.param(
            config(**{"certificate-authority-data": "%%%"}),
            None,
            "expected PEM certificates",
            id="a CA that is no base64",
        ),
        pytest.param(
            config({"client-certificate": "/nowhere/me.crt", "client-key": "/nowhere/me.key"}),
            None,
            "File does not exist: /nowhere/me.crt",
            id="no certificate",
        ),
        pytest.param(
            config({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin"}}),
            None,
            "user 'u' gets its credentials from 'no-such-plugin', which is not on PATH",
            id="a plugin that is not installed",
        ),
    ],
)
def test_a_kubeconfig_with(tmp_path: Path, content: Any, context: str | None, expected: str) -> None:
    path = tmp_path / "config"
    if content is not None:
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    with pytest.raises(ConnectionSettingsError) as raised:
        find_access(str(path), context)()
    line = str(raised.value)
    assert isinstance(raised.value, UsageError)
    assert line.startswith(f"kubeconfig {path}: ")
    assert expected in line
    assert "\n" not in line
    assert SECRET not in line


def test_a_folder_is_no_kubeconfig(tmp_path: Path) -> None:
    with pytest.raises(ConnectionSettingsError, match="Is a directory"):
        find_access(str(tmp_path), None)()


def test_a_certificate_without_its_key_is_told(tmp_path: Path) -> None:
    authority = trustme.CA()
    mine, other = authority.issue_cert("a"), authority.issue_cert("b")
    mine.cert_chain_pems[0].write_to_path(tmp_path / "crt")
    other.private_key_pem.write_to_path(tmp_path / "key")
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(config({"client-certificate": "crt", "client-key": "key"})))
    with pytest.raises(ConnectionSettingsError, match="expected a PEM certificate and its unencrypted key"):
        find_access(str(path), None)()


def test_certificates_beside_the_file_are_found(tmp_path: Path) -> None:
    authority = trustme.CA()
    mine = authority.issue_cert("a")
    mine.cert_chain_pems[0].write_to_path(tmp_path / "crt")
    mine.private_key_pem.write_to_path(tmp_path / "key")
    authority.cert_pem.write_to_path(tmp_path / "ca")
    path = tmp_path / "config"
    user = {"client-certificate": "crt", "client-key": "key"}
    path.write_text(yaml.safe_dump(config(user, **{"certificate-authority": "ca"})))
    access = find_access(str(path), "here")()
    assert access.server == "https://127.0.0.1:6443"
    assert access.authorization() == ""


def test_neither_pod_nor_file_names_both_ways_out(tmp_path: Path) -> None:
    with pytest.raises(ConnectionSettingsError) as raised:
        find_access(None, None, Environment({}, tmp_path, tmp_path))
    assert str(raised.value) == (
        "no API server to connect to: not in a pod (KUBERNETES_SERVICE_HOST is not set), KUBECONFIG is not set and "
        f"{tmp_path}/.kube/config does not exist; give a kubeconfig with --kubeconfig FILE"
    )


IN_POD = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}


@pytest.fixture
def account(tmp_path: Path) -> Path:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.crt")
    (tmp_path / "token").write_text(SECRET)
    return tmp_path


@pytest.mark.parametrize(
    ("break_it", "expected"),
    [
        pytest.param(
            lambda p: (p / "token").unlink(), "token: No such file or directory; expected the pod's", id="token"
        ),
        pytest.param(lambda p: (p / "ca.crt").write_text(" "), "ca.crt: is empty; expected the pod's", id="empty CA"),
        pytest.param(lambda p: (p / "ca.crt").write_text("x"), "expected PEM certificates", id="broken CA"),
    ],
)
def test_a_service_account_without(account: Path, break_it: Callable[[Path], object], expected: str) -> None:
    break_it(account)
    with pytest.raises(ConnectionSettingsError) as raised:
        find_access(None, None, Environment(IN_POD, account, account))()
    assert expected in str(raised.value)
    assert SECRET not in str(raised.value)


def test_a_context_needs_a_kubeconfig(account: Path) -> None:
    with pytest.raises(ConnectionSettingsError, match="contexts belong to a kubeconfig"):
        find_access(None, "here", Environment(IN_POD, account, account))


class TestOrder:
    """controller-runtime's: the given file, KUBECONFIG, the pod, ~/.kube/config."""

    def server(self, account: Path, given: str | None, variables: dict[str, str]) -> str:
        return find_access(given, None, Environment(variables, account, account))().server

    def file(self, path: Path, server: str) -> str:
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(config(server=server)))
        return str(path)

    def test_each_comes_before_the_next(self, account: Path) -> None:
        given = self.file(account / "given", "https://given")
        named = self.file(account / "named", "https://named")
        self.file(account / ".kube" / "config", "https://home")
        assert self.server(account, given, {"KUBECONFIG": named, **IN_POD}) == "https://given"
        assert self.server(account, None, {"KUBECONFIG": named, **IN_POD}) == "https://named"
        assert self.server(account, None, {"KUBECONFIG": "", **IN_POD}) == "https://[fd00::1]:443"
        assert self.server(account, None, {}) == "https://home"

    def test_a_list_of_files_is_merged(self, account: Path) -> None:
        named = self.file(account / "named", "https://named")
        assert self.server(account, f"/nowhere:{named}", {}) == "https://named"


def test_a_pod_goes_through_its_proxy(account: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    access = find_access(None, None, Environment(IN_POD, account, account))()
    assert str(access.pool.proxy) == "http://proxy:3128"
