"""Who sees a ticket, and as whom somebody speaks."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain import access
from services.tickets.domain.errors import MessageKindRefused, PlayerMismatch, PlayerMissing
from services.tickets.domain.tickets import Ticket, unopened
from shared.contracts.base import Author, AuthorKind, Channel, ContactRef
from shared.contracts.tickets import MessageKind
from shared.errors import DomainError
from shared.ids import new_id

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PLAYER = Author(kind=AuthorKind.PLAYER, id="p-1")
VISITOR = Author(kind=AuthorKind.VISITOR, id="v-1")
STAFF = Author(kind=AuthorKind.STAFF, id="s-1")
SERVER = Author(kind=AuthorKind.SERVER, id="k-1")
KIM = ContactRef(channel=Channel.EMAIL, address="Kim@Example.org", name="Kim", thread=("<a>", "<b>"))


def _ticket(player_id: str | None = "p-1", visitor_id: str | None = None, contact: ContactRef | None = None) -> Ticket:
    state = unopened(ticket_id=new_id(), subject="Payout", channel=Channel.WEB, created_at=NOW, player_id=player_id)
    return Ticket("lucky", state, visitor_id=visitor_id, contact=contact)


@pytest.mark.parametrize(
    ("reader", "sees"),
    [
        (PLAYER, True),
        (Author(kind=AuthorKind.PLAYER, id="p-2"), False),
        (VISITOR, False),
        # A visitor whose id equals the player's is still a visitor.
        (Author(kind=AuthorKind.VISITOR, id="p-1"), False),
        (STAFF, True),
        (SERVER, True),
    ],
)
def test_players_see_their_own(reader: Author, *, sees: bool) -> None:
    """A ticket is its player's and the brand's."""
    assert access.may_see(reader, _ticket()) is sees


def test_visitors_see_their_own() -> None:
    """A ticket without player is its visitor's; a player whose id equals the visitor's is not him."""
    ticket = _ticket(None, "v-1")
    assert access.may_see(VISITOR, ticket)
    assert not access.may_see(Author(kind=AuthorKind.PLAYER, id="v-1"), ticket)
    assert access.is_outside(VISITOR)
    assert not access.is_outside(STAFF)


@pytest.mark.parametrize(
    ("opener", "wanted", "player"),
    [
        (PLAYER, None, "p-1"),
        (PLAYER, "p-1", "p-1"),
        (VISITOR, None, None),
        (STAFF, None, None),
        (STAFF, "p-7", "p-7"),
        (SERVER, "p-7", "p-7"),
    ],
)
def test_whose_a_new_ticket_is(opener: Author, wanted: str | None, player: str | None) -> None:
    """The token decides for players; servers and staff say it."""
    assert access.player_of_opening(opener, wanted) == player


@pytest.mark.parametrize(
    ("opener", "wanted", "error"),
    [(PLAYER, "p-2", PlayerMismatch), (VISITOR, "p-1", PlayerMismatch), (SERVER, None, PlayerMissing)],
)
def test_nobody_opens_in_anothers_name(opener: Author, wanted: str | None, error: type[DomainError]) -> None:
    """A player cannot name another, a visitor nobody, and a server must."""
    with pytest.raises(error) as refused:
        access.player_of_opening(opener, wanted)
    assert refused.value.field == "player_id"


@pytest.mark.parametrize(
    ("opener", "player", "author", "kind"),
    [
        (PLAYER, "p-1", PLAYER, "message"),
        (VISITOR, None, VISITOR, "message"),
        (SERVER, "p-1", PLAYER, "message"),
        (STAFF, "p-1", PLAYER, "message"),
        (STAFF, None, STAFF, "note"),
    ],
)
def test_who_speaks_first(opener: Author, player: str | None, author: Author, kind: str) -> None:
    """Words written down for a player are the player's."""
    assert access.first_words_of(opener, player) == (author, MessageKind(kind))


@pytest.mark.parametrize(
    ("speaker", "kind", "player", "author", "chosen"),
    [
        (PLAYER, None, None, PLAYER, "message"),
        (PLAYER, "note", None, PLAYER, "message"),
        (VISITOR, "reply", "x", VISITOR, "message"),
        (STAFF, None, None, STAFF, "reply"),
        (STAFF, "note", None, STAFF, "note"),
        (SERVER, None, None, SERVER, "reply"),
        (SERVER, "note", None, SERVER, "note"),
        (SERVER, None, "p-1", PLAYER, "message"),
        (SERVER, "message", "p-1", PLAYER, "message"),
        (SERVER, "reply", "p-1", SERVER, "reply"),
    ],
)
def test_as_whom_somebody_speaks(
    speaker: Author, kind: str | None, player: str | None, author: Author, chosen: str
) -> None:
    """Players write, staff answer or note, servers do either or pass words on."""
    wanted = MessageKind(kind) if kind else None
    assert access.speaks_as(speaker, _ticket(), wanted, player) == (author, MessageKind(chosen))


@pytest.mark.parametrize(
    ("speaker", "kind", "player", "error"),
    [
        (STAFF, "message", None, MessageKindRefused),
        (STAFF, "message", "p-1", MessageKindRefused),
        (STAFF, None, "p-2", PlayerMismatch),
        (SERVER, "message", None, PlayerMissing),
        (SERVER, None, "p-2", PlayerMismatch),
    ],
)
def test_nobody_speaks_for_another(
    speaker: Author, kind: str | None, player: str | None, error: type[DomainError]
) -> None:
    """Staff never write the player's words; a server only those of the ticket's player."""
    with pytest.raises(error):
        access.speaks_as(speaker, _ticket(), MessageKind(kind) if kind else None, player)


def test_the_contact_is_recognised_without_case() -> None:
    """Another channel or address is another person, and a ticket without contact knows nobody."""
    ticket = _ticket(contact=KIM)
    assert access.is_contact(KIM.model_copy(update={"address": " kim@example.ORG "}), ticket)
    assert not access.is_contact(KIM.model_copy(update={"channel": Channel.SOCIAL}), ticket)
    assert not access.is_contact(KIM.model_copy(update={"address": "eve@example.org"}), ticket)
    assert not access.is_contact(KIM, _ticket())


@given(
    st.lists(st.text("abc", min_size=1, max_size=2), max_size=15), st.lists(st.text("abcd", min_size=1), max_size=15)
)
def test_the_thread_keeps_the_newest_ids_once(known: list[str], seen: list[str]) -> None:
    """At most ten, without repeats, the newest last."""
    before = KIM.model_copy(update={"thread": tuple(known)})
    after = access.merged_contact(before, KIM.model_copy(update={"thread": tuple(seen)}))
    assert len(after.thread) == len(set(after.thread)) <= 10
    assert after.thread[-1:] == tuple(dict.fromkeys(seen or known))[-1:]


def test_a_contact_keeps_what_it_had() -> None:
    """A message without a name or mailbox does not erase them."""
    known = KIM.model_copy(update={"reply_from": "support@lucky.example"})
    seen = ContactRef(channel=Channel.EMAIL, address="kim@example.org", thread=("<c>",))
    merged = access.merged_contact(known, seen)
    assert (merged.name, merged.reply_from, merged.thread) == ("Kim", "support@lucky.example", ("<a>", "<b>", "<c>"))
    assert access.merged_contact(None, seen) is seen


def test_a_strangers_headers_can_be_stored() -> None:
    """An encoded word may decode to anything; what cannot be stored is left out."""
    wild = KIM.model_copy(
        update={"address": " kim\x00@example.org\n", "name": "K\x00im\r\nBcc", "thread": ("<a\x00>",)}
    )
    tame = access.storable_contact(wild)
    assert (tame.address, tame.name, tame.thread) == ("kim@example.org", "Kim Bcc", ("<a>",))
    assert access.storable_contact(KIM.model_copy(update={"name": None})).name is None


def test_an_address_proves_no_player() -> None:
    """An outside sender is a visitor unless the ticket already is a player's."""
    assert access.author_of_contact(KIM, None) == Author(kind=AuthorKind.VISITOR, id=KIM.address, name="Kim")
    assert access.author_of_contact(KIM, "p-1") == Author(kind=AuthorKind.PLAYER, id="p-1", name="Kim")
    assert "not this ticket's contact (email: Kim@Example.org):\n\nHi" in access.note_of_third_party(KIM, "Hi")
