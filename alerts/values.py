"""Values in place of parameters: those of a rule file, and what they leave out of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from alerts.parameters import CLUSTER, SECTION
from kube_headroom.catalogue.parameter import filled

_SECTION: Final = re.compile("{}(.*?){}".format(*SECTION), re.DOTALL)


class Values(NamedTuple):
    """Texts of parameters by name, where they differ from the default, and the alerts that are switched off."""

    texts: Mapping[str, str]
    off: frozenset[str] = frozenset()

    def on(self, alert: str) -> bool:
        """Return whether an alert is written at all."""
        return alert not in self.off

    def written(self, text: str) -> str:
        """Return a text with its values."""
        kept = r"\1" if self.texts.get(CLUSTER.name, CLUSTER.default) else ""
        return filled(_SECTION.sub(kept, text), self.texts)


DEFAULTS: Final = Values({})
