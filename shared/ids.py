"""Identifiers: UUIDv7 (RFC 9562, section 5.7), so that new rows land at the right edge of an index."""

import secrets
import time
from uuid import UUID


def new_id() -> UUID:
    """Return a UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random_bits = secrets.randbits(74)
    high = (milliseconds & 0xFFFF_FFFF_FFFF) << 80
    middle = (0x7 << 76) | ((random_bits >> 62) << 64)
    low = (0b10 << 62) | (random_bits & 0x3FFF_FFFF_FFFF_FFFF)
    return UUID(int=high | middle | low)
