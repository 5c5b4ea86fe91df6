"""One simulated node with its kubelet and a kernel that does only what a test tells it to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kube_headroom.simulator.kubelet.kubelet import Kubelets
from kube_headroom.simulator.kubelet.runtime import Machine
from kube_headroom.simulator.program import Program
from kube_headroom.simulator.store import Object, moment, timestamp
from kube_headroom.simulator.world import World

START = 1_800_000_000.0
GiB = 2**30


class Kernel:
    """Stands in for a machine's kernel: gives everybody the CPU it wants and kills nobody by itself."""

    def __init__(self, machine: Machine, _chance: object) -> None:
        self.machine = machine
        self.ticks = 0
        self.kills: Callable[[str, float], bool] = lambda _name, _age: False

    def run(self, now: float, _seconds: float, _rate_at: object) -> None:
        self.ticks += 1
        for pod in self.machine.pods.values():
            for process in pod.containers.values():
                if self.kills(process.name, now - process.started):
                    process.oom_killed = True


class Stage:
    """Node n1, and pods bound to it."""

    def __init__(self, *, seed: int = 1, kernel: Callable[..., Any] = Kernel, rate: float = 0.0) -> None:
        self.world = World(seed=seed, start=START)
        self.store = self.world.store
        self.machine = Machine(name="n1", cores=4.0, memory_bytes=8 * GiB, disk_bytes=100 * GiB, boot=START - 3600.0)
        self.world.machines["n1"] = self.machine
        addresses = [{"type": "InternalIP", "address": "10.0.0.7"}]
        spec = {"podCIDR": "10.244.7.0/24"}
        self.store.create("nodes", {"metadata": {"name": "n1"}, "spec": spec, "status": {"addresses": addresses}})
        self.kernels: list[Any] = []

        def boot(machine: Machine, chance: object) -> Any:
            self.kernels.append(kernel(machine, chance))
            return self.kernels[-1]

        self.kubelets = Kubelets(self.world, lambda _uid: rate, boot)
        self.world.add(self.kubelets)

    def image(self, name: str, **program: Any) -> str:
        """Push an image whose program needs no time to start unless it is told to."""
        self.world.registry.push(name, Program(**{"start_seconds": 0.0, **program}))
        return name

    def pod(self, *containers: Object, name: str = "web", **parts: Any) -> Object:
        """Bind a pod to the node; `parts` are fields of its spec, `annotations` one of its metadata."""
        metadata = {"name": name, "namespace": "shop", "annotations": parts.pop("annotations", {})}
        spec = {"nodeName": "n1", "containers": list(containers), **parts}
        return self.store.create("pods", {"metadata": metadata, "spec": spec, "status": {"phase": "Pending"}})

    def advance(self, seconds: float) -> None:
        self.world.advance(self.world.now + seconds)

    def until(self, condition: Callable[[], object], *, within: float = 600.0) -> float:
        """Let ticks pass until a condition holds; returns the time. Fails after `within` seconds."""
        end = self.world.now + within
        while not condition():
            assert self.world.now < end, f"did not happen within {within} s"
            self.advance(1.0)
        return self.world.now

    def found(self, name: str = "web") -> Object | None:
        return self.store.get("pods", "shop", name)

    def status(self, name: str = "web") -> Object:
        pod = self.found(name)
        assert pod is not None
        return dict(pod["status"])

    def container(self, container: str = "app", pod: str = "web") -> Object:
        """Return a container's status, of init containers too."""
        status = self.status(pod)
        known = (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ()))
        return next((dict(each) for each in known if each["name"] == container), {"state": {}, "ready": False})

    def state(self, container: str = "app", pod: str = "web") -> tuple[str, str]:
        """Return a container's state and the reason for it."""
        for kind, detail in self.container(container, pod)["state"].items():
            return str(kind), str(detail.get("reason", ""))
        return "", ""

    def condition(self, kind: str, pod: str = "web") -> tuple[str, str]:
        """Return a condition's status and reason."""
        found = {each["type"]: each for each in self.status(pod).get("conditions", ())}
        shown = found.get(kind, {"status": "Unknown"})
        return shown["status"], shown.get("reason", "")

    def runs(self, container: str = "app", pod: str = "web") -> bool:
        return self.state(container, pod)[0] == "running"

    def succeeded(self, pod: str = "web") -> bool:
        return bool(self.status(pod)["phase"] == "Succeeded")

    def ready(self, pod: str = "web") -> bool:
        return self.condition("Ready", pod)[0] == "True"

    def events(self, reason: str = "", name: str = "web") -> list[tuple[str, str, int]]:
        """Return reason, message and count of an object's events, in the order they began."""
        return [
            (event["reason"], event["message"], event["count"])
            for event in self.store.all("events")
            if event["involvedObject"]["name"] == name and reason in ("", event["reason"])
        ]

    def starts(self, container: str = "app", *, seconds: float) -> list[float]:
        """Let time pass and return when instances of a container were started, seconds after now."""
        begun, found = self.world.now, []
        last = ""
        for _ in range(int(seconds)):
            self.advance(1.0)
            status = self.container(container)
            running = status["state"].get("running")
            if running and status["containerID"] != last:
                last = status["containerID"]
                found.append(moment(running["startedAt"]) - begun)
        return found

    def now(self) -> str:
        return timestamp(self.world.now)


def container(image: str, *, name: str = "app", **parts: Any) -> Object:
    """Return a container of a pod's spec."""
    return {"name": name, "image": image, **parts}


def http(path: str = "/healthz", **parts: Any) -> Object:
    """Return a probe over HTTP."""
    return {"httpGet": {"path": path, "port": 8080}, **parts}
