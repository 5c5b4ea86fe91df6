"""docs/incidents.md from the incidents' table: `python -m tools.incidents_page` writes it."""

from __future__ import annotations

from pathlib import Path

from kube_headroom.simulator.incidents.catalogue import INCIDENTS, Incident

PAGE = Path(__file__).parent.parent / "docs" / "incidents.md"

_INTRODUCTION = """\
<!-- Generated from exporter/kube_headroom/simulator/incidents/catalogue.py; `make generate` writes it. -->
# Incidents

What can befall the simulated shop of `kube-headroom demo`. Each incident sets a cause and takes it back at its
end; everything else is what kernel, kubelets and controllers make of it. Several may run at once.

```sh
kube-headroom demo --incident crash-loop --incident oom-loop@payments/fraud-check
kube-headroom demo --schedule schedule.yaml
curl -X POST 'localhost:9790/incidents/node-down?for=10m'    # the address that the demo prints
curl -X DELETE localhost:9790/incidents/node-down
```

A schedule names the moments from the demo's start; `for` and `target` may be left out:

```yaml
- incident: crash-loop
  at: 2m
  for: 10m
  target: shop/cart
- incident: node-down
  at: 15m
```

A page wakes somebody, a ticket waits for the morning.

| incident | cause | what is seen | what a person is told | usual target |
|---|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return _INTRODUCTION + "".join(_row(incident) for incident in INCIDENTS.values())


def _row(incident: Incident) -> str:
    cells = (f"`{incident.name}`", incident.cause, incident.seen, incident.paged, f"`{incident.usual}`")
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
