"""Chaining the audit trail, and proving that it is what it was."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from services.tickets.domain.audit import Anchor, Fault, Verification, chain_key, chained
from services.tickets.queries import audit
from shared.db.engine import Session

BATCH: Final = 500


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


async def verify_brand(
    session: Session, *, brand: str, secret: bytes, anchors: Sequence[Anchor]
) -> tuple[int, Fault | None]:
    """Return how many links of a brand hold, and the first fault; entries beside the chain are one at its end."""
    own = [anchor for anchor in anchors if anchor.brand == brand]
    verification = Verification(chain_key(secret, brand), own)
    while links := await audit.links_after(session, brand, verification.position, BATCH):
        for link, entry in links:
            held = verification.position
            fault = verification.judge(link, entry)
            if fault is not None:
                return held, fault
    held = verification.position
    stray = await audit.stray_entry(session, brand)
    beside = Fault(held + 1, f"entry {stray} is neither chained nor waiting: it was inserted, or its link deleted")
    return held, verification.end() or (beside if stray else None)
