"""What is told of a mail follows from its bytes, its envelope and our key alone."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.mail import (
    Delivery,
    Recipient,
    SenderUnknown,
    Words,
    delivery_key,
    one_per_mailbox,
    words_of,
)
from shared.channels.email import outgoing_message_id, parse

KEY = b"0123456789abcdef0123456789abcdef"
BOX = "support@lucky.example"
TICKET = UUID("019ab000-0000-7000-8000-000000000001")
OTHER = UUID("019ab000-0000-7000-8000-000000000002")


def read(raw: bytes, *, ticket_id: UUID | None = None, mail_from: str = "kim@example.org") -> Words:
    recipient = Recipient("lucky", BOX, BOX, ticket_id)
    delivery = Delivery(OTHER, recipient, mail_from, raw, datetime(2026, 11, 22, tzinfo=UTC))
    return words_of(parse(raw), delivery, mailboxes=(BOX,), key=KEY)


def test_the_reply_address_outranks_the_thread() -> None:
    own = outgoing_message_id(OTHER, OTHER, address=BOX, key=KEY)
    raw = f"From: kim@example.org\nIn-Reply-To: {own}\n\nhi".encode()
    assert read(raw, ticket_id=TICKET).ticket_id == TICKET
    assert read(raw).ticket_id == OTHER


def test_the_envelope_names_the_sender_if_the_mail_does_not() -> None:
    assert read(b"Subject: x\n\nhi", mail_from="<Kim@Example.org>").contact.address == "kim@example.org"
    with pytest.raises(SenderUnknown):
        read(b"Subject: x\n\nhi", mail_from="<>")


def test_the_thread_keeps_the_newest_ten() -> None:
    references = " ".join(f"<{n}@x>" for n in range(30))
    raw = f"From: kim@example.org\nReferences: {references}\nMessage-ID: <own@x>\n\nhi".encode()
    assert read(raw).contact.thread == (*(f"<{n}@x>" for n in range(21, 30)), "<own@x>")


def test_own_addresses_stay_readable() -> None:
    raw = f"From: kim@example.org\n\nkim@example.org wrote to {BOX}, not to bob@example.net".encode()
    assert read(raw).text == f"kim@example.org wrote to {BOX}, not to [EMAIL:b***@e***.net]"


def test_the_same_content_has_the_same_digest() -> None:
    first = read(b"From: kim@example.org\nReceived: one\nMessage-ID: <a@x>\n\nhi")
    second = read(b"From: kim@example.org\nReceived: two\nMessage-ID: <a@x>\n\nhi")
    other = read(b"From: kim@example.org\nMessage-ID: <a@x>\n\nho")
    assert (first.key, first.digest) == (second.key, second.digest)
    assert first.digest != other.digest


def test_a_mail_without_id_is_known_by_its_bytes() -> None:
    assert read(b"From: kim@example.org\n\nhi").key != read(b"From: kim@example.org\n\nho").key


@given(st.binary(max_size=600))
def test_any_mail_with_an_envelope_sender_can_be_told(raw: bytes) -> None:
    words = read(raw)
    assert "\0" not in words.text + words.subject
    assert len(words.subject) <= 200


@given(st.lists(st.tuples(st.sampled_from([BOX, "b@x"]), st.sampled_from([None, TICKET])), max_size=6))
def test_one_recipient_is_left_per_mailbox_and_it_knows_the_ticket(found: list[tuple[str, UUID | None]]) -> None:
    recipients = [Recipient("lucky", mailbox, mailbox, ticket_id) for mailbox, ticket_id in found]
    chosen = one_per_mailbox(recipients)
    assert [one.mailbox for one in chosen] == list(dict.fromkeys(mailbox for mailbox, _ in found))
    for one in chosen:
        assert one.ticket_id == (TICKET if (one.mailbox, TICKET) in found else None)


def test_the_same_mail_for_another_recipient_is_another_delivery() -> None:
    assert delivery_key("A@x", b"raw") == delivery_key("a@x", b"raw") != delivery_key("b@x", b"raw")
