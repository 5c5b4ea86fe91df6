"""Quantities: the published vectors, hostile texts, and what must hold for every text."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_headroom.resources import QuantityError, parse_quantity
from tests.resources.pods import vector

UNIT = 10**9
MAXIMUM = 2**63 - 1


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        vector("a plain integer counts units", "2", 2 * UNIT),
        vector("milli is a thousandth", "100m", UNIT // 10),
        vector("micro is a millionth", "1u", 1000),
        vector("nano is the grain", "1n", 1),
        vector("k is a thousand", "1k", 1000 * UNIT),
        vector("M is a million", "1M", 10**6 * UNIT),
        vector("G is a milliard", "1G", 10**9 * UNIT),
        vector("T is 10^12", "1T", 10**12 * UNIT),
        vector("P is 10^15", "1P", 10**15 * UNIT),
        vector("E without digits behind it is exa", "1E", 10**18 * UNIT),
        vector("E with digits behind it is an exponent", "1E3", 1000 * UNIT),
        vector("e is an exponent, too", "12e6", 12 * 10**6 * UNIT),
        vector("an exponent has a sign", "25e-1", 5 * UNIT // 2),
        vector("Ki is 1024", "1Ki", 1024 * UNIT),
        vector("Mi is 2^20", "1Mi", 2**20 * UNIT),
        vector("Gi is 2^30", "1Gi", 2**30 * UNIT),
        vector("Ti is 2^40", "1Ti", 2**40 * UNIT),
        vector("Pi is 2^50", "1Pi", 2**50 * UNIT),
        vector("Ei is 2^60", "1Ei", 2**60 * UNIT),
        vector("digits before the point may be missing", ".5", UNIT // 2),
        vector("digits behind the point may be missing", "1.", UNIT),
        vector("a bare point may stand before a suffix", "1.G", 10**9 * UNIT),
        vector("a plus sign is allowed", "+1", UNIT),
        vector("a minus sign is kept", "-1.5", -3 * UNIT // 2),
        vector("a fraction of a binary unit is exact", "0.05Gi", 53_687_091_200_000_000),
        vector("less than a nano rounds up to one", "0.9n", 1),
        vector("a part of a nano rounds up", "3.001n", 4),
        vector("rounding goes away from zero", "-3.001n", -4),
        vector("zero stays zero", "0.000n", 0),
        vector("a binary quantity is capped at 2^63-1", "9Ei", MAXIMUM * UNIT),
        vector("the cap holds below zero", "-9Ei", -MAXIMUM * UNIT),
        vector("the cap holds for any number of digits", "9" * 900 + "Ei", MAXIMUM * UNIT),
        vector("a decimal quantity is not capped", "12E", 12 * 10**18 * UNIT),
        vector("a suffix without digits is nothing", "k", 0),
        vector("a sign without digits is nothing", "-", 0),
        vector("a binary suffix up to Ti without digits is nothing", "Ti", 0),
        vector("an exponent of 2^32 without digits is nothing", "e-4294967296", 0),
        vector("a zero has no size whatever its exponent", "0e999999999", 0),
        vector("only the lower 32 bits of an exponent count", "5e4294967297", 50 * UNIT),
        vector("a vanishing exponent leaves one nano", "1e-2000000000", 1),
        vector("a JSON integer counts units", 3, 3 * UNIT),
        vector("a negative JSON integer counts units", -3, -3 * UNIT),
        vector("a JSON number means its decimal digits", 0.1, UNIT // 10),
        vector("a large JSON number means its decimal digits", 1e22, 10**22 * UNIT),
    ],
)
def test_a_quantity_is_read_exactly(text: str | float, nanos: int) -> None:
    assert parse_quantity(text) == nanos


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        vector("an empty text", "", "expected a number"),
        vector("an upper-case K", "1K", "expected a number"),
        vector("a lower-case ki", "1ki", "expected a number"),
        vector("a lower-case mi", "0.1mi", "expected a number"),
        vector("a lone i", "1i", "expected a number"),
        vector("a space before", " 1", "expected a number"),
        vector("a space behind", "1 ", "expected a number"),
        vector("a line end", "1\n", "expected a number"),
        vector("two points", "1.1.M", "expected a number"),
        vector("an exponent without digits", "-3.01e-", "expected a number"),
        vector("a digit of another script", "१", "expected a number"),
        vector("no digits with a binary suffix that needs some", "Ei", "expected a number"),
        vector("no digits with the least such suffix", "Pi", "expected a number"),
        vector("no digits with an exponent below nano", "e-10", "expected a number"),
        vector("no digits with an exponent whose lower 32 bits are below nano", "e4294967286", "expected a number"),
        vector("an exponent beyond 64 bits", "1e9223372036854775808", "an exponent of 64 bits"),
        vector("a value no series can hold", "1e999999999", "less than 10^291"),
        vector("an integer no series can hold", 10**291, "an integer of 967 bits"),
        vector("an integer Python does not write out", 10**9999, "less than 10^291"),
        vector("an infinite number", float("inf"), "expected a number"),
        vector("no number at all", float("nan"), "expected a number"),
        vector("a truth value", bool(1), "expected a number"),
        vector("null", None, "expected a number"),
        vector("a text too long to be meant", "1" * 1001, "at most 1000 characters"),
    ],
)
def test_what_is_no_quantity_is_refused_with_its_text(text: str | float, expected: str) -> None:
    with pytest.raises(QuantityError) as refusal:
        parse_quantity(text)
    assert expected in str(refusal.value)
    assert len(str(refusal.value)) < 200
    if isinstance(text, str):
        assert repr(text)[:20] in str(refusal.value)


def test_the_number_1_and_the_truth_value_do_not_share_a_cache_entry() -> None:
    assert parse_quantity(1.0) == UNIT
    assert parse_quantity(1) == UNIT
    with pytest.raises(QuantityError):
        parse_quantity(bool(1))


@pytest.mark.parametrize("text", ["1" * 10**6, "0." + "0" * 10**6 + "1", "1e999999999", "1e-999999999", "+" * 10**6])
def test_hostile_text_costs_no_time(text: str) -> None:
    before = time.process_time()
    for _ in range(10):
        parse_quantity.cache_clear()
        with suppress(QuantityError):
            parse_quantity(text)
    assert time.process_time() - before < 1


@given(st.integers(-(10**30), 10**30), st.integers(0, 40))
def test_the_decimal_point_and_the_exponent_say_the_same(mantissa: int, places: int) -> None:
    sign, digits = "-" if mantissa < 0 else "", str(abs(mantissa)).zfill(places + 1)
    cut = len(digits) - places
    assert parse_quantity(f"{sign}{digits[:cut]}.{digits[cut:]}") == parse_quantity(f"{mantissa}e-{places}")


@given(st.integers(0, 2**70), st.sampled_from(["n", "u", "m", "", "k", "M", "Ki", "Mi", "Gi"]))
def test_a_larger_number_is_never_a_smaller_quantity(number: int, suffix: str) -> None:
    assert parse_quantity(f"{number}{suffix}") <= parse_quantity(f"{number + 1}{suffix}")
    assert parse_quantity(f"-{number}{suffix}") == -parse_quantity(f"{number}{suffix}")


@given(st.text(alphabet="+-.0123456789eEinumkKMGTP ", max_size=30))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    try:
        nanos = parse_quantity(text)
    except QuantityError as refusal:
        message = str(refusal)
    else:
        assert isinstance(nanos, int)
        return
    assert repr(text) in message
