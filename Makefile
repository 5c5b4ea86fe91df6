# Everything a developer or CI runs. It needs make and Python 3.11 or newer with venv and pip, and brings the rest.

PYTHON ?= python3
UV_VERSION := 0.13.8
UV := .uv/bin/uv

# What the real tests and the bench start.
TOOLS := alertmanager etcd gameday helm helm-3 kube-state-metrics kubectl kubernetes kwok oracle otelcol pint prometheus prometheus-2 prometheus-operator sloth vmalert
# What the tests on real kubelets start; the rest is Debian's.
CLUSTER := etcd helm kubernetes prometheus

.DEFAULT_GOAL := help
.PHONY: help setup demo stack gameday test test-real e2e check generate screenshots dashboards-preview format bench tools

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-19s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.synced ## Make .venv with kube-headroom and all that develops it

demo: setup ## Run a simulated cluster and the exporter beside it, until Ctrl-C
	@exec .venv/bin/kube-headroom demo $(DEMO)

stack: setup ## Run simulator, exporter, Prometheus, Alertmanager and what people get of it; STACK=--incident=NAME
	.venv/bin/python tools/build.py alertmanager prometheus
	@exec .venv/bin/python -m tools.stack $(STACK)

gameday: setup ## Play every incident and hold what people are told against what they should be; GAMEDAY=--incident=NAME
	.venv/bin/python tools/build.py gameday
	@.venv/bin/python -m tools.gameday $(GAMEDAY)

test: setup ## Test in Python alone: no root, no other program
	.venv/bin/pytest tests --ignore=tests/real --ignore=tests/e2e

test-real: tools ## Test on a real API server and Prometheus, built once: no root
	.venv/bin/pytest tests/real

e2e: setup ## Test on two real kubelets, as root on Linux; KUBERNETES_VERSION=1.34.4 for the oldest
	@.venv/bin/python -m tests.e2e.requirements
	.venv/bin/python tools/build.py $(CLUSTER)
	.venv/bin/python -m tools.guest_kernel
	.venv/bin/pytest tests/e2e

check: setup ## Check format, lint, types, the rooms' imports and generated files
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/pytest tests/test_generated.py tests/test_settings_docs.py

generate: setup ## Write the generated files anew
	.venv/bin/python -m kube_headroom.catalogue docs/metrics.md
	.venv/bin/python -m tools.settings_page
	.venv/bin/python -m tools.chart_schema
	.venv/bin/python -m tools.incidents_page
	.venv/bin/python -m alerts
	.venv/bin/python -m collector
	.venv/bin/python -m dashboards

screenshots: setup ## Take the documentation's pictures of a running demo anew; needs Chromium
	.venv/bin/python -m tools.screenshots

dashboards-preview: setup ## Draw the dashboards with a demo's data, docs/images/dashboard-*.png; PREVIEW=--serve goes on; needs Chromium
	.venv/bin/python tools/build.py prometheus
	@exec .venv/bin/python -m tools.dashboards_preview $(PREVIEW)

format: setup ## Format the code and mend what the linter can
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

bench: tools ## Measure beside kube-state-metrics and write benchmarks/README.md
	.venv/bin/python -m benchmarks

tools: setup ## Build the pinned real programs unless the cache has them
	.venv/bin/python tools/build.py $(TOOLS)

# uv lives in an environment of its own, so that nothing is installed into the system's Python.
.uv/.uv-$(UV_VERSION):
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'make: $(PYTHON) is no Python 3.11 or newer with venv and pip; name one: make $(MAKECMDGOALS) PYTHON=python3.12' \
		'(Debian and Ubuntu: apt-get install python3-venv)' >&2; exit 1; }
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.venv/.synced: pyproject.toml uv.lock .uv/.uv-$(UV_VERSION)
	UV_PYTHON_DOWNLOADS=never $(UV) sync --quiet --frozen --extra demo --extra otel --python .uv/bin/python
	@touch $@
