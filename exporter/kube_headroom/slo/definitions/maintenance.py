"""`kind: Maintenance`: times whose events do not count, once or every week."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from kube_headroom.slo.definitions import values
from kube_headroom.slo.definitions.periods import time_zone
from kube_headroom.slo.definitions.reading import Field, Part, Reader, each, record, shown
from kube_headroom.slo.objective import Maintenance

API_VERSION = "kube-headroom.io/v1"
KIND = "Maintenance"

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONDAY = datetime(2001, 1, 1)  # noqa: DTZ001 - by the clocks of the zone; every week before now will do
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_WEEK = 7 * 86_400


class Metadata(NamedTuple):
    """`metadata`."""

    part: Part
    name: str
    labels: Part | None = None
    annotations: Part | None = None


class Weekly(NamedTuple):
    """`spec.weekly`."""

    part: Part
    day: str
    at: tuple[int, int]
    duration: float
    time_zone: str = "UTC"


class Named(NamedTuple):
    """An item of `spec.objectives`; an empty field matches any."""

    part: Part
    service: str = ""
    slo: str = ""


class Spec(NamedTuple):
    """`spec`."""

    part: Part
    start: float | None = None
    end: float | None = None
    weekly: Weekly | None = None
    objectives: tuple[Named, ...] = ()
    description: str = ""


class Written(NamedTuple):
    """The whole object."""

    part: Part
    api_version: str
    kind: str
    metadata: Metadata
    spec: Spec


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"expected a time with its zone such as 2026-03-01T22:00:00Z (RFC 3339), found {shown(text)}")
    return moment.timestamp()


def _clock(text: str) -> tuple[int, int]:
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise ValueError(f'expected a time of day such as "02:00", found {shown(text)}')
    return int(match[1]), int(match[2])


def _named(part: Part) -> Named:
    named = _NAMED(part)
    if not named.service and not named.slo:
        raise ValueError("expected service, slo or both; leave objectives out for all SLOs")
    return named


_NAMED: Reader[Named] = record(
    Named,
    Field("service", values.on_text(values.service_name)),
    Field("slo", values.on_text(values.words)),
)
_WRITTEN: Reader[Written] = record(
    Written,
    Field("apiVersion", values.on_text(values.words), required=True),
    Field("kind", values.on_text(values.words), required=True),
    Field(
        "metadata",
        record(
            Metadata,
            Field("name", values.on_text(values.name), required=True),
            Field("labels", values.ignored),
            Field("annotations", values.ignored),
        ),
        required=True,
    ),
    Field(
        "spec",
        record(
            Spec,
            Field("description", values.on_text(values.description)),
            Field("start", values.on_text(_moment)),
            Field("end", values.on_text(_moment)),
            Field(
                "weekly",
                record(
                    Weekly,
                    Field("day", values.on_text(values.one_of(*DAYS)), required=True),
                    Field("at", values.on_text(_clock), required=True),
                    Field("duration", values.on_text(values.span), required=True),
                    Field("timeZone", values.on_text(time_zone)),
                ),
            ),
            Field("objectives", each(_named)),
        ),
        required=True,
    ),
)


def maintenance(part: Part) -> Maintenance:
    """Read a Maintenance object; raises ValueError or Refused."""
    written = _WRITTEN(part)
    spec = written.spec
    once = (spec.start is not None, spec.end is not None)
    if (spec.weekly is not None) == any(once) or (spec.weekly is None and not all(once)):
        raise spec.part.error("expected either start and end, or weekly")
    start, seconds = _weekly(spec.weekly) if spec.weekly is not None else _once(spec)
    return Maintenance(
        name=written.metadata.name,
        start=start,
        seconds=seconds,
        weekly=spec.weekly is not None,
        time_zone=spec.weekly.time_zone if spec.weekly is not None else "UTC",
        objectives=tuple((named.service, named.slo) for named in spec.objectives) or (("", ""),),
        place=part.at("metadata", "name").place,
    )


def _once(spec: Spec) -> tuple[float, float]:
    start, end = spec.start or 0.0, spec.end or 0.0
    if end <= start:
        raise spec.part.at("end").error("expected an end after the start")
    return start, end - start


def _weekly(weekly: Weekly) -> tuple[float, float]:
    if weekly.duration >= _WEEK:
        raise weekly.part.at("duration").error("expected less than a week, or nothing is left to count")
    hour, minute = weekly.at
    first = _MONDAY + timedelta(days=DAYS.index(weekly.day), hours=hour, minutes=minute)
    return first.replace(tzinfo=ZoneInfo(weekly.time_zone)).timestamp(), weekly.duration
