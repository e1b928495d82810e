"""What is kept for a time only: drafts nobody went on with, uses of macros, merges that were taken back."""

from datetime import timedelta

from services.tickets.domain.merging import UNDO_WITHIN
from services.tickets.queries import forgetting
from shared.db.engine import Database


async def forget_batch(database: Database, *, drafts: timedelta, uses: timedelta, most: int) -> int:
    """Delete what is older than it is kept, at most so many rows of a kind, and return how many of the kind most had.

    It runs in every process: what another one is deleting is passed by.
    """
    async with database.begin_worker() as session:
        gone = [
            await forgetting.forget_drafts(session, age=drafts, most=most),
            await forgetting.forget_uses(session, age=uses, most=most),
            await forgetting.forget_undone_merges(session, age=UNDO_WITHIN, most=most),
        ]
    return max(gone)
