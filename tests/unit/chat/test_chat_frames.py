"""Frames are read strictly and written as agreed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chat.domain.errors import SessionHasEnded, TextRefused
from services.chat.domain.values import Message, Receipt, accepted_text, dated
from services.chat.schemas.frames import (
    Delivered,
    Hello,
    Send,
    ack_frame,
    message_frame,
    nack_frame,
    parse_frame,
    ping_frame,
    receipt_frame,
)
from shared.contracts.base import SAMPLE_ID, SAMPLE_TIME, Author, AuthorKind

KIM = Author(kind=AuthorKind.PLAYER, id="p-1", name="Kim")
MESSAGE = Message(SAMPLE_ID, 3, SAMPLE_ID, KIM, 'Привет "quoted"', "c1", SAMPLE_TIME)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"t":"hello","ticket":"lucky.x","cursors":{"019ab000-0000-7000-8000-000000000001":4}}', Hello),
        ('{"t":"send","client_msg_id":"c1","text":"hi","attachments":[]}', Send),
        ('{"t":"delivered","seq":4,"ticket_id":null}', Delivered),
    ],
)
def test_frames_are_recognised_and_unknown_members_ignored(text: str, kind: type) -> None:
    assert isinstance(parse_frame(text), kind)


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "null", '{"t":"msg"}', '{"t":"hello"}', '{"t":"read","seq":-1}', '{"t":"read","seq":"x"}',
        '{"t":"send","client_msg_id":"","text":"x"}', '{"t":"hello","ticket":"x","cursors":{"no-uuid":1}}',
        '{"t":"send","client_msg_id":"\\u0000","text":"x"}',
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="validation error"):
        parse_frame(text)


@given(st.text(max_size=300))
def test_no_text_breaks_the_parser(text: str) -> None:
    """Whatever arrives is a frame or a ValueError."""
    try:
        parse_frame(text)
    except ValueError:
        return


def test_a_message_is_written_as_the_protocol_says() -> None:
    frame = json.loads(message_frame(MESSAGE))
    assert frame == {
        "t": "msg", "ticket_id": str(SAMPLE_ID), "seq": 3, "id": str(SAMPLE_ID), "text": 'Привет "quoted"',
        "author": {"kind": "player", "id": "p-1", "name": "Kim"}, "client_msg_id": "c1",
        "sent_at": "2026-11-22T09:00:00Z",
    }  # fmt: skip


def test_answers_name_the_message_they_answer() -> None:
    assert json.loads(ack_frame(MESSAGE, "c1")) | {"seq": 3, "client_msg_id": "c1"} == json.loads(
        ack_frame(MESSAGE, "c1")
    )
    problem = json.loads(nack_frame("c1", SessionHasEnded(retry_after=2)))["problem"]
    assert (problem["code"], problem["status"], problem["retry_after"]) == ("session-has-ended", 409, 2)
    assert json.loads(ping_frame({SAMPLE_ID: 7}))["heads"] == {str(SAMPLE_ID): 7}
    assert json.loads(receipt_frame(Receipt(SAMPLE_ID, KIM, 4, 2)))["delivered"] == 4


@pytest.mark.parametrize("text", ["", " \n", "\u200b\u200b", "x" * 16_001, "a\x00"])
def test_unreadable_text_is_refused(text: str) -> None:
    with pytest.raises(TextRefused):
        accepted_text(text)


@given(st.lists(st.datetimes(timezones=st.just(SAMPLE_TIME.tzinfo)), min_size=2))
def test_messages_are_dated_strictly_later(times: list) -> None:  # type: ignore[type-arg]
    """However clocks jump, the time of a conversation moves on."""
    last = None
    for wanted in times:
        moment = dated(wanted, last)
        assert last is None or moment > last
        assert moment >= wanted
        last = moment


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99))))
def test_receipts_only_rise(marks: list[tuple[int, int]]) -> None:
    """Marks are high-water marks and what was read was delivered."""
    receipt = Receipt(SAMPLE_ID, KIM)
    for delivered, read in marks:
        risen = receipt.risen_by(Receipt(SAMPLE_ID, KIM, delivered, read))
        assert risen.delivered_seq >= max(receipt.delivered_seq, delivered, risen.read_seq)
        assert risen.read_seq >= max(receipt.read_seq, read)
        receipt = risen
