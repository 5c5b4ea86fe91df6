"""What the API server told of restarts, ends, evictions and Jobs, kept although it forgets."""

from collections import defaultdict

from tests.e2e.figures import Key, Pods, statuses
from tests.e2e.workloads import NAMESPACE
from tests.real.client import Client, Object


class ApiTruth:
    """Everything that was ever seen, since a pod and a container's last end are soon gone."""

    def __init__(self, client: Client, pods: Pods) -> None:
        self._client, self._pods = client, pods
        self._restarts: dict[tuple[str, str], int] = {}
        self._ends: dict[str, tuple[str, str, str]] = {}
        self._evicted: dict[str, str] = {}
        self._jobs: dict[str, tuple[str, str]] = {}

    def read(self) -> dict[Key, float]:
        """Ask now; counts of each workload since the first time it was asked."""
        pods = self._client.objects("Pod", NAMESPACE)
        self._pods.learn(pods)
        for pod in pods:
            self._take(pod)
        for job in self._client.objects("Job", NAMESPACE):
            for condition in job["status"].get("conditions", ()):
                if condition["type"] in ("Complete", "Failed") and condition["status"] == "True":
                    self._jobs[job["metadata"]["uid"]] = (job["metadata"]["name"], condition["type"])
        return self._counts()

    def _take(self, pod: Object) -> None:
        uid, workload = pod["metadata"]["uid"], pod["metadata"]["labels"]["app"]
        for status in statuses(pod):
            self._restarts[uid, status["name"]] = status["restartCount"]
            for ended in (status.get(word, {}).get("terminated") for word in ("state", "lastState")):
                if ended and ended.get("containerID"):  # none where the kubelet found no container any more
                    self._ends[ended["containerID"]] = (workload, status["name"], ended["reason"])
        if pod["status"].get("reason") == "Evicted":
            self._evicted[uid] = workload

    def _counts(self) -> dict[Key, float]:
        sums: dict[Key, float] = defaultdict(float)
        for workload in self._pods.workloads.values():
            sums[Key(workload, "evictions")] += 0
        for (uid, container), count in self._restarts.items():
            sums[Key(self._pods.workloads[uid], "restarts", container)] += count
        for workload, container, reason in self._ends.values():
            sums[Key(workload, f"ends {reason}", container)] += 1
        for workload in self._evicted.values():
            sums[Key(workload, "evictions")] += 1
        for workload, outcome in self._jobs.values():
            sums[Key(workload, "jobs_finished")] += 1
            sums[Key(workload, "jobs_failed")] += outcome == "Failed"
        return dict(sums)
