"""Which objects a list or watch is about: its resource, its namespace and its selectors."""

from __future__ import annotations

from typing import NamedTuple

from kube_headroom.simulator.apiserver.fields import FieldSelector, field_selector
from kube_headroom.simulator.apiserver.labels import LabelSelector, label_selector
from kube_headroom.simulator.apiserver.options import ListOptions
from kube_headroom.simulator.kinds import Resource
from kube_headroom.simulator.store import Object


class Selection(NamedTuple):
    """Objects of a resource, of one namespace or ("") of all, that labels and fields select."""

    resource: Resource
    namespace: str
    labels: LabelSelector
    fields: FieldSelector

    @property
    def everything(self) -> bool:
        """Whether no selector leaves anything out."""
        return not self.labels.requirements and not self.fields.terms

    def matches(self, stored: Object) -> bool:
        """Tell whether an object of the resource belongs to it."""
        metadata = stored["metadata"]
        if self.namespace and metadata.get("namespace") != self.namespace:
            return False
        return self.everything or (self.labels.matches(metadata.get("labels") or {}) and self.fields.matches(stored))


def select(resource: Resource, namespace: str, options: ListOptions) -> Selection:
    """Return what the options ask of a resource; raises StatusError 400 for selectors that cannot be read."""
    labels = label_selector(options.label_selector)
    return Selection(resource, namespace, labels, field_selector(resource, options.field_selector))
