"""Bytes become work or poison, never an exception that nobody expects."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.base import SAMPLE_TIME, Event
from shared.contracts.chat import MessagePosted, SessionEnded, SessionStarted
from shared.contracts.tickets import MessageAdded, TicketOpened
from shared.ids import new_id
from shared.messaging import outbox
from shared.messaging.decoding import Poison, Reason, decode, identity
from shared.messaging.subscriptions import Received, Routes, on
from shared.messaging.transport import Delivery


async def _handle(_session: object, _received: Received[Event]) -> None:
    """Do nothing."""


ROUTES = Routes((on(SessionStarted, _handle, strict=True), on(TicketOpened, _handle)))


async def _settle(_done: bool) -> None:
    """Tell nobody."""


def delivery(event: Event, sequence: int = 1, **changes: object) -> Delivery:
    envelope = outbox.envelope_of(event, brand="lucky", sequence=sequence, at=SAMPLE_TIME)
    message = outbox.message_of(envelope, event.stream)
    made = Delivery(
        body=message.body,
        id=str(message.id),
        type=message.type,
        brand=message.brand,
        stream=message.stream,
        aggregate_id=message.aggregate_id,
        sequence=message.sequence,
        settle=_settle,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def with_body(found: Delivery, changes: Mapping[str, object]) -> Delivery:
    return replace(found, body=json.dumps(json.loads(found.body) | dict(changes)).encode())


def test_a_subscribed_event_becomes_work_with_everything_a_handler_needs() -> None:
    work = decode(delivery(SessionStarted.sample()), ROUTES)
    assert work is not None
    assert work.strict
    assert work.received is not None
    assert work.received.event == SessionStarted.sample()
    assert (work.received.brand, work.received.sequence, work.received.source) == ("lucky", 1, "pitboss/chat")
    assert work.key == ("lucky", "chat.session", str(SessionStarted.sample().ticket_id))


def test_what_nobody_here_needs_is_no_work() -> None:
    """A loose stream's other types are dropped, a strict stream's still move its cursor."""
    presence = next(event for event in (MessagePosted, SessionEnded))
    work = decode(delivery(presence.sample()), ROUTES)
    assert work is not None
    assert work.subscription is None
    tickets_other = with_body(delivery(TicketOpened.sample(), type=""), {"type": "tickets.ticket.renamed.v1"})
    assert decode(tickets_other, ROUTES) is None


def test_what_a_subscription_does_not_want_is_no_work() -> None:
    """It is still read to its end: a broken one is kept as broken, not passed over."""
    routes = Routes((on(MessageAdded, _handle, wanted=lambda event: bool(event.attachments)),))
    told = MessageAdded.sample()
    with_file = told.model_copy(update={"attachments": (new_id(),)})
    assert decode(delivery(told.model_copy(update={"attachments": ()})), routes) is None
    assert decode(delivery(with_file), routes) is not None
    with pytest.raises(Poison, match=Reason.CONTRACT_BROKEN):
        decode(with_body(delivery(told), {"data": {}}), routes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"brand": "royal"}, Reason.BRAND_MISMATCH),
        ({"brand": "No Slug"}, Reason.BRAND_MISMATCH),
        ({"type": "chat.session.ended.v1"}, Reason.HEADER_MISMATCH),
        ({"id": str(new_id())}, Reason.HEADER_MISMATCH),
        ({"sequence": 0}, Reason.UNDECODABLE),
        ({"time": "yesterday"}, Reason.UNDECODABLE),
        ({"data": {}}, Reason.CONTRACT_BROKEN),
        ({"subject": "somebody else"}, Reason.CONTRACT_BROKEN),
    ],
)
def test_contradictions_are_poison(changes: dict[str, object], reason: Reason) -> None:
    with pytest.raises(Poison) as caught:
        decode(with_body(delivery(SessionStarted.sample()), changes), ROUTES)
    assert caught.value.reason == reason


def test_poison_names_places_and_never_values() -> None:
    """A value may be a player's words."""
    secret = with_body(delivery(SessionStarted.sample()), {"data": {"ticket_id": "my card is 4111"}})
    with pytest.raises(Poison) as caught:
        decode(secret, ROUTES)
    assert "4111" not in str(caught.value)
    assert "ticket_id" in str(caught.value)


def test_size_and_exhaustion_are_poison_before_anything_is_parsed() -> None:
    with pytest.raises(Poison, match="too-large"):
        decode(delivery(SessionStarted.sample(), body=b"x" * 300_000), ROUTES)
    with pytest.raises(Poison, match="delivery-limit"):
        decode(delivery(SessionStarted.sample(), exhausted=True), ROUTES)
    with pytest.raises(Poison, match="unknown-type"):
        decode(with_body(delivery(SessionStarted.sample(), type="", stream=""), {"type": "a.b.c.v1"}), ROUTES)


@given(st.binary(max_size=400))
def test_any_bytes_are_poison_or_work(body: bytes) -> None:
    with pytest.raises(Poison):
        decode(delivery(SessionStarted.sample(), body=body), ROUTES)


@given(st.dictionaries(st.text(max_size=12), st.none() | st.integers() | st.text(max_size=20), max_size=8))
def test_any_json_is_poison_or_work(document: dict[str, object]) -> None:
    found = with_body(delivery(SessionStarted.sample()), document)
    with suppress(Poison):
        decode(found, ROUTES)


def test_the_same_bytes_have_the_same_identity_without_an_id() -> None:
    nameless = delivery(SessionStarted.sample(), id="", body=b"?")
    assert identity(nameless) == identity(replace(nameless))
    assert identity(nameless) != identity(replace(nameless, body=b"!"))
    named = delivery(SessionStarted.sample())
    assert identity(named) == UUID(named.id)
    assert nameless.key[2] != ""
