from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.resources import parse_quantity
from kube_headroom.simulator.controllers.quantities import Form, Quantity, canonical, minus, plus, quantity


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("3.5", "3500m", id="parts of one become thousandths"),
        pytest.param("0.1", "100m", id="so does a tenth"),
        pytest.param("2000m", "2", id="whole ones lose the suffix"),
        pytest.param("1024Mi", "1Gi", id="binary suffixes grow"),
        pytest.param("1.5Gi", "1536Mi", id="and stay whole"),
        pytest.param("1000Ki", "1000Ki", id="but not beyond what divides"),
        pytest.param("0.5Ki", "512", id="below 1024 there is no binary suffix"),
        pytest.param("128M", "128M", id="decimal stays decimal"),
        pytest.param("1500M", "1500M", id="and grows by thousands only"),
        pytest.param("1000M", "1G", id="as it does here"),
        pytest.param("1e6", "1M", id="exponents become suffixes, unlike there: nothing here writes them"),
        pytest.param("0Gi", "0", id="nothing has no suffix"),
        pytest.param("100n", "100n", id="nanos"),
        pytest.param("1073741825", "1073741825", id="bytes as bytes"),
    ],
)
def test_quantities_are_written_as_the_api_server_writes_them(text: str, expected: str) -> None:
    assert canonical(text) == expected


FORMS: st.SearchStrategy[Form] = st.sampled_from(["DecimalSI", "BinarySI"])


@given(st.integers(-(10**24), 10**24), FORMS)
def test_what_is_written_reads_the_same(nanos: int, form: Form) -> None:
    assert parse_quantity(str(Quantity(nanos, form))) == nanos


@given(st.integers(1, 10**24), FORMS)
def test_what_is_written_is_canonical(nanos: int, form: Form) -> None:
    written = str(Quantity(nanos, form))
    # A binary quantity that 1024 does not divide has no suffix, and reads as a decimal one.
    assert canonical(written) == written or (form == "BinarySI" and written.isdecimal())


def test_sums_are_written_as_their_first_part_is() -> None:
    assert str(plus(quantity("1Gi"), quantity("500M"))) == "1573741824"
    assert str(plus(quantity("0"), quantity("1Gi"))) == "1Gi"
    assert str(minus(quantity("2Gi"), quantity("1Gi"))) == "1Gi"
