"""How outgoing records are kept in the emission journal: one compressed block, byte for byte what Kafka will get.

Pickle keeps an object that stands in many records (a header of all events of one conversion) only once, which makes it
twice as fast here as msgpack. What is read back may hold nothing but tuples, lists, texts and bytes: no code can come in.
"""

from __future__ import annotations

import io
import pickle  # what it may read: see _Plain
from collections.abc import Sequence
from typing import Final, NoReturn

import zstandard

from leadline.delivery.record import Outgoing
from leadline.errors import LeadlineError

VERSION: Final = b"\x01"  # of the format, so that an upgrade knows what it cannot read
# Level 1 takes 2-3 % of a batch's time and makes the block some twenty times smaller.
LEVEL: Final = 1
PROTOCOL: Final = 5  # of all supported Pythons, so that an upgrade reads what was written before it
MAX_BLOCK_BYTES: Final = 1 << 30


def pack(records: Sequence[Outgoing]) -> bytes:
    """Turn outgoing records into a block."""
    plain = pickle.dumps([tuple(record) for record in records], PROTOCOL)
    return VERSION + zstandard.ZstdCompressor(level=LEVEL).compress(plain)


def unpack(block: bytes) -> list[Outgoing]:
    """Turn a block back into the same records; raises LeadlineError if it is of another version."""
    if block[:1] != VERSION:
        message = "the emission journal was written by another version: start that one once more, so that it is emptied"
        raise LeadlineError(message)
    plain = zstandard.ZstdDecompressor().decompress(block[1:], max_output_size=MAX_BLOCK_BYTES)
    return [Outgoing(topic, key, value, list(headers)) for topic, key, value, headers in _Plain(io.BytesIO(plain)).load()]


class _Plain(pickle.Unpickler):
    """Reads plain values only: every class and function is refused."""

    def find_class(self, module_name: str, global_name: str, /) -> NoReturn:
        """Refuse whatever is asked for."""
        message = f"a journal block asks for {module_name}.{global_name}"
        raise pickle.UnpicklingError(message)
