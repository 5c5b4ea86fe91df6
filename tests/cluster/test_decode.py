"""Broken objects are skipped or read in part and counted; lines survive any chunk border; nothing escapes."""

from __future__ import annotations

import copy
import json
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kube_headroom import model
from kube_headroom.cluster import decode
from kube_headroom.cluster.decode import NamespaceFilter, ObjectReader
from kube_headroom.cluster.events import read_events
from kube_headroom.cluster.facts import conversion
from kube_headroom.cluster.facts.conversion import Keys
from kube_headroom.cluster.failures import Failure
from kube_headroom.cluster.health import Flaw, SourceHealth
from kube_headroom.cluster.kinds import KINDS, KINDS_BY_NAME
from kube_headroom.cluster.stream import LineSplitter
from tests.cluster.objects import OBJECTS, POD
from tests.cluster.script import Run, added, bookmark, deleted, error, listing, modified, pod, watching

KEYS = Keys(owner=("team",))


def reader(kind: str, health: SourceHealth, admitted: NamespaceFilter | None = None) -> ObjectReader:
    return ObjectReader(KINDS_BY_NAME[kind], KEYS, health, admitted or NamespaceFilter())


def changed(*path: str | int, to: object) -> bytes:
    obj = copy.deepcopy(POD)
    place: Any = obj
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(obj).encode()


@pytest.mark.parametrize(
    ("raw", "flaw"),
    [
        pytest.param(b"null", Flaw.MALFORMED, id="null is no object"),
        pytest.param(b"[]", Flaw.MALFORMED, id="a list is no object"),
        pytest.param(b'"pod"', Flaw.MALFORMED, id="a text is no object"),
        pytest.param(b'{"metadata":', Flaw.MALFORMED, id="half an object is none"),
        pytest.param(b"[" * 5000 + b"]" * 5000, Flaw.MALFORMED, id="brackets without end are no object"),
        pytest.param(changed("kind", to="Secret"), Flaw.WRONG_KIND, id="a secret is no pod"),
        pytest.param(changed("metadata", to=None), Flaw.NO_IDENTITY, id="without metadata nobody knows whom it is"),
        pytest.param(changed("metadata", "uid", to=""), Flaw.NO_IDENTITY, id="an empty uid is none"),
        pytest.param(changed("metadata", "uid", to=7), Flaw.NO_IDENTITY, id="a number is no uid"),
        pytest.param(changed("metadata", "namespace", to=None), Flaw.NO_IDENTITY, id="a pod has a namespace"),
    ],
)
def test_an_object_is_skipped_and_counted(raw: bytes, flaw: Flaw) -> None:
    health = SourceHealth("pods")
    found = reader("pods", health).read(raw)
    assert found.fact is None
    assert health.report().skipped == {flaw: 1}


@pytest.mark.parametrize(
    ("raw", "flaw"),
    [
        pytest.param(changed("status", to="Running"), Flaw.FIELDS, id="a text for a status"),
        pytest.param(changed("spec", "containers", to={"name": "app"}), Flaw.FIELDS, id="an object for a list"),
        pytest.param(changed("spec", "containers", 0, to=5), Flaw.FIELDS, id="a number for a container"),
        pytest.param(changed("status", "phase", to=["Running"]), Flaw.FIELDS, id="a list for a phase"),
        pytest.param(changed("status", "containerStatuses", 0, "ready", to="yes"), Flaw.FIELDS, id="a text for a boolean"),
        pytest.param(changed("metadata", "labels", "app", to=1), Flaw.FIELDS, id="a number for a label"),
        pytest.param(
            changed("metadata", "labels", "app", to="@").replace(b"@", b"\xff\xfe"), Flaw.INVALID_UTF8, id="bytes that are no text"
        ),
        pytest.param(
            changed("metadata", "creationTimestamp", to="yesterday"), Flaw.INVALID_TIME, id="a time that is none"
        ),
        pytest.param(
            changed("spec", "containers", 0, "resources", "requests", "cpu", to="lots"), Flaw.INVALID_QUANTITY, id="a quantity that is none"
        ),
    ],
)  # fmt: skip
def test_an_object_is_read_as_far_as_it_makes_sense(raw: bytes, flaw: Flaw) -> None:
    health = SourceHealth("pods")
    found = reader("pods", health).read(raw).fact
    assert isinstance(found, model.Pod)
    assert (found.name, found.node) == ("web-1", "node-1")
    report = health.report()
    assert report.skipped == {}
    assert report.repaired == {flaw: 1}


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(
            changed("status", "containerStatuses", 0, "restartCount", to="2"), id="a number written as a text"
        ),
        pytest.param(changed("metadata", "annotations", "big", to="x" * 2**20), id="an annotation of a megabyte"),
        pytest.param(changed("spec", "novel", to={"deep": [1, {"er": None}]}), id="a field nobody knows"),
        pytest.param(
            changed("spec", "novel", to="@").replace(b"@", b"\xff\xfe"), id="invalid UTF-8 in a field nobody reads"
        ),
    ],
)
def test_an_object_loses_nothing_by(raw: bytes) -> None:
    health = SourceHealth("pods")
    found = reader("pods", health).read(raw).fact
    assert isinstance(found, model.Pod)
    assert found.statuses[0].restart_count == 2
    assert (health.report().skipped, health.report().repaired) == ({}, {})


def test_a_broken_object_leaves_its_neighbours_on_the_page_alone() -> None:
    items = [
        json.dumps(pod("a")),
        '{"metadata":7}',
        "null",
        json.dumps(pod("b")).replace("Running", "\udcff"),
        json.dumps(pod("c")),
    ]
    body = f'{{"kind":"PodList","metadata":{{"resourceVersion":"5"}},"items":[{",".join(items)}]}}'
    page = listing()
    page._chunks = iter([body.encode("utf-8", "surrogateescape")])
    run = Run(page)
    assert run.view.names == ["a", "b", "c"]
    assert run.report.skipped == {Flaw.NO_IDENTITY: 1, Flaw.MALFORMED: 1}
    assert run.report.repaired == {Flaw.FIELDS: 1, Flaw.INVALID_UTF8: 1}


def test_a_list_without_items_is_empty() -> None:
    body = b'{"kind":"PodList","metadata":{"resourceVersion":"5"},"items":null}'
    assert decode.list_page(body, KINDS_BY_NAME["pods"]).items is None


@pytest.mark.parametrize("raw", [b"7", b'{"metadata":{"annotations":{"a":1}}}', b'{"message":["x"]}'])
def test_a_bookmark_or_error_that_cannot_be_read_says_nothing(raw: bytes) -> None:
    assert decode.bookmark(msgspec.Raw(raw)) == ("", False)
    assert decode.error_status(msgspec.Raw(raw)).code is None


def test_what_is_shared_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversion, "_INTERNED_AT_MOST", 4)
    shared = conversion.Conversion(KEYS, lambda _: None)
    for number in range(50):
        assert shared.interned(str(number)) == str(number)
        assert shared.resource_list({"cpu": number}) == {"cpu": number * 10**9}
    assert len(shared._interned) <= 4
    assert len(shared._resource_lists) <= 4


def test_a_conversion_that_fails_costs_its_object_only(monkeypatch: pytest.MonkeyPatch) -> None:
    health = SourceHealth("pods")
    broken = reader("pods", health)

    def fail(*_: object) -> model.Fact:
        raise ZeroDivisionError

    monkeypatch.setattr(broken, "_kind", KINDS_BY_NAME["pods"]._replace(convert=fail))
    assert broken.read(json.dumps(POD).encode()).lost
    assert health.report().skipped == {Flaw.CONVERSION: 1}


@pytest.mark.parametrize(
    ("admitted", "kind", "counts"),
    [
        pytest.param(NamespaceFilter(), "pods", True, id="all count without a choice"),
        pytest.param(NamespaceFilter(denied=frozenset({"shop"})), "pods", False, id="a denied namespace does not"),
        pytest.param(NamespaceFilter(allowed=frozenset({"bank"})), "pods", False, id="one not chosen does not"),
        pytest.param(NamespaceFilter(allowed=frozenset({"shop"})), "pods", True, id="a chosen one does"),
        pytest.param(NamespaceFilter(denied=frozenset({"shop"})), "namespaces", False, id="nor its Namespace itself"),
        pytest.param(NamespaceFilter(allowed=frozenset({"bank"})), "nodes", True, id="nodes always do"),
    ],
)
def test_of_namespaces(admitted: NamespaceFilter, kind: str, counts: bool) -> None:
    found = reader(kind, SourceHealth(kind), admitted).read(json.dumps(OBJECTS[kind]).encode())
    assert (found.fact is not None) is counts
    assert not found.lost


class TestLines:
    """Fault 8."""

    STREAM = (
        added(pod("caf\u00e9", "1"))
        + modified(pod("a", "2"))
        + b"\n"
        + deleted(pod("caf\u00e9", "3"))
        + bookmark("4")
        + added(pod("b", "5"))
    ).replace(b"caf\\u00e9", "caf\u00e9".encode())

    def test_every_split_point_gives_the_same_state(self) -> None:
        whole = Run(listing(), watching(self.STREAM))
        assert whole.view.names == ["a", "b"]
        for border in range(len(self.STREAM) + 1):
            run = Run(
                listing(),
                watching(self.STREAM[:border], self.STREAM[border:])
                if 0 < border < len(self.STREAM)
                else watching(self.STREAM),
            )
            assert run.view.facts == whole.view.facts
            assert run.report.skipped == {}

    @given(st.lists(st.integers(0, len(STREAM)), max_size=30))
    def test_any_borders_give_the_same_lines(self, borders: list[int]) -> None:
        splitter = LineSplitter()
        places = [0, *sorted(borders), len(self.STREAM)]
        lines = [line for a, b in pairwise(places) for line in splitter.feed(self.STREAM[a:b])]
        assert lines == [line for line in self.STREAM.split(b"\n") if line]

    def test_a_line_without_end_is_refused(self) -> None:
        splitter = LineSplitter(longest=10)
        assert splitter.feed(b"0123456789") == []
        with pytest.raises(Failure, match="longer than 10 bytes"):
            splitter.feed(b"x")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path] if path else []
    entries: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        found += places(inner, (*path, key))
    return found


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, bytes]:
    """A kind and an object of it with some of its values replaced by others, some bytes by others."""
    kind = draw(st.sampled_from([kind.name for kind in KINDS]))
    obj = copy.deepcopy(OBJECTS[kind])
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(places(obj)))
        place: Any = obj
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = draw(JSON)
        if not obj:
            break
    raw = json.dumps(obj).encode()
    if draw(st.booleans()):
        at = draw(st.integers(0, len(raw)))
        raw = raw[:at] + draw(st.binary(max_size=4)) + raw[at + draw(st.integers(0, 4)) :]
    return kind, raw


@settings(max_examples=1500, deadline=None)
@given(mutated())
def test_no_object_however_broken_escapes_as_an_exception(case: tuple[str, bytes]) -> None:
    kind, raw = case
    health = SourceHealth(kind)
    found = reader(kind, health).read(raw)
    report = health.report()
    assert Flaw.CONVERSION not in report.skipped
    assert (found.fact is None) == bool(report.skipped)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from([added(POD), b'{"type":7}\n', error(410, "Expired"), bookmark("x", end=True)])
        | st.binary(max_size=40)
    )
)
def test_no_line_however_broken_escapes_as_an_exception(lines: list[bytes]) -> None:
    health = SourceHealth("pods")
    events = read_events(lines, reader("pods", health), health, 0.0)
    assert len(events.changes) <= len(lines)
