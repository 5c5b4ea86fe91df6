"""Label selectors of the API (`matchLabels`, `matchExpressions`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

_OPERATORS: dict[str, Callable[[str | None, Sequence[str]], bool]] = {
    "In": lambda value, values: value in values,
    "NotIn": lambda value, values: value not in values,
    "Exists": lambda value, _: value is not None,
    "DoesNotExist": lambda value, _: value is None,
}


def matches(selector: Mapping[str, Any] | None, labels: Mapping[str, str] | None) -> bool:
    """Tell whether labels satisfy a LabelSelector: an empty one selects everything, none at all nothing."""
    if selector is None:
        return False
    found = labels or {}
    return all(found.get(key) == value for key, value in selector.get("matchLabels", {}).items()) and all(
        _OPERATORS[term["operator"]](found.get(term["key"]), term.get("values", ()))
        for term in selector.get("matchExpressions", ())
    )
