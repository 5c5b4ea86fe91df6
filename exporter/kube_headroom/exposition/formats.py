"""Content negotiation: which dialect and encoding a client gets for its Accept headers.

Follows RFC 9110, 12.5 and prometheus/docs:docs/instrumenting/content_negotiation.md. Nothing of the
client's bytes goes into an answer: parameters are looked up, not copied.
"""

from __future__ import annotations

import re
from typing import NamedTuple

OPENMETRICS = "application/openmetrics-text"
TEXT = "text/plain"
# The specification spells `allow-utf8` what Prometheus and every client library spell `allow-utf-8`.
ESCAPINGS = ("allow-utf-8", "allow-utf8", "underscores", "dots", "values")
_DEFAULT_ESCAPING = "underscores"
_WEIGHT = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+*-]+/[a-z0-9!#$&^_.+*-]+")


class Format(NamedTuple):
    """What a scrape is answered in."""

    media_type: str
    version: str
    escaping: str = ""

    @property
    def openmetrics(self) -> bool:
        """Whether the body has OpenMetrics' headers and ends in `# EOF`."""
        return self.media_type == OPENMETRICS

    @property
    def content_type(self) -> str:
        """The Content-Type; escaping is named from 1.0.0 on, as the specification demands."""
        escaping = f"; escaping={self.escaping}" if self.version == "1.0.0" else ""
        return f"{self.media_type}; version={self.version}; charset=utf-8{escaping}"


LAST_RESORT = Format(TEXT, "0.0.4")
# In the order we choose in when the client does not care.
_OFFERS = (LAST_RESORT, Format(OPENMETRICS, "1.0.0"), Format(TEXT, "1.0.0"), Format(OPENMETRICS, "0.0.1"))


class _Range(NamedTuple):
    """One media range of an Accept header."""

    media_type: str
    parameters: dict[str, str]
    weight: float

    def matches(self, offer: Format) -> bool:
        main = offer.media_type.split("/", 1)[0]
        if self.media_type not in {"*/*", f"{main}/*", offer.media_type}:
            return False
        known = {"version": (offer.version,), "charset": ("utf-8",), "escaping": ESCAPINGS}
        return all(value in known.get(name, ()) for name, value in self.parameters.items())

    @property
    def specificity(self) -> tuple[bool, bool, int]:
        # Every escaping of our names is the same, so naming one makes a range no closer.
        closer = sum(name != "escaping" for name in self.parameters)
        return self.media_type != "*/*", not self.media_type.endswith("/*"), closer


def choose_format(accept: str) -> Format:
    """Return the format for an Accept header: highest weight, then closest range, then the client's order.

    What asks for nothing we have, or is not understood, gets text 0.0.4.
    """
    ranges = [found for element in accept.lower().split(",") if (found := _parse_range(element))]
    best, chosen = (0.0, (False, False, 0), 0), LAST_RESORT
    for offer in _OFFERS:
        matching = [
            (found.specificity, -position, found) for position, found in enumerate(ranges) if found.matches(offer)
        ]
        if not matching:
            continue
        specificity, position, found = max(matching, key=lambda match: match[:2])
        rank = (found.weight, specificity, position)
        if found.weight > 0 and rank > best:
            best = rank
            chosen = offer._replace(escaping=found.parameters.get("escaping", _DEFAULT_ESCAPING))
    return chosen


def accepts_gzip(accept_encoding: str) -> bool:
    """Say whether an Accept-Encoding header prefers gzip to no compression at all.

    Where it names both, the weights decide and gzip wins a tie.
    """
    weights: dict[str, float] = {}
    for element in accept_encoding.lower().split(","):
        coding, parameters, weight = _split(element)
        if coding and weight is not None and not parameters:
            weights.setdefault("gzip" if coding == "x-gzip" else coding, weight)
    gzip = weights.get("gzip", weights.get("*", 0.0))
    return gzip > 0 and gzip >= weights.get("identity", 0.0)


def _parse_range(element: str) -> _Range | None:
    media_type, parameters, weight = _split(element)
    if weight is None or not _TYPE.fullmatch(media_type):
        return None
    return _Range(media_type, parameters, weight)


def _split(element: str) -> tuple[str, dict[str, str], float | None]:
    """Return an element's value, parameters and weight; the weight is None where it cannot be read."""
    value, *rest = (part.strip() for part in element.split(";"))
    parameters = {}
    for part in rest:
        name, _, content = part.partition("=")
        parameters[name.strip()] = content.strip().strip('"')
    weight = parameters.pop("q", "1")
    return value, parameters, float(weight) if _WEIGHT.fullmatch(weight) else None
