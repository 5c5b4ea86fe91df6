"""Kubernetes quantities as exact integers of nanos; nothing here rounds through binary floating point."""

from __future__ import annotations

import re
from functools import lru_cache

NANOS_PER_UNIT = 10**9

# No float holds more than 10^308: below this bound a sum over every pod of a cluster can still be exposed.
_MAX_DIGITS = 300
# The longest text anybody means; it keeps the arithmetic, and the cache, small whatever a client sends.
_MAX_LENGTH = 1000
_BINARY_MAXIMUM = (2**63 - 1) * NANOS_PER_UNIT

_DECIMAL_EXPONENTS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY_EXPONENTS = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}

_SYNTAX = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>[0-9]*)(?:\.(?P<fraction>[0-9]*))?"
    r"(?:[eE](?P<exponent>[+-]?[0-9]+)|(?P<suffix>[KMGTPE]i|[numkMGTPE]?))"
)
_EXPECTED = "expected a number with an optional suffix n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei or e<integer>"
_TOO_LARGE = f"expected less than 10^{_MAX_DIGITS - 9}, since no series can hold more"


class QuantityError(ValueError):
    """A text is no quantity, or one that no series can hold; the message names the text and what was expected."""

    def __init__(self, text: object, expected: str = _EXPECTED) -> None:
        shown = repr(text)
        super().__init__(f"invalid quantity {shown if len(shown) <= 60 else shown[:60] + '...'}: {expected}")


@lru_cache(maxsize=8192, typed=True)
def parse_quantity(text: str | float) -> int:
    """Return a quantity in nanos (10^-9 of its unit: cores, bytes, pieces), exactly as Kubernetes reads it.

    The rule is `ParseQuantity` of k8s.io/apimachinery `pkg/api/resource`: what is finer than a nano rounds away
    from zero, and only binary suffixes are capped, at 2^63-1 units. A bare JSON number means its own digits.
    Spaces are refused; only the server's JSON decoder trims them. Cached, since a cluster repeats few texts.

    Raises QuantityError for what Kubernetes refuses, and for what it accepts but nobody can use: texts beyond
    1,000 characters and values of 10^291 or more.
    """
    if isinstance(text, str):
        return _parse_text(text)
    if isinstance(text, bool) or not isinstance(text, int | float):
        raise QuantityError(text)
    if isinstance(text, float):
        return _parse_text(repr(text))
    if abs(text) >= 10 ** (_MAX_DIGITS - 9):
        # Python refuses to write out an integer this long.
        raise QuantityError(f"an integer of {text.bit_length()} bits", _TOO_LARGE)
    return text * NANOS_PER_UNIT


def _parse_text(text: str) -> int:
    if len(text) > _MAX_LENGTH:
        raise QuantityError(text, f"expected at most {_MAX_LENGTH} characters")
    match = _SYNTAX.fullmatch(text)
    if match is None or not text:
        raise QuantityError(text)
    sign, whole, fraction, exponent, suffix = match.groups(default="")
    binary = _BINARY_EXPONENTS.get(suffix, 0)
    scale = _exponent(text, exponent) if exponent else _DECIMAL_EXPONENTS.get(suffix, 0)
    digits = whole + fraction
    if not digits and (scale < -9 or binary >= _BINARY_EXPONENTS["Pi"]):
        # Without any digit the library reads 0 ("k", ".", "+"), save where its slow path wants one.
        raise QuantityError(text)
    mantissa = int(digits or "0") << binary
    power = _int32(scale - len(fraction)) + 9
    if binary:
        nanos = min(_scaled(mantissa, power), _BINARY_MAXIMUM)
    elif mantissa and len(str(mantissa)) + power > _MAX_DIGITS:
        raise QuantityError(text, _TOO_LARGE)
    else:
        nanos = _scaled(mantissa, power)
    return -nanos if sign == "-" else nanos


def _exponent(text: str, exponent: str) -> int:
    """Read the integer after e or E as Go does: it must fit 64 bits, of which the lower 32 count."""
    value = int(exponent)
    if not -(2**63) <= value < 2**63:
        raise QuantityError(text, "expected an exponent of 64 bits")
    return _int32(value)


def _int32(value: int) -> int:
    return (value + 2**31) % 2**32 - 2**31


def _scaled(mantissa: int, power: int) -> int:
    """Return mantissa x 10^power, rounded up."""
    if not mantissa:
        return 0
    if power >= 0:
        return mantissa * int(10**power)
    if -power > _MAX_LENGTH + _MAX_DIGITS:
        # More places than any mantissa has digits: only the rounding is left, and the power may be astronomic.
        return 1
    return -(-mantissa // int(10**-power))
