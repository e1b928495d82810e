"""One event, one transaction: what both the live consumer and the redrive do with it."""

import asyncio
from collections.abc import Sequence
from typing import ClassVar, Final

from shared.db.engine import Database, Session
from shared.errors import DomainError, Kind
from shared.messaging import cursors, inbox
from shared.messaging.cursors import Gap, Step
from shared.messaging.decoding import Poison, Work
from shared.telemetry import message_context

HANDLER_SECONDS: Final = 30.0
_HOPELESS: Final = frozenset(
    {
        Kind.INVALID,
        Kind.UNAUTHENTICATED,
        Kind.FORBIDDEN,
        Kind.CONFLICT,
        Kind.GONE,
        Kind.STALE,
        Kind.PRECONDITION_REQUIRED,
        Kind.UNPROCESSABLE,
        Kind.TOO_LARGE,
    }
)


class HandlerTimedOut(DomainError):
    """A handler may take 30 s."""

    kind: ClassVar[Kind] = Kind.TIMED_OUT


def is_hopeless(error: BaseException) -> bool:
    """True if trying again cannot help: what is absent, busy or slow may come right, a refusal stays one."""
    return isinstance(error, Poison) or (isinstance(error, DomainError) and error.kind in _HOPELESS)


async def apply_alone(database: Database, consumer: str, work: Work) -> bool:
    """Handle one event in a transaction of its own; False if it had been handled before."""
    brand = work.envelope.brand
    async with database.begin(brand) as session:
        fresh = await inbox.remember(session, consumer, brand, [work])
        if fresh:
            await apply(session, consumer, work)
    return bool(fresh)


async def apply_all(session: Session, consumer: str, brand: str, works: Sequence[Work]) -> None:
    """Handle events of one brand in order; whatever one of them raises is meant to undo all of them."""
    strict = [work for work in works if work.strict]
    advanced = await cursors.advance_all(session, consumer, brand, strict) if strict else set()
    for work in works:
        if work.key in advanced:
            await handle(session, work)
        else:
            await apply(session, consumer, work)


async def apply(session: Session, consumer: str, work: Work) -> None:
    """Move the cursor of a strict stream and call the handler; raise `Gap` if an earlier event is missing.

    The session is bound to the work's brand.
    """
    if work.strict:
        step = await cursors.advance(session, consumer, work)
        if step is Step.GAP:
            raise Gap
        if step is Step.OLD and not work.late:
            return
    await handle(session, work)


async def handle(session: Session, work: Work) -> None:
    """Call the handler, if the event has one, with its trace and ids bound."""
    if work.subscription is None or work.received is None:
        return
    with message_context(work.envelope):
        try:
            async with asyncio.timeout(HANDLER_SECONDS):
                await work.subscription.handler(session, work.received)
        except TimeoutError as error:
            raise HandlerTimedOut from error
