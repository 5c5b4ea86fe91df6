"""What no kubelet should write: read slowly, left out, counted; or refused as no page at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest

from kube_headroom.kubelet.pages import KnownBlocks, Oddity, PageError, cadvisor, probes, resource, volumes
from kube_headroom.readings import Cgroup, Page, Reading

UID = "5cdf53a1-4358-424f-867c-fb13761210a8"
OLD, NEW = "a" * 64, "b" * 64
WORKING_SET = "container_memory_working_set_bytes"
HEAD = (
    "# HELP container_memory_working_set_bytes Current working set.\n# TYPE container_memory_working_set_bytes gauge\n"
)
END = "# TYPE machine_cpu_cores gauge\nmachine_cpu_cores 2\n"
NEAR = 1795246391105


def labels(container: str = "web", container_id: str = NEW, *, more: str = "") -> str:
    return (
        f'container="{container}",{more}id="/kubepods/pod{UID}/{container_id}",image="web:1",name="x",'
        'namespace="shop",pod="web-0"'
    )


def row(
    value: str = "5", *, name: str = "container_memory_working_set_bytes", stamp: str = f" {NEAR}", named: str = ""
) -> str:
    return f"{name}{{{named or labels()}}} {value}{stamp}\n"


ROW = row()
OTHER = row("7", named=labels("sidecar"))
SLOW = Oddity.ROW_BY_ROW
BOTH = {"web": 5.0, "sidecar": 7.0}

MEMORY: dict[str, tuple[str, dict[str, float], dict[Oddity, int]]] = {
    "as kubelets write it": (HEAD + ROW + OTHER, BOTH, {}),
    "no times": (HEAD + row(stamp="") + row("7", stamp="", named=labels("sidecar")), BOTH, {}),
    "a time missing": (HEAD + row(stamp="") + OTHER, BOTH, {SLOW: 1}),
    "a time before 1970": (HEAD + row(stamp=" -5") + OTHER, BOTH, {SLOW: 1}),
    "a time too long for a clock": (
        HEAD + row(stamp=" " + "9" * 5000) + OTHER,
        {"sidecar": 7},
        {SLOW: 1, Oddity.BROKEN_ROW: 1},
    ),
    "rows in no order": (HEAD + OTHER + ROW, BOTH, {}),
    "a family in two places": (HEAD + ROW + END + HEAD + OTHER, BOTH, {SLOW: 1}),
    "a comment between rows": (HEAD + ROW + "# later\n" + OTHER, BOTH, {SLOW: 1}),
    "a blank line between rows": (HEAD + ROW + "\n" + OTHER, BOTH, {SLOW: 1}),
    "no HELP": (HEAD.split("\n")[1] + "\n" + ROW + OTHER, BOTH, {}),
    "no comments at all": (ROW + OTHER, BOTH, {}),
    "in front of a stranger's rows": (HEAD + ROW + OTHER + "stranger 5\n", BOTH, {SLOW: 1, Oddity.BROKEN_ROW: 1}),
    "behind a stranger's rows": ("# TYPE stranger gauge\nstranger 5\n" + ROW + OTHER, BOTH, {}),
    "Windows' line ends": ((HEAD + ROW + OTHER).replace("\n", "\r\n"), BOTH, {SLOW: 1}),
    "tabs for spaces": (HEAD + row("5").replace("} 5 ", "}\t5\t") + OTHER, BOTH, {SLOW: 1}),
    "two spaces": (HEAD + row(" 5") + OTHER, BOTH, {SLOW: 1}),
    "a space at the line's end": (
        HEAD + row(stamp=" ") + row("7", stamp=" ", named=labels("sidecar")),
        BOTH,
        {SLOW: 1},
    ),
    "spaces between labels": (HEAD + row(named=labels().replace(",", ", ")) + OTHER, BOTH, {}),
    "a comma after the last label": (HEAD + row(named=labels() + ",") + OTHER, BOTH, {}),
    "an exemplar": (HEAD + row(stamp=f' {NEAR} # {{trace_id="x"}} 9') + OTHER, BOTH, {SLOW: 1}),
    "NaN": (HEAD + row("NaN") + OTHER, {"sidecar": 7}, {SLOW: 1, Oddity.NOT_FINITE: 1}),
    "infinite": (HEAD + row("+Inf") + OTHER, {"sidecar": 7}, {SLOW: 1, Oddity.NOT_FINITE: 1}),
    "two values near a float's end": (
        HEAD + row("1e308") + row("1e308", named=labels("sidecar")),
        {"web": 1e308, "sidecar": 1e308},
        {SLOW: 1},
    ),
    "more than 2^53": (HEAD + row("9007199254740993") + OTHER, {"web": 2.0**53, "sidecar": 7}, {}),
    "digits in groups": (HEAD + row("1_000") + OTHER, {"sidecar": 7}, {SLOW: 1, Oddity.BROKEN_ROW: 1}),
    "no number": (HEAD + row("many") + OTHER, {"sidecar": 7}, {SLOW: 1, Oddity.BROKEN_ROW: 1}),
    "a row twice": (HEAD + ROW + ROW + OTHER, BOTH, {SLOW: 1, Oddity.DUPLICATE: 1}),
    "a row twice, the newer second": (HEAD + row("3", stamp=" 5") + ROW + OTHER, BOTH, {SLOW: 1, Oddity.DUPLICATE: 1}),
    "a row twice, the newer first": (HEAD + ROW + row("3", stamp=" 5") + OTHER, BOTH, {SLOW: 1, Oddity.DUPLICATE: 1}),
    "a restarted container's old row": (
        HEAD + row("3", stamp=" 5", named=labels(container_id=OLD)) + ROW + OTHER,
        BOTH,
        {Oddity.DUPLICATE: 1},
    ),
    "a space in a label": (HEAD + row(named=labels("a b")), {"a b": 5}, {}),
    "a brace in a label": (HEAD + row(named=labels("a} 1 2")), {"a} 1 2": 5}, {}),
    "a comma in a label": (HEAD + row(named=labels("a,id=")), {"a,id=": 5}, {}),
    "a number sign in a label": (HEAD + row(named=labels("#")), {"#": 5}, {}),
    "a quote in a label": (HEAD + row(named=labels(r"a\"b")) + OTHER, {'a"b': 5, "sidecar": 7}, {SLOW: 1}),
    "a backslash in a label": (HEAD + row(named=labels(r"a\\n")) + OTHER, {"a\\n": 5, "sidecar": 7}, {SLOW: 1}),
    "a line break in a label": (HEAD + row(named=labels(r"a\nb")) + OTHER, {"a\nb": 5, "sidecar": 7}, {SLOW: 1}),
    "a label twice": (
        HEAD + row(named=labels(more='container="x",')) + OTHER,
        {"sidecar": 7},
        {SLOW: 1, Oddity.BROKEN_ROW: 1},
    ),
    "a label of the future": (HEAD + row(named=labels(more='flavour="x",')) + OTHER, BOTH, {}),
    "under another family's name that begins so": (
        f"# TYPE {WORKING_SET} gauge\n".replace("_bytes", "_byte") + ROW + OTHER,
        BOTH,
        {},
    ),
    "under another family's name that its own goes on": (
        f"# TYPE {WORKING_SET} gauge\n".replace("_bytes", "") + ROW + OTHER,
        BOTH,
        {},
    ),
    # prometheus_client reads these three, taking the last word for the time; the text format has no such rows, and
    # Prometheus refuses the page.
    "a word too many": (HEAD + row(stamp=f" 8 {NEAR}") + OTHER, {"sidecar": 7}, {SLOW: 1, Oddity.BROKEN_ROW: 1}),
    "a row run into the next": (
        HEAD + row().rstrip("\n") + row(named=labels("lost")) + OTHER,
        {"sidecar": 7},
        {SLOW: 1, Oddity.BROKEN_ROW: 1},
    ),
    "a time with a fraction": (HEAD + row(stamp=f" {NEAR}.5") + OTHER, {"sidecar": 7}, {SLOW: 1, Oddity.BROKEN_ROW: 1}),
    "a row cut in the middle": (HEAD + ROW[:90] + "\n" + OTHER, {"sidecar": 7}, {SLOW: 1, Oddity.BROKEN_ROW: 1}),
}


@pytest.mark.parametrize(("text", "read", "counted"), MEMORY.values(), ids=MEMORY)
def test_a_family_is_read_with(text: str, read: dict[str, float], counted: dict[Oddity, int]) -> None:
    odd, known = Counter[Oddity](), KnownBlocks()
    page = (text + END).encode()
    assert _memory(cadvisor(page, odd).containers) == read
    assert dict(odd) == counted
    for _ in range(2):
        assert _memory(cadvisor(page, known=known).containers) == read


def _memory(cgroups: tuple[Cgroup, ...]) -> dict[str, float]:
    return {each.container: each.working_set.value for each in cgroups if each.working_set is not None}


def test_bytes_that_are_no_text_cost_their_row_only() -> None:
    odd = Counter[Oddity]()
    page = (HEAD + ROW + OTHER + END).encode().replace(b'"web"', b'"\xff"')
    assert _memory(cadvisor(page, odd).containers) == {"sidecar": 7}
    assert odd == {SLOW: 1, Oddity.BROKEN_ROW: 1}


def cpu(*rows: tuple[str, str, int]) -> bytes:
    name = "container_cpu_usage_seconds_total"
    lines = (row(value, name=name, stamp=f" {stamp}", named=labels(more=processor)) for processor, value, stamp in rows)
    return (f"# TYPE {name} counter\n" + "".join(lines) + END).encode()


@pytest.mark.parametrize(
    ("page", "read"),
    [
        pytest.param(cpu(('cpu="total",', "5", 2000)), Reading(5, 2), id="the total"),
        pytest.param(cpu(("", "5", 2000)), Reading(5, 2), id="no processor"),
        pytest.param(cpu(('cpu="cpu00",', "2", 2000), ('cpu="cpu01",', "3", 1000)), Reading(5, 1), id="the sum of each"),
        pytest.param(cpu(('cpu="cpu00",', "2", 2000), ('cpu="total",', "4", 3000)), Reading(4, 3), id="the total beside each"),
    ],
)  # fmt: skip
def test_cpu_is(page: bytes, read: Reading) -> None:
    assert [each.cpu for each in cadvisor(page).containers] == [read]


def test_of_two_rows_as_new_as_each_other_the_container_that_started_last_is_taken() -> None:
    old, new = labels(container_id=NEW), labels(container_id=OLD)
    started = "container_start_time_seconds"
    page = HEAD + row("7", named=new) + row("5", named=old) + f"# TYPE {started} gauge\n"
    page += row("100", name=started, stamp="", named=old) + row("200", name=started, stamp="", named=new)
    assert _memory(cadvisor((page + END).encode()).containers) == {"web": 7}
    assert _memory(cadvisor((page.replace(" 200\n", " 50\n") + END).encode()).containers) == {"web": 5}


def test_two_pods_of_one_name_stay_apart() -> None:
    page = HEAD + ROW + ROW.replace(UID, "0" * 36).replace("} 5", "} 6") + END
    assert [each.working_set and each.working_set.value for each in cadvisor(page.encode()).containers] == [5, 6]


PRESSURE = "container_pressure_{}_waiting_seconds_total"


@pytest.mark.parametrize(
    ("value", "moves"),
    [pytest.param("0", False, id="0 everywhere"), pytest.param("0.5", True, id="not 0 for the root alone")],
)
def test_pressure_is_there_where_it_moves(value: str, *, moves: bool) -> None:
    name = PRESSURE.format("io")
    root = f'{name}{{container="",id="/",image="",name="",namespace="",pod=""}} {value} {NEAR}\n'
    page = f"# TYPE {name} counter\n" + root + row("0", name=name) + END
    assert cadvisor(page.encode()).pressure == moves


def test_a_node_remembers_no_more_cgroups_than_its_last_page_had() -> None:
    known = KnownBlocks()
    for number in range(9):
        rows = "".join(row(named=labels(container_id=f"{number}{each}".zfill(64))) for each in range(9 - number))
        cadvisor((HEAD + rows + END).encode(), known=known)
        assert len(known.identities) == 9 - number


PERIODS = "container_cpu_cfs_periods_total"
LAST = row(name=PERIODS)
ALIKE = (HEAD + ROW + OTHER + f"# TYPE {PERIODS} counter\n" + LAST + END).encode()
NEXT = {
    "the same but for its values": ALIKE.replace(b"} 5", b"} 6"),
    "a container more in its last family": ALIKE.replace(
        LAST.encode(), (LAST + row(name=PERIODS, named=labels("more"))).encode()
    ),
    "a container less in its first family": ALIKE.replace(OTHER.encode(), b""),
    "its containers the other way round": ALIKE.replace((ROW + OTHER).encode(), (OTHER + ROW).encode()),
    "another container of the same name": ALIKE.replace(NEW.encode(), OLD.encode()),
    "a row in between that is none": ALIKE.replace(OTHER.encode(), b"none\n" + OTHER.encode()),
}


@pytest.mark.parametrize("page", NEXT.values(), ids=NEXT)
def test_a_page_says_what_it_says_after_one_that_was(page: bytes) -> None:
    assert page != ALIKE
    known, most = KnownBlocks(), max(len(cadvisor(each).containers) for each in (ALIKE, page))
    for each in (ALIKE, page, page, ALIKE):
        assert sorted(cadvisor(each, known=known).containers) == sorted(cadvisor(each).containers)
        assert len(known.identities) <= most


READERS: dict[str, Callable[[bytes], Page]] = {
    "/metrics/cadvisor": cadvisor,
    "/metrics/resource": resource,
    "/metrics/probes": probes,
    "/metrics": volumes,
}
FOREIGN = {
    "nothing": (b"", "got an empty body"),
    "blank lines": (b"\n\n", "got an empty body"),
    "a login page": (b"<!DOCTYPE html>\n<html>\n", "begins with '<!DOCTYPE html>'"),
    "a status of the API": (b'{"kind":"Status"}\n', 'begins with \'{"kind":"Status"}\''),
    "bytes": (b"\x1f\x8b\x08\x00", "begins with"),
    "another exporter's page": (
        b"# TYPE http_requests_total counter\nhttp_requests_total 5\n",
        "begins with '# TYPE http_requests_total counter'",
    ),
}


@pytest.mark.parametrize("path", READERS)
@pytest.mark.parametrize(("body", "said"), FOREIGN.values(), ids=FOREIGN)
def test_a_body_that_is_no_page_is_refused(path: str, body: bytes, said: str) -> None:
    with pytest.raises(PageError, match=f"^{path}: expected metric families .*{re.escape(said)}"):
        READERS[path](body)


def test_a_page_that_ends_within_a_line_is_refused() -> None:
    with pytest.raises(PageError, match=r"^/metrics/cadvisor: the body ends within a line, after \d+ bytes"):
        cadvisor((END + HEAD + ROW)[:-3].encode())
