"""Frames are read strictly and written as agreed."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import services.chat
from services.chat.domain.errors import SessionHasEnded, TextRefused
from services.chat.domain.values import CloseCode, Message, Receipt, accepted_text, dated
from services.chat.schemas.frames import (
    Delivered,
    Hello,
    Send,
    Unreadable,
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
        '{"t":"send","client_msg_id":7,"text":"x"}', '{"t":"watch","client_msg_id":"c1"}', '["send"]',
        '{"t":["send"],"client_msg_id":"c1"}', '{"t":"typing","ticket_id":"\\ud83d"}',
        '{"t":"\\ud83d","client_msg_id":"c1"}', '{"\\ud83d":1}',
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="validation error"):
        parse_frame(text)


@pytest.mark.parametrize(
    ("member", "pointer"),
    [
        ('"attachments":["x"]', "/attachments/0"),
        ('"attachments":[' + ",".join([f'"{SAMPLE_ID}"'] * 11) + "]", "/attachments"),
        ('"ticket_id":"\\ud83d"', "/ticket_id"),
        ('"client_msg_id":"\\ud83d"', "/client_msg_id"),
        ('"client_msg_id":"\\u0000"', "/client_msg_id"),
        ('"text":null', "/text"),
        ('"text":"\\ud83d","in_reply_to":"x"', "/in_reply_to"),
    ],
)
def test_words_that_name_themselves_are_refused_by_name(member: str, pointer: str) -> None:
    """Whatever is wrong with them: the answer can be matched, and says which member it is."""
    text = '{"t":"send","client_msg_id":"c1","text":"hi",' + member + "}"
    found = parse_frame(text)
    assert isinstance(found, Unreadable)
    assert (found.t, found.client_msg_id) == ("send", json.loads(text)["client_msg_id"])
    nack = json.loads(nack_frame(found.client_msg_id, found.refusal))
    assert (nack["client_msg_id"], nack["problem"]["code"], nack["problem"]["status"]) == (
        found.client_msg_id, "frame-refused", 422,
    )  # fmt: skip
    assert nack["problem"]["errors"][0]["pointer"] == pointer


def test_a_refusal_is_no_longer_than_what_somebody_reads() -> None:
    """Thousands of wrong members would fill the socket's queue."""
    found = parse_frame('{"t":"send","client_msg_id":"c1","attachments":[' + ",".join(['""'] * 10_000) + "]}")
    assert isinstance(found, Unreadable)
    assert len(nack_frame("c1", found.refusal)) < 4_000


@pytest.mark.parametrize(
    ("member", "code"), [('"text":"\\ud83d"', "text-refused"), ('"text":"hi","mood":"\\ud83d"', "frame-refused")]
)
def test_half_a_character_refuses_words_wherever_it_stands(member: str, code: str) -> None:
    """It could not be kept, nor told to anybody."""
    found = parse_frame('{"t":"send","client_msg_id":"c1",' + member + "}")
    assert isinstance(found, Unreadable)
    assert found.refusal.code() == code


@pytest.mark.parametrize("number", ["9" * 5_000, "-" + "9" * 5_000, "9" * 4_301, "9" * 4_300, "9" * 300, "1e5000"])
def test_a_number_of_many_digits_is_a_number(number: str) -> None:
    """Parsers refuse integers of more than 4300 digits; what a client hears does not depend on how many there are."""
    words = '{"t":"send","client_msg_id":"c1","text":"hi","mood":' + number + "}"
    assert parse_frame(words) == parse_frame(words.replace(number, "1"))
    assert parse_frame('{"t":"typing","mood":[' + number + "]}") == parse_frame('{"t":"typing"}')
    refused = parse_frame(words.replace("mood", "in_reply_to"))
    assert isinstance(refused, Unreadable)
    nack = json.loads(nack_frame(refused.client_msg_id, refused.refusal))
    assert (nack["client_msg_id"], nack["problem"]["errors"][0]["pointer"]) == ("c1", "/in_reply_to")
    halved = parse_frame(words.replace('"hi"', '"\\ud83d"'))
    assert isinstance(halved, Unreadable)
    assert halved.refusal.code() == "text-refused"
    for frame in ('{"t":"read","seq":%s}', '{"t":"send","client_msg_id":%s,"text":"hi"}', '{"t":"typing","mood":%s'):
        with pytest.raises(ValueError, match="validation error"):
            parse_frame(frame % number)


def test_the_readme_says_what_every_close_code_means() -> None:
    """Also 1007, with which the server ends what is no UTF-8 text before it is anybody's frame."""
    readme = Path(services.chat.__file__).with_name("README.md").read_text()
    [listed] = re.findall(r"^Close codes: (.+?)\n\n", readme, flags=re.DOTALL | re.MULTILINE)
    assert {int(code) for code in re.findall(r"\b[14]\d{3}\b", listed)} == {*CloseCode, 1007}


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
