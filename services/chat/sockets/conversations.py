"""Which conversations the sockets of this process hear, and how they hear them without gap or repetition."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Final, Protocol, TypeAlias
from uuid import UUID

import structlog

from services.chat.domain.feed import Feed
from services.chat.domain.values import CloseCode, Look, Message, Person, Receipt
from services.chat.schemas.frames import encode, entry_frame, receipt_frame
from services.chat.settings import Settings
from services.chat.sockets.connection import LiveSocket, Subscription
from services.chat.use_cases import transcripts
from shared.clock import Clock
from shared.contracts.base import AuthorKind
from shared.db.engine import Database, Session

Spawn: TypeAlias = Callable[[Coroutine[None, None, None]], "asyncio.Task[None]"]
_logger: Final = structlog.get_logger(module=__name__)


class Presence(Protocol):
    """Hears of people of one side who come to or leave a conversation."""

    def __call__(self, socket: LiveSocket, ticket_id: UUID, *, online: bool) -> None:
        """Take note that the first came or the last left."""
        ...


class Conversations:
    """The subscriptions of this process.

    Nothing here waits for a peer, and a live message is only a hint: what it misses is read from the transcript when a
    feed shows a hole, at the latest at the next ping. `presence` hears when the first or last socket of a kind of
    people comes to or leaves a conversation.
    """

    def __init__(self, database: Database, clock: Clock, settings: Settings, spawn: Spawn, presence: Presence) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._spawn = spawn
        self._presence = presence
        self._by_ticket: dict[UUID, dict[LiveSocket, Subscription]] = {}
        self._marks: dict[UUID, dict[tuple[str, str], Receipt]] = {}

    async def tune_in(
        self, socket: LiveSocket, cursors: Mapping[UUID, int], *, automatic: bool = False
    ) -> dict[UUID, int]:
        """Let a socket hear those of the conversations it may hear, from after its cursors on; return their heads."""
        async with self._database.begin(socket.person.brand) as session:
            return await self.tune_in_within(session, socket, cursors, automatic=automatic)

    async def tune_in_within(
        self, session: Session, socket: LiveSocket, cursors: Mapping[UUID, int], *, automatic: bool = False
    ) -> dict[UUID, int]:
        """Do so in a transaction of the caller's, who forgets the socket if that fails later.

        The subscription is there before the database is asked how far each conversation got, so that no message falls
        between the two; every statement sees what was committed before it (READ COMMITTED).
        """
        fresh = [self._subscribe(socket, ticket_id, after, automatic) for ticket_id, after in cursors.items()]
        try:
            look = Look(self._clock.now(), str(socket.id))
            found = await transcripts.begin_listening(session, person=socket.person, cursors=cursors, look=look)
        except BaseException:
            self._drop(fresh)
            raise
        self._drop(subscription for subscription in fresh if subscription.ticket_id not in found.heads)
        for receipt in found.receipts:
            self.tell_receipt(socket.person.brand, receipt)
        for subscription in fresh:
            if subscription.ticket_id in found.heads:
                self._begin(subscription, found.heads[subscription.ticket_id])
        return found.heads

    def tune_out(self, socket: LiveSocket, ticket_id: UUID) -> None:
        """Let a socket hear a conversation no more."""
        subscription = socket.subscriptions.pop(ticket_id, None)
        if subscription is None:
            return
        listeners = self._by_ticket[ticket_id]
        listeners.pop(socket, None)
        if not listeners:
            del self._by_ticket[ticket_id]
            self._marks.pop(ticket_id, None)
        if subscription.begun and not self._kin(ticket_id, socket.person):
            self._presence(socket, ticket_id, online=False)

    def deliver(self, brand: str, message: Message) -> None:
        """Send a committed entry to everyone here who hears its conversation."""
        listeners = self._by_ticket.get(message.ticket_id)
        if not listeners:
            return
        frame = entry_frame(message)
        for socket, subscription in listeners.items():
            if socket.person.brand != brand:
                continue
            if subscription.feed.offer(message.seq):
                socket.push_message(message, frame)
            elif subscription.feed.catching_up:
                self.catch_up(subscription)

    def send(
        self,
        brand: str,
        ticket_id: UUID,
        frame: str,
        *,
        but: tuple[str, str, str] | None = None,
        only: frozenset[AuthorKind] | None = None,
    ) -> None:
        """Send a passing frame to those who hear a conversation, `but` one person, or `only` to some kinds."""
        for socket, heard in self._by_ticket.get(ticket_id, {}).items():
            person = socket.person
            if person.brand == brand and person.key != but and (only is None or person.kind in only):
                self._pass(heard, frame)

    def tell_receipt(self, brand: str, receipt: Receipt) -> None:
        """Tell how far a reader got if that is news here: what processes tell each other may come in any order."""
        if receipt.ticket_id not in self._by_ticket:
            return
        marks, key = self._marks.setdefault(receipt.ticket_id, {}), (receipt.reader.kind.value, receipt.reader.id)
        risen = receipt.risen_by(marks.get(key, receipt))
        if risen != marks.get(key):
            marks[key] = risen
            self.send(brand, receipt.ticket_id, receipt_frame(risen), but=(brand, *key))

    def hear_of(self, subscription: Subscription, head: int) -> None:
        """Note how far a conversation got, and fill what a socket turns out to miss."""
        if subscription.feed.hear_of(head):
            self.catch_up(subscription)

    def catch_up(self, subscription: Subscription) -> None:
        """Fill a hole from the transcript, unless that is being done already.

        Nothing is read for a socket before it is known that its holder may hear the conversation.
        """
        if subscription.begun and subscription.filler is None:
            subscription.filler = self._spawn(self._fill(subscription))

    def _pass(self, heard: Subscription, frame: str) -> None:
        """Send a passing frame, or keep it until it is known that this person may hear the conversation."""
        if heard.begun:
            heard.socket.push(frame)
        else:
            heard.kept.append(frame)

    def _subscribe(self, socket: LiveSocket, ticket_id: UUID, after_seq: int, automatic: bool) -> Subscription:
        subscription = Subscription(socket, ticket_id, Feed(after_seq), automatic)
        socket.subscriptions[ticket_id] = subscription
        self._by_ticket.setdefault(ticket_id, {})[socket] = subscription
        return subscription

    def _begin(self, subscription: Subscription, head: int) -> None:
        socket, feed = subscription.socket, subscription.feed
        subscription.begun = True
        for frame in (*subscription.kept, *map(receipt_frame, self._marks.get(subscription.ticket_id, {}).values())):
            socket.push(frame)
        subscription.kept.clear()
        if self._kin(subscription.ticket_id, socket.person) == [socket]:
            self._presence(socket, subscription.ticket_id, online=True)
        is_absurd = feed.next_seq > head + 1
        if is_absurd:
            socket.push(encode("resync", ticket_id=subscription.ticket_id, last_seq=head))
            subscription.feed = feed = Feed(head)
        feed.hear_of(head)
        # What was said during the check seemed old to a feed that was beyond the head: it has to be looked for.
        if is_absurd or not feed.settle():
            self.catch_up(subscription)

    def _kin(self, ticket_id: UUID, person: Person) -> list[LiveSocket]:
        listeners = self._by_ticket.get(ticket_id, {}).items()
        return [other for other, heard in listeners if heard.begun and other.person.is_staff is person.is_staff]

    def _drop(self, subscriptions: Iterable[Subscription]) -> None:
        for subscription in subscriptions:
            if subscription.socket.subscriptions.get(subscription.ticket_id) is subscription:
                self.tune_out(subscription.socket, subscription.ticket_id)

    async def _fill(self, subscription: Subscription) -> None:
        try:
            while not await self._filled(subscription):
                pass
        except Exception as error:  # noqa: BLE001 - the client comes back and resumes, whatever it was
            _logger.warning("catching_up_failed", error=repr(error))
            subscription.socket.close(CloseCode.OVERLOADED)
        finally:
            subscription.filler = None

    async def _filled(self, subscription: Subscription) -> bool:
        """Send a page of what is missing, as fast as the peer reads; True if nothing is or nobody listens any more."""
        socket, feed, ticket_id = subscription.socket, subscription.feed, subscription.ticket_id
        if socket.closing is not None or socket.subscriptions.get(ticket_id) is not subscription:
            return True
        if feed.missing > self._settings.resync_beyond:
            self._resync(subscription)
            return feed.settle()
        brand, after, heard = socket.person.brand, feed.next_seq - 1, feed.head
        async with self._database.begin(brand) as session:
            page = await transcripts.catch_up(
                session, brand=brand, ticket_id=ticket_id, after_seq=after, limit=self._settings.page
            )
        for message in page:
            await socket.room()
            if socket.subscriptions.get(ticket_id) is not subscription:
                return True  # heard anew from another place, or no more: two of us would mix up their order
            if feed.take(message.seq):
                socket.push_message(message, entry_frame(message))
        if not page and feed.head == heard:
            feed.trim()
        return feed.settle()

    def _resync(self, subscription: Subscription) -> None:
        """Tell a client to reload over HTTP what it misses, and go on from there."""
        socket, feed = subscription.socket, subscription.feed
        socket.push(encode("resync", ticket_id=subscription.ticket_id, last_seq=feed.head))
        feed.skip()
        socket.acknowledge_written(subscription.ticket_id, before=feed.next_seq)
