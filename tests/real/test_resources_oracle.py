"""Quantities and effective resources against Kubernetes' own libraries, in tools/oracle: none may differ.

Every run makes new inputs. ORACLE_SEED repeats the one that a failure names.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from kube_headroom.resources import (
    Allocation,
    ContainerResources,
    PodResources,
    QuantityError,
    ResourceList,
    effective_limits,
    effective_requests,
    parse_quantity,
)
from tools.build import program

QUANTITIES = 40_000
PODS = 10_000
MINORS = (36, 37)

Answer = dict[str, Any]
Ask = Callable[[Iterable[str]], list[Answer]]


@pytest.fixture(scope="module")
def ask() -> Ask:
    """Put all questions, one JSON text each, to one run of the oracle."""
    oracle = program("oracle")

    def asked(questions: Iterable[str]) -> list[Answer]:
        done = subprocess.run(
            [oracle], input="\n".join(questions), stdout=subprocess.PIPE, text=True, check=True, timeout=240
        )
        return [json.loads(line) for line in done.stdout.splitlines()]

    return asked


@pytest.fixture
def seed() -> int:
    return int(os.environ.get("ORACLE_SEED") or random.randrange(2**32))


def test_quantity_texts_mean_what_kubernetes_reads_in_them(ask: Ask, seed: int) -> None:
    texts = list(quantity_texts(random.Random(seed), QUANTITIES))
    answers = ask(json.dumps({"quantity": text}) for text in texts)
    compare_quantities(texts, answers, seed)
    outcomes = {kind: sum(kind in answer for answer in answers) for kind in ("nanos", "error", "tooLarge")}
    assert min(outcomes.values()) > QUANTITIES / 1000, f"the inputs are one-sided: {outcomes}"


def test_json_numbers_mean_what_kubernetes_reads_in_them(ask: Ask, seed: int) -> None:
    chance = random.Random(seed)
    numbers: list[int | float] = [0, -0.0, 0.1, 1e-10, 1e22, 1e300, 10**290, -(10**290), 10**291, 2**63]
    for _ in range(QUANTITIES // 10):
        numbers.append(chance.randrange(-(2**70), 2**70) >> chance.randrange(70))
        numbers.append(chance.uniform(-1, 1) * 10.0 ** chance.randrange(-12, 40))
    answers = ask(json.dumps({"quantityJSON": number}) for number in numbers)
    compare_quantities(numbers, answers, seed)


@pytest.mark.parametrize("use_status", [True, False], ids=["with status", "without status"])
@pytest.mark.parametrize("minor", MINORS, ids="by the rule of 1.{}".format)
def test_pods_are_charged_what_the_scheduler_charges(ask: Ask, seed: int, minor: int, use_status: bool) -> None:
    chance = random.Random(seed)
    pods = [pod(chance) for _ in range(PODS)]
    answers = ask(json.dumps({"pod": manifest, "minor": minor, "useStatus": use_status}) for manifest in pods)
    assert len(answers) == len(pods)
    moved = 0
    for manifest, answer in zip(pods, answers, strict=True):
        resources = pod_resources(manifest)
        charged = {
            "requests": effective_requests(resources, minor=minor, use_status=use_status),
            "limits": effective_limits(resources, minor=minor, use_status=use_status),
        }
        expected = {kind: answer.get(kind, {}) for kind in charged}
        assert charged == expected, f"ORACLE_SEED={seed}: {json.dumps(manifest)}"
        moved += charged["requests"] != effective_requests(resources, minor=minor, use_status=not use_status)
    assert moved > PODS / 10, "too few of the pods are being resized to tell the modes apart"


def test_the_two_rules_differ_on_the_pods_they_are_tried_on(seed: int) -> None:
    chance = random.Random(seed)
    pods = [pod_resources(pod(chance)) for _ in range(1000)]
    differing = [one for one in pods if effective_requests(one, minor=36) != effective_requests(one, minor=37)]
    assert len(differing) > 50, f"ORACLE_SEED={seed}"


def compare_quantities(inputs: Iterable[str | float], answers: list[Answer], seed: int) -> None:
    for text, answer in zip(inputs, answers, strict=True):
        try:
            nanos: int | None = parse_quantity(text)
            refusal = ""
        except QuantityError as error:
            nanos, refusal = None, str(error)
        where = f"ORACLE_SEED={seed}: {text!r} is {answer} to Kubernetes, {nanos or refusal} to us"
        assert nanos == answer.get("nanos"), where
        assert ("no series can hold" in refusal) == answer.get("tooLarge", False), where


SUFFIXES = ("", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
EDGES = (
    *(
        "",
        "+",
        "-",
        ".",
        "-.",
        "0",
        "00",
        "+0",
        "-0",
        "0.",
        ".0",
        "e",
        "E",
        "e5",
        "E+5",
        "e-9",
        "e-10",
        "e4294967286",
        "e-4294967296",
        ".e-10",
        "i",
    ),
    *("1 ", " 1", "1\n", "1_0", "1e", "1e+", "1e1e1", "1m5", "1+5", "1,5", "1.1.1", "K", "1K", "1ki", "1kI", "1mi"),
    *("0e999999999", "1e999999999", "1e2147483647", "1e4294967296", "12.5e4294967299", "5e-4294967299"),
    *("1e9223372036854775807", "1e9223372036854775808", "1e-9223372036854775809", "0e9223372036854775808"),
    *(
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775809",
        "7.9Ei",
        "8Ei",
        "-9Ei",
        "9007199254740993Ki",
    ),
    *("999999999999999999", "999999999999999999.9", "0.9n", "0.0000000001", "-0.1n", "3.001n", "0.05Gi", "1.1Ki"),
    *("1" * 290, "1" * 291, "1" * 292, "1" * 900, "9" * 900 + "Ei", "0" * 900 + "1", "0." + "0" * 900 + "1", "१", "1²"),
)
# The library itself needs minutes for a power of ten as large as these.
ENDLESS = re.compile(r"[eE][+-]?[0-9]{4,}")


def quantity_texts(chance: random.Random, count: int) -> Iterator[str]:
    """Yield the edges, then texts of the grammar, each as it is or with one character out of place."""
    yield from EDGES
    for suffix in SUFFIXES:
        yield from (head + suffix for head in ("", "+", "-", ".", "0", "-.5", "1.", "8", "0.9", "00.10"))
    made = 0
    while made < count:
        text = grammatical(chance)
        if chance.random() < 0.3:
            at = chance.randrange(len(text) + 1)
            text = text[:at] + chance.choice("+-.0019eEinumkKMGTPx ") + text[at + chance.randrange(2) :]
        if not ENDLESS.search(text):
            made += 1
            yield text


def grammatical(chance: random.Random) -> str:
    whole = digits(chance)
    fraction = "." + digits(chance) if chance.random() < 0.4 else ""
    suffix = chance.choice(SUFFIXES)
    if chance.random() < 0.2:
        suffix = f"{chance.choice('eE')}{chance.choice(('', '+', '-'))}{chance.choice((0, 3, 9, 12, 280, 290, 299))}"
    return chance.choice(("", "", "", "+", "-")) + whole + fraction + suffix


def digits(chance: random.Random) -> str:
    length = chance.choice((0, 1, 1, 2, 3, 5, 9, 10, 17, 18, 19, 20, 40))
    return "".join(chance.choice("0000123456789") for _ in range(length))


RESOURCES = ("cpu", "memory", "hugepages-2Mi", "ephemeral-storage", "example.com/gpu")
AMOUNTS = ("0", "1", "2", "3", "100m", "0.1", "1500m", "1n", "10", "64Mi", "1Gi", "1.5Gi", "1G", "12E", "-1")


def pod(chance: random.Random) -> dict[str, Any]:
    """Make a pod as the API server writes it, with a status of any age, whole or partly filled."""
    spec: dict[str, Any] = {"containers": [container(chance, f"app-{i}") for i in range(chance.randint(1, 3))]}
    spec["initContainers"] = [init_container(chance, f"init-{i}") for i in range(chance.randint(0, 4))]
    if chance.random() < 0.3:
        spec["overhead"] = resource_list(chance)
    if chance.random() < 0.4:
        spec["resources"] = requirements(chance)
    status: dict[str, Any] = {"conditions": list(conditions(chance))}
    for kind, declared in (("containerStatuses", "containers"), ("initContainerStatuses", "initContainers")):
        status[kind] = [{"name": one["name"], **allocation(chance)} for one in spec[declared] if chance.random() < 0.8]
    status |= allocation(chance)
    return {"metadata": {"name": "web"}, "spec": spec, "status": status}


def container(chance: random.Random, name: str) -> dict[str, Any]:
    return {"name": name, **({"resources": requirements(chance)} if chance.random() < 0.9 else {})}


def init_container(chance: random.Random, name: str) -> dict[str, Any]:
    policy = chance.choice((None, None, "Always", "Always", "OnFailure"))
    return container(chance, name) | ({"restartPolicy": policy} if policy else {})


def allocation(chance: random.Random) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if chance.random() < 0.6:
        made["resources"] = requirements(chance)
    if chance.random() < 0.6:
        made["allocatedResources"] = resource_list(chance)
    return made


def requirements(chance: random.Random) -> dict[str, Any]:
    return {kind: resource_list(chance) for kind in ("requests", "limits") if chance.random() < 0.7}


def resource_list(chance: random.Random) -> dict[str, str]:
    return {name: chance.choice(AMOUNTS) for name in RESOURCES if chance.random() < 0.4}


def conditions(chance: random.Random) -> Iterator[dict[str, str]]:
    yield {"type": "Ready", "status": "True", "reason": "Infeasible"}
    for _ in range(chance.choice((0, 0, 1, 2))):
        yield {
            "type": chance.choice(("PodResizePending", "PodResizePending", "PodResizeInProgress")),
            "status": chance.choice(("True", "False")),
            "reason": chance.choice(("Infeasible", "Deferred", "")),
        }


def pod_resources(manifest: dict[str, Any]) -> PodResources:
    """Convert in the plainest way, so that the arithmetic alone is on trial."""
    spec, status = manifest["spec"], manifest["status"]
    pending = [one["reason"] for one in status["conditions"] if one["type"] == "PodResizePending"]
    of_pod = spec.get("resources", {})
    return PodResources(
        containers=tuple(map(container_resources, spec["containers"])),
        init_containers=tuple(map(container_resources, spec["initContainers"])),
        overhead=parsed(spec.get("overhead", {})),
        pod_requests=parsed(of_pod.get("requests", {})),
        pod_limits=parsed(of_pod.get("limits", {})),
        allocations={
            one["name"]: allocated(one) for one in status["containerStatuses"] + status["initContainerStatuses"]
        },
        pod_allocation=allocated(status),
        resize_infeasible=pending[:1] == ["Infeasible"],
    )


def container_resources(declared: dict[str, Any]) -> ContainerResources:
    resources = declared.get("resources", {})
    return ContainerResources(
        name=declared["name"],
        requests=parsed(resources.get("requests", {})),
        limits=parsed(resources.get("limits", {})),
        restartable=declared.get("restartPolicy") == "Always",
    )


def allocated(status: dict[str, Any]) -> Allocation:
    reported = status.get("resources", {})
    return Allocation(
        reported="resources" in status,
        requests=None if "requests" not in reported else parsed(reported["requests"]),
        limits=None if "limits" not in reported else parsed(reported["limits"]),
        allocated=None if "allocatedResources" not in status else parsed(status["allocatedResources"]),
    )


def parsed(resources: dict[str, str]) -> ResourceList:
    return {name: parse_quantity(text) for name, text in resources.items()}
