"""Pods whose containers restart at a steady rate, through the API as their kubelets would say it."""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from benchmarks.workloads import SEED
from tests.real.client import Client, Object

WRITERS = 16
REASONS = ("Error", "OOMKilled", "Completed")


class Churn:
    """Patches one pod's status after another while the context lasts; `patches` counts what the server took."""

    def __init__(self, client: Client, rate: float) -> None:
        self.patches = 0
        self._client = client
        self._rate = rate
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)]
        self._pods = pods(client)
        random.Random(SEED).shuffle(self._pods)
        self._failure: Exception | None = None

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self._failure is not None:
            raise self._failure

    def _write(self, number: int) -> None:
        """Each writer has its own pods and its own share of the rate, so that none patches what another just did."""
        mine, due, turn = self._pods[number::WRITERS], time.monotonic(), 0
        try:
            while not self._stop.wait(max(0.0, due - time.monotonic())):
                due += WRITERS / self._rate
                _restart(self._client, mine[turn % len(mine)], REASONS[turn % len(REASONS)])
                turn += 1
                with self._lock:
                    self.patches += 1
        except Exception as failure:  # noqa: BLE001  told by the thread that waits
            self._failure = failure


def pods(client: Client) -> list[Object]:
    """What the churn needs of every pod, so that the rest of 80 MB is forgotten at once."""
    return [
        {
            "name": one["metadata"]["name"],
            "namespace": one["metadata"]["namespace"],
            "statuses": one["status"]["containerStatuses"],
        }
        for one in client.objects("Pod")
    ]


def _restart(client: Client, pod: Object, reason: str) -> None:
    """The first container ended and runs again."""
    first, now = pod["statuses"][0], datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    count = first["restartCount"] + 1
    identity = random.Random(pod["name"] + str(count)).getrandbits(256)
    ended = {
        "reason": reason,
        "exitCode": {"Error": 1, "OOMKilled": 137, "Completed": 0}[reason],
        "startedAt": first["state"]["running"]["startedAt"],
        "finishedAt": now,
        "containerID": f"containerd://{identity:064x}",
    }
    first |= {"restartCount": count, "state": {"running": {"startedAt": now}}, "lastState": {"terminated": ended}}
    client.patch_status("Pod", pod["name"], pod["namespace"], status={"containerStatuses": pod["statuses"]})
