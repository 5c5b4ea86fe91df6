"""Everything around the objects: who may ask, discovery, representations, refusals, faults."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from aiohttp import ClientConnectionResetError

from kube_headroom.simulator.apiserver.application import GZIP_FROM_BYTES
from kube_headroom.simulator.kinds import RESOURCES
from tests.simulator.apiserver.stage import PODS, Stage, pod

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


def test_an_object_stands_alone_with_its_kind(stage: Stage) -> None:
    (made,) = stage.create("pods", pod("a"))
    path = "/api/v1/namespaces/shop/pods/a"
    assert stage.json(path) == stage.json(f"{path}/status") == made


@pytest.mark.parametrize(
    ("path", "code", "status"),
    [
        pytest.param(
            "/api/v1/namespaces/shop/pods/x",
            404,
            {"message": 'pods "x" not found', "reason": "NotFound", "details": {"name": "x", "kind": "pods"}},
            id="an unknown object",
        ),
        pytest.param(
            "/apis/batch/v1/namespaces/shop/cronjobs/x",
            404,
            {
                "message": 'cronjobs.batch "x" not found',
                "reason": "NotFound",
                "details": {"name": "x", "group": "batch", "kind": "cronjobs"},
            },
            id="an unknown object of a group",
        ),
        pytest.param(
            "/api/v1/wishes",
            404,
            {"message": "the server could not find the requested resource", "reason": "NotFound", "details": {}},
            id="an unknown resource",
        ),
        pytest.param(
            f"{PODS}?limit=many",
            400,
            {"message": 'strconv.ParseInt: parsing "many": invalid syntax', "reason": "BadRequest"},
            id="a limit that is no number",
        ),
        pytest.param(
            f"{PODS}?watch=1&resourceVersion=x",
            500,
            {"message": 'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax'},
            id="a watch from a version that is no number",
        ),
        pytest.param(
            f"{PODS}?continue=abc&resourceVersionMatch=Exact",
            422,
            {
                "message": 'ListOptions.meta.k8s.io "" is invalid: [resourceVersionMatch: Forbidden: '
                "resourceVersionMatch is forbidden unless resourceVersion is provided, resourceVersionMatch: "
                "Forbidden: resourceVersionMatch is forbidden when continue is provided]",
                "reason": "Invalid",
                "details": {
                    "group": "meta.k8s.io",
                    "kind": "ListOptions",
                    "causes": [
                        {
                            "reason": "FieldValueForbidden",
                            "message": "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
                            "field": "resourceVersionMatch",
                        },
                        {
                            "reason": "FieldValueForbidden",
                            "message": "Forbidden: resourceVersionMatch is forbidden when continue is provided",
                            "field": "resourceVersionMatch",
                        },
                    ],
                },
            },
            id="options that contradict each other",
        ),
    ],
)
def test_a_failure_is_a_status(stage: Stage, path: str, code: int, status: dict[str, Any]) -> None:
    answer = stage.http.get(path)
    assert answer.status_code == code
    frame = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": code}
    assert answer.json() == {**frame, **status}


def test_paths_outside_the_api_are_no_pages(stage: Stage) -> None:
    answer = stage.http.get("/apis/none.example/v1/wishes")
    assert (answer.status_code, answer.text) == (404, "404 page not found\n")


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Basic x"])
def test_nobody_reads_without_the_token(stage: Stage, header: str) -> None:
    answer = stage.http.get(PODS, headers={"Authorization": header})
    assert (answer.status_code, answer.json()["reason"]) == (401, "Unauthorized")
    assert stage.http.get("/readyz", headers={"Authorization": header}).text == "ok"
    assert stage.http.get("/version", headers={"Authorization": header}).json()["minor"] == "36"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_writes_are_refused_and_told_who_changes_the_cluster(stage: Stage, method: str) -> None:
    (made,) = stage.create("pods", pod("a"))
    answer = stage.http.request(method, "/api/v1/namespaces/shop/pods/a")
    assert (answer.status_code, answer.json()["reason"]) == (405, "MethodNotAllowed")
    assert "incidents" in answer.json()["message"]
    assert stage.simulation.call(lambda: stage.world.store.get("pods", "shop", "a")) is made


@pytest.mark.parametrize("path", ["/healthz", "/livez", "/readyz"])
def test_health_is_told_in_a_word_or_at_length(stage: Stage, path: str) -> None:
    assert stage.get(path).text == "ok"
    told = stage.get(path, verbose="").text
    assert "[+]etcd ok\n" in told
    assert told.endswith(f"{path[1:]} check passed\n")


def test_both_discoveries_name_every_resource(stage: Stage) -> None:
    known = {(resource.api_version, resource.plural, resource.kind, resource.namespaced) for resource in RESOURCES}
    roots = ["/api/v1"]
    for group in stage.json("/apis")["groups"]:
        assert stage.json(f"/apis/{group['name']}")["preferredVersion"] == group["preferredVersion"]
        roots += [f"/apis/{version['groupVersion']}" for version in group["versions"]]
    lists = [stage.json(root) for root in roots]
    found = {
        (told["groupVersion"], row["name"], row["kind"], row["namespaced"])
        for told in lists
        for row in told["resources"]
    }
    assert found == known
    aggregated = {
        (
            "/".join(filter(None, (group["metadata"].get("name"), version["version"]))),
            row["resource"],
            row["responseKind"]["kind"],
            row["scope"] == "Namespaced",
        )
        for root in ("/api", "/apis")
        for group in stage.json(root, accept=f"{AGGREGATED},application/json")["items"]
        for version in group["versions"]
        for row in version["resources"]
    }
    assert aggregated == known


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        pytest.param("", "PodList", id="nothing asked"),
        pytest.param("*/*", "PodList", id="anything"),
        pytest.param(
            "application/vnd.kubernetes.protobuf,application/json", "PodList", id="client-go's, without protobuf"
        ),
        pytest.param(f"{PARTIAL_LIST},application/json", "PartialObjectMetadataList", id="metadata before all"),
        pytest.param(f"application/json,{PARTIAL_LIST};q=0.5", "PodList", id="metadata if there is nothing better"),
        pytest.param("application/json;as=Table;g=meta.k8s.io;v=v1,application/json", "Table", id="kubectl's"),
        pytest.param("application/json;as=Table;g=meta.k8s.io;v=v9,application/json", "PodList", id="an unknown table"),
    ],
)
def test_the_representation_is_negotiated(stage: Stage, accept: str, kind: str) -> None:
    assert stage.json(PODS, accept=accept)["kind"] == kind


@pytest.mark.parametrize(
    "accept",
    [
        "application/vnd.kubernetes.protobuf",
        "text/html",
        "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
    ],
)
def test_what_cannot_be_given_is_not_acceptable(stage: Stage, accept: str) -> None:
    answer = stage.get(PODS, accept=accept)
    assert (answer.status_code, answer.json()["reason"]) == (406, "NotAcceptable")


def test_large_bodies_are_packed_for_those_who_can_unpack(stage: Stage) -> None:
    stage.create("pods", *(pod(f"p{number}") for number in range(500)))
    with stage.http.stream("GET", PODS, headers={"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        body = gzip.decompress(b"".join(packed.iter_raw()))
    plain = stage.http.get(PODS, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert body == plain.content
    assert len(body) > GZIP_FROM_BYTES
    assert "content-encoding" not in stage.http.get(f"{PODS}?limit=1").headers


def test_an_object_is_encoded_once_and_forgotten_with_its_end(stage: Stage) -> None:
    made = stage.create("pods", *(pod(name) for name in "abc"))
    with stage.watch() as events:
        stage.names()
        changed = stage.change("pods", made[0], status={"phase": "Failed"})
        for stored in (changed, *made[1:]):
            stage.delete("pods", stored)
        events.take(7)
    assert stage.simulation.call(lambda: stage.api_server._encodings._kept) == {}


@pytest.mark.parametrize(
    ("status", "reason"), [(429, "TooManyRequests"), (500, "InternalError"), (503, "ServiceUnavailable")]
)
def test_requests_are_refused_as_often_as_told(stage: Stage, status: int, reason: str) -> None:
    faults = stage.api_server.faults
    stage.simulation.call(lambda: faults.refuse(status, times=2, retry_after=7))
    answers = [stage.get(PODS) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert (answers[0].json()["reason"], answers[0].headers["Retry-After"]) == (reason, "7")


def test_all_requests_are_refused_until_they_are_accepted_again(stage: Stage) -> None:
    faults = stage.api_server.faults
    stage.simulation.call(lambda: faults.refuse(503))
    assert {stage.get(path).status_code for path in (PODS, "/readyz", "/api", PODS)} == {503}
    stage.simulation.call(faults.accept)
    assert stage.get(PODS).status_code == 200


def test_answers_are_late_while_told(stage: Stage) -> None:
    faults = stage.api_server.faults
    stage.simulation.call(lambda: setattr(faults, "delay", 0.05))
    assert stage.get(PODS).elapsed.total_seconds() >= 0.05


def test_a_client_that_hangs_up_is_nobodys_failure(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def hang_up() -> None:
        # What aiohttp raises when an answer is written to whom is gone.
        raise ClientConnectionResetError("Cannot write to closing transport")

    monkeypatch.setattr(stage.api_server.faults, "meet", hang_up)
    stage.get("/version")
    assert not caplog.records
