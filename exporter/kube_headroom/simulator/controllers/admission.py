"""How admission refuses an object."""

from __future__ import annotations

from kube_headroom.simulator.kinds import BY_PLURAL
from kube_headroom.simulator.store import ConflictError, Object


def group_resource(resource: str) -> str:
    """Return a resource as messages name it: `pods`, `deployments.apps`."""
    group = BY_PLURAL[resource].group
    return f"{resource}.{group}" if group else resource


def forbidden(resource: str, refused: Object, message: str) -> ConflictError:
    """Return the error of a refused object, as apiserver's `admission.NewForbidden` words it."""
    return ConflictError(
        "Forbidden", f'{group_resource(resource)} "{refused["metadata"]["name"]}" is forbidden: {message}'
    )
