"""CPU seconds from `/metrics/resource`: what of a reading counts, table by table (rules R10 to R16, faults 16 to 20)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest

from kube_headroom.readings import Page, Usage
from tests.facts import AFTER, BEFORE, START, node, pod
from tests.kubelet_rows import MEBI, cadvisor, cgroup, refused, resource, total, usage
from tests.stage import Stage

CPU = "headroom_workload_cpu_usage_seconds_total"
MEMORY = "headroom_workload_memory_working_set_bytes"
MEASURED = "headroom_workload_containers_measured"
EXPECTED = "headroom_workload_containers_expected"
HOUR_AGO = START - 3600


def stage_of(*names: str, created: float = BEFORE) -> Stage:
    stage = Stage()
    stage.relist("nodes", node())
    stage.relist("pods", *(pod(name, created=created) for name in names or ("web-1",)))
    stage.start()
    return stage


def read(stage: Stage, page: Page, seconds: float = 15) -> None:
    """Let time pass, and take a page of node-1."""
    stage.wait(seconds)
    stage.inventory.page("node-1", page, stage.now)


def counted(pages: Sequence[Sequence[Usage]], created: float = BEFORE) -> tuple[float | None, dict[str, int]]:
    stage = stage_of(created=created)
    for rows in pages:
        read(stage, resource(*rows))
    return total(stage, CPU), refused(stage)


def at(page: int, lag: float = 5) -> float:
    """A stamp `lag` seconds before the given page comes; the first one is page 1."""
    return START + 15 * page - lag


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        pytest.param([[usage(500, at(1))]], 0, id="the first sight of an old container is a baseline"),
        pytest.param([[usage(500, at(1))], [usage(507, at(2))]], 7, id="then what it uses counts"),
        pytest.param(
            [[usage(500, at(1))], [usage(500, at(1))], [usage(507, at(3))]], 7, id="R14 the same stamp is no news"
        ),
        pytest.param(
            [[usage(500, at(1))], [usage(501, at(1))], [usage(507, at(3))]], 7, id="R14 even with another value"
        ),
        pytest.param(
            [[usage(500, at(1), started=HOUR_AGO)], [usage(3, at(2), started=at(1, 0))]], 3,
            id="R15 after a restart the new run counts whole",
        ),
        pytest.param(
            [[usage(5, at(1), started=HOUR_AGO)], [usage(9, at(2), started=at(1, 0))]], 9,
            id="R15 also one that has used more than the old run by then",
        ),
        pytest.param(
            [[usage(500, at(1))], [usage(3, at(2))], [usage(5, at(3))]], 2,
            id="R15 a fall of which no start is known is believed at the second look, and skips what it cannot know",
        ),
        pytest.param(
            [[usage(500, at(1))], [usage(499, at(2))], [usage(507, at(3))]], 7, id="fault 16 a glitch down adds nothing"
        ),
        pytest.param(
            [[usage(500, at(1))], [usage(1.7e9, at(2))], [usage(507, at(3))]], 7, id="fault 16 a spike adds nothing"
        ),
        pytest.param(
            [[usage(500, at(1))], [usage(1.7e9, at(2))], [usage(1.7e9 + 4, at(3))]], 4,
            id="fault 16 a spike that stays is the new base",
        ),
        pytest.param(
            [[usage(500, at(1), started=HOUR_AGO)], [usage(1e6, at(2), started=at(1, 0))], [usage(1e6 + 2, at(3))]], 2,
            id="fault 16 a new run cannot have used more than the machine has given since it began",
        ),
        pytest.param(
            [[usage(500, at(1))], [usage(math.nan, at(2))], [usage(507, at(3))]], 7, id="fault 26 NaN is no count"
        ),
        pytest.param(
            [[usage(500, at(1))], [usage(math.inf, at(2))], [usage(507, at(3))]], 7, id="fault 26 nor is infinity"
        ),
        pytest.param(
            [[usage(500, at(1))], [usage(1e308, at(2))], [usage(507, at(3))]], 7, id="fault 26 nor is 1e308"
        ),
        pytest.param(
            [[usage(2.0**53, at(1))], [usage(2.0**53 + 6, at(2))]], 6, id="fault 26 a counter goes on past 2^53"
        ),
        pytest.param([[usage(500, at(1))], [usage(-1, at(2))], [usage(502, at(3))]], 2, id="a negative count is none"),
        pytest.param(
            [[usage(500, at(1), started=HOUR_AGO)],
             [usage(2, at(2), started=at(1, 0)), usage(504, at(1, 2), started=HOUR_AGO)],
             [usage(3, at(3), started=at(1, 0))]],
            3, id="R13 of two rows of a container the newer run counts",
        ),
        pytest.param(
            [[usage(500, at(1), started=HOUR_AGO)],
             [usage(504, at(1, 2), started=HOUR_AGO), usage(2, at(2), started=at(1, 0))],
             [usage(3, at(3), started=at(1, 0))]],
            7, id="R13 and what the older one had used since, where its row comes first",
        ),
        pytest.param(
            [[usage(500, at(1))], [usage(507, at(2)), usage(507, at(2))], [usage(508, at(3))]], 8,
            id="fault 18 a row that is there twice counts once",
        ),
        pytest.param([[usage(500, at(1))], [], [usage(509, at(3))]], 9, id="a row may be missing for a page"),
        pytest.param([[usage(500, at(1))], [usage(507, at(2))], []], 7, id="fault 20 the last delta is kept"),
        pytest.param([[usage(500, None)], [usage(507, None)]], 7, id="rows without stamps are as old as their page"),
        pytest.param(
            [[usage(4, at(1), started=at(1, 7)), usage(7, at(1), pod="old", started=HOUR_AGO)]], 0,
            id="a container that may have begun before us is a baseline",
        ),
        pytest.param(
            [[usage(500, at(1), started=HOUR_AGO)], [], [],
             [usage(1, at(4), container="late", started=at(4, 7)), usage(500, at(4), started=HOUR_AGO)]],
            1, id="a container that began while we watch counts whole, in an old pod too",
        ),
    ],
)  # fmt: skip
def test_of_an_old_pod(pages: list[list[Usage]], expected: float) -> None:
    assert counted(pages)[0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        pytest.param([[usage(3, at(1))]], 3, id="counts from its birth"),
        pytest.param([[usage(3, at(1), started=AFTER)], [usage(8, at(2), started=AFTER)]], 8, id="and goes on"),
        pytest.param([[usage(1e6, at(1))], [usage(1e6 + 1, at(2))]], 1, id="but not more than can be"),
    ],
)
def test_a_pod_born_while_we_watch(pages: list[list[Usage]], expected: float) -> None:
    assert counted(pages, created=AFTER - 10)[0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        pytest.param([usage(math.nan, at(2))], "invalid", id="a value that is no number"),
        pytest.param([usage(1.7e9, at(2))], "spike", id="more than the cores can give"),
        pytest.param([usage(499, at(2))], "fell", id="a counter that fell"),
        pytest.param([usage(501, at(2)), usage(501, at(2))], "duplicate", id="a row twice"),
        pytest.param([usage(501, at(2)), usage(1, at(2), pod="nobody")], "unknown_pod", id="a pod of nobody"),
        pytest.param([usage(501, at(2)), usage(1, at(2), container="")], "unlabelled", id="a container without a name"),
        pytest.param(
            [usage(501, at(2)), usage(1, at(2), container="a"), usage(1, at(2), container="b"),
             usage(1, at(2) + 600, container="c")],
            "future", id="a stamp far ahead of the page",
        ),
        pytest.param([usage(501, at(2)), usage(1, at(2) - 200, container="b")], "stale", id="R16 a stamp too long ago"),
        pytest.param([usage(501, at(2), memory=9e9)], "invalid", id="more memory than the machine has"),
    ],
)  # fmt: skip
def test_what_is_not_counted_is_counted_as_refused(rows: list[Usage], reason: str) -> None:
    _, reasons = counted([[usage(500, at(1))], rows])
    assert reasons == {reason: 1}


def test_fault_18_a_parent_and_its_containers_add_up_once() -> None:
    """R10, R11: the pod's own row never enters its containers' totals."""
    stage = stage_of()
    for page, cpu in ((1, 100.0), (2, 110.0)):
        read(stage, resource(usage(cpu, at(page)), pods=(usage(cpu + 5, at(page), container=""),)))
        stage.inventory.page("node-1", cadvisor(cgroup(at(page), cpu=cpu + 5)), stage.now)
    assert stage.values(CPU) == {
        '{namespace="shop",workload_kind="Pod",workload="web-1",container="app"}': pytest.approx(10)
    }


def test_fault_16_a_page_that_stands_still_is_flagged_and_its_gauges_withdrawn_and_never_zero() -> None:
    stage = stage_of()
    for _ in range(8):
        read(stage, resource(usage(500, START + 10)))
        assert total(stage, MEMORY) == 100 * MEBI
    for _ in range(2):
        read(stage, resource(usage(500, START + 10)))
    assert total(stage, MEMORY) is None
    assert (total(stage, EXPECTED), total(stage, MEASURED), total(stage, CPU)) == (1, 0, 0)
    assert refused(stage)["frozen"] == 1
    read(stage, resource(usage(520, stage.now)))
    assert (total(stage, MEMORY), total(stage, CPU)) == (100 * MEBI, 20)


@pytest.mark.parametrize("skew", [0.0, 600.0, -600.0, 86400.0 * 400], ids=lambda skew: f"{skew:+.0f} s")
def test_fault_17_a_clock_that_is_off_changes_nothing_and_is_told(skew: float) -> None:
    stage = stage_of()
    for page, cpu in ((1, 500.0), (2, 506.0), (3, 511.0)):
        read(stage, resource(usage(cpu, at(page) + skew)))
    assert (total(stage, CPU), total(stage, MEASURED)) == (11, 1)
    assert total(stage, "headroom_node_clock_offset_seconds") == pytest.approx(skew - 5)


@pytest.mark.parametrize("jump", [-600.0, -90.0, -20.0, 30.0, 600.0], ids=lambda jump: f"{jump:+.0f} s")
def test_fault_17_a_clock_that_is_set_costs_no_usage_and_invents_none(jump: float) -> None:
    stage = stage_of()
    for page in range(1, 20):
        set_by = jump if page > 5 else 0.0
        read(stage, resource(usage(500.0 + 6 * page, at(page) + set_by, started=HOUR_AGO)))
    assert total(stage, CPU) == pytest.approx(6 * 18)
    assert total(stage, MEASURED) == 1


def test_fault_17_left_over_rows_of_a_killed_container_are_stale() -> None:
    stage = stage_of("web-1", "web-2")
    for page in range(1, 12):
        read(stage, resource(usage(500, at(1)), usage(500 + page, at(page), pod="web-2")))
    assert (total(stage, MEASURED, "web-1"), total(stage, MEASURED, "web-2")) == (0, 1)
    assert total(stage, MEMORY, "web-1") is None


def test_fault_20_counters_go_on_when_pods_go_and_late_rows_still_count() -> None:
    stage = stage_of("web-1", "web-2")
    first, second = pod("web-1"), pod("web-2")
    read(stage, resource(usage(500, at(1)), usage(500, at(1), pod="web-2")))
    read(stage, resource(usage(510, at(2)), usage(510, at(2), pod="web-2")))
    assert total(stage, CPU) == 20
    stage.delete("pods", second)
    read(stage, resource(usage(511, at(3)), usage(514, at(3), pod="web-2")))
    assert total(stage, CPU, "web-1") == 11
    stage.delete("pods", first)
    assert total(stage, CPU) is None


def test_a_successor_of_the_same_name_inherits_nothing() -> None:
    stage = stage_of()
    read(stage, resource(usage(500, at(1), started=HOUR_AGO)))
    stage.delete("pods", pod())
    stage.upsert("pods", pod(uid="uid-new", created=stage.now))
    read(stage, resource(usage(503, at(2), started=HOUR_AGO)))
    read(stage, resource(usage(2, at(3), started=at(2, 0))))
    assert total(stage, CPU) == 2


def test_a_workloads_counter_is_the_sum_of_all_it_ever_had() -> None:
    stage = stage_of()
    for name in ("a-1", "a-2"):
        stage.upsert("pods", pod(name, created=stage.now, controller=None, uid=f"uid-{name}"))
    read(stage, resource(usage(1, at(1), pod="a-1"), usage(2, at(1), pod="a-2")))
    assert (total(stage, CPU, "a-1"), total(stage, CPU, "a-2")) == (1, 2)


@pytest.mark.parametrize(
    "silence",
    [
        pytest.param(lambda _: None, id="falls silent"),
        pytest.param(lambda stage: stage.inventory.gone("node-1"), id="is no longer read"),
    ],
)
def test_a_node_that(silence: Callable[[Stage], None]) -> None:
    stage = stage_of()
    read(stage, resource(usage(500, at(1))))
    read(stage, resource(usage(509, at(2)), node_working_set=None))
    silence(stage)
    stage.wait(121)
    assert (total(stage, MEASURED), total(stage, EXPECTED), total(stage, CPU)) == (0, 1, 9)
    assert total(stage, MEMORY) is None


def test_r43_pod_rows_without_container_rows_are_no_coverage() -> None:
    stage = stage_of()
    for page in (1, 2, 3):
        read(stage, resource(pods=(usage(5, at(page), container=""),), node_working_set=None))
        stage.inventory.page("node-1", cadvisor(cgroup(at(page), cpu=5.0)), stage.now)
    assert (total(stage, EXPECTED), total(stage, MEASURED)) == (1, 0)
    assert (total(stage, MEMORY), total(stage, CPU)) == (None, None)
    assert total(stage, "headroom_node_containers_measured") == 0


def test_cadvisors_own_rows_do_where_the_resource_endpoint_tells_of_no_container() -> None:
    stage = stage_of()
    for page in range(1, 30):
        row = cgroup(at(page), container="app", cpu=500.0 + page, working_set=64.0 * MEBI, run="a")
        read(stage, cadvisor(row))
    assert total(stage, MEASURED) == 1
    assert total(stage, MEMORY) == 64 * MEBI
    assert total(stage, CPU) == 19
    row = cgroup(at(30), container="app", cpu=2.0, working_set=64.0 * MEBI, run="b")
    read(stage, cadvisor(row))
    assert total(stage, CPU) == 21


def test_rows_without_names_are_reported() -> None:
    stage = stage_of()
    read(stage, cadvisor(cgroup(at(1), container="", cpu=1.0), cgroup(at(1), container="x"), labelled=False))
    assert refused(stage) == {"unlabelled": 1}


def test_a_mirror_pod_made_again_goes_on_where_its_containers_are() -> None:
    """`kubectl delete pod` of a static pod ends nothing: its kubelet makes the object anew, with another uid."""
    first, again = (
        pod(uid=uid, mirror=True, static_uid="0ff1ce", created=created)
        for uid, created in (("first", BEFORE), ("again", AFTER))
    )
    stage = Stage()
    stage.relist("nodes", node())
    stage.relist("pods", first)
    stage.start()
    read(stage, resource(usage(500, at(1), started=HOUR_AGO)))
    read(stage, resource(usage(507, at(2), started=HOUR_AGO)))
    stage.delete("pods", first)
    stage.upsert("pods", again)
    for page in range(3, 15):
        read(stage, resource(usage(505 + page, at(page), started=HOUR_AGO)))
        stage.lines()
    assert total(stage, CPU) == 19
    assert total(stage, MEASURED) == 1
    assert refused(stage) == {}


def test_a_mirror_pod_first_seen_is_as_old_as_its_containers() -> None:
    stage = Stage()
    stage.relist("nodes", node())
    stage.start()
    stage.upsert("pods", pod(mirror=True, static_uid="0ff1ce", created=AFTER))
    read(stage, resource(usage(500, at(1), started=HOUR_AGO)))
    read(stage, resource(usage(507, at(2), started=HOUR_AGO)))
    assert total(stage, CPU) == 7
