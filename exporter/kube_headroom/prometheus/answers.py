"""Answers of Prometheus' HTTP API as typed values; what is not one is a Failure."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import msgspec

from kube_headroom.prometheus.failures import Failure, Reason

Samples = list[tuple[float, float]]
"""Unix seconds and values, oldest first."""


class Row(NamedTuple):
    """One series of an answer: its labels as the server wrote them, and its samples."""

    metric: bytes
    samples: Samples
    histograms: bool = False


class Answer(NamedTuple):
    """What a query gave, and what the server remarked."""

    rows: list[Row]
    remarks: tuple[str, ...] = ()


class _Series(msgspec.Struct, gc=False):
    metric: msgspec.Raw
    values: list[tuple[float, float]] = []
    value: tuple[float, float] | None = None
    histograms: msgspec.Raw | None = None
    histogram: msgspec.Raw | None = None


class _Verbatim(msgspec.Struct, gc=False):
    metric: msgspec.Raw
    values: list[tuple[float, str]] = []
    value: tuple[float, str] | None = None
    histograms: msgspec.Raw | None = None
    histogram: msgspec.Raw | None = None


class _Data(msgspec.Struct):
    result: list[_Series]


class _VerbatimData(msgspec.Struct):
    result: list[_Verbatim]


class _Kind(msgspec.Struct):
    kind: str = msgspec.field(name="resultType")


class _Envelope(msgspec.Struct):
    status: str
    data: msgspec.Raw = msgspec.Raw(b"null")
    error: str = ""
    warnings: list[str] | None = None
    infos: list[str] | None = None


class _Scalar(msgspec.Struct):
    result: tuple[float, str]


class _Runtime(msgspec.Struct):
    retention: str = msgspec.field(default="", name="storageRetention")


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_KIND = msgspec.json.Decoder(_Kind)
_DATA = msgspec.json.Decoder(_Data, strict=False)
_VERBATIM = msgspec.json.Decoder(_VerbatimData)
_SCALAR = msgspec.json.Decoder(_Scalar)
_RUNTIME = msgspec.json.Decoder(_Runtime)
_LABELS = msgspec.json.Decoder(dict[str, str])
_Decoded = TypeVar("_Decoded")


def rows_of(body: bytes) -> Answer:
    """Read the answer to a query; a scalar is one series without labels. Raises Failure for anything else."""
    envelope = _decoded(_ENVELOPE, body)
    if envelope.status != "success":
        raise Failure(Reason.QUERY, envelope.error or "refused without a word")
    kind = _decoded(_KIND, envelope.data).kind
    if kind not in _ROWS:
        raise Failure(Reason.QUERY, f"the query gives a {kind[:40]}, expected a vector, a matrix or a scalar")
    return Answer(_ROWS[kind](envelope.data), (*(envelope.warnings or ()), *(envelope.infos or ())))


def labels_of(metric: bytes) -> dict[str, str]:
    """Read a series' labels; raises Failure."""
    return _decoded(_LABELS, metric)


def refusal_of(body: bytes) -> str:
    """The server's own words in a refusal, as far as there are any."""
    try:
        return _ENVELOPE.decode(body).error
    except msgspec.DecodeError:
        return body.decode("utf-8", "replace").strip()


def retention_of(body: bytes) -> str:
    """The server's retention in its own words, such as `15d` or `15d or 10GB`; raises Failure."""
    return _decoded(_RUNTIME, _decoded(_ENVELOPE, body).data).retention


def _scalar(data: bytes | msgspec.Raw) -> list[Row]:
    at, value = _decoded(_SCALAR, data).result
    return [Row(b"{}", [(at, _number(value))])]


def _series(data: bytes | msgspec.Raw) -> list[Row]:
    try:
        found: list[_Series] = _DATA.decode(data).result
    except msgspec.DecodeError:
        # "+Inf" is no number to msgspec.
        return [
            Row(
                bytes(one.metric),
                [(at, _number(value)) for at, value in ([one.value] if one.value else one.values)],
                bool(one.histograms or one.histogram),
            )
            for one in _decoded(_VERBATIM, data).result
        ]
    return [
        Row(bytes(one.metric), [one.value] if one.value else one.values, bool(one.histograms or one.histogram))
        for one in found
    ]


_ROWS = {"vector": _series, "matrix": _series, "scalar": _scalar}


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Failure(Reason.ANSWER, f"{text[:40]!r} is not a number") from None


def _decoded(decoder: msgspec.json.Decoder[_Decoded], body: bytes | msgspec.Raw) -> _Decoded:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Failure(Reason.ANSWER, f"the answer is not what Prometheus' HTTP API says: {error}") from None
