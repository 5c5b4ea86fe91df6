"""Series per node and per pool of nodes."""

from __future__ import annotations

from kube_headroom.catalogue.labels import Node, NodeCondition, NodeInfo, NodePool
from kube_headroom.catalogue.metric import Aggregation, Gauge, Stability, Unit

SUM = Aggregation.SUM
NONE, CORES, BYTES = Unit.NONE, Unit.CORES, Unit.BYTES

NODE_INFO = Gauge(
    "headroom_node_info",
    "Always 1; pool and zone from the node's labels (`.metadata.labels`), version from `.status.nodeInfo.kubeletVersion`.",
    NodeInfo,
    NONE,
    SUM,
)
NODE_READY = Gauge(
    "headroom_node_ready",
    "1 while the node's Ready condition is True, 0 when False or Unknown (`.status.conditions`).",
    Node,
    NONE,
    SUM,
    Stability.STABLE,
)
NODE_CONDITION = Gauge(
    "headroom_node_condition",
    "1 for every other condition that is True, such as MemoryPressure, absent where it is not (`.status.conditions`).",
    NodeCondition,
    NONE,
    SUM,
)
NODE_UNSCHEDULABLE = Gauge(
    "headroom_node_unschedulable",
    "1 while the node is cordoned (`.spec.unschedulable`).",
    Node,
    NONE,
    SUM,
)
NODE_PODS = Gauge(
    "headroom_node_pods",
    "Pods bound to the node that are neither Succeeded nor Failed (`.spec.nodeName`).",
    Node,
    NONE,
    SUM,
)
NODE_PODS_ALLOCATABLE = Gauge(
    "headroom_node_pods_allocatable",
    "Pods that the node takes at most (`.status.allocatable.pods`).",
    Node,
    NONE,
    SUM,
)
NODE_CPU_ALLOCATABLE = Gauge(
    "headroom_node_cpu_allocatable_cores",
    "CPU that pods may request on the node (`.status.allocatable.cpu`).",
    Node,
    CORES,
    SUM,
    Stability.STABLE,
)
NODE_MEMORY_ALLOCATABLE = Gauge(
    "headroom_node_memory_allocatable_bytes",
    "Memory that pods may request on the node (`.status.allocatable.memory`).",
    Node,
    BYTES,
    SUM,
    Stability.STABLE,
)
NODE_CPU_REQUESTED = Gauge(
    "headroom_node_cpu_requested_cores",
    "CPU that the scheduler charges to the node for its pods (`.spec.nodeName`, effective requests).",
    Node,
    CORES,
    SUM,
    Stability.STABLE,
)
NODE_MEMORY_REQUESTED = Gauge(
    "headroom_node_memory_requested_bytes",
    "Memory that the scheduler charges to the node for its pods (`.spec.nodeName`, effective requests).",
    Node,
    BYTES,
    SUM,
    Stability.STABLE,
)
NODE_CPU_LIMITED = Gauge(
    "headroom_node_cpu_limited_cores",
    "Sum of the CPU limits that the node's pods declare; containers without one add nothing "
    "(`.spec.containers[].resources.limits`).",
    Node,
    CORES,
    SUM,
)
NODE_MEMORY_LIMITED = Gauge(
    "headroom_node_memory_limited_bytes",
    "Sum of the memory limits that the node's pods declare; containers without one add nothing "
    "(`.spec.containers[].resources.limits`).",
    Node,
    BYTES,
    SUM,
)

POOL_NODES = Gauge(
    "headroom_node_pool_nodes",
    "Nodes of the pool that are ready and not cordoned (`.metadata.labels`).",
    NodePool,
    NONE,
    SUM,
)
POOL_CPU_ALLOCATABLE = Gauge(
    "headroom_node_pool_cpu_allocatable_cores",
    "CPU allocatable on the ready, schedulable nodes of the pool (`.status.allocatable.cpu`).",
    NodePool,
    CORES,
    SUM,
)
POOL_MEMORY_ALLOCATABLE = Gauge(
    "headroom_node_pool_memory_allocatable_bytes",
    "Memory allocatable on the ready, schedulable nodes of the pool (`.status.allocatable.memory`).",
    NodePool,
    BYTES,
    SUM,
)
POOL_CPU_LARGEST_NODE = Gauge(
    "headroom_node_pool_cpu_largest_node_cores",
    "CPU allocatable on the largest such node, to subtract for the loss of one node (`.status.allocatable.cpu`).",
    NodePool,
    CORES,
    Aggregation.MAX,
)
POOL_MEMORY_LARGEST_NODE = Gauge(
    "headroom_node_pool_memory_largest_node_bytes",
    "Memory allocatable on the largest such node, to subtract for the loss of one node (`.status.allocatable.memory`).",
    NodePool,
    BYTES,
    Aggregation.MAX,
)
POOL_CPU_REQUESTED = Gauge(
    "headroom_node_pool_cpu_requested_cores",
    "CPU that the scheduler charges on all nodes of the pool (`.spec.nodeName`, effective requests).",
    NodePool,
    CORES,
    SUM,
)
POOL_MEMORY_REQUESTED = Gauge(
    "headroom_node_pool_memory_requested_bytes",
    "Memory that the scheduler charges on all nodes of the pool (`.spec.nodeName`, effective requests).",
    NodePool,
    BYTES,
    SUM,
)

NODE_METRICS = (
    NODE_INFO,
    NODE_READY,
    NODE_CONDITION,
    NODE_UNSCHEDULABLE,
    NODE_PODS,
    NODE_PODS_ALLOCATABLE,
    NODE_CPU_ALLOCATABLE,
    NODE_MEMORY_ALLOCATABLE,
    NODE_CPU_REQUESTED,
    NODE_MEMORY_REQUESTED,
    NODE_CPU_LIMITED,
    NODE_MEMORY_LIMITED,
    POOL_NODES,
    POOL_CPU_ALLOCATABLE,
    POOL_MEMORY_ALLOCATABLE,
    POOL_CPU_LARGEST_NODE,
    POOL_MEMORY_LARGEST_NODE,
    POOL_CPU_REQUESTED,
    POOL_MEMORY_REQUESTED,
)
