"""Definitions as owners write them (OpenSLO v1, Sloth, Maintenance, annotations), read strictly: texts in, `Definitions` out."""

from kube_headroom.slo.definitions.annotations import from_annotation
from kube_headroom.slo.definitions.defaults import Defaults
from kube_headroom.slo.definitions.documents import Document
from kube_headroom.slo.definitions.loading import load
from kube_headroom.slo.definitions.periods import parse_period

__all__ = ["Defaults", "Document", "from_annotation", "load", "parse_period"]
