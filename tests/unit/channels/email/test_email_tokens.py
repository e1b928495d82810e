"""Tokens lead to the ticket they were made for, and only if we made them."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.channels.email import (
    OwnMessage,
    mailbox_of,
    outgoing_message_id,
    read_message_id,
    read_reply_token,
    reply_address,
)

KEY = b"0123456789abcdef0123456789abcdef"
BOX = "support@lucky.example"
TICKET = UUID("019ab000-0000-7000-8000-000000000001")
MESSAGE = UUID("019ab000-0000-7000-8000-000000000002")


@given(st.uuids())
def test_a_reply_address_gives_its_ticket_back(ticket_id: UUID) -> None:
    address = reply_address(ticket_id, address=BOX, key=KEY)
    assert read_reply_token(address, KEY) == ticket_id
    assert read_reply_token(address.upper(), KEY) == ticket_id
    assert len(address.partition("@")[0]) <= 64
    assert mailbox_of(address) == BOX


@given(st.data())
def test_a_reply_address_with_any_character_changed_is_refused(data: st.DataObject) -> None:
    address = reply_address(TICKET, address=BOX, key=KEY)
    place = data.draw(st.integers(0, len(address) - 1))
    other = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567.@+-").filter(lambda c: c != address[place]))
    assert read_reply_token(address[:place] + other + address[place + 1 :], KEY) is None


@pytest.mark.parametrize(
    ("address", "key"),
    [
        (reply_address(TICKET, address=BOX, key=KEY), b"another key of thirty-two bytes!"),
        (reply_address(TICKET, address=BOX, key=KEY).replace("lucky", "royal"), KEY),
        (reply_address(TICKET, address=BOX, key=KEY).replace("support", "vip"), KEY),
        (BOX, KEY),
        ("", KEY),
        ("support+t-@lucky.example", KEY),
        ("support+t-" + "a" * 10_000 + "@lucky.example", KEY),
    ],
)
def test_a_token_is_bound_to_key_and_mailbox(address: str, key: bytes) -> None:
    assert read_reply_token(address, key) is None


@given(st.uuids(), st.uuids())
def test_a_message_id_gives_its_ids_back(message_id: UUID, ticket_id: UUID) -> None:
    made = outgoing_message_id(message_id, ticket_id, address=BOX, key=KEY)
    assert read_message_id(made, address=BOX, key=KEY) == OwnMessage(message_id, ticket_id)
    assert read_message_id(made.strip("<>"), address=BOX, key=KEY) == OwnMessage(message_id, ticket_id)


@given(st.data())
def test_a_message_id_with_another_id_or_mac_is_refused(data: st.DataObject) -> None:
    made = outgoing_message_id(MESSAGE, TICKET, address=BOX, key=KEY)
    place = data.draw(st.integers(3, made.index("@") - 1))
    other = data.draw(st.sampled_from("abcdef234567.").filter(lambda c: c != made[place]))
    assert read_message_id(made[:place] + other + made[place + 1 :], address=BOX, key=KEY) is None


def test_a_message_id_of_another_mailbox_is_refused() -> None:
    made = outgoing_message_id(MESSAGE, TICKET, address="support@royal.example", key=KEY)
    assert read_message_id(made, address=BOX, key=KEY) is None


@given(st.text(max_size=400))
def test_reading_never_raises(text: str) -> None:
    assert read_reply_token(text, KEY) is None
    assert read_message_id(text, address=BOX, key=KEY) is None
