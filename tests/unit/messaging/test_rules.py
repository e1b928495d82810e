"""The pure rules of messaging: what is bound, how long to wait, what is hopeless, what travels where."""

import json
from datetime import UTC, datetime, timedelta
from typing import ClassVar, NoReturn
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.base import SAMPLE_TIME, Event
from shared.contracts.chat import MessagePosted, PresenceChanged, SessionEnded, SessionStarted
from shared.contracts.tickets import TicketOpened
from shared.errors import DomainError, Kind
from shared.ids import new_id
from shared.messaging import outbox, topology, wire
from shared.messaging.applying import is_hopeless
from shared.messaging.asyncapi import asyncapi_document
from shared.messaging.cursors import Gap, _runs
from shared.messaging.decoding import Poison, Reason, Work
from shared.messaging.outbox import EventTooLarge, ForeignEvent
from shared.messaging.parking import SCHEDULE, Fault, delay, fault_of, some_delay
from shared.messaging.subscriptions import Received, Routes, covers, hear, listen, on
from shared.messaging.transport import Message, matches
from tests.unit.messaging.test_decoding import delivery


class Broken(DomainError):
    """It may not be."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN


class Missing(DomainError):
    """It is not here yet."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


async def _handle(_session: object, _received: Received[Event]) -> None:
    """Do nothing."""


async def _hint(_ground: object, _received: object) -> None:
    """Do nothing."""


def test_a_strict_stream_is_bound_to_everything_its_owner_tells() -> None:
    routes = Routes((on(SessionStarted, _handle, strict=True), on(PresenceChanged, _handle), on(TicketOpened, _handle)))
    assert routes.bindings == {"chat.#", TicketOpened.type}
    assert routes.strict_streams == {"chat.session"}
    assert covers(routes.bindings, MessagePosted.type)
    assert not covers(routes.bindings, "sla.clock.met.v1")


def test_one_event_has_one_handler_and_a_stream_one_discipline() -> None:
    with pytest.raises(ValueError, match="two handlers"):
        Routes((on(SessionStarted, _handle), on(SessionStarted, _handle)))
    with pytest.raises(ValueError, match="strict for some"):
        Routes((on(SessionStarted, _handle, strict=True), on(SessionEnded, _handle)))
    with pytest.raises(ValueError, match="wants all"):
        on(SessionStarted, _handle, strict=True, wanted=lambda _event: True)


def test_bindings_match_whole_words() -> None:
    assert matches("chat.#", "chat.session.started.v1")
    assert not matches("chat.#", "chatter.session.started.v1")
    assert not matches("chat.session.started.v1", "chat.session.started.v10")


def test_listeners_are_data() -> None:
    assert listen(SessionStarted, _hint).event is SessionStarted
    assert hear("wink", _hint).topic == "wink"


@given(st.integers(0, 20), st.floats(-1, 1))
def test_waiting_grows_and_ends(attempts: int, jitter: float) -> None:
    wait = delay(attempts, jitter)
    if attempts >= len(SCHEDULE):
        assert wait is None
        return
    assert wait is not None
    assert SCHEDULE[attempts] * 0.8 <= wait <= SCHEDULE[attempts] * 1.2


def test_random_delay_stays_within_the_schedule() -> None:
    assert all(timedelta(seconds=4) <= (some_delay(0) or timedelta()) <= timedelta(seconds=6) for _ in range(50))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Poison(Reason.UNDECODABLE), True),
        (Broken(), True),
        (Missing(), False),
        (RuntimeError(), False),
        (Gap(), False),
    ],
)
def test_refusals_are_hopeless_and_absences_are_not(error: Exception, *, expected: bool) -> None:
    assert is_hopeless(error) is expected


def test_a_fault_says_where_and_never_what() -> None:
    """Messages of exceptions may hold players' words or whole SQL rows."""
    faults = [_fault_of_saying(words) for words in ("card 4111", "something else")]
    assert "4111" not in faults[0].error
    assert "test_rules.py" in faults[0].error
    assert faults[0].hash == faults[1].hash
    assert fault_of(Broken("secret"), "refused").reason == "broken"
    assert fault_of(Missing("secret")).error == "missing"


def _fault_of_saying(words: str) -> Fault:
    try:
        _fail(words)
    except RuntimeError as error:
        return fault_of(error)


def _fail(words: str) -> NoReturn:
    raise RuntimeError(words)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 6)), max_size=20))
def test_runs_are_unbroken(pairs: list[tuple[int, int]]) -> None:
    works = [_work(aggregate, sequence) for aggregate, sequence in pairs]
    for (_brand, _stream, aggregate), (first, last) in _runs(works).items():
        found = [sequence for number, sequence in pairs if str(UUID(int=number)) == aggregate]
        assert found == list(range(first, last + 1))


def _work(aggregate: int, sequence: int) -> Work:
    event = SessionStarted.sample().model_copy(update={"ticket_id": UUID(int=aggregate)})
    envelope = outbox.envelope_of(event, brand="lucky", sequence=sequence, at=SAMPLE_TIME)
    return Work(delivery(event), envelope, event.stream, strict=True)


def test_only_the_owner_tells_and_not_too_much() -> None:
    with pytest.raises(ForeignEvent):
        outbox.row_of(TicketOpened.sample(), service="chat", brand="lucky", sequence=1, at=SAMPLE_TIME)
    long = MessagePosted.sample().model_copy(update={"text": "ä" * 140_000})
    with pytest.raises(EventTooLarge):
        outbox.row_of(long, service="chat", brand="lucky", sequence=1, at=SAMPLE_TIME)


def test_id_floor_separates_ids_by_time() -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    assert outbox.id_floor(before) < new_id() < outbox.id_floor(before + timedelta(seconds=5))


def test_an_event_travels_persistent_and_named() -> None:
    body = b'{"id":"x","traceparent":"00-' + b"a" * 32 + b"-" + b"b" * 16 + b'-01","data":{}}'
    message = Message(new_id(), "chat.session.started.v1", "lucky", "chat.session", "t", 7, body, only="sla")
    sent = wire.outgoing(message, "chat")
    assert sent.delivery_mode == 2
    assert (sent.message_id, sent.type, sent.app_id) == (str(message.id), message.type, "chat")
    assert sent.headers == {
        "x-schema": "1",
        "x-brand": "lucky",
        "x-stream": "chat.session",
        "x-agg": "t",
        "x-seq": 7,
        "x-only": "sla",
        "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
    }


def test_text_that_looks_like_a_trace_is_none() -> None:
    said = json.dumps({"data": {"text": '"traceparent":"00-evil"'}}).encode()
    assert wire.traceparent_of(said) == ""
    message = Message(new_id(), "chat.session.started.v1", "lucky", "chat.session", "t", 7, said)
    assert "traceparent" not in wire.outgoing(message, "chat").headers


def test_work_queues_state_every_argument() -> None:
    assert topology.work_arguments("sla") == {
        "x-queue-type": "quorum",
        "x-delivery-limit": 20,
        "x-dead-letter-exchange": "dead",
        "x-dead-letter-routing-key": "sla",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-max-length": 1_000_000,
    }


def test_the_document_names_who_sends_and_who_receives() -> None:
    document = asyncapi_document({"sla": (on(TicketOpened, _handle),)})
    assert document["asyncapi"] == "3.0.0"
    operations = document["operations"]
    assert f"tickets sends {TicketOpened.type}" in operations
    assert operations[f"sla receives {TicketOpened.type}"]["action"] == "receive"
    text = json.dumps(document)
    for reference in {part.split('"')[0] for part in text.split('"$ref": "#')[1:]}:
        node: object = document
        for step in reference.strip("/").split("/"):
            assert isinstance(node, (dict, list)), reference
            node = node[int(step)] if isinstance(node, list) else node[step]
