"""Quantities of the API both ways, and what a pod's JSON asks for; sums keep the form of their first part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from kube_headroom.resources import ContainerResources, PodResources, parse_quantity

NANOS = 10**9

Form = Literal["DecimalSI", "BinarySI"]
_DECIMAL = {-9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"}
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")


class Quantity(NamedTuple):
    """An amount in nanos of its unit, and how it is written."""

    nanos: int
    form: Form = "DecimalSI"

    def __str__(self) -> str:
        """Return the canonical text: `Quantity.String` of k8s.io/apimachinery `pkg/api/resource`."""
        if self.form == "BinarySI" and abs(self.nanos) >= 1024 * NANOS and self.nanos % NANOS == 0:
            return _with_suffix(self.nanos // NANOS)
        exponent = -9
        number = self.nanos
        while exponent < 18 and number and number % 1000 == 0:
            number //= 1000
            exponent += 3
        return f"{number}{_DECIMAL[exponent]}" if number else "0"


ZERO = Quantity(0)


def quantity(text: str | float) -> Quantity:
    """Read a quantity with its form. Raises QuantityError for what is none."""
    return Quantity(parse_quantity(text), "BinarySI" if str(text).endswith("i") else "DecimalSI")


def canonical(text: str | float) -> str:
    """Write a quantity as the API server answers it."""
    return str(quantity(text))


def plus(left: Quantity, right: Quantity) -> Quantity:
    """Add; nothing takes the form of what is added to it, as `Quantity.Add` does."""
    return Quantity(left.nanos + right.nanos, left.form if left.nanos else right.form)


def minus(left: Quantity, right: Quantity) -> Quantity:
    """Subtract, with the form rule of `plus`."""
    return Quantity(left.nanos - right.nanos, left.form if left.nanos else right.form)


def pod_resources(pod: Mapping[str, Any]) -> PodResources:
    """Return what a pod's spec asks for; resizes in its status are not read, since nothing here resizes."""
    spec = pod["spec"]
    whole = spec.get("resources", {})
    return PodResources(
        containers=_containers(spec.get("containers", ())),
        init_containers=_containers(spec.get("initContainers", ())),
        overhead=_nanos(spec.get("overhead")),
        pod_requests=_nanos(whole.get("requests")),
        pod_limits=_nanos(whole.get("limits")),
    )


def written_form(pod: Mapping[str, Any], resource: str, kind: Literal["requests", "limits"]) -> Form:
    """Return how a pod's sum of a resource is written: as the first container that asks for it writes it."""
    spec = pod["spec"]
    for container in (*spec.get("containers", ()), *spec.get("initContainers", ()), spec):
        text = container.get("resources", {}).get(kind, {}).get(resource)
        if text is not None:
            return quantity(text).form
    return "DecimalSI"


def _containers(containers: Iterable[Mapping[str, Any]]) -> tuple[ContainerResources, ...]:
    return tuple(
        ContainerResources(
            name=container["name"],
            requests=_nanos(container.get("resources", {}).get("requests")),
            limits=_nanos(container.get("resources", {}).get("limits")),
            restartable=container.get("restartPolicy") == "Always",
        )
        for container in containers
    )


def _nanos(listed: Mapping[str, str] | None) -> dict[str, int]:
    return {name: parse_quantity(text) for name, text in (listed or {}).items()}


def _with_suffix(number: int) -> str:
    power = 0
    while power < len(_BINARY) - 1 and number % 1024 == 0:
        number //= 1024
        power += 1
    return f"{number}{_BINARY[power]}"
