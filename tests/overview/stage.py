"""A cluster whose overview is asked for: objects in, what people read out."""

from __future__ import annotations

from collections.abc import Iterable

from kube_headroom import signals
from kube_headroom.overview.board import Board
from kube_headroom.overview.content import Overview, Source, Subject
from tests.stage import Stage


class Scene(Stage):
    """A stage that is read by the board the way the publisher feeds it."""

    def __init__(self) -> None:
        super().__init__()
        self.board = Board()

    def overview(self, sources: Iterable[Source] = ()) -> Overview:
        for key, snapshot in self.inventory.snapshots(self.inventory.changes()):
            samples = () if snapshot is None else tuple(signals.samples(key[0], snapshot))
            self.board.put(key, snapshot, samples, self.now)
        return self.board.view(sources, self.now)

    def subject(self, name: str) -> Subject:
        (found,) = (subject for subject in self.overview().subjects if subject.name == name)
        return found

    def findings(self, name: str = "web") -> list[str]:
        """Severity and phrase of each finding of a subject, none if it needs no attention."""
        return [
            f"{finding.severity}: {finding.text}"
            for subject in self.overview().subjects
            if subject.name == name
            for finding in subject.findings
        ]
