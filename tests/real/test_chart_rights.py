"""The chart's roles are made of what the settings let the exporter read: every kind that it watches, and no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kube_headroom.cluster.kinds import CONFIG_MAPS, KINDS, Kind
from tests.real.chart import VALUES, granted, of_kind, only, render
from tests.real.rights import KUBELETS as KUBELETS_RULE
from tests.real.rights import rules


def watched(*kinds: Kind) -> set[tuple[str, str, str]]:
    """Return what reading these kinds takes."""
    groups = {kind: kind.prefix.split("/")[2] if kind.prefix.startswith("/apis/") else "" for kind in kinds}
    return {(group, kind.name, verb) for kind, group in groups.items() for verb in ("list", "watch")}


THE_CLUSTER = ("", "namespaces", "get")
KUBELETS = ("", "nodes/metrics", "get")
RIGHTS: dict[str, tuple[dict[str, Any], set[tuple[str, str, str]]]] = {
    "by default, all kinds and the kubelets' pages": ({}, watched(*KINDS) | {THE_CLUSTER, KUBELETS}),
    "without kubelets": ({"kubelets": "off"}, watched(*KINDS) | {THE_CLUSTER}),
    "without kubelets, unquoted": ({"kubelets": False}, watched(*KINDS) | {THE_CLUSTER}),
    "with SLOs from ConfigMaps": (
        {"slo.configmap-selector": "slo=true"},
        watched(*KINDS, CONFIG_MAPS) | {THE_CLUSTER, KUBELETS},
    ),
    "without kinds that are switched off": (
        {"kinds-disabled": ["events", "nodes", "jobs", "cronjobs"]},
        watched(*(kind for kind in KINDS if kind.name not in {"events", "nodes", "jobs", "cronjobs"}))
        | {THE_CLUSTER, KUBELETS},
    ),
}


@pytest.mark.parametrize("name", RIGHTS)
def test_the_cluster_role_grants_what_the_exporter_reads_and_no_more(name: str, tmp_path: Path) -> None:
    settings, expected = RIGHTS[name]

    assert granted(render("helm", {"settings": settings}, tmp_path), "ClusterRole") == expected


def test_real_kubelets_are_read_with_the_same_rights(tmp_path: Path) -> None:
    role = {"kind": "ClusterRole", "rules": [*rules(), KUBELETS_RULE]}

    assert granted([role], "ClusterRole") == granted(render("helm", {}, tmp_path), "ClusterRole")


def test_rights_in_namespaces_stand_in_roles_there(tmp_path: Path) -> None:
    objects = render("helm", VALUES["rights in two namespaces"], tmp_path)

    assert granted(objects, "ClusterRole") == watched(*(kind for kind in KINDS if not kind.namespaced)) | {THE_CLUSTER}
    assert granted(objects, "Role") == watched(*(kind for kind in KINDS if kind.namespaced))
    assert [role["metadata"]["namespace"] for role in of_kind(objects, "Role")] == ["default", "kube-system"]


def test_only_the_uid_of_one_namespace_may_be_read_by_name(tmp_path: Path) -> None:
    (rule,) = (
        rule
        for rule in only(render("helm", {}, tmp_path), "ClusterRole")["rules"]
        if rule["verbs"] == ["get"] and rule["resources"] == ["namespaces"]
    )

    assert rule["resourceNames"] == ["kube-system"]
