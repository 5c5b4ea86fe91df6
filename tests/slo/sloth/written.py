"""Definitions of every kind that Sloth reads, as hypothesis makes them: documents as YAML text, no two with one id."""

from __future__ import annotations

import re
from typing import Any

import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

Document = dict[str, Any]


class Quoted(str):
    """Text that stays text for every reader of YAML."""

    __slots__ = ()


class Number(str):
    """A number as it is to be written."""

    __slots__ = ()


class Literal(str):
    """Text of several lines that is written as such."""

    __slots__ = ()


class Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - yaml's signature
        return True


def _scalar(style: str | None) -> Any:
    return lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style=style)


Dumper.add_representer(Quoted, _scalar('"'))
Dumper.add_representer(Literal, _scalar("|"))
Dumper.add_representer(
    Number, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:str", f"<{value}>", "'")
)

ALPHANUMERIC = "abcxyzABCXYZ0189"
NAMES = st.from_regex(rf"\A[{ALPHANUMERIC}][-_.{ALPHANUMERIC}]{{0,8}}[{ALPHANUMERIC}]\Z").map(Quoted)
# What YAML escapes differently in every library is left out: control characters, surrogates, unassigned ones.
TEXTS = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="{}"), min_size=1, max_size=20
).map(Quoted)
LABEL_NAMES = st.one_of(
    st.from_regex(r"\A[a-z_][a-z0-9_]{0,8}\Z").filter(lambda name: not name.startswith("__")),
    st.sampled_from(
        [
            "owner",
            "team",
            "y",
            "sloth_id",
            "sloth_window",
            "sloth_version",
            "sloth_severity",
            "app.kubernetes.io/name",
            "région",
        ]
    ),
).map(Quoted)
LABELS = st.dictionaries(LABEL_NAMES, st.one_of(TEXTS, NAMES), max_size=3)
ANNOTATIONS = st.dictionaries(
    st.one_of(LABEL_NAMES, st.sampled_from(["title", "summary", "runbook_url"]).map(Quoted)),
    st.one_of(
        TEXTS,
        st.sampled_from(
            [
                "{{ $labels.sloth_slo }} burns",
                "of {{$value}}:\n- look\n- act\n",
                " spaces around ",
                "# no comment",
                "---",
                "'\"\\",
            ]
        ).map(Quoted),
    ),
    max_size=3,
)

WINDOWS = st.sampled_from(["{{.window}}", "{{ .window }}", "{{  .window}}"])
SELECTORS = st.sampled_from(
    [
        "http_requests_total",
        'http_requests_total{code=~"(5..|429)"}',
        "up{job='a',b!=\"}}\"}",
        '{"with.dot",env!~"dev|test"}',
        "ns:calls:sum",
    ]
)
FRAMES = st.sampled_from(
    [
        "sum(rate({selector}[{window}]))",
        "sum(rate({selector}[{window}]))\n",
        "\n  sum by (job) (\n    # answered\n    increase({selector}[{window}] offset 1m)\n  )\n",
        "sum(rate({selector}[{window}])) or vector(0)",
        "max_over_time(({selector} > bool 0)[{window}:1m])",
        "histogram_quantile(0.99, sum by (le) (rate({selector}[{window}]))) > 0.5",
    ]
)
QUERIES = st.builds(
    lambda frame, selector, window: frame.replace("{selector}", selector).replace("{window}", window),
    FRAMES,
    SELECTORS,
    WINDOWS,
).flatmap(lambda text: st.sampled_from([Quoted(text), Literal(text)]))
TOTALS = QUERIES.map(lambda query: type(query)(f"sum({query.strip()})\n"))
RATIOS = st.one_of(QUERIES, QUERIES.map(lambda query: Literal(f"1 - (\n{query.rstrip()}\n)")))

PERCENTAGES = st.one_of(
    st.sampled_from(
        ["99", "99.9", "99.90", "99.95", "99.99", "99.999", "90", "50", "0.5", "1e1", "9.99E+1", ".5", "99.", "+95"]
    ),
    st.decimals("0.00001", "99.99999", places=5).map(str),
    st.decimals("99", "99.999999999999", places=12).map(str),
    st.integers(1, 99).map(str),
).map(Number)


def _alert() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={"disable": st.booleans(), "labels": LABELS, "annotations": ANNOTATIONS})


def _snake(snake: str) -> str:
    return snake


def _camel(snake: str) -> str:
    return re.sub("_([a-z])", lambda match: match[1].upper(), snake)


def _objectives(spelled: Any) -> st.SearchStrategy[list[dict[str, Any]]]:
    events = st.fixed_dictionaries({spelled("error_query"): QUERIES, spelled("total_query"): TOTALS})
    ratio = st.fixed_dictionaries({spelled("error_ratio_query"): RATIOS})
    sli = st.one_of(st.fixed_dictionaries({"events": events}), st.fixed_dictionaries({"raw": ratio}))
    alerting = st.fixed_dictionaries(
        {"name": TEXTS},
        optional={
            "labels": LABELS,
            "annotations": ANNOTATIONS,
            spelled("page_alert"): _alert(),
            spelled("ticket_alert"): _alert(),
        },
    )
    objective = st.fixed_dictionaries(
        {"name": NAMES, "objective": PERCENTAGES, "sli": sli, "alerting": alerting},
        optional={"labels": LABELS, "description": TEXTS},
    )
    return st.lists(objective, min_size=1, max_size=3, unique_by=lambda one: one["name"])


def _service(spelled: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"service": NAMES, "slos": _objectives(spelled)}, optional={"labels": LABELS})


FILES: st.SearchStrategy[Document] = _service(_snake).map(lambda service: {"version": "prometheus/v1", **service})
OBJECTS: st.SearchStrategy[Document] = st.fixed_dictionaries(
    {
        "apiVersion": st.just("sloth.slok.dev/v1"),
        "kind": st.just("PrometheusServiceLevel"),
        "metadata": st.fixed_dictionaries(
            {"name": NAMES},
            optional={
                "namespace": NAMES,
                "labels": st.dictionaries(st.sampled_from(["app", "app.kubernetes.io/component", "prometheus"]), NAMES),
                "annotations": st.dictionaries(NAMES, TEXTS, max_size=2),
                "uid": NAMES,
            },
        ),
        "spec": _service(_camel),
    }
)


def _ratio(source: str) -> st.SearchStrategy[dict[str, Any]]:
    # Sloth refuses a total of `sloth` beside a good of `prometheus`, and takes the reverse.
    good, total = (
        st.fixed_dictionaries({"source": st.just(source), "queryType": st.just("promql"), "query": queries})
        for queries in (QUERIES, TOTALS)
    )
    return st.fixed_dictionaries({"good": good, "total": total})


TARGETS = st.one_of(
    st.sampled_from(["0.9", "0.99", "0.999", "0.9995", ".95"]), st.decimals("0.01", "0.9999999", places=7).map(str)
)
OPENSLO: st.SearchStrategy[Document] = st.fixed_dictionaries(
    {
        "apiVersion": st.just("openslo/v1alpha"),
        "kind": st.just("SLO"),
        "metadata": st.fixed_dictionaries({"name": NAMES}, optional={"displayName": TEXTS}),
        "spec": st.fixed_dictionaries(
            {
                "service": NAMES,
                "objectives": st.lists(
                    st.fixed_dictionaries(
                        {
                            "target": TARGETS.map(Number),
                            "ratioMetrics": st.one_of(_ratio("prometheus"), _ratio("sloth")),
                        },
                        optional={"displayName": TEXTS, "value": st.just(1)},
                    ),
                    min_size=1,
                    max_size=3,
                ),
            },
            optional={
                "description": TEXTS,
                "budgetingMethod": st.just("Occurrences"),
                "timeWindows": st.sampled_from([28, 30]).map(
                    lambda count: [{"unit": "Day", "count": count, "isRolling": True}]
                ),
            },
        ),
    }
)


def made(strategy: st.SearchStrategy[Document], count: int) -> list[Document]:
    """Return some hundred documents, the same in every run; what is wrong with one of them names it, so none is shrunk."""
    found: list[Document] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(document: Document) -> None:
        found.append(document)

    collect()
    return found


def text(documents: list[Document]) -> str:
    """Write the documents as one YAML stream, each with a service and a name of its own."""
    return "".join(f"---\n{_text(document, index)}" for index, document in enumerate(documents))


def _text(document: Document, index: int) -> str:
    spec = document.get("spec", document)
    apart = {"service": Quoted(f"{spec['service']}-{index}")}
    if spec is document:
        whole = {**document, **apart}
    else:
        metadata = document["metadata"]
        own = {"name": Quoted(f"{metadata['name']}-{index}")}
        whole = {**document, "metadata": {**metadata, **own}, "spec": {**spec, **apart}}
    written = yaml.dump(
        whole,
        Dumper=Dumper,
        sort_keys=False,
        allow_unicode=index % 2 == 0,
        default_flow_style=None if index % 5 == 0 else False,
    )
    return re.sub(r"'<([^>']*)>'", r"\1", written)
