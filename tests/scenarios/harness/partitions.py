"""Where a record's key belongs: Kafka's default, murmur2, written anew from its definition."""

from __future__ import annotations

PARTITIONS = 6
_MASK = 0xFFFFFFFF
_M = 0x5BD1E995


def partition_of(key: str, count: int = PARTITIONS) -> int:
    """The partition of a key.

    >>> partition_of("L-1", 6) in range(6)
    True
    """
    return (_murmur2(key.encode()) & 0x7FFFFFFF) % count


def _murmur2(data: bytes) -> int:
    h = (0x9747B28C ^ len(data)) & _MASK
    whole = len(data) // 4 * 4
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at : at + 4], "little") * _M & _MASK
        k = (k ^ (k >> 24)) * _M & _MASK
        h = (h * _M & _MASK) ^ k
    if rest := data[whole:]:
        h = (h ^ int.from_bytes(rest, "little")) * _M & _MASK
    h = (h ^ (h >> 13)) * _M & _MASK
    return h ^ (h >> 15)
