"""Series per node and per pool of what is used there, as the kubelets measure it; sums of a pool are over its nodes."""

from __future__ import annotations

from kube_headroom.catalogue.labels import Node, NodePool
from kube_headroom.catalogue.metric import Aggregation, Counter, Gauge, Unit

SUM, NONE, CORES, BYTES, SECONDS = Aggregation.SUM, Unit.NONE, Unit.CORES, Unit.BYTES, Unit.SECONDS

NODE_CPU_USAGE = Counter(
    "headroom_node_cpu_usage_seconds_total",
    "CPU time of everything on the node, system included, since the exporter started (`/metrics/resource`).",
    Node,
    SECONDS,
    SUM,
)
NODE_MEMORY_WORKING_SET = Gauge(
    "headroom_node_memory_working_set_bytes",
    "Working set of everything on the node, system included, absent while its kubelet tells nothing (`/metrics/resource`).",
    Node,
    BYTES,
    SUM,
)
NODE_CONTAINERS_EXPECTED = Gauge(
    "headroom_node_containers_expected",
    "Containers and native sidecars that run on the node according to the API server "
    "(`.status.containerStatuses[].state.running`).",
    Node,
    NONE,
    SUM,
)
NODE_CONTAINERS_MEASURED = Gauge(
    "headroom_node_containers_measured",
    "Those of the expected containers whose usage the node's kubelet told lately; 0 with others expected means a kubelet "
    "that measures no containers (`/metrics/resource`).",
    Node,
    NONE,
    SUM,
)
NODE_CLOCK_OFFSET = Gauge(
    "headroom_node_clock_offset_seconds",
    "Newest time on the kubelet's page less the exporter's time when it came: some seconds below 0 where the clocks "
    "agree, since kubelets measure ahead of the request (`/metrics/resource`).",
    Node,
    SECONDS,
    Aggregation.NONE,
)
POOL_NODES_MEASURED = Gauge(
    "headroom_node_pool_nodes_measured",
    "Nodes of the pool whose kubelet told its usage lately (`/metrics/resource`).",
    NodePool,
    NONE,
    SUM,
)
POOL_CPU_USAGE = Counter(
    "headroom_node_pool_cpu_usage_seconds_total",
    "CPU time of everything on the nodes that the pool ever had, since the exporter started (`/metrics/resource`).",
    NodePool,
    SECONDS,
    SUM,
)
POOL_MEMORY_WORKING_SET = Gauge(
    "headroom_node_pool_memory_working_set_bytes",
    "Working set of everything on the measured nodes of the pool (`/metrics/resource`).",
    NodePool,
    BYTES,
    SUM,
)
POOL_CPU_ALLOCATABLE_MEASURED = Gauge(
    "headroom_node_pool_cpu_allocatable_measured_cores",
    "CPU allocatable on the measured nodes of the pool, to divide usage by (`.status.allocatable.cpu`).",
    NodePool,
    CORES,
    SUM,
)
POOL_MEMORY_ALLOCATABLE_MEASURED = Gauge(
    "headroom_node_pool_memory_allocatable_measured_bytes",
    "Memory allocatable on the measured nodes of the pool, to divide the working set by (`.status.allocatable.memory`).",
    NodePool,
    BYTES,
    SUM,
)

NODE_USAGE_METRICS = (
    NODE_CPU_USAGE,
    NODE_MEMORY_WORKING_SET,
    NODE_CONTAINERS_EXPECTED,
    NODE_CONTAINERS_MEASURED,
    NODE_CLOCK_OFFSET,
    POOL_NODES_MEASURED,
    POOL_CPU_USAGE,
    POOL_MEMORY_WORKING_SET,
    POOL_CPU_ALLOCATABLE_MEASURED,
    POOL_MEMORY_ALLOCATABLE_MEASURED,
)
