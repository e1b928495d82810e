"""What operators are told: byte-stable, additive, and without words unless they asked for them."""

import json
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from services.notifications.domain import catalogue
from services.notifications.domain.catalogue import body, checked_types, public_catalogue, public_fact
from services.notifications.domain.errors import EventTypeUnknown
from shared.contracts import chat, sla, tickets
from shared.contracts.base import SAMPLE_ID, SAMPLE_TIME, Event
from shared.contracts.tickets import MessageAdded, MessageKind

GOLDEN: Final = Path(__file__).parent / "golden"
TOLD: Final[tuple[type[Event], ...]] = (
    tickets.TicketOpened,
    tickets.MessageAdded,
    tickets.MessageCorrected,
    tickets.TicketAssigned,
    tickets.TicketStatusChanged,
    tickets.TicketEscalated,
    tickets.TicketUpdated,
    tickets.TicketMerged,
    tickets.TicketUnmerged,
    tickets.TicketSplit,
    tickets.ComplaintRegistered,
    tickets.ComplaintChanged,
    sla.ComplaintWarned,
    sla.ComplaintBreached,
    sla.ClockWithdrawn,
    sla.ClockWarned,
    sla.ClockBreached,
    sla.ClockMet,
    chat.SessionStarted,
    chat.SessionEnded,
    chat.RatingGiven,
)
LONGEST: Final = 20_000


def _bytes(event: Event, *, content: bool) -> bytes:
    fact = public_fact(event)
    assert fact is not None
    return body(fact, content=content, event_id=SAMPLE_ID, brand="lucky", sequence=7)


@pytest.mark.parametrize("content", [False, True])
@pytest.mark.parametrize("event", TOLD, ids=lambda event: event.__name__)
def test_payloads_are_byte_stable(event: type[Event], content: bool) -> None:
    """A version of the payload never changes; a new field is a new golden file made on purpose."""
    found = _bytes(event.sample(), content=content)
    name = f"{catalogue.API_VERSION}.{json.loads(found)['type']}{'.content' if content else ''}.json"
    assert (GOLDEN / name).read_bytes() == found + b"\n"


@pytest.mark.parametrize("event", TOLD, ids=lambda event: event.__name__)
def test_bodies_have_the_frame_of_the_standard(event: type[Event]) -> None:
    """`type`, `timestamp` and `data` as the specification wants, and what shows order and gaps."""
    document = json.loads(_bytes(event.sample(), content=False))
    assert list(document) == ["id", "type", "timestamp", "api_version", "brand", "aggregate", "sequence", "data"]
    assert document["id"] == f"msg_{SAMPLE_ID.hex}"
    assert document["timestamp"].endswith("Z")
    assert document["aggregate"]["id"] == str(SAMPLE_ID)
    assert document["sequence"] == 7


@pytest.mark.parametrize("event", TOLD, ids=lambda event: event.__name__)
def test_words_names_and_subjects_need_include_content(event: type[Event]) -> None:
    """GDPR, article 5: no more personal data than the receiver needs."""
    lean = _bytes(event.sample(), content=False).decode()
    for key in ('"text"', '"name"', '"subject"'):
        assert key not in lean


def test_content_holds_the_words() -> None:
    """Who asked for content gets text, names and subject."""
    data = json.loads(_bytes(MessageAdded.sample(), content=True))["data"]
    assert data["message"]["text"] == "It is on its way."
    assert data["message"]["author"]["name"] == "Ann"
    assert data["ticket"]["subject"] == "Payout"


def test_notes_stay_inside() -> None:
    """What staff write to each other is told to nobody."""
    note = MessageAdded.sample().model_copy(update={"kind": MessageKind.NOTE})
    assert public_fact(note) is None


def test_what_a_split_copies_is_not_told_again() -> None:
    """A copy is no new word: an operator who counts messages must not see one twice."""
    copy = MessageAdded.sample().model_copy(update={"copied_from": SAMPLE_ID})
    assert public_fact(copy) is None


@pytest.mark.parametrize("event", [tickets.TicketLinked, sla.ClockStarted, sla.ClockPaused, chat.MessagePosted])
def test_other_facts_are_not_public(event: type[Event]) -> None:
    """The public catalogue is chosen, not everything that happens."""
    assert public_fact(event.sample()) is None


@settings(max_examples=25)
@given(text=st.text(max_size=20) | st.text(alphabet='\x00"é🎰\ud800', min_size=5000, max_size=9000))
def test_no_text_makes_a_body_too_long(text: str) -> None:
    """Under 20 kB, whatever is typed; what was cut says so."""
    event = MessageAdded.sample().model_copy(update={"text": text})
    found = _bytes(event, content=True)
    assert len(found) < LONGEST
    message = json.loads(found)["data"]["message"]
    assert message["text_truncated"] or message["text"] == text


def test_the_catalogue_describes_what_is_sent() -> None:
    """Every type has a schema that its example and its full form satisfy."""
    entries = {entry.type: entry for entry in public_catalogue()}
    assert set(entries) == {*catalogue.SUBSCRIBABLE, "endpoint.test"}
    for event in TOLD:
        for content in (False, True):
            document = json.loads(_bytes(event.sample(), content=content))
            Draft202012Validator(entries[document["type"]].schema).validate(document["data"])
    for entry in entries.values():
        Draft202012Validator(entry.schema).validate(entry.example["data"])
        assert entry.description


def test_filters_hold_known_types_once() -> None:
    """A typing error in a filter is refused, not silently never matched."""
    assert checked_types(["sla.met", "ticket.opened", "sla.met"]) == ["ticket.opened", "sla.met"]
    assert checked_types(["ticket.opened", "*"]) == ["*"]
    with pytest.raises(EventTypeUnknown):
        checked_types(["ticket.open"])
    with pytest.raises(EventTypeUnknown):
        checked_types(["endpoint.test"])


def test_a_test_fact_names_its_endpoint() -> None:
    """The only fact that is not about a player's matter."""
    fact = catalogue.test_fact(SAMPLE_ID, now=SAMPLE_TIME)
    document = json.loads(body(fact, content=False, event_id=SAMPLE_ID, brand="lucky", sequence=1))
    assert document["type"] == "endpoint.test"
    assert document["aggregate"] == {"type": "endpoint", "id": str(SAMPLE_ID)}
