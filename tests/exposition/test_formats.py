"""Clients get the format they weigh highest; whatever cannot be understood gets text 0.0.4."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.exposition.formats import accepts_gzip, choose_format

TEXT_004 = "text/plain; version=0.0.4; charset=utf-8"
TEXT_100 = "text/plain; version=1.0.0; charset=utf-8; escaping="
OPENMETRICS_001 = "application/openmetrics-text; version=0.0.1; charset=utf-8"
OPENMETRICS_100 = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping="

PROMETHEUS_2_30 = "application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
PROMETHEUS_2_42 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;escaping=allow-utf-8;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;escaping=allow-utf-8;q=0.3,*/*;q=0.2"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_3_PROTOBUF_FIRST = (
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
    "application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=1.0.0;escaping=underscores;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)
PROMETHEUS_3_TEXT_FIRST = (
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,"
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.4,*/*;q=0.3"
)
VICTORIAMETRICS = "text/plain;version=0.0.4;q=1,*/*;q=0.1"
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CHROMIUM = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.7"
)


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        pytest.param("", TEXT_004, id="no header"),
        pytest.param("*/*", TEXT_004, id="curl"),
        pytest.param(FIREFOX, TEXT_004, id="Firefox"),
        pytest.param(CHROMIUM, TEXT_004, id="Chromium"),
        pytest.param(VICTORIAMETRICS, TEXT_004, id="VictoriaMetrics"),
        pytest.param(PROMETHEUS_2_30, OPENMETRICS_001, id="Prometheus 2.30"),
        pytest.param(PROMETHEUS_2_42, OPENMETRICS_100 + "underscores", id="Prometheus 2.42"),
        pytest.param(PROMETHEUS_3_3, OPENMETRICS_100 + "allow-utf-8", id="Prometheus 3.3, escaping on every range"),
        pytest.param(PROMETHEUS_3, OPENMETRICS_100 + "allow-utf-8", id="Prometheus 3"),
        pytest.param(PROMETHEUS_3_PROTOBUF_FIRST, OPENMETRICS_100 + "underscores", id="Prometheus 3, protobuf first"),
        pytest.param(PROMETHEUS_3_TEXT_FIRST, TEXT_100 + "allow-utf-8", id="Prometheus 3, text first"),
        pytest.param("text/plain", TEXT_004, id="text of any version"),
        pytest.param("text/plain;version=1.0.0", TEXT_100 + "underscores", id="text 1.0.0 names its escaping"),
        pytest.param("text/plain;version=1.0.0;escaping=dots", TEXT_100 + "dots", id="escaping: dots"),
        pytest.param("text/plain;version=1.0.0;escaping=values", TEXT_100 + "values", id="escaping: values"),
        pytest.param(
            "text/plain;version=1.0.0;escaping=allow-utf8", TEXT_100 + "allow-utf8", id="escaping as the page spells it"
        ),
        pytest.param("application/openmetrics-text", OPENMETRICS_100 + "underscores", id="OpenMetrics of any version"),
        pytest.param("application/openmetrics-text;version=0.0.1", OPENMETRICS_001, id="OpenMetrics 0.0.1"),
        pytest.param("application/*", OPENMETRICS_100 + "underscores", id="any application type"),
        pytest.param("text/*", TEXT_004, id="any text type"),
        pytest.param("APPLICATION/OpenMetrics-Text; Version=1.0.0", OPENMETRICS_100 + "underscores", id="any case"),
        pytest.param('text/plain; version="1.0.0"', TEXT_100 + "underscores", id="a quoted parameter"),
        pytest.param(
            " application/openmetrics-text ; version = 1.0.0 ; q=0.5 , */* ; q=0.1",
            OPENMETRICS_100 + "underscores",
            id="white space",
        ),
        pytest.param(
            "text/plain;q=0.3,application/openmetrics-text;q=0.7", OPENMETRICS_100 + "underscores", id="weight decides"
        ),
        pytest.param(
            "application/openmetrics-text;q=0.3,text/plain;q=0.7", TEXT_004, id="weight decides, not the order"
        ),
        pytest.param(
            "application/openmetrics-text,text/plain", OPENMETRICS_100 + "underscores", id="equal weights: first wins"
        ),
        pytest.param("text/plain,application/openmetrics-text", TEXT_004, id="equal weights: first wins again"),
        pytest.param(
            "*/*,application/openmetrics-text", OPENMETRICS_100 + "underscores", id="equal weights: the closer range"
        ),
        pytest.param("application/openmetrics-text;q=0,*/*", TEXT_004, id="refused with q=0"),
        pytest.param("text/plain;q=0,*/*", OPENMETRICS_100 + "underscores", id="text refused"),
        pytest.param("*/*;q=0", TEXT_004, id="all refused: the last resort"),
        pytest.param("application/json", TEXT_004, id="nothing we have"),
        pytest.param("application/openmetrics-text;version=2.0.0", TEXT_004, id="a version we do not write"),
        pytest.param("application/openmetrics-text;version=9.9.9,text/plain;version=1.0.0;q=0.1", TEXT_100 + "underscores", id="the next best after an unknown version"),
        pytest.param("text/plain;version=1.0.0;escaping=rot13", TEXT_004, id="an unknown escaping"),
        pytest.param("application/openmetrics-text;charset=latin-1", TEXT_004, id="another charset"),
        pytest.param("application/openmetrics-text;q=2", TEXT_004, id="a weight above 1"),
        pytest.param("application/openmetrics-text;q=-1", TEXT_004, id="a weight below 0"),
        pytest.param("application/openmetrics-text;q=nan", TEXT_004, id="a weight that is no number"),
        pytest.param("application/openmetrics-text;q=0.12345", TEXT_004, id="a weight of five digits"),
        pytest.param(";;,=,;q=,/,*", TEXT_004, id="garbage"),
        pytest.param("text/plain;version=1.0.0\r\nX: y", TEXT_004, id="a header in a parameter"),
    ],
)  # fmt: skip
def test_format(accept: str, content_type: str) -> None:
    assert choose_format(accept).content_type == content_type


@pytest.mark.parametrize(
    ("accept_encoding", "gzip"),
    [
        pytest.param("", False, id="no header"),
        pytest.param("gzip", True, id="Prometheus, VictoriaMetrics"),
        pytest.param("identity", False, id="Prometheus with compression off"),
        pytest.param("gzip, deflate, br, zstd", True, id="browsers"),
        pytest.param("deflate, gzip, br, zstd", True, id="curl --compressed"),
        pytest.param("x-gzip", True, id="its old name"),
        pytest.param("GZIP;Q=0.5", True, id="any case"),
        pytest.param("*", True, id="anything"),
        pytest.param("*;q=0", False, id="nothing"),
        pytest.param("gzip;q=0, *", False, id="anything but gzip"),
        pytest.param("gzip;q=0", False, id="refused"),
        pytest.param("identity;q=0.5, gzip;q=1.0", True, id="gzip weighs more"),
        pytest.param("identity, gzip;q=0.5", False, id="identity weighs more"),
        pytest.param("identity, gzip", True, id="a tie"),
        pytest.param("identity;q=0", False, id="identity refused, nothing else named"),
        pytest.param("br, zstd", False, id="what we do not write"),
        pytest.param("gzip;q=many", False, id="a weight that is no number"),
        pytest.param(",;=,gzip;level=9", False, id="garbage"),
    ],
)
def test_encoding(accept_encoding: str, *, gzip: bool) -> None:
    assert accepts_gzip(accept_encoding) is gzip


ANSWERS = {TEXT_004, OPENMETRICS_001} | {
    version + escaping
    for version in (TEXT_100, OPENMETRICS_100)
    for escaping in ("allow-utf-8", "allow-utf8", "underscores", "dots", "values")
}


@given(
    st.text()
    | st.lists(st.sampled_from(["text/plain", "*/*", ",", ";", "q=", "0.5", "version=", "1.0.0"])).map("".join)
)
def test_no_header_gets_an_answer_outside_the_table(header: str) -> None:
    assert choose_format(header).content_type in ANSWERS
    assert accepts_gzip(header) in {True, False}
