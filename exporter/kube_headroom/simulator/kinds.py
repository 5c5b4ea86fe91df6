"""The resources that the simulated API server serves, as data."""

from __future__ import annotations

from typing import NamedTuple


class Resource(NamedTuple):
    """A resource of the API; `plural` is what the store calls it, `group` is "" for the core group."""

    plural: str
    kind: str
    group: str = ""
    version: str = "v1"
    namespaced: bool = True
    short_names: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """The `apiVersion` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version


RESOURCES = (
    Resource("namespaces", "Namespace", namespaced=False, short_names=("ns",)),
    Resource("nodes", "Node", namespaced=False, short_names=("no",)),
    Resource("pods", "Pod", short_names=("po",)),
    Resource("events", "Event", short_names=("ev",)),
    Resource("services", "Service", short_names=("svc",)),
    Resource("serviceaccounts", "ServiceAccount", short_names=("sa",)),
    Resource("resourcequotas", "ResourceQuota", short_names=("quota",)),
    Resource("limitranges", "LimitRange", short_names=("limits",)),
    Resource("persistentvolumeclaims", "PersistentVolumeClaim", short_names=("pvc",)),
    Resource("persistentvolumes", "PersistentVolume", namespaced=False, short_names=("pv",)),
    Resource("deployments", "Deployment", "apps", short_names=("deploy",)),
    Resource("replicasets", "ReplicaSet", "apps", short_names=("rs",)),
    Resource("statefulsets", "StatefulSet", "apps", short_names=("sts",)),
    Resource("daemonsets", "DaemonSet", "apps", short_names=("ds",)),
    Resource("jobs", "Job", "batch"),
    Resource("cronjobs", "CronJob", "batch", short_names=("cj",)),
    Resource("horizontalpodautoscalers", "HorizontalPodAutoscaler", "autoscaling", "v2", short_names=("hpa",)),
    Resource("poddisruptionbudgets", "PodDisruptionBudget", "policy", short_names=("pdb",)),
    Resource("leases", "Lease", "coordination.k8s.io"),
    Resource("storageclasses", "StorageClass", "storage.k8s.io", namespaced=False, short_names=("sc",)),
    Resource("priorityclasses", "PriorityClass", "scheduling.k8s.io", namespaced=False, short_names=("pc",)),
    # Every cluster serves these and the simulated one holds none: kube-state-metrics and kubectl ask for them.
    Resource("configmaps", "ConfigMap", short_names=("cm",)),
    Resource("secrets", "Secret"),
    Resource("endpoints", "Endpoints", short_names=("ep",)),
    Resource("replicationcontrollers", "ReplicationController", short_names=("rc",)),
    Resource("endpointslices", "EndpointSlice", "discovery.k8s.io"),
    Resource("ingresses", "Ingress", "networking.k8s.io", short_names=("ing",)),
    Resource("networkpolicies", "NetworkPolicy", "networking.k8s.io", short_names=("netpol",)),
    Resource("volumeattachments", "VolumeAttachment", "storage.k8s.io", namespaced=False),
    Resource(
        "certificatesigningrequests",
        "CertificateSigningRequest",
        "certificates.k8s.io",
        namespaced=False,
        short_names=("csr",),
    ),
    *(
        Resource(
            f"{kind.lower()}s".replace("policys", "policies"), kind, "admissionregistration.k8s.io", namespaced=False
        )
        for kind in (
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        )
    ),
)

BY_PLURAL = {resource.plural: resource for resource in RESOURCES}
BY_KIND = {resource.kind: resource for resource in RESOURCES}
