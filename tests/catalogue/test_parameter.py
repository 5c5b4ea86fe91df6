"""Parameters stand in a query as marks, mean what their default means, and become what is set."""

from __future__ import annotations

import pytest

from kube_headroom.catalogue import nodes, workloads
from kube_headroom.catalogue.parameter import Parameter, defaulted, filled
from kube_headroom.catalogue.promql import average_over_time, max_by
from kube_headroom.catalogue.selection import Extra, increase, label_is, value

CLUSTER = Parameter("cluster", "cluster")
WINDOW = Parameter("window", "30m")
LOW = Parameter("low", "0.75")
EXTRA = Extra(Parameter("alone", ""), Parameter("before", ""))

READY = max_by(
    average_over_time(value(nodes.NODE_READY, EXTRA, target_labels=(CLUSTER,)), WINDOW), CLUSTER, "node"
).below(LOW)


def test_by_default_a_query_is_what_it_is_without_parameters() -> None:
    plain = max_by(average_over_time(value(nodes.NODE_READY, target_labels=("cluster",)), "30m"), "cluster", "node")

    assert defaulted(str(READY)) == str(plain.below(0.75))


def test_what_is_set_stands_in_the_place_of_the_default() -> None:
    given = {"cluster": "k8s", "window": "1h", "low": "0.5", "alone": '{a="b"}'}

    assert filled(str(READY), given) == 'max by (k8s, node) (avg_over_time(headroom_node_ready{a="b"}[1h])) < 0.5'


def test_matchers_that_are_added_come_before_those_of_the_query() -> None:
    query = str(value(nodes.NODE_READY, EXTRA, label_is("node", "n1")))

    assert filled(query, {"before": 'a="b",'}) == 'headroom_node_ready{a="b",node="n1"}'
    assert defaulted(query) == 'headroom_node_ready{node="n1"}'


def test_a_default_is_held_to_the_rules_of_its_place() -> None:
    with pytest.raises(ValueError, match="too short for a rate"):
        increase(workloads.EVICTIONS, Parameter("window", "1m"))
    with pytest.raises(ValueError, match="is no label name"):
        value(nodes.NODE_READY, target_labels=(Parameter("cluster", "a-b"),))
