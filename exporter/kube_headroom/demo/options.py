"""The demo's options: a table of its own for what it simulates, and some of the exporter's settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from kube_headroom.settings import SETTINGS, Setting, Settings, kinds, read, read_own

SIMULATED = (
    Setting("nodes", kinds.whole_number(3, 5000), "12", "Nodes of the simulated cluster."),
    Setting("workloads", kinds.whole_number(1, 20_000), "25", "Workloads of the simulated shop."),
    Setting("seed", kinds.whole_number(0, 2**31), "1", "The same seed gives the same cluster."),
    Setting("speed", kinds.decimal(0.1, 600), "1", "Simulated seconds in a real one, for the cluster and the exporter; anybody else who scrapes or watches needs 1."),
    Setting("incident", kinds.matching("INCIDENT", "NAME or NAME@NAMESPACE/WORKLOAD, such as crash-loop@shop/cart", r"[^@\s]+(?:@[^@\s]+)?"), (), "Incident to begin with, as NAME or NAME@TARGET; may be given several times."),
    Setting("schedule", kinds.PATH, None, "YAML file of incidents to come."),
    Setting("simulator.listen-address", kinds.LISTEN_ADDRESS, "127.0.0.1:9790", "Address on which incidents are begun and ended over HTTP; it asks for no credentials."),
)  # fmt: skip

_SHARED = (
    "web.listen-address", "web.telemetry-path", "log.level", "log.format", "counter-hold",
    "slo.files", "slo.annotations", "slo.step", "prometheus.url", "prometheus.scrape-interval",
)  # fmt: skip
HERE = Path(__file__).parent
SLO_FILES, REQUEST_SLO_FILES = HERE / "slos", HERE / "slos-prometheus"
"""What the shop's teams declare; the latter needs a Prometheus that scrapes the services' request metrics."""
_OTHER_DEFAULTS = {"log.level": "warning"}
"""Where `run` tells of its life, the demo's terminal does."""

EXPORTERS = tuple(
    setting._replace(default=_OTHER_DEFAULTS.get(setting.name, setting.default))
    for setting in SETTINGS
    if setting.name in _SHARED
)


class Begin(NamedTuple):
    """An incident to begin with; `target` None is its usual one."""

    name: str
    target: str | None


class Options(NamedTuple):
    """What the user chose; `exporter` has no kubeconfig yet."""

    nodes: int
    workloads: int
    seed: int
    speed: float
    incidents: tuple[Begin, ...]
    schedule: Path | None
    control_address: str
    exporter: Settings


def read_options(flags: Mapping[str, str | Sequence[str]], environment: Mapping[str, str]) -> Options:
    """Read the options from flags (keyed by field) and environment; raises SettingsError."""
    values = read_own(SIMULATED, flags, environment)
    variables = {setting.variable for setting in EXPORTERS}
    defaults = {each.variable: _OTHER_DEFAULTS[each.name] for each in EXPORTERS if each.name in _OTHER_DEFAULTS}
    shared = {variable: value for variable, value in environment.items() if variable in variables}
    fields = {setting.field for setting in EXPORTERS}
    exporter = read({field: value for field, value in flags.items() if field in fields}, {**defaults, **shared})
    return Options(
        nodes=values["nodes"],
        workloads=values["workloads"],
        seed=values["seed"],
        speed=values["speed"],
        incidents=tuple(_begin(text) for text in values["incident"]),
        schedule=values["schedule"],
        control_address=values["simulator.listen-address"],
        exporter=replace(exporter, slo_files=exporter.slo_files or _slo_files(exporter)),
    )


def _slo_files(exporter: Settings) -> tuple[Path, ...]:
    return (SLO_FILES, REQUEST_SLO_FILES) if exporter.prometheus_url else (SLO_FILES,)


def _begin(text: str) -> Begin:
    name, _, target = text.partition("@")
    return Begin(name, target or None)
