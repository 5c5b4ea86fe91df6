"""Templates: two selectors that are counted exactly with one question, whatever the parameters."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.prometheus.selectors import counted, union, written
from kube_headroom.slo.objective import EventRatio
from kube_headroom.slo.templates import TEMPLATES, expand
from tests.prometheus.stage import PLACE

SERVICE = {"service": "cart", "namespace": "shop"}
PARAMETERS = {
    "ingress-nginx-availability": {"ingress": "cart", "namespace": "shop"},
    "ingress-nginx-latency": {"ingress": "cart", "within": "0.25", "namespace_label": "namespace", "namespace": "shop"},
    "istio-availability": SERVICE,
    "istio-latency": {**SERVICE, "within": "0.25", "reporter": "waypoint"},
    "linkerd-availability": {"workload": "cart", "namespace": "shop"},
    "linkerd-latency": {"workload": "cart", "namespace": "shop", "within": "1", "workload_label": "statefulset"},
    "grpc-availability": {"service": "shop.v1.Cart"},
    "grpc-latency": {"service": "shop.v1.Cart", "within": "2.5", "method": "Add"},
    "span-metrics-availability": {"service": "cart"},
    "span-metrics-latency": {"service": "cart", "within": "0.1"},
    "kube-apiserver-availability": {},
    "kube-apiserver-latency": {"within": "1", "verb": "LIST|GET"},
}
OF_API_SERVER = 'verb!~"WATCH|WATCHLIST|CONNECT",subresource!~"proxy|attach|log|exec|portforward"'
OF_ISTIO = 'destination_service_name="cart",destination_service_namespace="shop"'
ASKED = {
    "ingress-nginx-availability": 'nginx_ingress_controller_requests{ingress="cart",exported_namespace="shop",status=~"5.."}',
    "ingress-nginx-latency": "nginx_ingress_controller_request_duration_seconds_bucket"
    '{ingress="cart",namespace="shop",le=~"0\\\\.25"}',
    "istio-availability": f'istio_requests_total{{reporter="destination",{OF_ISTIO},response_code=~"5.."}}',
    "istio-latency": f'istio_request_duration_milliseconds_bucket{{reporter="waypoint",{OF_ISTIO},le=~"250(\\\\.0)?"}}',
    "linkerd-availability": 'response_total{direction="inbound",namespace="shop",deployment="cart",'
    'classification="failure"}',
    "linkerd-latency": 'response_latency_ms_bucket{direction="inbound",namespace="shop",statefulset="cart",'
    'le=~"1000(\\\\.0)?"}',
    "grpc-availability": 'grpc_server_handled_total{grpc_service="shop.v1.Cart",grpc_type="unary",'
    'grpc_code=~"Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss"}',
    "grpc-latency": 'grpc_server_handling_seconds_bucket{grpc_service="shop.v1.Cart",grpc_method="Add",'
    'grpc_type="unary",le=~"2\\\\.5"}',
    "span-metrics-availability": 'traces_span_metrics_calls_total{service_name="cart",span_kind="SPAN_KIND_SERVER",'
    'status_code="STATUS_CODE_ERROR"}',
    "span-metrics-latency": 'traces_span_metrics_duration_milliseconds_bucket{service_name="cart",'
    'span_kind="SPAN_KIND_SERVER",le=~"100(\\\\.0)?"}',
    "kube-apiserver-availability": f'apiserver_request_total{{job="apiserver",{OF_API_SERVER},code=~"5.."}}',
    "kube-apiserver-latency": 'apiserver_request_sli_duration_seconds_bucket{job="apiserver",verb=~"LIST|GET",'
    f'{OF_API_SERVER},le=~"1(\\\\.0)?"}}',
}


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_asks_for_these_counters_with_one_question(template: str) -> None:
    sli = expand(template, PARAMETERS[template], PLACE)

    assert isinstance(sli, EventRatio)
    part = sli.good or sli.bad
    assert part
    assert part.text == ASKED[template]
    total, some = counted(sli.total.text), counted(part.text)
    assert total
    assert some
    assert union(total.selector, some.selector), "good events never lag behind all events"


@pytest.mark.parametrize(
    ("template", "parameters", "said"),
    [
        ("istio-latncy", {}, "unknown template 'istio-latncy', did you mean 'istio-latency'; expected one of"),
        ("istio-availability", {**SERVICE, "servise": "x"}, "no parameter 'servise', did you mean 'service'"),
        ("istio-availability", {"service": "cart"}, "needs the parameter 'namespace': Its namespace."),
        ("istio-latency", SERVICE, "needs the parameter 'within': Seconds within which"),
        ("istio-latency", {**SERVICE, "within": "300ms"}, "'300ms' is not a number of seconds above 0"),
        ("istio-latency", {**SERVICE, "within": "-1"}, "'-1' is not a number of seconds above 0"),
        ("istio-availability", {**SERVICE, "bad_codes": "5.("}, "'5.(' is not a regular expression"),
        ("span-metrics-availability", {"service": "a", "metric": "calls{}"}, "'calls{}' is not a metric's name"),
        ("span-metrics-availability", {"service": "a", "span_label": "span.name"}, "is not a label's name"),
        ("span-metrics-latency", {"service": "a", "within": "1", "unit": "ms"}, "one of seconds, milliseconds"),
    ],
)
def test_wrong_parameters_are_told(template: str, parameters: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        expand(template, parameters, PLACE)


@given(st.text(min_size=1))
def test_a_parameter_cannot_leave_its_quotes(name: str) -> None:
    sli = expand("istio-availability", {"service": name, "namespace": "shop"}, PLACE)
    assert isinstance(sli, EventRatio)

    found = counted(sli.total.text)
    assert found
    assert {one.value for one in found.selector if one.name == "destination_service_name"} == {name}
    assert len(found.selector) == 4
    assert counted(written(found.selector)) == found


@pytest.mark.parametrize(
    ("query", "selector"),
    [
        pytest.param("x", "x{}", id="a bare counter"),
        pytest.param('{"a.b", "c.d"="e"}', '{__name__="a.b","c.d"="e"}', id="names of the new kind"),
        pytest.param("sum(rate(x[{{.window}}]))", "x{}", id="a sum of rates"),
        pytest.param("((sum by (a) (increase(x[{{ .window }}]))))", "x{}", id="a sum of increases by labels"),
        pytest.param("rate(x[1m])", "x{}", id="rates"),
        pytest.param("sum without (a) (rate(x[1m]))", None, id="a sum without labels"),
        pytest.param("sum(irate(x[1m]))", None, id="the last two samples only"),
        pytest.param("max(rate(x[1m]))", None, id="a maximum"),
        pytest.param("sum(rate(x[1m])) * 2", None, id="arithmetic"),
        pytest.param("sum(rate(x[1m] offset 5m))", None, id="an offset"),
        pytest.param("x @ 5", None, id="a fixed time"),
        pytest.param('x{a="1" or b="2"}', None, id="alternatives"),
        pytest.param("sum(rate(x[5m:1m]))", None, id="a subquery"),
        pytest.param("5", None, id="a number"),
    ],
)
def test_counters_are_recognised(query: str, selector: str | None) -> None:
    found = counted(query)

    assert (found and written(found.selector)) == selector


@pytest.mark.parametrize(
    ("total", "part", "asked"),
    [
        pytest.param("x", 'x{a=~"5.."}', "x{}", id="bad ones among all"),
        pytest.param('x{j="1"}', 'y{j="1"}', '{__name__=~"x|y",j="1"}', id="two names with the same conditions"),
        pytest.param("h_count", 'h_bucket{le="0.3"}', '{__name__=~"h_bucket|h_count",le=~"0\\\\.3|"}', id="a bucket"),
        pytest.param("h_count", 'h_bucket{le="0.3",a="b"}', None, id="a bucket of some"),
        pytest.param('x{a="1"}', 'x{b="2"}', None, id="neither among the other"),
        pytest.param("x", 'x{a=~"(?i)error"}', None, id="a pattern that Go and Python may read differently"),
    ],
)
def test_one_question_finds_both_where_it_can(total: str, part: str, asked: str | None) -> None:
    selectors = [counted(text) for text in (total, part)]
    assert selectors[0]
    assert selectors[1]

    found = union(selectors[0].selector, selectors[1].selector)

    assert (found and written(found.selector)) == asked
