"""Which sources the settings choose, and where each is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from kube_headroom.cluster import requests
from kube_headroom.cluster.facts.conversion import Keys
from kube_headroom.cluster.kinds import KINDS, KINDS_BY_NAME
from kube_headroom.cluster.readers import Choice, reflectors
from tests.cluster.script import View


def sources(**chosen: Any) -> list[tuple[str, str]]:
    nothing = Choice((), (), (), Keys(), streaming=True)
    connection: Any = None
    return [(health.kind, health.scope) for health, _ in reflectors(nothing._replace(**chosen), connection, View())]


def test_without_a_choice_every_kind_is_read_once_in_the_whole_cluster() -> None:
    assert sources() == [(kind.name, "") for kind in KINDS]


def test_a_kind_that_is_switched_off_is_not_read() -> None:
    assert ("events", "") not in sources(kinds_disabled=("events",))


def test_config_maps_are_read_only_where_a_label_selects_them() -> None:
    assert ("configmaps", "") not in sources()
    assert ("configmaps", "") in sources(slo_configmaps="kube-headroom.io/slo=definitions")


def test_every_request_asks_for_what_the_label_selects() -> None:
    choice = Choice((), (), (), Keys(), streaming=True, slo_configmaps="slo in (a,b)")
    kind = next(kind for kind in choice.kinds if kind.name == "configmaps")
    asks = (
        requests.list_page(kind, "", ""),
        requests.list_page(kind, "7", "next"),
        requests.watch(kind, "7", lambda: 0.5),
        requests.watch_list(kind, "", lambda: 0.5),
    )
    assert [ask.query["labelSelector"] for ask in asks] == ["slo in (a,b)"] * 4
    assert "labelSelector" not in requests.list_page(KINDS_BY_NAME["pods"], "", "").query


def test_chosen_namespaces_are_read_one_by_one_and_nodes_as_ever() -> None:
    found = sources(namespaces=("bank", "shop"))
    assert [scope for kind, scope in found if kind == "pods"] == ["bank", "shop"]
    assert [scope for kind, scope in found if kind in ("nodes", "namespaces")] == ["", ""]


@pytest.mark.parametrize(
    ("kind", "namespace", "path"),
    [
        ("pods", "", "/api/v1/pods"),
        ("pods", "shop", "/api/v1/namespaces/shop/pods"),
        ("nodes", "", "/api/v1/nodes"),
        ("deployments", "shop", "/apis/apps/v1/namespaces/shop/deployments"),
        ("horizontalpodautoscalers", "", "/apis/autoscaling/v2/horizontalpodautoscalers"),
    ],
)
def test_each_kind_has_its_path(kind: str, namespace: str, path: str) -> None:
    assert KINDS_BY_NAME[kind].path(namespace) == path


def test_many_chosen_namespaces_are_read_by_one_watch_of_all() -> None:
    found = sources(namespaces=tuple(f"ns-{number}" for number in range(11)))
    assert [scope for kind, scope in found if kind == "pods"] == [""]
