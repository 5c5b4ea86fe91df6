"""The store: every write a revision, every revision a change, and indexes that follow the objects."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.simulator import store as store_module
from kube_headroom.simulator.store import Change, ConflictError, Object, Store, owner_reference

START = 1_800_000_000.0


def new_store() -> Store:
    return Store(lambda: START, random.Random(1))


def pod(name: str, *, node: str = "", owner: Object | None = None) -> Object:
    metadata: Object = {"name": name, "namespace": "shop"}
    if owner:
        metadata["ownerReferences"] = [owner_reference(owner)]
    spec: Object = {"containers": [], **({"nodeName": node} if node else {})}
    return {"metadata": metadata, "spec": spec, "status": {"phase": "Pending"}}


def replica_set(name: str) -> Object:
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": {"replicas": 1}}


def names(objects: list[Object]) -> list[str]:
    return [found["metadata"]["name"] for found in objects]


def test_each_write_takes_the_next_revision_and_carries_it() -> None:
    store = new_store()
    first = store.create("pods", pod("a"))
    second = store.change("pods", first, status={"phase": "Running"})
    store.delete("pods", second)
    assert [change.type for change in store.log] == ["ADDED", "MODIFIED", "DELETED"]
    assert [change.object["metadata"]["resourceVersion"] for change in store.log] == ["2", "3", "4"]
    assert store.revision == 4
    assert store.get("pods", "shop", "a") is None


def test_a_new_object_gets_what_the_api_server_gives_it() -> None:
    made = new_store().create("pods", pod("a"))
    assert made["apiVersion"], made["kind"] == ("v1", "Pod")
    assert made["metadata"]["creationTimestamp"] == "2027-01-15T08:00:00Z"
    assert made["metadata"]["generation"] == 1
    assert len(made["metadata"]["uid"]) == 36


def test_a_generated_name_has_the_api_servers_five_letters() -> None:
    made = new_store().create("pods", {**pod("x"), "metadata": {"generateName": "web-", "namespace": "shop"}})
    prefix, suffix = made["metadata"]["name"][:4], made["metadata"]["name"][4:]
    assert prefix == "web-"
    assert len(suffix) == 5
    assert set(suffix) <= set("bcdfghjklmnpqrstvwxz2456789")


def test_a_write_that_changes_nothing_is_none() -> None:
    store = new_store()
    made = store.create("pods", pod("a"))
    assert store.replace("pods", {**made}) is made
    assert store.change("pods", made, status={"phase": "Pending"}) is made
    assert store.revision == 2


@pytest.mark.parametrize(
    ("parts", "generation"),
    [
        pytest.param({"spec": {"replicas": 2}}, 2, id="a new spec is a new generation"),
        pytest.param({"status": {"replicas": 2}}, 1, id="a new status is none"),
        pytest.param({"metadata": {"labels": {"a": "b"}}}, 1, id="new labels are none"),
    ],
)
def test_the_generation_counts_what_was_asked_for(parts: dict[str, Any], generation: int) -> None:
    store = new_store()
    made = store.create("replicasets", replica_set("a"))
    assert store.change("replicasets", made, **parts)["metadata"]["generation"] == generation


def test_a_change_starts_from_what_is_stored_now() -> None:
    store = new_store()
    seen = store.create("pods", pod("a"))
    store.change("pods", seen, metadata={"labels": {"a": "b"}})
    changed = store.change("pods", seen, status={"phase": "Running"})
    assert changed["metadata"]["labels"] == {"a": "b"}


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        pytest.param(lambda store: store.create("pods", pod("a")), "AlreadyExists", id="a name that is taken"),
        pytest.param(lambda store: store.replace("pods", pod("b")), "NotFound", id="an object that is gone"),
        pytest.param(
            lambda store: store.change("pods", {"metadata": {"name": "a", "namespace": "shop", "uid": "old"}}),
            "NotFound",
            id="an object made again under its name",
        ),
    ],
)
def test_a_write_that_cannot_be_is_refused(write: Callable[[Store], Object], reason: str) -> None:
    store = new_store()
    store.create("pods", pod("a"))
    with pytest.raises(ConflictError) as refused:
        write(store)
    assert refused.value.reason == reason
    assert store.revision == 2


def test_an_object_made_again_under_a_name_is_not_deleted_for_the_old_one() -> None:
    store = new_store()
    old = store.create("pods", pod("a"))
    store.delete("pods", old)
    store.create("pods", pod("a"))
    store.delete("pods", old)
    assert store.count("pods") == 1


def test_grace_marks_once_and_the_second_deletion_removes() -> None:
    store = new_store()
    made = store.create("pods", pod("a"))
    store.delete("pods", made, grace=30)
    store.delete("pods", made, grace=30)
    marked = store.get("pods", "shop", "a")
    assert marked is not None
    assert marked["metadata"]["deletionTimestamp"] == "2027-01-15T08:00:30Z"
    assert marked["metadata"]["deletionGracePeriodSeconds"] == 30
    assert store.revision == 3
    store.delete("pods", marked)
    assert store.get("pods", "shop", "a") is None


def test_an_owner_knows_what_it_controls_until_it_is_gone_or_orphaned() -> None:
    store = new_store()
    owner = store.create("replicasets", replica_set("web"))
    uid = owner["metadata"]["uid"]
    first, second = (store.create("pods", pod(name, owner=owner)) for name in ("b", "a"))
    assert names(store.owned(uid, "pods")) == ["b", "a"]
    assert store.owned(uid, "replicasets") == []
    store.change("pods", first, metadata={"ownerReferences": []})
    assert names(store.owned(uid, "pods")) == ["a"]
    store.delete("pods", second)
    assert store.owned(uid, "pods") == []


def test_a_node_knows_its_pods_from_their_binding_on() -> None:
    store = new_store()
    waiting = store.create("pods", pod("b"))
    store.create("pods", pod("a", node="node-1"))
    bound = store.change("pods", waiting, spec={**waiting["spec"], "nodeName": "node-1"})
    store.change("pods", bound, status={"phase": "Running"})
    assert names(store.pods_on("node-1")) == ["a", "b"]
    store.delete("pods", bound)
    assert names(store.pods_on("node-1")) == ["a"]


def test_listeners_hear_every_change_with_the_state_before() -> None:
    store = new_store()
    heard: list[Change] = []
    store.listeners.append(heard.append)
    made = store.create("pods", pod("a"))
    changed = store.change("pods", made, status={"phase": "Running"})
    store.delete("pods", changed)
    assert [(change.before is made, change.before is changed) for change in heard] == [
        (False, False),
        (True, False),
        (False, True),
    ]


def test_an_admission_may_fill_in_or_refuse() -> None:
    store = new_store()

    def admit(resource: str, new: Object) -> Object:
        if new["metadata"]["name"] == "bad":
            raise ConflictError("Forbidden", "no")
        return {**new, "spec": {**new["spec"], "admitted": resource}}

    store.admissions.append(admit)
    assert store.create("pods", pod("a"))["spec"]["admitted"] == "pods"
    with pytest.raises(ConflictError):
        store.create("pods", pod("bad"))
    assert store.count("pods") == 1


def test_the_log_forgets_the_oldest_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "KEPT_CHANGES", 3)
    store = new_store()
    for name in "abcde":
        store.create("pods", pod(name))
    assert [change.revision for change in store.log] == [4, 5, 6]
    assert store.compacted == 3
    assert [change.revision for change in store.changes_after(4)] == [5, 6]


def test_a_compaction_forgets_all() -> None:
    store = new_store()
    store.create("pods", pod("a"))
    store.compact()
    assert (len(store.log), store.compacted, store.count("pods")) == (0, 2, 1)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "node-1", "node-2"])), max_size=30))
def test_the_indexes_say_what_the_objects_say(moves: list[tuple[str, str]]) -> None:
    store = new_store()
    for name, node in moves:
        current = store.get("pods", "shop", name)
        if current is None:
            store.create("pods", pod(name, node=node))
        elif node == current["spec"].get("nodeName", ""):
            store.delete("pods", current)
        else:
            store.replace("pods", {**pod(name, node=node), "metadata": current["metadata"]})
    for node in ("node-1", "node-2"):
        expected = {found["metadata"]["name"] for found in store.all("pods") if found["spec"].get("nodeName") == node}
        assert set(names(store.pods_on(node))) == expected
