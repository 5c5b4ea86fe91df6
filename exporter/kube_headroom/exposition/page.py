"""The rendered page: what every object said last, compressed family by family, ready to be served."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from kube_headroom.catalogue.metric import Counter, Metric, Unit
from kube_headroom.exposition.deflate import EMPTY, Chunk, deflate, stitch
from kube_headroom.exposition.render import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kube_headroom.catalogue.metric import Sample

Key = tuple[str, ...]
_TEXT_HELP_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n"})
_OPENMETRICS_HELP_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


class Body(NamedTuple):
    """The same samples under the headers of each dialect: text (0.0.4 and 1.0.0) and OpenMetrics (no `# EOF`)."""

    text: Chunk
    openmetrics: Chunk


EMPTY_BODY = Body(EMPTY, EMPTY)


def join(bodies: Iterable[Body]) -> Body:
    """Return the bodies one after the other; no family may be in two of them."""
    parts = tuple(bodies)
    return Body(stitch(part.text for part in parts), stitch(part.openmetrics for part in parts))


class FamilySize(NamedTuple):
    """Series of one metric on the page, and the bytes of their lines before compression."""

    metric: Metric[Any]
    series: int
    bytes: int


class _Family:
    """One metric's fragments by key and their compressed sum."""

    __slots__ = ("changed", "fragments", "headers", "metric", "samples", "series", "unsorted")

    def __init__(self, metric: Metric[Any]) -> None:
        self.metric = metric
        self.headers = Body(deflate(text_header(metric).encode()), deflate(openmetrics_header(metric).encode()))
        self.fragments: dict[Key, bytes] = {}
        self.samples = EMPTY
        self.series = 0
        self.changed = False
        self.unsorted = False

    def put(self, key: Key, fragment: bytes | None) -> None:
        self.changed = True
        if fragment is None:
            del self.fragments[key]
        else:
            # A known key keeps its place, so only newcomers cost a sort.
            self.unsorted |= key not in self.fragments
            self.fragments[key] = fragment

    def seal(self) -> None:
        if not self.changed:
            return
        if self.unsorted:
            self.fragments = dict(sorted(self.fragments.items()))
            self.unsorted = False
        lines = b"".join(self.fragments.values())
        self.samples = deflate(lines) if lines else EMPTY
        self.series = lines.count(b"\n")
        self.changed = False


class Page:
    """What is exposed, by key: a key is whatever is replaced as a whole, such as one workload.

    Keeps each key's lines and each family's compressed lines, never the joined text. The output
    depends on what was put, not on the order of the calls. For one thread at a time.
    """

    def __init__(self, metrics: Sequence[Metric[Any]]) -> None:
        """Declare what may be emitted, in the page's order; raises ValueError for a name given twice."""
        self._families = {metric: _Family(metric) for metric in metrics}
        if len({metric.name for metric in metrics}) < len(metrics):
            names = sorted(metric.name for metric in metrics)
            twice = [name for name, following in pairwise(names) if name == following]
            message = f"declared more than once: {', '.join(twice)}"
            raise ValueError(message)
        self._body = EMPTY_BODY
        self._stale = False
        self._withdrawn: frozenset[Metric[Any]] = frozenset()

    def put(self, key: Key, samples: Iterable[Sample]) -> None:
        """Replace everything this key said before; raises ValueError, and changes nothing, for an undeclared metric."""
        fragments = render(samples)
        unknown = sorted(metric.name for metric in fragments.keys() - self._families.keys())
        if unknown:
            message = f"{'/'.join(key)} emits metrics that the page does not declare: {', '.join(unknown)}"
            raise ValueError(message)
        for metric, family in self._families.items():
            fragment = fragments.get(metric)
            # Most families say nothing of a key, before or after: no call for those.
            if fragment != family.fragments.get(key):
                family.put(key, fragment)
        self._stale = True

    def drop(self, key: Key) -> None:
        """Forget everything this key said; an unknown key is no error."""
        self.put(key, ())

    def body(self, withdrawn: frozenset[Metric[Any]] = frozenset()) -> Body:
        """Return the page in both dialects without the withdrawn metrics, whose lines are kept for their return.

        Only families whose bytes changed are compressed again.
        """
        if self._stale or withdrawn != self._withdrawn:
            self._withdrawn = withdrawn
            spoken = []
            for metric, family in self._families.items():
                family.seal()
                if family.series and metric not in withdrawn:
                    spoken.append(family)
            self._body = Body(
                stitch(chunk for family in spoken for chunk in (family.headers.text, family.samples)),
                stitch(chunk for family in spoken for chunk in (family.headers.openmetrics, family.samples)),
            )
            self._stale = False
        return self._body

    def sizes(self) -> list[FamilySize]:
        """Return every declared metric's size as of the last `body()`."""
        return [FamilySize(metric, family.series, family.samples.size) for metric, family in self._families.items()]


def text_header(metric: Metric[Any]) -> str:
    """Return HELP and TYPE as text 0.0.4 and 1.0.0 write them."""
    description = metric.help.translate(_TEXT_HELP_ESCAPES)
    return f"# HELP {metric.name} {description}\n# TYPE {metric.name} {metric.kind}\n"


def openmetrics_header(metric: Metric[Any]) -> str:
    """Return TYPE, UNIT and HELP as OpenMetrics 1.0 writes them: a counter's family has no `_total`.

    UNIT only where the family's name ends in it, as the specification demands; of a timestamp the
    unit is seconds.
    """
    family = metric.name.removesuffix("_total") if isinstance(metric, Counter) else metric.name
    unit = Unit.SECONDS if metric.unit is Unit.TIMESTAMP_SECONDS else metric.unit
    lines = [f"# TYPE {family} {metric.kind}\n"]
    if unit and family.endswith(f"_{unit}"):
        lines.append(f"# UNIT {family} {unit}\n")
    lines.append(f"# HELP {family} {metric.help.translate(_OPENMETRICS_HELP_ESCAPES)}\n")
    return "".join(lines)
