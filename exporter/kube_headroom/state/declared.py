"""What objects of the cluster declare of SLOs: labelled ConfigMaps, and annotations on workloads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from kube_headroom.catalogue.labels import Workload
from kube_headroom.model import ConfigMap, Controller, CronJob


class Declaration(NamedTuple):
    """A workload whose annotation declares SLOs; `text` as it is written, `owner` as the workload's series name them."""

    workload: Workload
    text: str
    owner: str


class SloInputs(NamedTuple):
    """All of it, ordered by name."""

    config_maps: tuple[ConfigMap, ...]
    declarations: tuple[Declaration, ...]


class Declared:
    """Keeps what declares SLOs; `version` grows whenever some of it changed, so that a reader may skip the rest."""

    def __init__(self) -> None:
        self.version = 0
        self._config_maps: dict[str, ConfigMap] = {}
        self._annotated: dict[Workload, Controller | CronJob] = {}

    def place_config_map(self, before: ConfigMap | None, after: ConfigMap | None) -> None:
        """Take a ConfigMap as it is now, None when it is gone."""
        if before is not None:
            self._config_maps.pop(before.metadata.uid, None)
        if after is not None:
            self._config_maps[after.metadata.uid] = after
        self.version += 1

    def place_workload(self, workload: Workload, controller: Controller | CronJob | None) -> None:
        """Take a workload's controller as it is now, None when it is gone."""
        before = self._annotated.get(workload)
        if controller is not None and controller.metadata.slo:
            self._annotated[workload] = controller
        elif before is not None:
            del self._annotated[workload]
        else:
            return
        if before is None or controller is None or _declares(before) != _declares(controller):
            self.version += 1

    def rename_owner(self, namespace: str) -> None:
        """Note that the owner of a namespace changed: what is declared in it may be theirs."""
        self.version += any(workload.namespace == namespace for workload in self._annotated)

    def inputs(self, owners: Mapping[str, str]) -> SloInputs:
        """Return all that is declared; `owners` are those of the namespaces."""
        return SloInputs(
            tuple(sorted(self._config_maps.values(), key=lambda one: (one.metadata.namespace, one.metadata.name))),
            tuple(
                Declaration(workload, one.metadata.slo, one.metadata.owner or owners.get(workload.namespace, ""))
                for workload, one in sorted(self._annotated.items(), key=lambda item: item[0])
            ),
        )


def _declares(controller: Controller | CronJob) -> tuple[str, str]:
    return controller.metadata.slo, controller.metadata.owner


def selected(workloads: Iterable[Workload], selectors: Iterable[tuple[str, ...]]) -> set[Workload]:
    """Return the workloads that at least one selector (namespace, kind, name; "" for any) selects."""
    wanted = [*selectors]
    exact = {Workload(*one) for one in wanted if all(one)}
    wide = [one for one in wanted if not all(one)]
    return {
        workload
        for workload in workloads
        if workload in exact
        or any(all(not text or text == name for text, name in zip(one, workload, strict=True)) for one in wide)
    }
