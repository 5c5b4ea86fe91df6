"""Every page read as prometheus_client and plain rules read it: generated, recorded and simulated ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.kubelet.pages import KnownBlocks, PageError, cadvisor, probes, resource, volumes
from kube_headroom.readings import CadvisorPage
from kube_headroom.simulator.composition import build
from kube_headroom.simulator.kubelet.housekeeping import Housekeepings
from kube_headroom.simulator.kubelet.pages import cadvisor as simulated_cadvisor
from kube_headroom.simulator.kubelet.pages import own as simulated_own
from kube_headroom.simulator.kubelet.pages import probes as simulated_probes
from kube_headroom.simulator.kubelet.pages import resource as simulated_resource
from kube_headroom.simulator.kubelet.pages.view import View
from kube_headroom.simulator.kubelet.runtime import Flavour
from tests.kubelet.pages import generated, model
from tests.simulator.kubelet.page_rows import RECORDED

PARSERS: dict[str, tuple[Callable[[bytes], Any], Callable[[bytes], Any]]] = {
    "cadvisor": (cadvisor, model.cadvisor),
    "resource": (resource, model.resource),
    "probes": (probes, model.probes),
    "metrics": (volumes, model.volumes),
}
START = 1_780_000_000.0


def ordered(page: Any) -> Any:
    """The page with its rows in one order: a table's order says nothing."""
    return type(page)(*(tuple(sorted(field, key=repr)) if isinstance(field, tuple) else field for field in page))


@given(generated.cadvisor_pages())
def test_a_cadvisor_page_is_read_by_the_book(page: bytes) -> None:
    assert ordered(cadvisor(page)) == ordered(model.cadvisor(page))


@given(st.lists(generated.cadvisor_pages(), max_size=4))
def test_what_earlier_pages_taught_changes_nothing(pages: list[bytes]) -> None:
    known = KnownBlocks()
    for page in (*pages, *reversed(pages)):
        assert ordered(cadvisor(page, known=known)) == ordered(cadvisor(page))


@given(generated.resource_pages)
def test_a_resource_page_is_read_by_the_book(page: bytes) -> None:
    assert ordered(resource(page)) == ordered(model.resource(page))


@given(generated.probe_pages)
def test_a_probe_page_is_read_by_the_book_or_not_at_all(page: bytes) -> None:
    if page.count(b"\nprober_probe_total{") > len(model.samples(page).get("prober_probe_total", ())):
        with pytest.raises(PageError, match="expected a count in every row"):
            probes(page)
        return
    assert ordered(probes(page)) == ordered(model.probes(page))


@given(generated.volume_pages)
def test_the_rows_of_volumes_are_read_by_the_book(page: bytes) -> None:
    assert ordered(volumes(page)) == ordered(model.volumes(page))


@pytest.mark.parametrize("path", sorted(RECORDED.glob("*/*.txt")), ids=lambda path: f"{path.parent.name} {path.stem}")
def test_a_recorded_page_is_read_by_the_book_and_quickly(path: Any) -> None:
    page, odd = path.read_bytes(), Counter[Any]()
    ours, book = PARSERS[path.stem]
    assert ordered(ours(page)) == ordered(book(page))
    assert ours(page, odd)  # type: ignore[call-arg]
    assert not odd


@pytest.fixture(scope="module")
def shop() -> Any:
    """A simulated shop, twenty minutes old, with the whole page of each of its nodes."""
    world = build(seed=7, start=START, past=0, nodes=3, workloads=12)
    world.advance(START + 120)
    return world


def simulated(world: Any, node: str, kind: str) -> bytes:
    view = View(
        machine=world.machines[node],
        housekeeping=world.part(Housekeepings).on(node),
        now=world.now,
        kubernetes=world.kubernetes,
    )
    pages: dict[str, Callable[[View], str]] = {
        "cadvisor": simulated_cadvisor.page,
        "resource": simulated_resource.page,
        "probes": simulated_probes.page,
        "metrics": simulated_own.page,
    }
    return pages[kind](view).encode()


@pytest.mark.parametrize("kind", sorted(PARSERS))
@pytest.mark.parametrize("flavour", ["containerd", "cri-o", "containers unseen", "CRI statistics"])
def test_a_simulated_page_is_read_by_the_book_and_quickly(shop: Any, flavour: Flavour, kind: str) -> None:
    ours, book = PARSERS[kind]
    for name, machine in shop.machines.items():
        machine.flavour, usual = flavour, machine.flavour
        page, odd = simulated(shop, name, kind), Counter[Any]()
        machine.flavour = usual
        read = ours(page, odd)  # type: ignore[call-arg]
        assert ordered(read) == ordered(book(page))
        assert not odd
        if isinstance(read, CadvisorPage):
            assert read.containers
            assert read.labelled == (flavour in ("containerd", "cri-o"))
