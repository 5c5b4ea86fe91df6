"""Lists: one consistent state over all pages, at the version that was asked for, or a refusal in the API's words."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kube_headroom.simulator.apiserver.history import CompactedError, History, key
from kube_headroom.simulator.store import Object
from kube_headroom.simulator.world import World
from tests.simulator.apiserver.stage import PODS, START, Stage, pod


def test_a_list_is_in_the_order_of_keys_and_tells_its_items_kind_once(stage: Stage) -> None:
    stage.create("pods", pod("b"), pod("a", "shop-eu"), pod("a"))
    found = stage.json(PODS)
    assert (found["kind"], found["apiVersion"]) == ("PodList", "v1")
    assert found["metadata"] == {"resourceVersion": str(stage.revision)}
    # "shop-eu/a" before "shop/a": the keys are compared, not the namespaces.
    assert [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in found["items"]] == [
        ("shop-eu", "a"),
        ("shop", "a"),
        ("shop", "b"),
    ]
    assert all("kind" not in item and "apiVersion" not in item for item in found["items"])


def test_a_namespace_has_its_own_objects_and_an_unknown_one_none(stage: Stage) -> None:
    stage.create("pods", pod("a", "one"), pod("b", "two"), pod("c", "one-more"))
    assert stage.names("/api/v1/namespaces/one/pods") == ["a"]
    assert stage.json("/api/v1/namespaces/none/pods")["items"] == []


def test_pages_show_the_state_of_the_first_whatever_happens_meanwhile(stage: Stage) -> None:
    made = stage.create("pods", *(pod(name) for name in "abcde"))
    first = stage.json(PODS, limit="2")
    assert first["metadata"]["remainingItemCount"] == 3
    stage.delete("pods", made[3])
    stage.change("pods", made[4], status={"phase": "Failed"})
    stage.create("pods", pod("cc"))
    token = first["metadata"]["continue"]
    second = stage.json(PODS, limit="2", **{"continue": token})
    third = stage.json(PODS, limit="2", **{"continue": second["metadata"]["continue"]})
    pages = (first, second, third)
    items = [item for page in pages for item in page["items"]]
    assert [item["metadata"]["name"] for item in items] == list("abcde")
    assert items[4]["status"] == {"phase": "Running"}
    assert {page["metadata"]["resourceVersion"] for page in pages} == {first["metadata"]["resourceVersion"]}
    assert "continue" not in third["metadata"]
    assert stage.names() == ["a", "b", "c", "cc", "e"]


def test_pages_of_a_selection_do_not_count_what_remains(stage: Stage) -> None:
    stage.create("pods", *(pod(name, labels={"odd": str(n % 2)}) for n, name in enumerate("abcdef")))
    page = stage.json(PODS, limit="2", labelSelector="odd=1")
    assert [item["metadata"]["name"] for item in page["items"]] == ["b", "d"]
    assert set(page["metadata"]) == {"resourceVersion", "continue"}


def test_an_expired_token_is_gone_and_offers_to_go_on_with_what_is_there_now(stage: Stage) -> None:
    made = stage.create("pods", *(pod(name) for name in "abcd"))
    token = stage.json(PODS, limit="1")["metadata"]["continue"]
    stage.delete("pods", made[2])
    stage.simulation.call(stage.api_server.compact)
    refused = stage.get(PODS, limit="1", **{"continue": token})
    status = refused.json()
    assert (refused.status_code, status["reason"], status["code"]) == (410, "Expired", 410)
    assert status["message"].startswith("The provided continue parameter is too old to display a consistent list")
    assert stage.names(**{"continue": status["metadata"]["continue"]}) == ["b", "d"]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        pytest.param({}, "ac", id="none is the newest"),
        pytest.param({"resourceVersion": "0"}, "ac", id="0 is any, here the newest"),
        pytest.param({"resourceVersion": "3"}, "ac", id="a version alone is not older than it"),
        pytest.param({"resourceVersion": "3", "resourceVersionMatch": "NotOlderThan"}, "ac", id="NotOlderThan"),
        pytest.param({"resourceVersion": "3", "resourceVersionMatch": "Exact"}, "ab", id="Exact"),
        pytest.param({"resourceVersion": "3", "limit": "5"}, "ab", id="a version with a limit is exact"),
        pytest.param(
            {"resourceVersion": "3", "limit": "5", "resourceVersionMatch": "NotOlderThan"},
            "ac",
            id="unless the match says otherwise",
        ),
        pytest.param({"resourceVersion": "0", "limit": "5"}, "ac", id="0 with a limit is the newest"),
    ],
)
def test_the_resource_version_chooses_the_state(stage: Stage, query: dict[str, str], shown: str) -> None:
    made = stage.create("pods", pod("a"), pod("b"))
    assert made[1]["metadata"]["resourceVersion"] == "3"
    stage.delete("pods", made[1])
    stage.create("pods", pod("c"))
    assert stage.names(**query) == list(shown)


@pytest.mark.parametrize("match", ["", "Exact", "NotOlderThan"])
def test_a_version_from_the_future_times_out_with_its_cause(stage: Stage, match: str) -> None:
    query = {"resourceVersion": "999", **({"resourceVersionMatch": match} if match else {})}
    refused = stage.get(PODS, **query)
    status = refused.json()
    assert (refused.status_code, status["reason"]) == (504, "Timeout")
    assert status["message"] == "Timeout: Too large resource version: 999, current: 1"
    assert status["details"] == {
        "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
        "retryAfterSeconds": 1,
    }


def test_a_version_that_is_forgotten_is_gone(stage: Stage) -> None:
    stage.create("pods", pod("a"), pod("b"))
    stage.simulation.call(stage.api_server.compact)
    refused = stage.get(PODS, resourceVersion="2", resourceVersionMatch="Exact")
    assert (refused.status_code, refused.json()["reason"]) == (410, "Expired")
    assert stage.names(resourceVersion="2", resourceVersionMatch="NotOlderThan") == ["a", "b"]


def token(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("%%%", id="no base64"),
        pytest.param("abc", id="no JSON"),
        pytest.param(token([1]), id="no object"),
        pytest.param(token({}), id="no version"),
        pytest.param(token({"v": "meta.k8s.io/v2", "rv": 5, "start": "a"}), id="another version"),
        pytest.param(token({"v": "meta.k8s.io/v1", "start": "a"}), id="no revision"),
        pytest.param(token({"v": "meta.k8s.io/v1", "rv": 5}), id="no key"),
    ],
)
def test_a_token_that_nobody_gave_out_is_a_bad_request(stage: Stage, text: str) -> None:
    refused = stage.get(PODS, **{"continue": text})
    assert refused.status_code == 400
    assert refused.json()["message"].startswith("invalid continue token: continue key is not valid")


Steps = list[tuple[str, bool]]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=25), st.integers(0, 25))
def test_history_gives_back_every_state_it_has_not_forgotten(steps: Steps, forgets_at: int) -> None:
    world = World(seed=1, start=START)
    store, history = world.store, History(world.store)
    states: dict[int, list[Object]] = {store.revision: []}
    for step, (name, present) in enumerate(steps):
        current = store.get("pods", "shop", name)
        if current is not None and not present:
            store.delete("pods", current)
        elif current is not None:
            store.change("pods", current, status={"phase": str(store.revision)})
        else:
            store.create("pods", pod(name))
        states[store.revision] = sorted(store.all("pods"), key=key)
        if step == forgets_at:
            store.compact()
    for revision, expected in states.items():
        if revision < store.compacted:
            with pytest.raises(CompactedError):
                history.at("pods", revision)
        else:
            assert list(history.at("pods", revision).objects) == expected
