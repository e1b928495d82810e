"""Chaining the audit trail, and proving that it is what it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final
from uuid import UUID

from services.tickets.domain.audit import Anchor, Fault, Verification, chain_key, chained
from services.tickets.queries import audit
from shared.db.engine import Session

BATCH: Final = 500
_LOOKED_AT: Final = 5000


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many links of a chain hold, how many entries wait for theirs, and the first fault."""

    held: int
    waiting: int
    fault: Fault | None


async def chain_waiting(session: Session, *, secret: bytes, now: datetime) -> list[Anchor]:
    """Give up to 500 waiting entries their links and return how far each of their brands has come.

    The caller is alone in this; if it is not, the second one to commit fails on a position that is taken.
    """
    entries = await audit.take_waiting(session, BATCH)
    last = await audit.last_links(session, {entry.brand for entry in entries})
    reached = []
    for brand, own in groupby(entries, key=lambda entry: entry.brand):
        links = list(chained(chain_key(secret, brand), own, last.get(brand)))
        await audit.add_links(session, brand, links)
        reached.append(Anchor(brand, links[-1].position, links[-1].mac, now))
    return reached


async def brands_to_verify(session: Session, anchors: Sequence[Anchor]) -> list[str]:
    """Return every brand that has a trail, or had one when an anchor was made."""
    return sorted({*await audit.audited_brands(session), *(anchor.brand for anchor in anchors)})


async def reached_so_far(session: Session, *, now: datetime) -> list[Anchor]:
    """Return how far the chain of every brand has come."""
    last = await audit.last_links(session, await audit.audited_brands(session))
    return [Anchor(brand, link.position, link.mac, now) for brand, link in last.items()]


async def verify_brand(session: Session, *, brand: str, secret: bytes, anchors: Sequence[Anchor]) -> Verdict:
    """Follow a brand's whole chain, then look for entries beside it."""
    own = [anchor for anchor in anchors if anchor.brand == brand]
    verification = Verification(chain_key(secret, brand), own)
    waiting = await audit.count_waiting(session, brand)
    while links := await audit.links_after(session, brand, verification.position, BATCH):
        for link, entry in links:
            held = verification.position
            fault = verification.judge(link, entry)
            if fault is not None:
                return Verdict(held, waiting, fault)
    fault = verification.end() or await _beside(session, brand, verification.position)
    return Verdict(verification.position, waiting, fault)


async def _beside(session: Session, brand: str, end: int) -> Fault | None:
    after: tuple[datetime, UUID] | None = None
    while True:
        stray, after = await audit.entries_beside(session, brand, after, _LOOKED_AT)
        if stray:
            what = f"entry {stray[0]} is neither chained nor waiting: it was inserted, or its link was deleted"
            return Fault(end + 1, what)
        if after is None:
            return None
