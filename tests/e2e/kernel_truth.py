"""What a node's kernel, and the probed programs themselves, say per workload: the truth to hold sources against."""

from collections import Counter, defaultdict

from tests.e2e.cluster import Node
from tests.e2e.figures import Cgroups, Key, Pods
from tests.e2e.kernel import Cgroup, cgroup_figures, oom_kills


class KernelTruth:
    """One node's kernel since the first reading; nothing is lost with a cgroup."""

    def __init__(self, node: Node, pods: Pods) -> None:
        self._node, self._pods = node, pods
        self._cgroups = Cgroups(pods)
        self._runs: dict[str, int] = {}
        self._kills: Counter[Cgroup] = Counter()

    def read(self) -> dict[Key, float]:
        """Read cgroup files, the notes of probed programs and the kernel's log now."""
        self._cgroups.take(cgroup_figures(self._node.cgroup_lines()))
        self._runs |= self._node.runs()
        self._kills |= oom_kills(self._node.kernel_log())
        return self._cgroups.workloads() | self._probes() | self._killed()

    def _probes(self) -> dict[Key, float]:
        sums: dict[Key, float] = defaultdict(float)
        for name, count in self._runs.items():
            uid, _, note = name.partition("/")
            kind, _, outcome = note.partition("-")
            workload = self._pods.workloads.get(uid)
            if workload:
                sums[Key(workload, "probes", kind)] += count
                sums[Key(workload, "probe_failures", kind)] += count if outcome == "failed" else 0
        return dict(sums)

    def _killed(self) -> dict[Key, float]:
        """Containers in which the kernel killed something for memory: however often, each ends once."""
        sums: dict[Key, float] = defaultdict(float)
        for uid, container in self._kills:
            name = self._pods.containers.get(container)
            if name:
                sums[Key(self._pods.workloads[uid], "ends OOMKilled", name)] += 1
        return dict(sums)
