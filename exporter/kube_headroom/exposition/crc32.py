"""CRC-32 of joined byte strings from their parts' CRCs, for machines without isal."""

from __future__ import annotations

_POLYNOMIAL = 0xEDB88320
_ONE = 1 << 31
_EIGHT_BITS_ON = 1 << 23


def crc32_combine(first: int, second: int, second_length: int, /) -> int:
    """Return the CRC-32 of a + b from those of a and b and b's length in bytes.

    Polynomials over GF(2), lowest power in the highest bit: appending n bytes multiplies by x^(8n)
    modulo the CRC's polynomial (RFC 1952, 8; zlib's crc32_combine does the same).
    """
    shift, square = _ONE, _EIGHT_BITS_ON
    while second_length:
        if second_length & 1:
            shift = _multiply(shift, square)
        square = _multiply(square, square)
        second_length >>= 1
    return _multiply(shift, first) ^ second


def _multiply(left: int, right: int) -> int:
    product = 0
    for bit in range(31, -1, -1):
        if left >> bit & 1:
            product ^= right
        right = right >> 1 ^ (_POLYNOMIAL if right & 1 else 0)
    return product
