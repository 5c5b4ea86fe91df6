"""One machine with its kernel and its cAdvisor, and processes put straight on it, without any API object."""

from __future__ import annotations

from random import Random

from kube_headroom.simulator.kubelet.cgroups import SANDBOX_CORE_SECONDS, container_path, pod_path
from kube_headroom.simulator.kubelet.housekeeping import Housekeeping
from kube_headroom.simulator.kubelet.kernel import Kernel
from kube_headroom.simulator.kubelet.pages.view import View
from kube_headroom.simulator.kubelet.runtime import Cgroup, Flavour, Machine, RunningContainer, RunningPod
from kube_headroom.simulator.program import Program

START = 1_800_000_000.0
Mi = 2**20
NODE_INFO = {
    "bootID": "b",
    "kernelVersion": "6.12.53",
    "machineID": "m",
    "osImage": "Debian GNU/Linux 12 (bookworm)",
    "systemUUID": "s",
}

BUSY = Program(start_seconds=0.0, cpu_idle_cores=1.0, burstiness=0.0, threads=1)
"""One thread that never waits, as `while :; do :; done`."""


class MachineStage:
    """A machine of 4 cores and 8 GiB; time passes with `run`, in seconds."""

    def __init__(self, *, seed: str = "1", cgroup_v2: bool = True, flavour: Flavour = "containerd") -> None:
        self.now = START
        self.rates: dict[str, float] = {}
        self.machine = Machine(
            name="n1",
            cores=4.0,
            memory_bytes=8192 * Mi,
            disk_bytes=100 * 1024 * Mi,
            boot=START - 600,
            cgroup_v2=cgroup_v2,
            cgroup_driver="cgroupfs",
            flavour=flavour,
        )
        self.kernel = Kernel(self.machine, Random(f"kernel {seed}"))
        self.housekeeping = Housekeeping(self.machine, Random(f"housekeeping {seed}"))
        self._ids = Random(f"ids {seed}")

    def pod(
        self, name: str, *programs: Program, limits: tuple[float | None, ...] = (), memory: int | None = None
    ) -> RunningPod:
        """Start a pod with a container c0, c1, ... for each program, with CPU limits in cores and a memory limit."""
        uid = f"{self._ids.getrandbits(32):08x}-0000-4000-8000-{self._ids.getrandbits(48):012x}"
        quotas = [*limits, *[None] * (len(programs) - len(limits))]
        whole = sum(each or 0.0 for each in quotas) if all(quotas) else None
        path = pod_path(self.machine, "Burstable", uid)
        pod = RunningPod(
            uid=uid,
            namespace="shop",
            name=name,
            quality="Burstable",
            cgroup=Cgroup(path=path, created=self.now, quota=whole, cpu_seconds=SANDBOX_CORE_SECONDS),
            sandbox_id=self._identifier(),
        )
        self.machine.pods[uid] = pod
        for number, (program, quota) in enumerate(zip(programs, quotas, strict=True)):
            self.start(pod, f"c{number}", program, quota=quota, memory=memory)
        return pod

    def start(
        self, pod: RunningPod, name: str, program: Program, *, quota: float | None = None, memory: int | None = None
    ) -> RunningContainer:
        """Start a container in a pod, or start it again: a new process in a new cgroup."""
        identifier = self._identifier()
        path = container_path(self.machine, pod.cgroup.path, identifier)
        cgroup = Cgroup(path=path, created=self.now, quota=quota, memory_limit=memory, weight=102.0)
        pod.containers[name] = RunningContainer(name, "shop/app:1", identifier, program, self.now, cgroup)
        return pod.containers[name]

    def run(self, seconds: float) -> None:
        """Let time pass tick by tick."""
        for _ in range(int(seconds)):
            self.now += 1.0
            self.kernel.run(self.now, 1.0, lambda uid: self.rates.get(uid, 0.0))
            self.housekeeping.step(self.now)

    def view(self, kubernetes: str = "v1.36.3") -> View:
        """What a page is made from now."""
        return View(
            machine=self.machine,
            housekeeping=self.housekeeping,
            now=self.now,
            kubernetes=kubernetes,
            node_info=NODE_INFO,
        )

    def _identifier(self) -> str:
        return f"{self._ids.getrandbits(256):064x}"
