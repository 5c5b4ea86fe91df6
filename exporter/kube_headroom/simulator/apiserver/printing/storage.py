"""Claims, volumes and their classes."""

from __future__ import annotations

from typing import Any

from kube_headroom.simulator.apiserver.printing.cells import AGE, NAME, UNSET, Printer, age, text, wide
from kube_headroom.simulator.store import Object

_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
_BETA_CLASS = "volume.beta.kubernetes.io/storage-class"
_DEFAULT_CLASS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")


def _claim(stored: Object, now: float) -> list[Any]:
    spec, status = stored["spec"], stored.get("status") or {}
    bound = bool(spec.get("volumeName"))
    return [
        stored["metadata"]["name"],
        _phase(stored),
        spec.get("volumeName", ""),
        (status.get("capacity") or {}).get("storage", "0") if bound else "",
        _access_modes(status) if bound else "",
        _class(stored),
        spec.get("volumeAttributesClassName") or UNSET,
        age(stored, now),
        spec.get("volumeMode") or UNSET,
    ]


def _volume(stored: Object, now: float) -> list[Any]:
    spec, claim = stored["spec"], stored["spec"].get("claimRef")
    return [
        stored["metadata"]["name"],
        (spec.get("capacity") or {}).get("storage", "0"),
        _access_modes(spec),
        spec.get("persistentVolumeReclaimPolicy", ""),
        _phase(stored),
        f"{claim.get('namespace', '')}/{claim['name']}" if claim else "",
        _class(stored),
        spec.get("volumeAttributesClassName") or UNSET,
        (stored.get("status") or {}).get("reason", ""),
        age(stored, now),
        spec.get("volumeMode") or UNSET,
    ]


def _storage_class(stored: Object, now: float) -> list[Any]:
    annotations = stored["metadata"].get("annotations") or {}
    default = " (default)" if any(annotations.get(name) == "true" for name in _DEFAULT_CLASS) else ""
    return [
        stored["metadata"]["name"] + default,
        stored["provisioner"],
        stored.get("reclaimPolicy") or "Delete",
        stored.get("volumeBindingMode") or "Immediate",
        stored.get("allowVolumeExpansion") or False,
        age(stored, now),
    ]


def _phase(stored: Object) -> str:
    if stored["metadata"].get("deletionTimestamp"):
        return "Terminating"
    return str((stored.get("status") or {}).get("phase", ""))


def _access_modes(holder: Object) -> str:
    modes = holder.get("accessModes") or ()
    return ",".join(short for mode, short in _MODES.items() if mode in modes)


def _class(stored: Object) -> str:
    annotations = stored["metadata"].get("annotations") or {}
    return str(annotations.get(_BETA_CLASS) or stored["spec"].get("storageClassName") or "")


PRINTERS = {
    "persistentvolumeclaims": Printer(
        (
            NAME,
            *text("Status", "Volume", "Capacity", "Access Modes", "StorageClass", "VolumeAttributesClass"),
            AGE,
            *wide("VolumeMode"),
        ),
        _claim,
    ),
    "persistentvolumes": Printer(
        (
            NAME,
            *text("Capacity", "Access Modes", "Reclaim Policy", "Status", "Claim", "StorageClass"),
            *text("VolumeAttributesClass", "Reason"),
            AGE,
            *wide("VolumeMode"),
        ),
        _volume,
    ),
    "storageclasses": Printer(
        (NAME, *text("Provisioner", "ReclaimPolicy", "VolumeBindingMode", "AllowVolumeExpansion"), AGE), _storage_class
    ),
}
