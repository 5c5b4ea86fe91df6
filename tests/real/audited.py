"""An API server that writes down who asked it for what, and how it answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.real.control_plane import ControlPlane

POLICY = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "Metadata"}]}


class Asked(NamedTuple):
    """A request as RBAC sees it, and the code of its answer."""

    group: str
    resource: str
    verb: str
    code: int


class AuditedControlPlane(ControlPlane):
    """A control plane whose API server keeps an audit log of every request's metadata."""

    def __init__(self, folder: Path) -> None:
        """Prepare it in an empty folder."""
        policy, self._log = folder / "audit-policy.json", folder / "audit.log"
        policy.write_text(json.dumps(POLICY))
        flags = (f"--audit-policy-file={policy}", f"--audit-log-path={self._log}")
        super().__init__(folder, api_server_flags=flags)

    def asked_by(self, user: str) -> Iterator[Asked]:
        """What a user asked for so far; a watch is there once it was answered, however long it lasts."""
        # What follows the last newline is being written.
        for line in self._log.read_text().split("\n")[:-1]:
            event = json.loads(line)
            if event["user"]["username"] == user and "objectRef" in event and "responseStatus" in event:
                about = event["objectRef"]
                resource = "/".join(filter(None, (about["resource"], about.get("subresource"))))
                yield Asked(about.get("apiGroup", ""), resource, event["verb"], event["responseStatus"]["code"])
