"""Settings that are each right and together wrong, as tables; refuses them naming where each was given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kube_headroom.settings.given import Given, SettingsError

NOT_BOTH = (
    ("namespaces", "namespaces-denied", "one of them"),
    ("kubelet-certificate-authority", "kubelet-insecure-tls", "the first"),
    ("prometheus.certificate-authority", "prometheus.insecure-tls", "the first"),
    ("prometheus.bearer-token-file", "prometheus.username", "one of them"),
)
BOTH_OR_NONE = (
    ("prometheus.username", "prometheus.password-file"),
    ("prometheus.client-certificate", "prometheus.client-key"),
)
PAGES = ("resource", "cadvisor", "probes", "volumes")


def check(values: Mapping[str, Any], given: Mapping[str, Given]) -> None:
    """Raise SettingsError for the first disagreement."""

    def named(name: str) -> str:
        return f"{name} ({given[name].place if name in given else 'default'})"

    if not values["web.listen-address"]:
        place = given["web.listen-address"].place if "web.listen-address" in given else "default"
        raise SettingsError(f"{place}: web.listen-address: expected at least one address")
    for one, other, keep in NOT_BOTH:
        if _asked(values[one]) and _asked(values[other]):
            raise SettingsError(f"{named(one)} and {named(other)} cannot be used together; keep {keep}")
    for one, other in BOTH_OR_NONE:
        if _asked(values[one]) != _asked(values[other]):
            raise SettingsError(f"{named(one)} and {named(other)} belong together; give both or none")
    for interval in (f"kubelet-{page}-interval" for page in PAGES if values["kubelets"] == "on"):
        if 2 * values[interval] > values["kubelet-stale-after"]:
            raise SettingsError(
                f"{named(interval)} must be at most half of {named('kubelet-stale-after')}, or what is read is "
                "withdrawn before it is read again"
            )
    if values["state.max-age"] <= values["state.interval"]:
        raise SettingsError(
            f"{named('state.max-age')} must be longer than {named('state.interval')}, or no check-point is ever fresh "
            "enough"
        )


def _asked(value: object) -> bool:
    return bool(value) and value != "false"
