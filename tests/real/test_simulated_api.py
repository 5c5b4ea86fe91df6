"""The simulated API server answers as the real one does: the same objects in both, the same requests, equal answers."""

from collections.abc import Iterator
from typing import Any

import pytest

from kube_headroom.simulator.kinds import RESOURCES, Resource
from tests.real.twin import Pair, Twin, events, told, twins
from tests.real.twin_objects import NAMESPACE, named

PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
META = "g=meta.k8s.io;v=v1"
TABLE = f"application/json;as=Table;{META},application/json"
PARTIAL = f"application/json;as=PartialObjectMetadata;{META}"
PARTIAL_LIST = f"application/json;as=PartialObjectMetadataList;{META}"
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
STREAM = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
FUTURE = "99999999"


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    with twins(tmp_path_factory.mktemp("twins")) as pair:
        yield pair


def path_of(resource: Resource) -> str:
    root = f"/apis/{resource.api_version}" if resource.group else "/api/v1"
    return f"{root}/{resource.plural}"


# The real server keeps a lease of its own, and renews it between two questions.
COMPARED = [resource for resource in RESOURCES if resource.plural != "leases"]
EMPTY = (
    *("secrets", "endpoints", "replicationcontrollers", "endpointslices", "ingresses", "networkpolicies"),
    *("volumeattachments", "certificatesigningrequests"),
)
"""Nobody has one, so nobody sees their columns; admission's kinds as well."""
PRINTED = [found for found in COMPARED if found.plural not in EMPTY and "admission" not in found.group]


@pytest.mark.parametrize("resource", COMPARED, ids=lambda resource: resource.plural)
@pytest.mark.parametrize("accept", ["application/json", PARTIAL_LIST], ids=["whole", "metadata"])
def test_every_kind_is_listed_alike(twin: Twin, resource: Resource, accept: str) -> None:
    real, simulated = map(told, twin.ask(path_of(resource), accept=accept))
    assert simulated == real


@pytest.mark.parametrize("resource", PRINTED, ids=lambda resource: resource.plural)
def test_every_kind_is_printed_alike(twin: Twin, resource: Resource) -> None:
    real, simulated = map(told, twin.ask(path_of(resource), accept=TABLE))
    assert real[2]["rows"]
    assert simulated == real


@pytest.mark.parametrize(
    ("path", "query"),
    [
        pytest.param(PODS, {}, id="a namespace"),
        pytest.param("/api/v1/namespaces/none/pods", {}, id="a namespace that is not"),
        pytest.param(f"{PODS}/runs", {}, id="an object"),
        pytest.param(f"{PODS}/runs/status", {}, id="an object's status"),
        pytest.param("/api/v1/nodes/node-0", {}, id="an object without a namespace"),
        pytest.param(f"{PODS}/nobody", {}, id="an object that is not"),
        pytest.param(f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/nobody", {}, id="nor in a group"),
        pytest.param("/api/v1/wishes", {}, id="a resource that is not"),
        pytest.param("/api/v9/pods", {}, id="a version that is not"),
        pytest.param("/apis/none.example/v1/wishes", {}, id="a group that is not"),
        pytest.param("/wishes", {}, id="a path that is not"),
        pytest.param(PODS, {"limit": "3"}, id="a page"),
        pytest.param(PODS, {"limit": "3", "labelSelector": "odd=1"}, id="a page of a selection"),
        pytest.param(PODS, {"limit": "500"}, id="a page that holds all"),
        pytest.param(PODS, {"limit": "many"}, id="a limit that is none"),
        pytest.param(PODS, {"continue": "e30"}, id="a token of no version"),
        pytest.param(PODS, {"resourceVersion": "0"}, id="version 0"),
        pytest.param(PODS, {"resourceVersion": "1", "resourceVersionMatch": "NotOlderThan"}, id="NotOlderThan"),
        pytest.param(PODS, {"resourceVersion": "x"}, id="a version that is none"),
        pytest.param(PODS, {"resourceVersion": "-1"}, id="a version below 0"),
        pytest.param(PODS, {"resourceVersion": FUTURE}, id="a version from the future"),
        pytest.param(PODS, {"resourceVersion": FUTURE, "limit": "2"}, id="a page from the future"),
        pytest.param(
            PODS, {"resourceVersion": FUTURE, "resourceVersionMatch": "Exact"}, id="exactly a version from the future"
        ),
        pytest.param(PODS, {"resourceVersionMatch": "Exact"}, id="a match of no version"),
        pytest.param(PODS, {"resourceVersion": "0", "resourceVersionMatch": "Exact"}, id="exactly 0"),
        pytest.param(PODS, {"resourceVersion": "1", "resourceVersionMatch": "Older"}, id="a match that is not"),
        pytest.param(PODS, {"sendInitialEvents": "true"}, id="initial events of a list"),
        pytest.param(PODS, {"watch": "1", "resourceVersionMatch": "NotOlderThan"}, id="a match of a watch"),
        pytest.param(PODS, {"watch": "1", "sendInitialEvents": "true"}, id="initial events without their match"),
        pytest.param(PODS, {"watch": "1", "resourceVersion": "x"}, id="a watch from a version that is none"),
        pytest.param(PODS, {"watch": "1", "continue": "abc"}, id="a watch of a page"),
        pytest.param(PODS, {"watch": "1", "timeoutSeconds": "soon"}, id="a watch without end"),
    ],
)
def test_an_answer_is_alike(twin: Twin, path: str, query: dict[str, str]) -> None:
    real, simulated = map(told, twin.ask(path, **query))
    assert simulated == real


@pytest.mark.parametrize(
    "selector",
    [
        *("odd=1", "odd==1", "odd!=1", "zone", "!zone", "odd in (0,1),zone", "zone notin (a)", "app in (runs, half )"),
        *(
            "app=",
            "app in ()",
            "odd>0",
            "odd<1",
            "a=b=c",
            "a in (b",
            "a in b",
            "!",
            ",a",
            "a,,b",
            "a,",
            "a b",
            "=a",
            "(a)",
        ),
        *("app in (in)", "x in (a,,b)", "a in (b c)", "a in (b,c", "a in ,", "a notin", "a in ((b))", "a ! b", "a <"),
    ],
)
def test_a_label_selector_is_read_alike(twin: Twin, selector: str) -> None:
    real, simulated = map(told, twin.ask(PODS, labelSelector=selector))
    assert simulated == real


@pytest.mark.parametrize(
    ("plural", "selector"),
    [
        ("pods", "metadata.name=runs"),
        ("pods", "metadata.namespace=twins,status.phase!=Running"),
        ("pods", "spec.nodeName=node-1"),
        ("pods", "spec.nodeName="),
        ("pods", "spec.restartPolicy==Always,spec.schedulerName=default-scheduler"),
        ("pods", "status.podIP=10.1.2.3"),
        ("pods", "status.nominatedNodeName=node-9"),
        ("pods", "spec.hostNetwork=false"),
        ("pods", "spec.serviceAccountName=default"),
        ("pods", "spec.containers=x"),
        ("pods", "foo"),
        ("pods", "foo=a=b"),
        ("pods", "metadata.name=a\\x"),
        ("pods", ",,metadata.name=runs,"),
        ("nodes", "spec.unschedulable=true"),
        ("nodes", "metadata.name=node-1"),
        ("nodes", "metadata.namespace=x"),
        ("namespaces", "status.phase=Active"),
        ("namespaces", "metadata.namespace=x"),
        ("services", "spec.type=NodePort"),
        ("services", "spec.clusterIP=None"),
        ("events", "involvedObject.kind=Pod,involvedObject.name=runs"),
        ("events", "reason=BackOff,type=Warning"),
        ("events", "source=kubelet"),
        ("events", "reportingComponent=kubelet"),
        ("events", "message=x"),
        ("deployments", "metadata.name=web"),
        ("deployments", "status.replicas=3"),
        ("replicasets", "status.replicas=3"),
        ("replicasets", "spec.replicas=3"),
        ("jobs", "status.successful=1"),
        ("jobs", "status.failed=1"),
        ("persistentvolumes", "metadata.name=pv-1"),
        ("persistentvolumes", "metadata.namespace=x"),
        ("persistentvolumeclaims", "name=data"),
        ("horizontalpodautoscalers", "metadata.name=busy"),
        ("storageclasses", "metadata.name=fast"),
    ],
)
def test_a_field_selector_is_read_alike(twin: Twin, plural: str, selector: str) -> None:
    (resource,) = (found for found in RESOURCES if found.plural == plural)
    real, simulated = map(told, twin.ask(path_of(resource), fieldSelector=selector))
    assert simulated == real


def test_pages_follow_each_other_alike(twin: Twin) -> None:
    own: Pair = {}, {}
    while True:
        answers = twin.ask_each(PODS, own, limit="4")
        real, simulated = map(told, answers)
        assert simulated == real
        tokens = [answer.json()["metadata"].get("continue") for answer in answers]
        if not tokens[0]:
            break
        own = {"continue": tokens[0]}, {"continue": tokens[1]}
    assert own[0]


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        pytest.param(f"{PODS}/runs", TABLE, id="an object as a table"),
        pytest.param(f"{PODS}/runs", PARTIAL, id="an object's metadata"),
        pytest.param(PODS, "*/*", id="anything"),
        pytest.param(PODS, "application/*;q=0.5,text/html", id="any JSON rather than what there is not"),
        pytest.param(PODS, f"{PARTIAL_LIST},application/json", id="metadata first"),
        pytest.param(PODS, f"application/json,{PARTIAL_LIST}", id="metadata second"),
        pytest.param(PODS, "application/json;as=Table;g=meta.k8s.io;v=v1beta1", id="a table of old"),
        pytest.param(PODS, "application/json;as=Table;g=meta.k8s.io;v=v9,application/json", id="an unknown table"),
        pytest.param(PODS, PARTIAL, id="a list as an object"),
        pytest.param(f"{PODS}/runs", PARTIAL_LIST, id="an object as a list"),
    ],
)
def test_representations_are_negotiated_alike(twin: Twin, path: str, accept: str) -> None:
    real, simulated = map(told, twin.ask(path, accept=accept))
    assert simulated == real


@pytest.mark.parametrize("included", ["None", "Metadata", "Object", "Everything"])
def test_rows_carry_what_was_asked_for(twin: Twin, included: str) -> None:
    real, simulated = map(
        told, twin.ask(f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments", accept=TABLE, includeObject=included)
    )
    if included == "Object":  # the real server's are of its internal version here, without their kind
        for answer in (real, simulated):
            for row in answer[2]["rows"]:
                row["object"] = {"metadata": row["object"]["metadata"]}
    assert simulated == real


def shown(entry: dict[str, Any], verbs: str = "verbs") -> dict[str, Any]:
    """What both say of a resource; the simulated one has no writes."""
    common = {name: part for name, part in entry.items() if name not in ("storageVersionHash", verbs, "subresources")}
    return common | {"reads": sorted({"get", "list", "watch"} & set(entry[verbs]))}


@pytest.mark.parametrize("group_version", sorted({resource.api_version for resource in RESOURCES}))
def test_discovery_describes_resources_alike(twin: Twin, group_version: str) -> None:
    path = f"/apis/{group_version}" if "/" in group_version else f"/api/{group_version}"
    real, simulated = (answer.json() for answer in twin.ask(path))
    known = {entry["name"]: shown(entry) for entry in real.pop("resources")}
    for entry in simulated.pop("resources"):
        assert shown(entry) == known[entry["name"]]
    assert simulated == real


@pytest.mark.parametrize("root", ["/api", "/apis"])
def test_aggregated_discovery_describes_resources_alike(twin: Twin, root: str) -> None:
    def described(answer: Any) -> dict[tuple[str, str, str], Any]:
        return {
            (group["metadata"].get("name", ""), version["version"], entry["resource"]): shown(entry)
            for group in answer.json()["items"]
            for version in group["versions"]
            for entry in version["resources"]
        }

    answers = twin.ask(root, accept=AGGREGATED)
    assert len({answer.headers["content-type"] for answer in answers}) == 1
    real, simulated = map(described, answers)
    assert simulated
    assert simulated == {name: real[name] for name in simulated}


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({}, id="from nowhere"),
        pytest.param({"resourceVersion": "0"}, id="from 0"),
        pytest.param({"allowWatchBookmarks": "true"}, id="with bookmarks"),
        pytest.param({**STREAM, "allowWatchBookmarks": "true"}, id="as a streamed list"),
        pytest.param({**STREAM, "resourceVersion": FUTURE, "allowWatchBookmarks": "true"}, id="a list from the future"),
        pytest.param({"resourceVersion": FUTURE}, id="from the future"),
        pytest.param({"labelSelector": "odd=1"}, id="of a selection"),
        pytest.param({"fieldSelector": "metadata.name=runs"}, id="of one object"),
    ],
)
@pytest.mark.parametrize(
    "accept",
    [
        pytest.param("application/json", id="whole"),
        pytest.param(PARTIAL, id="metadata"),
        pytest.param(TABLE, id="tables"),
    ],
)
def test_a_watch_begins_alike(twin: Twin, query: dict[str, str], accept: str) -> None:
    answers = twin.ask(PODS, accept=accept, watch="1", timeoutSeconds="5" if FUTURE in query.values() else "1", **query)
    real, simulated = map(events, answers)
    assert [answer.headers["content-type"] for answer in answers] == ["application/json"] * 2
    assert simulated == real


CHANGING = f"/api/v1/namespaces/{NAMESPACE}/configmaps"


def change(twin: Twin) -> None:
    """Let an object come, change its labels and go."""
    name = "changing"
    twin.create(named("ConfigMap", name, labels={"tier": "back"}, data={"a": "1"}), {})
    for labels in ({"tier": "front"}, {"more": "x"}, {"tier": "back"}, {"tier": None}, {"tier": "front"}):
        twin.patch("ConfigMap", name, {"metadata": {"labels": labels}})
    twin.real.delete("ConfigMap", name, NAMESPACE)
    twin.repeat("ConfigMap", name, NAMESPACE)


@pytest.mark.parametrize("selector", ["", "tier=front", "tier!=front", "tier"])
@pytest.mark.parametrize("accept", ["application/json", PARTIAL, TABLE], ids=["whole", "metadata", "tables"])
def test_changes_are_told_alike(twin: Twin, selector: str, accept: str) -> None:
    before = twin.now()
    change(twin)
    query = {"watch": "1", "timeoutSeconds": "1", "labelSelector": selector}
    real, simulated = map(events, twin.ask_each(CHANGING, before, accept=accept, **query))
    assert len(real) > 1
    assert simulated == real


def test_states_of_the_past_are_shown_alike(twin: Twin) -> None:
    before = twin.now()
    change(twin)
    for query in ({"resourceVersionMatch": "Exact"}, {"limit": "3"}, {"resourceVersionMatch": "NotOlderThan"}):
        real, simulated = map(told, twin.ask_each(CHANGING, before, **query))
        assert simulated == real


def test_forgotten_history_is_told_alike(twin: Twin) -> None:
    before = twin.now()
    pages = [answer.json()["metadata"]["continue"] for answer in twin.ask(PODS, limit="2")]
    change(twin)
    twin.forget()
    for query, own in (
        ({"resourceVersionMatch": "Exact"}, before),
        ({"limit": "2"}, ({"continue": pages[0]}, {"continue": pages[1]})),
    ):
        answers = twin.ask_each(PODS, own, **query)
        real, simulated = map(told, answers)
        assert real[0] == 410
        assert simulated == real
    onward = [{"continue": answer.json()["metadata"]["continue"]} for answer in answers]
    real, simulated = map(told, twin.ask_each(PODS, (onward[0], onward[1]), limit="2"))
    assert real[0] == 200
    assert simulated == real
    real_events, simulated_events = map(events, twin.ask_each(PODS, before, watch="1"))
    assert [kind for kind, _ in real_events] == ["ERROR"]
    assert simulated_events == real_events
