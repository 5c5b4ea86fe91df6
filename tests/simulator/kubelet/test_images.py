"""Pulling images: what is there, what has to wait, what cannot be had, and how each is told."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import pytest

from kube_headroom.simulator.kubelet.images import image_bytes, image_id, pull_policy, reference
from tests.simulator.kubelet.node_stage import Stage, container


def test_an_image_is_pulled_once_for_a_node() -> None:
    stage = Stage()
    image = stage.image("web:1")
    for name in ("one", "two"):
        stage.pod(container(image), name=name)
        stage.until(partial(stage.runs, pod=name))
    assert [reason for reason, _, _ in stage.events(name="one")][:2] == ["Pulling", "Pulled"]
    present = 'Container image "web:1" already present on machine and can be accessed by the pod'
    assert stage.events("Pulled", "two") == [("Pulled", present, 1)]
    assert stage.events("Pulling", "two") == []


def test_pods_that_ask_for_one_image_at_once_wait_in_a_queue_but_fetch_it_once() -> None:
    stage = Stage()
    image = stage.image("web:1")
    for each in range(5):
        stage.pod(container(image), name=f"web-{each}")
    stage.until(lambda: all(stage.runs(pod=f"web-{each}") for each in range(5)), within=30)
    pulled = [stage.events("Pulled", f"web-{each}")[0][1] for each in range(5)]
    assert sum("including waiting" in message for message in pulled) >= 4


def test_policy_always_asks_the_registry_at_every_start() -> None:
    stage = Stage()
    spec = container(stage.image("job:1", runs_seconds=1.0), imagePullPolicy="Always")
    stage.pod(spec)
    stage.until(lambda: stage.container().get("restartCount") == 2)
    assert stage.events("Pulling") == [("Pulling", 'Pulling image "job:1"', 3)]


def test_policy_never_does_not_pull() -> None:
    stage = Stage()
    stage.pod(container(stage.image("web:1"), imagePullPolicy="Never"))
    stage.until(lambda: stage.state() == ("waiting", "ErrImageNeverPull"))
    message = 'Container image "web:1" is not present with pull policy of Never'
    assert stage.container()["state"]["waiting"]["message"] == message
    assert stage.events("ErrImageNeverPull")[0][1] == message


def test_a_missing_image_alternates_between_its_error_and_its_back_off() -> None:
    stage = Stage()
    stage.image("registry.example/shop/web:1")
    stage.pod(container("registry.example/shop/web:typo"))
    states: list[str] = []
    for _ in range(400):
        stage.advance(1)
        reason = stage.state()[1]
        if not states or states[-1] != reason:
            states.append(reason)
    assert states[:4] == ["ContainerCreating", "ErrImagePull", "ImagePullBackOff", "ErrImagePull"]
    assert "ImagePullBackOff" in states[4:]
    assert stage.status()["phase"] == "Pending"


def test_a_missing_image_is_told_with_the_runtime_s_words() -> None:
    stage = Stage()
    stage.world.registry.withhold("shop/web:1")
    stage.pod(container("shop/web:1"))
    stage.until(lambda: stage.state()[1] == "ErrImagePull")
    full = "docker.io/shop/web:1"
    error = (
        f'rpc error: code = NotFound desc = failed to pull and unpack image "{full}": '
        f'failed to resolve reference "{full}": {full}: not found'
    )
    assert stage.container()["state"]["waiting"]["message"] == error
    stage.until(lambda: stage.state()[1] == "ImagePullBackOff")
    waiting = stage.container()["state"]["waiting"]["message"]
    assert waiting == f'Back-off pulling image "shop/web:1": ErrImagePull: {error}'
    told = {message for _, message, _ in stage.events("Failed")}
    assert told == {f'Failed to pull image "shop/web:1": {error}', "Error: ErrImagePull", "Error: ImagePullBackOff"}
    assert stage.events("BackOff")[0][1] == 'Back-off pulling image "shop/web:1"'


def test_pulls_of_a_missing_image_come_after_10_20_40_80_160_and_300_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    stage.world.registry.withhold("web:1")
    stage.pod(container("web:1"))
    registry, attempts = stage.world.registry, []
    known = registry.has

    def has(image: str) -> bool:
        attempts.append(stage.world.now)
        return known(image)

    monkeypatch.setattr(registry, "has", has)
    stage.advance(1200)
    pauses = [after - before for before, after in pairwise(attempts)]
    for pause, delay in zip(pauses, (10, 20, 40, 80, 160, 300), strict=False):
        assert delay <= pause <= delay + 15 + 2 * 1.2 + 2, pauses
    assert len(pauses) >= 5


def test_an_image_that_appears_is_pulled_at_the_next_attempt() -> None:
    stage = Stage()
    stage.image("shop/web:1")
    stage.pod(container("shop/web:2"))
    stage.until(lambda: stage.state()[1] == "ImagePullBackOff")
    stage.image("shop/web:2")
    stage.until(stage.runs, within=400)
    assert stage.container()["restartCount"] == 0


@pytest.mark.parametrize(
    ("image", "given", "policy"),
    [
        pytest.param("web:1", "", "IfNotPresent", id="a tag is pulled once"),
        pytest.param("web", "", "Always", id="no tag means latest, which is always pulled"),
        pytest.param("web:latest", "", "Always", id="latest is always pulled"),
        pytest.param("host:5000/web", "", "Always", id="a port is no tag"),
        pytest.param("web@sha256:abc", "", "IfNotPresent", id="a digest never changes"),
        pytest.param("web:latest", "Never", "Never", id="what the container says counts"),
    ],
)
def test_the_default_pull_policy(image: str, given: str, policy: str) -> None:
    assert pull_policy(container(image, **({"imagePullPolicy": given} if given else {}))) == policy


@pytest.mark.parametrize(
    ("image", "full"),
    [
        ("busybox", "docker.io/library/busybox:latest"),
        ("busybox:1", "docker.io/library/busybox:1"),
        ("shop/web:1", "docker.io/shop/web:1"),
        ("registry.example/shop/web:1", "registry.example/shop/web:1"),
        ("localhost/web:1", "localhost/web:1"),
        ("host:5000/web", "host:5000/web:latest"),
    ],
)
def test_names_are_written_out(image: str, full: str) -> None:
    assert reference(image) == full


def test_another_tag_is_another_image() -> None:
    assert image_id("shop/web:1") != image_id("shop/web:2")
    assert image_id("shop/web:1").startswith("docker.io/shop/web@sha256:")
    assert 15_000_000 <= image_bytes("shop/web:1") <= 215_000_000
