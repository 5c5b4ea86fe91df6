"""Whether a pod may be on a node by what both say: taints and tolerations, node selectors and affinity."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from kube_headroom.simulator.store import Object


def _integer(text: str | None) -> int | None:
    try:
        return int(text) if text is not None else None
    except ValueError:
        return None


def _compares(value: str | None, values: Sequence[str], *, greater: bool) -> bool:
    left, right = _integer(value), _integer(values[0] if len(values) == 1 else None)
    return left is not None and right is not None and (left > right if greater else left < right)


_OPERATORS: Mapping[str, Callable[[str | None, Sequence[str]], bool]] = {
    "In": lambda value, values: value is not None and value in values,
    "NotIn": lambda value, values: value not in values,
    "Exists": lambda value, _: value is not None,
    "DoesNotExist": lambda value, _: value is None,
    "Gt": lambda value, values: _compares(value, values, greater=True),
    "Lt": lambda value, values: _compares(value, values, greater=False),
}


def tolerates(toleration: Object, taint: Object) -> bool:
    """Tell whether a toleration covers a taint, for whatever time (`Toleration.ToleratesTaint`)."""
    if toleration.get("effect", "") not in ("", taint["effect"]):
        return False
    if toleration.get("key", "") not in ("", taint["key"]):
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return True
    return bool(toleration.get("key")) and toleration.get("value", "") == taint.get("value", "")


def untolerated(taints: Iterable[Object], tolerations: Sequence[Object], effects: Collection[str]) -> Object | None:
    """Return the first taint of one of the effects that nothing tolerates."""
    for taint in taints:
        if taint["effect"] in effects and not any(tolerates(one, taint) for one in tolerations):
            return taint
    return None


def matches_term(term: Object, node: Object) -> bool:
    """Tell whether a node satisfies a NodeSelectorTerm; one without requirements matches nothing."""
    expressions, fields = term.get("matchExpressions", ()), term.get("matchFields", ())
    if not expressions and not fields:
        return False
    labels = node["metadata"].get("labels", {})
    return all(_OPERATORS[one["operator"]](labels.get(one["key"]), one.get("values", ())) for one in expressions) and (
        all(_OPERATORS[one["operator"]](node["metadata"]["name"], one.get("values", ())) for one in fields)
    )


def matches_selector(selector: Object, node: Object) -> bool:
    """Tell whether a node satisfies a NodeSelector: one of its terms."""
    return any(matches_term(term, node) for term in selector["nodeSelectorTerms"])


def required_affinity(spec: Object) -> Object | None:
    """Return the NodeSelector that a pod's spec requires."""
    found: Object | None = (
        spec.get("affinity", {}).get("nodeAffinity", {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    )
    return found


def preferred_affinity(spec: Object) -> Sequence[Object]:
    """Return the weighted terms that a pod's spec prefers."""
    found: Sequence[Object] = (
        spec.get("affinity", {}).get("nodeAffinity", {}).get("preferredDuringSchedulingIgnoredDuringExecution", ())
    )
    return found


def wants_node(spec: Object, node: Object) -> bool:
    """Tell whether the pod's nodeSelector and required affinity accept a node."""
    selector = spec.get("nodeSelector")
    if selector and not selector.items() <= node["metadata"].get("labels", {}).items():
        return False
    required = required_affinity(spec)
    return required is None or matches_selector(required, node)
