# What pint holds our rules to; every check that is off says why. tests/real/test_pint.py runs it without a Prometheus.

rule {
  match {
    kind = "alerting"
  }
  name "Headroom.+" {
    severity = "bug"
  }
  label "severity" {
    severity = "bug"
    value    = "critical|warning|info|none"
    required = true
  }
  annotation "summary" {
    severity = "bug"
    required = true
  }
  annotation "description" {
    severity = "bug"
    required = true
  }
  annotation "runbook_url" {
    severity = "bug"
    value    = "https://.+"
    required = true
  }
  annotation "dashboard_url" {
    severity = "bug"
    value    = "https://.+"
    required = true
  }
}

# Nothing of the scrape may split an alert or a recorded series.
rule {
  aggregate ".+" {
    severity = "bug"
    strip    = ["instance", "job", "pod", "endpoint"]
  }
}

# It fires always: that is what it is for. No label of a cluster is on what asks for no series; the templates that would
# show one then show nothing.
rule {
  match {
    kind = "alerting"
    name = "HeadroomWatchdog"
  }
  disable = ["alerts/comparison", "alerts/template"]
}

# The cluster's label is there where clusters are told apart; on absent(), where none is, its templates show nothing.
rule {
  match {
    kind = "alerting"
    name = "HeadroomExporterDown"
  }
  disable = ["alerts/template"]
}

# The topk chooses among owners, one per SLO: what is alerted on is the same whichever it takes, and it takes the one that
# was told most often. The burn alerts have their long windows in place of `for`, and both sides of a ratio come from one
# scrape of one target.
rule {
  match {
    kind = "alerting"
    name = "HeadroomSLO(FastBurn|SlowBurn|BudgetSpent|NoData)"
  }
  disable = ["promql/fragile"]
}

# Windows of one and three days move slowly and cost most; who reads them looks 21 minutes back (MEMORY of alerts/slo.py).
rule {
  match {
    kind = "recording"
    name = "slo:headroom_slo_.+(1d|3d)"
  }
  disable = ["group/interval"]
}
