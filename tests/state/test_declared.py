"""What objects declare of SLOs: who is told of it, and when there is news."""

from __future__ import annotations

from typing import Any

import pytest

from kube_headroom import model
from kube_headroom.catalogue.labels import Workload
from kube_headroom.state.declared import Declaration, selected
from tests import facts
from tests.stage import Stage

WEB, API = Workload("shop", "Deployment", "web"), Workload("shop", "Deployment", "api")
WISH = "availability=99.9"


def config_map(name: str = "slos", text: str = "a") -> model.ConfigMap:
    return model.ConfigMap(facts.metadata(name), (("slos.yaml", text),))


def controller(name: str = "web", slo: str = WISH, **fields: Any) -> model.Controller:
    return facts.controller(name, slo=slo, **fields)


def stage() -> Stage:
    found = Stage()
    found.upsert("deployments", controller(owner="checkout"), facts.controller("api"))
    found.upsert("cronjobs", model.CronJob(facts.metadata("report", slo="job-success=99"), False, 0, 0.0, 0.0))  # noqa: FBT003
    found.upsert("configmaps", config_map())
    return found


def test_config_maps_and_annotations_are_given_out_with_the_owner() -> None:
    here = stage()
    here.upsert("namespaces", model.Namespace(facts.metadata("shop", namespace="", owner="shopkeepers")))
    inputs = here.inventory.slo_inputs()
    assert inputs.config_maps == (config_map(),)
    assert inputs.declarations == (
        Declaration(Workload("shop", "CronJob", "report"), "job-success=99", "shopkeepers"),
        Declaration(WEB, WISH, "checkout"),
    )


CHANGES: dict[str, tuple[str, model.Fact, bool]] = {
    "another annotation is news": ("deployments", controller(slo="availability=99", owner="checkout"), True),
    "no annotation any more is news": ("deployments", controller(slo="", owner="checkout"), True),
    "another owner is news": ("deployments", controller(owner="search"), True),
    "a replica more is none": ("deployments", controller(owner="checkout", replicas=facts.replicas(3)), False),
    "a workload that declares nothing is none": ("deployments", facts.controller("blog"), False),
    "another text in a ConfigMap is news": ("configmaps", config_map(text="b"), True),
    "the same text again is none": ("configmaps", config_map(), False),
    "another owner of the namespace is news": (
        "namespaces",
        model.Namespace(facts.metadata("shop", namespace="", owner="x")),
        True,
    ),
    "another owner of another namespace is none": (
        "namespaces",
        model.Namespace(facts.metadata("bank", namespace="", owner="x")),
        False,
    ),
}


@pytest.mark.parametrize(("kind", "fact", "news"), CHANGES.values(), ids=CHANGES.keys())
def test_the_version_grows_with_what_is_declared(kind: str, fact: model.Fact, news: bool) -> None:
    here = stage()
    before = here.inventory.slo_version
    here.upsert(kind, fact)
    assert (here.inventory.slo_version > before) is news


def test_what_is_gone_declares_nothing() -> None:
    here = stage()
    before = here.inventory.slo_version
    here.delete("deployments", controller())
    here.relist("cronjobs")
    here.delete("configmaps", config_map())
    assert here.inventory.slo_version > before
    assert here.inventory.slo_inputs() == ((), ())


def test_selected_workloads_are_shown_again() -> None:
    here = stage()
    here.start()
    here.inventory.changes()
    assert here.inventory.changes() == []
    here.inventory.show_again([("shop", "Deployment", "")])
    assert here.inventory.changes() == [("usage", *API), ("usage", *WEB), ("workload", *API), ("workload", *WEB)]


def test_a_selector_names_one_workload_or_leaves_open_which() -> None:
    everything = {WEB, API, Workload("bank", "StatefulSet", "db")}
    assert selected(everything, [WEB]) == {WEB}
    assert selected(everything, [("shop", "", "")]) == {WEB, API}
    assert selected(everything, [("", "StatefulSet", ""), ("", "", "api")]) == everything - {WEB}
    assert selected(everything, []) == set()
