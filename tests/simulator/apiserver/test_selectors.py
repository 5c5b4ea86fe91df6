"""Selectors in the API's grammar: what they select, and what is refused in which words."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.simulator.apiserver.fields import field_selector
from kube_headroom.simulator.apiserver.labels import label_selector
from kube_headroom.simulator.apiserver.status import StatusError
from kube_headroom.simulator.kinds import BY_PLURAL
from kube_headroom.simulator.store import Object

OBJECTS = {
    "cart": {"app": "cart", "tier": "front"},
    "pay": {"app": "pay", "tier": "back", "zone": "a"},
    "bare": {},
}


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        pytest.param("", "cart pay bare", id="nothing asked is everything"),
        pytest.param("app=cart", "cart", id="="),
        pytest.param("app == cart", "cart", id="== with blanks"),
        pytest.param("app!=cart", "pay bare", id="!= takes what has no such label"),
        pytest.param("app in (cart,pay)", "cart pay", id="in"),
        pytest.param("tier notin (front)", "pay bare", id="notin takes what has no such label"),
        pytest.param("zone", "pay", id="exists"),
        pytest.param("!zone", "cart bare", id="does not exist"),
        pytest.param("! zone", "cart bare", id="does not exist, with a blank"),
        pytest.param("tier,app notin (pay),!zone", "cart", id="all have to hold"),
        pytest.param("app=", "", id="an empty value is a value"),
        pytest.param("app in ()", "", id="an empty list holds the empty value"),
        pytest.param("app in (in,notin,cart)", "cart", id="operators may be values"),
        pytest.param("kubernetes.io/app!=x", "cart pay bare", id="a key with its prefix"),
    ],
)
def test_labels_select(text: str, selected: str) -> None:
    selector = label_selector(text)
    assert [name for name, labels in OBJECTS.items() if selector.matches(labels)] == selected.split()


@pytest.mark.parametrize(("text", "value"), [("n>3", "4"), ("n<3", "2")])
def test_numbers_compare(text: str, value: str) -> None:
    selector = label_selector(text)
    assert selector.matches({"n": value})
    assert not any(selector.matches(labels) for labels in ({"n": "3"}, {"n": "x"}, {}))


# kube-apiserver 1.36's words, see tests/real/test_simulated_api.py.
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a=b=c", "found '=', expected: ',' or 'end of string'"),
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        (",a", "found ',', expected: !, identifier, or 'end of string'"),
        ("a,,b", "found ',', expected: identifier after ','"),
        ("a,", "found '', expected: identifier after ','"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
    ],
)
def test_a_label_selector_that_is_none_is_refused(text: str, message: str) -> None:
    with pytest.raises(StatusError) as refused:
        label_selector(text)
    assert (refused.value.code, refused.value.message) == (400, message)


@pytest.mark.parametrize("text", ["-a", "a/b/c", "a=-", "a=ü", "a in (x,-)"])
def test_keys_and_values_that_no_label_can_have_are_refused(text: str) -> None:
    with pytest.raises(StatusError, match="Invalid value"):
        label_selector(text)


@given(st.text("ab=!(),<> in/-", max_size=20))
def test_every_text_is_a_selector_or_a_bad_request(text: str) -> None:
    with suppress(StatusError):
        label_selector(text).matches({"a": "b"})


POD: Object = {
    "metadata": {"name": "a", "namespace": "shop"},
    "spec": {"nodeName": "node-1", "restartPolicy": "Always"},
    "status": {"phase": "Running"},
}
EVENT: Object = {
    "metadata": {"name": "a.1", "namespace": "shop"},
    "involvedObject": {"kind": "Pod", "name": "a"},
    "type": "Warning",
    "reason": "BackOff",
    "reportingComponent": "kubelet",
    "source": {},
}


@pytest.mark.parametrize(
    ("resource", "stored", "text", "selected"),
    [
        ("pods", POD, "spec.nodeName=node-1", True),
        ("pods", POD, "spec.host=node-1", True),
        ("pods", POD, "spec.nodeName!=node-1", False),
        ("pods", POD, "status.phase!=Failed,status.phase!=Succeeded", True),
        ("pods", POD, "metadata.namespace==shop,metadata.name=a", True),
        ("pods", POD, "spec.hostNetwork=false", True),
        ("pods", POD, "status.nominatedNodeName=", True),
        ("events", EVENT, "involvedObject.kind=Pod,involvedObject.name=a,reason=BackOff,type=Warning", True),
        ("events", EVENT, "source=kubelet", True),
        ("events", EVENT, "involvedObject.uid=x", False),
        ("nodes", {"metadata": {"name": "n"}, "spec": {"unschedulable": True}}, "spec.unschedulable=true", True),
        ("nodes", {"metadata": {"name": "n"}, "spec": {}}, "spec.unschedulable=true", False),
        ("jobs", {"metadata": {"name": "j"}, "spec": {}}, "status.successful=0", True),
        ("deployments", {"metadata": {"name": r"a,b"}}, r"metadata.name=a\,b", True),
    ],
)
def test_fields_select(resource: str, stored: Object, text: str, *, selected: bool) -> None:
    assert field_selector(BY_PLURAL[resource], text).matches(stored) is selected


@pytest.mark.parametrize(
    ("resource", "text", "message"),
    [
        ("pods", "spec.image=a", "field label not supported: spec.image"),
        ("pods", "foo", "invalid selector: 'foo'; can't understand 'foo'"),
        ("jobs", "spec.x=1", 'field label "spec.x" not supported for Job'),
        (
            "deployments",
            "status.replicas=1",
            '"status.replicas" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
        ("nodes", "metadata.namespace=x", "field label not supported: metadata.namespace"),
    ],
)
def test_a_field_that_cannot_select_is_refused(resource: str, text: str, message: str) -> None:
    with pytest.raises(StatusError) as refused:
        field_selector(BY_PLURAL[resource], text)
    assert (refused.value.code, refused.value.message) == (400, message)
