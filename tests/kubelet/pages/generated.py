"""Hypothesis strategies of kubelets' pages: the usual, the unusual and the legal that no kubelet writes."""

from __future__ import annotations

from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.kubelet.pages.model import COUNTED, CPU, PRESSURES, STARTED

HEX = "0123456789abcdef"
UIDS = ("1a622a37-0731-64c3-1d3d-3044629ee5a7", "5cff1715-de35-d407-41a4-9672d7e9561d", "c0ffee" * 5 + "00")
CONTAINERS = tuple(digit * 64 for digit in HEX[:4])
NASTY = (
    'a"b',
    "a\\b",
    "a\nb",
    "a}b",
    "a b",
    "a,b=",
    '"} 1 2',
    "#",
    "# TYPE x",
    "\u00fc\u2028",
    "a\rb",
    "{",
    "\\n",
    "\t",
)

values = st.one_of(
    st.sampled_from(["0", "NaN", "+Inf", "-Inf", "1e+308", "9007199254740993", "1.7952468881930425e+09", "0.0", "-1"]),
    st.integers(0, 10**12).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
)
stamps = st.one_of(st.integers(1_795_000_000_000, 1_795_000_000_003), st.integers(-10, 10**15)).map(str)


class Shape(NamedTuple):
    """How a page is written: with times or without, what stands between rows, whether order is kept."""

    timed: str
    sorted: bool
    nasty: bool
    between: tuple[str, ...]


shapes = st.builds(
    Shape,
    timed=st.sampled_from(["all", "all", "all", "none", "some"]),
    sorted=st.booleans(),
    nasty=st.booleans(),
    between=st.lists(st.sampled_from(["", "# a comment", "# HELP", "#", "# EOF"]), max_size=1).map(tuple),
)


def escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def block(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items()) + "}" if labels else ""


@st.composite
def paths(draw: st.DrawFn) -> str:
    uid, container = draw(st.sampled_from(UIDS)), draw(st.sampled_from(CONTAINERS))
    root = draw(st.sampled_from(["", "", "/kubelet", "/docker/0123/kubelet", "/kubelet.slice"]))
    quality = draw(st.sampled_from(["", "burstable", "besteffort", "guaranteed", "other"]))
    below = draw(
        st.sampled_from(
            ["", container, f"{container}/init.scope", "x", f"crio-conmon-{container}", f"crio-{container}"]
        )
    )
    if draw(st.booleans()):
        return "/".join(filter(None, (f"{root}/kubepods", quality, f"pod{uid}", below)))
    name = "-".join(filter(None, ("kubepods", quality, "pod" + uid.replace("-", "_"))))
    scope = f"cri-containerd-{below}.scope" if below == container else f"{below}.scope" if below else ""
    colon = f"/system.slice/{name}.slice:cri-containerd:{container}"
    return draw(st.sampled_from(["/".join(filter(None, (f"{root}/kubepods.slice", f"{name}.slice", scope))), colon]))


def names(*usual: str, nasty: bool) -> st.SearchStrategy[str]:
    """Label values; nasty ones among them if asked for."""
    common = st.sampled_from(usual)
    if not nasty:
        return common
    characters = st.characters(exclude_categories=["Cs"])
    return st.one_of(common, st.sampled_from(NASTY), st.text(characters, max_size=6))


@st.composite
def cgroups(draw: st.DrawFn, *, nasty: bool) -> dict[str, str]:
    labels = {
        "container": draw(names("", "", "web", "POD", "sidecar", nasty=nasty)),
        "id": draw(st.one_of(paths(), names("/", "/kubepods", "/system.slice", nasty=nasty))),
        "image": draw(names("", "registry/web:1", "registry.k8s.io/pause:3.10", nasty=nasty)),
        "name": draw(names("", "x", nasty=nasty)),
        "namespace": draw(names("", "shop", nasty=nasty)),
        "pod": draw(names("", "web-0", "web-1", nasty=nasty)),
    }
    match draw(st.sampled_from(["usual"] * 6 + ["few", "more"])):
        case "few":
            return {name: labels[name] for name in ("id", "image", "name")}
        case "more":
            return {**labels, "zone": draw(names("a", "b", nasty=nasty))}
    return labels


@st.composite
def cadvisor_pages(draw: st.DrawFn) -> bytes:
    shape = draw(shapes)
    rows = draw(st.lists(cgroups(nasty=shape.nasty), max_size=6))
    families = []
    for name in (*COUNTED, *PRESSURES, STARTED, "container_fs_usage_bytes", "machine_cpu_cores"):
        if not draw(st.booleans()):
            continue
        labelled = draw(st.lists(st.sampled_from(rows), max_size=8)) if rows else []
        if draw(st.booleans()):
            labelled = rows
        if name == CPU:
            processors = draw(st.sampled_from([("total",), ("total",), ("cpu00", "cpu01"), ("cpu00", "total"), ("",)]))
            labelled = [_with_processor(row, each) for row in labelled for each in processors]
        families.append(_family(draw, name, labelled, shape))
    return _page(draw, families, shape, ending="# TYPE machine_memory_bytes gauge\nmachine_memory_bytes 1\n")


def _with_processor(labels: dict[str, str], processor: str) -> dict[str, str]:
    return dict(sorted({**labels, "cpu": processor}.items())) if processor else labels


def _family(draw: st.DrawFn, name: str, labelled: list[dict[str, str]], shape: Shape) -> str:
    rows = []
    for labels in sorted(labelled, key=lambda each: list(each.values())) if shape.sorted else labelled:
        timed = shape.timed == "all" or (shape.timed == "some" and draw(st.booleans()))
        stamp = f" {draw(stamps)}" if timed else ""
        rows.append(f"{name}{block(labels)} {draw(values)}{stamp}\n")
    kind = "counter" if name.endswith("_total") else "gauge"
    head = draw(st.sampled_from(["", f"# HELP {name} What # it is.\n"])) + f"# TYPE {name} {kind}\n"
    for odd in shape.between:
        rows.insert(draw(st.integers(0, len(rows))), f"{odd}\n")
    if rows and draw(st.integers(0, 9)) == 0:
        # The family's rows in two places.
        return head + "".join(rows[:1]) + "# TYPE stranger gauge\nstranger 5\n" + head + "".join(rows[1:])
    return head + "".join(rows)


def _page(draw: st.DrawFn, families: list[str], shape: Shape, *, ending: str) -> bytes:
    ordered = families if shape.sorted else draw(st.permutations(families))
    return ("".join(ordered) + ending).encode()


@st.composite
def labelled_pages(draw: st.DrawFn, families: dict[str, dict[str, tuple[str, ...]]], ending: str) -> bytes:
    """Pages of families whose labels take the values given."""
    shape = draw(shapes)
    texts = []
    for name, labels in families.items():
        one: dict[str, Any] = {label: names(*usual, nasty=shape.nasty) for label, usual in labels.items()}
        rows = draw(st.lists(st.fixed_dictionaries(one), max_size=6 if labels else 1))
        texts.append(_family(draw, name, rows, shape))
    return _page(draw, texts, shape, ending=ending)


_POD = {"namespace": ("", "shop"), "pod": ("", "web-0", "web-1")}
_CONTAINER = {"container": ("", "web", "sidecar"), **_POD}

resource_pages = labelled_pages(
    {
        "container_cpu_usage_seconds_total": _CONTAINER,
        "container_memory_working_set_bytes": _CONTAINER,
        STARTED: _CONTAINER,
        "node_cpu_usage_seconds_total": {},
        "node_memory_working_set_bytes": {},
        "pod_cpu_usage_seconds_total": _POD,
        "pod_memory_working_set_bytes": _POD,
        "resource_scrape_error": {},
    },
    "# TYPE scrape_error gauge\nscrape_error 0\n",
)
probe_pages = labelled_pages(
    {
        "prober_probe_duration_seconds": _CONTAINER,
        "prober_probe_total": {
            **_CONTAINER,
            "pod_uid": UIDS[:2],
            "probe_type": ("Liveness", "Readiness", "Startup"),
            "result": ("successful", "failed", "unknown", "skipped"),
        },
    },
    "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1.79524684401e+09\n",
)
volume_pages = labelled_pages(
    {
        f"kubelet_volume_stats_{what}": {"namespace": ("", "shop"), "persistentvolumeclaim": ("", "data", "logs")}
        for what in ("available_bytes", "capacity_bytes", "inodes", "inodes_used", "used_bytes")
    },
    "# TYPE kubelet_running_pods gauge\nkubelet_running_pods 5\n",
)
