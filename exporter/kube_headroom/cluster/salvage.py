"""Read a JSON value that does not fit its type as far as it does; pure.

A strict decode refuses a whole object for one wrong field. Only then this walks it, slowly, and leaves out
what is wrong: every field of our types has a default.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any, TypeVar, cast

import msgspec
from msgspec import inspect

T = TypeVar("T")


class _Nothing:
    """What remains of a value that does not fit at all; None is a value of JSON."""


_NOTHING = _Nothing()


def salvage(value: object, wanted: type[T]) -> T | None:
    """An instance of a struct type from what fits of a decoded JSON object, None if it is no object."""
    found = _salvage(value, _type_info(cast("Hashable", wanted)))
    return None if found is _NOTHING else cast("T", found)


@lru_cache(maxsize=128)
def _type_info(wanted: Hashable) -> inspect.Type:
    return inspect.type_info(wanted)


def _salvage(value: Any, info: inspect.Type) -> Any:  # noqa: ANN401  (JSON is Any)
    read: Callable[[Any, Any], Any] = _READERS.get(type(info), _scalar)
    return read(value, info)


def _union(value: Any, info: inspect.UnionType) -> Any:  # noqa: ANN401
    fitting = (_salvage(value, choice) for choice in info.types)
    return next((found for found in fitting if found is not _NOTHING), _NOTHING)


def _list(value: Any, info: inspect.ListType) -> Any:  # noqa: ANN401
    if not isinstance(value, list):
        return _NOTHING
    return [item for item in (_salvage(item, info.item_type) for item in value) if item is not _NOTHING]


def _dict(value: Any, info: inspect.DictType) -> Any:  # noqa: ANN401
    if not isinstance(value, dict):
        return _NOTHING
    entries = ((key, _salvage(item, info.value_type)) for key, item in value.items())
    return {key: item for key, item in entries if item is not _NOTHING}


def _struct(value: Any, info: inspect.StructType) -> Any:  # noqa: ANN401
    if not isinstance(value, dict):
        return _NOTHING
    found = {}
    for field in info.fields:
        if field.encode_name in value:
            part = _salvage(value[field.encode_name], field.type)
            if part is not _NOTHING:
                found[field.name] = part
    return info.cls(**found)


_SCALARS: dict[type[inspect.Type], type] = {
    inspect.StrType: str,
    inspect.IntType: int,
    inspect.FloatType: float,
    inspect.BoolType: bool,
    inspect.NoneType: type(None),
}


def _scalar(value: object, info: inspect.Type) -> Any:  # noqa: ANN401
    """Numbers written as texts are taken (IntOrString and careless clients); nothing else is bent to fit."""
    try:
        return msgspec.convert(value, _SCALARS[type(info)], strict=info.__class__ is not inspect.IntType)
    except msgspec.ValidationError:
        return _NOTHING


_READERS: dict[type[inspect.Type], Callable[[Any, Any], Any]] = {
    inspect.UnionType: _union,
    inspect.StructType: _struct,
    inspect.ListType: _list,
    inspect.DictType: _dict,
}
