"""The one table of settings: flags, environment, file keys and docs/settings.md all come from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from kube_headroom.settings import kinds
from kube_headroom.settings.kinds import Kind, duration, one_of, size, whole_number

ENVIRONMENT_PREFIX = "HEADROOM_"

# A kind that can be switched off. Pods cannot: every workload is made of them.
OPTIONAL_KINDS = (
    "nodes", "namespaces", "replicasets", "deployments", "statefulsets", "daemonsets", "jobs", "cronjobs",
    "horizontalpodautoscalers", "poddisruptionbudgets", "resourcequotas", "limitranges",
    "persistentvolumeclaims", "events",
)  # fmt: skip

# Karpenter first: on a managed cluster its nodes may carry the provider's key too. Then the keys of EKS,
# eksctl, GKE, AKS (and its older one), DigitalOcean, Scaleway, Linode, kOps and Hetzner's autoscaler.
NODE_POOL_KEYS = (
    "karpenter.sh/nodepool", "eks.amazonaws.com/nodegroup", "alpha.eksctl.io/nodegroup-name",
    "cloud.google.com/gke-nodepool", "kubernetes.azure.com/agentpool", "agentpool",
    "doks.digitalocean.com/node-pool", "k8s.scaleway.com/pool-name", "lke.linode.com/pool-id",
    "kops.k8s.io/instancegroup", "hcloud/node-group",
)  # fmt: skip

# Reasons as kubelet, scheduler, controllers and autoscalers write them, one line per question: does it start,
# does it stay up, has it room, its volumes, its replicas, its jobs, its autoscaler.
EVENT_REASONS = (
    "BackOff", "Failed", "FailedCreatePodSandBox", "ErrImageNeverPull", "InspectFailed", "FailedSync",
    "Unhealthy", "ProbeWarning", "FailedPostStartHook", "FailedPreStopHook", "FailedKillPod",
    "ExceededGracePeriod", "NodeNotReady", "NetworkNotReady",
    "FailedScheduling", "Preempted", "Evicted", "TaintManagerEviction", "NotTriggerScaleUp",
    "FailedMount", "FailedAttachVolume", "FailedMapVolume", "FileSystemResizeFailed",
    "FailedCreate", "FailedDelete", "FailedDaemonPod", "ReplicaSetCreateError", "ScalingReplicaSet",
    "BackoffLimitExceeded", "DeadlineExceeded", "MissSchedule", "TooManyMissedTimes",
    "SuccessfulRescale", "FailedRescale", "FailedGetScale", "FailedUpdateScale", "FailedGetResourceMetric",
    "FailedComputeMetricsReplicas",
)  # fmt: skip

# Those of a node's status; metrics-server prefers the first three in this order.
ADDRESS_TYPES = ("InternalIP", "ExternalIP", "Hostname", "InternalDNS", "ExternalDNS")


class Setting(NamedTuple):
    """One setting; `default` is text as a user writes it, so that it is parsed and printed like theirs."""

    name: str
    kind: Kind
    default: str | tuple[str, ...] | None
    help: str
    unset: str = "none"

    @property
    def flag(self) -> str:
        """The command line option, which is also the exporter-toolkit's name where it has one."""
        return f"--{self.name}"

    @property
    def variable(self) -> str:
        """The environment variable."""
        return ENVIRONMENT_PREFIX + self.field.upper()

    @property
    def field(self) -> str:
        """The attribute of `Settings`."""
        return self.name.replace(".", "_").replace("-", "_")

    @property
    def several(self) -> bool:
        """Whether it holds a list: flags repeat, variables separate by commas, the file has a YAML list."""
        return isinstance(self.default, tuple)


SETTINGS = (
    Setting("config.file", kinds.PATH, None, "YAML file with any of these settings; flags and environment win over it."),
    Setting("kubeconfig", kinds.PATH, None, "kubeconfig of the cluster to watch.", "what KUBECONFIG names, else the pod's own service account, else ~/.kube/config"),
    Setting("context", kinds.CONTEXT, None, "Context of the kubeconfig.", "its current context"),
    Setting("web.listen-address", kinds.LISTEN_ADDRESS, (":9789",), "Address to serve on; may be given several times."),
    Setting("web.telemetry-path", kinds.TELEMETRY_PATH, "/metrics", "Path of the metrics."),
    Setting("log.level", one_of("debug", "info", "warning", "error"), "info", "Least severe log line to write."),
    Setting("log.format", one_of("auto", "console", "json"), "auto", "Log lines for people or machines; auto is console on a terminal, else json."),
    Setting("namespaces", kinds.NAMESPACE, (), "Only these namespaces are watched; up to ten are asked one by one, so that rights in them suffice.", "all"),
    Setting("namespaces-denied", kinds.NAMESPACE, (), "These namespaces are left out; not together with namespaces."),
    Setting("kinds-disabled", one_of(*OPTIONAL_KINDS), (), "Kinds of objects not to watch; what needs them is not measured."),
    Setting("annotation-prefix", kinds.KEY_PREFIX, "kube-headroom.io/", "Prefix of the annotations Headroom reads."),
    Setting("owner-keys", kinds.KEY, (), "Annotation or label keys that name a workload's owner; the first one found counts, first on the workload, then on its namespace.", "the annotation prefix followed by owner"),
    Setting("node-pool-keys", kinds.KEY, NODE_POOL_KEYS, "Node labels that name a node's pool; the first one found counts."),
    Setting("event-reasons", kinds.EVENT_REASON, EVENT_REASONS, "Event reasons counted by name; all others are counted as `other`."),
    Setting("watch-list", one_of("auto", "off"), "auto", "Ask for the first list as a stream (WatchList) where the API server can."),
    Setting("publish-interval", duration("100ms", "1m"), "1s", "Least time between two publications of changed metrics."),
    Setting("counter-hold", duration("0s", "10m"), "60s", "How long a new event or API counter is held at 0 so that a scrape sees it: two scrape intervals."),
    Setting("source-stale-after", duration("1s", "1d"), "1h", "Age at which an unreadable source's metrics are withdrawn."),
    Setting("workload-kept-after", duration("0s", "1d"), "10m", "How long a workload is remembered after its last object is gone, for late events."),
    Setting("owner-wait", duration("0s", "10m"), "30s", "How long a pod waits for its ReplicaSet or Job to be seen."),
    Setting("bare-workloads-per-namespace", whole_number(0, 1_000_000), "1000", "Bare pods and one-shot Jobs that get series of their own in a namespace; the rest add up in one."),
    Setting("rollout-deadline", duration("1s", "1d"), "10m", "Time without progress after which a StatefulSet's or DaemonSet's rollout counts as stuck (they have no progressDeadlineSeconds)."),
    Setting("kubelets", one_of("on", "off"), "on", "Read the nodes' kubelets: usage, throttling, pressure, probes and volumes come from them."),
    Setting("kubelet-resource-interval", duration("0s", "10m"), "15s", "Time between two readings of a kubelet's /metrics/resource; 0s leaves it out."),
    Setting("kubelet-cadvisor-interval", duration("0s", "10m"), "30s", "Time between two readings of a kubelet's /metrics/cadvisor; 0s leaves it out."),
    Setting("kubelet-probes-interval", duration("0s", "10m"), "30s", "Time between two readings of a kubelet's /metrics/probes; 0s leaves it out."),
    Setting("kubelet-volumes-interval", duration("0s", "10m"), "60s", "Time between two readings of a kubelet's /metrics, for its volumes only; 0s leaves it out."),
    Setting("kubelet-stale-after", duration("30s", "1h"), "2m", "Age at which what a kubelet measured is withdrawn; counters keep their last value. At least two intervals."),
    Setting("peak-window", duration("1m", "1d"), "10m", "How far back the peaks of memory reach."),
    Setting("kubelet-request-timeout", duration("100ms", "5m"), "10s", "How long a page of a kubelet may take in all, from connecting to its last byte."),
    Setting("kubelet-concurrency", whole_number(2, 1000), "64", "Kubelets asked at once; those that take longer than a second count apart, up to three times as many."),
    Setting("kubelet-compressed-size-limit", size("64Ki", "1Gi"), "16Mi", "Largest page of a kubelet as it comes over the wire; larger ones are refused."),
    Setting("kubelet-body-size-limit", size("64Ki", "1Gi"), "32Mi", "Largest page of a kubelet once inflated; larger ones are refused."),
    Setting("kubelet-preferred-address-types", one_of(*ADDRESS_TYPES), ADDRESS_TYPES[:3], "Types of a node's addresses, the preferred first; the first that a node has is where its kubelet is asked."),
    Setting("kubelet-certificate-authority", kinds.PATH, None, "PEM file of the authorities that sign kubelets' certificates; not together with kubelet-insecure-tls.", "the authority of the API server"),
    Setting("kubelet-insecure-tls", one_of("true", "false"), "false", "Do not verify kubelets' certificates: whoever answers at a node's address is given our token."),
    Setting("slo.files", kinds.PATH, (), "Files and directories of SLO definitions; read again when they change."),
    Setting("slo.configmap-selector", kinds.SELECTOR, None, "Label selector of the ConfigMaps whose values are SLO definitions.", "no ConfigMap is read"),
    Setting("slo.annotations", one_of("on", "off"), "on", "Take SLOs from the annotation `slo` (after the annotation prefix) of workloads, such as availability=99.9."),
    Setting("slo.step", duration("5s", "1m"), "30s", "Time between two evaluations of the SLOs."),
    Setting("slo.periods", kinds.PERIOD, ("30d",), "Budget periods of SLOs that name none; the first one is what alerts are about."),
    Setting("slo.minimum-bad-events", kinds.decimal(0, 1_000_000), "3", "Bad events in the long window below which no burn rate alerts, where an SLO does not say."),
    Setting("slo.budget-ticket", kinds.decimal(0, 1), "0.2", "Share of the budget that makes a ticket once spent by what burn rates cannot see: SLIs of few events."),
    Setting("slo.group-limit", whole_number(1, 10_000), "100", "Groups that a grouped SLO may have, where it does not say; more are counted and left out."),
    Setting("slo.missing-after", duration("30s", "1h"), "3m", "How long an SLO without data keeps its series."),
    Setting("slo.state-file", kinds.PATH, None, "SQLite file that keeps SLOs' windows and budgets across a restart.", "they begin anew, or with what Prometheus has"),
    Setting("prometheus.url", kinds.URL, None, "Prometheus-compatible server that PromQL SLIs are asked of and gaps are filled from.", "SLOs by PromQL have no data"),
    Setting("prometheus.bearer-token-file", kinds.PATH, None, "File with a token for that server; read again when it changes."),
    Setting("prometheus.username", kinds.USER_NAME, None, "User for that server, with prometheus.password-file."),
    Setting("prometheus.password-file", kinds.PATH, None, "File with that user's password; read again when it changes."),
    Setting("prometheus.headers", kinds.HEADER, (), "More headers for that server; not for secrets, which files are for."),
    Setting("prometheus.tenant", kinds.TENANT, None, "Tenant to ask for (X-Scope-OrgID)."),
    Setting("prometheus.certificate-authority", kinds.PATH, None, "PEM file of the authorities that sign that server's certificate.", "the system's"),
    Setting("prometheus.client-certificate", kinds.PATH, None, "PEM file of our certificate for that server, with prometheus.client-key."),
    Setting("prometheus.client-key", kinds.PATH, None, "PEM file of that certificate's key."),
    Setting("prometheus.insecure-tls", one_of("true", "false"), "false", "Do not verify that server's certificate."),
    Setting("prometheus.request-timeout", duration("100ms", "5m"), "10s", "How long an answer may take in all."),
    Setting("prometheus.concurrency", whole_number(1, 64), "4", "Queries asked at once."),
    Setting("prometheus.series-limit", whole_number(1, 1_000_000), "10000", "Series that one query of an SLO may return; more are refused."),
    Setting("prometheus.scrape-interval", duration("1s", "5m"), "30s", "The longest scrape interval of what SLIs are made of: queries reach back five of them."),
    Setting("prometheus.back-fill", duration("0s", "400d"), "31d", "How far back gaps and the time before a new SLO are filled from that server; 0s leaves them gaps."),
    Setting("state.file", kinds.PATH, None, "SQLite file that keeps counters' baselines across a restart.", "nothing is kept"),
    Setting("state.interval", duration("100ms", "10m"), "5s", "Time between two check-points of the state file."),
    Setting("state.max-age", duration("1s", "7d"), "1h", "Age above which a check-point is not taken up; events live for 1h on the API server."),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, in the table's order and words. Times are in seconds, sizes in bytes, lists are tuples."""

    config_file: Path | None
    kubeconfig: Path | None
    context: str | None
    web_listen_address: tuple[str, ...]
    web_telemetry_path: str
    log_level: str
    log_format: str
    namespaces: tuple[str, ...]
    namespaces_denied: tuple[str, ...]
    kinds_disabled: tuple[str, ...]
    annotation_prefix: str
    owner_keys: tuple[str, ...]
    node_pool_keys: tuple[str, ...]
    event_reasons: tuple[str, ...]
    watch_list: str
    publish_interval: float
    counter_hold: float
    source_stale_after: float
    workload_kept_after: float
    owner_wait: float
    bare_workloads_per_namespace: int
    rollout_deadline: float
    kubelets: str
    kubelet_resource_interval: float
    kubelet_cadvisor_interval: float
    kubelet_probes_interval: float
    kubelet_volumes_interval: float
    kubelet_stale_after: float
    peak_window: float
    kubelet_request_timeout: float
    kubelet_concurrency: int
    kubelet_compressed_size_limit: int
    kubelet_body_size_limit: int
    kubelet_preferred_address_types: tuple[str, ...]
    kubelet_certificate_authority: Path | None
    kubelet_insecure_tls: str
    slo_files: tuple[Path, ...]
    slo_configmap_selector: str | None
    slo_annotations: str
    slo_step: float
    slo_periods: tuple[str, ...]
    slo_minimum_bad_events: float
    slo_budget_ticket: float
    slo_group_limit: int
    slo_missing_after: float
    slo_state_file: Path | None
    prometheus_url: str | None
    prometheus_bearer_token_file: Path | None
    prometheus_username: str | None
    prometheus_password_file: Path | None
    prometheus_headers: tuple[str, ...]
    prometheus_tenant: str | None
    prometheus_certificate_authority: Path | None
    prometheus_client_certificate: Path | None
    prometheus_client_key: Path | None
    prometheus_insecure_tls: str
    prometheus_request_timeout: float
    prometheus_concurrency: int
    prometheus_series_limit: int
    prometheus_scrape_interval: float
    prometheus_back_fill: float
    state_file: Path | None
    state_interval: float
    state_max_age: float
