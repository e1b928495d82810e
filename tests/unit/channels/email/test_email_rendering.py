"""Answers thread in every mail program, repeat themselves byte for byte and carry no foreign headers."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.generator import BytesGenerator
from email.message import EmailMessage
from io import BytesIO
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.channels.email import UnusableAddress, parse, read_message_id, read_reply_token, render_reply, reply_subject
from shared.contracts.base import Channel, ContactRef

KEY = b"0123456789abcdef0123456789abcdef"
BOX = "support@lucky.example"
TICKET = UUID("019ab000-0000-7000-8000-000000000001")
MESSAGE = UUID("019ab000-0000-7000-8000-000000000002")
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)


def render(
    *,
    subject: str = "Payout",
    text: str = "It is on its way.",
    address: str = "kim@example.org",
    name: str | None = "Kim",
    thread: tuple[str, ...] = ("<a@example.org>", "<b@example.org>"),
    automatic: bool = False,
    from_address: str = BOX,
) -> EmailMessage:
    to = ContactRef(channel=Channel.EMAIL, address=address, name=name, thread=thread)
    return render_reply(
        message_id=MESSAGE, ticket_id=TICKET, number="LUCKY-1042", subject=subject, text=text, to=to,
        from_address=from_address, from_name="Lucky", key=KEY, sent_at=AT, automatic=automatic,
    )  # fmt: skip


def test_an_answer_threads_and_comes_back_to_its_ticket() -> None:
    mail = message_from_bytes(render().as_bytes(), policy=policy.default)
    assert mail["In-Reply-To"] == "<b@example.org>"
    assert mail["References"].split() == ["<a@example.org>", "<b@example.org>"]
    assert mail["Subject"] == "Re: Payout [#LUCKY-1042]"
    assert read_reply_token(mail["Reply-To"].addresses[0].addr_spec, KEY) == TICKET
    own = read_message_id(mail["Message-ID"], address=BOX, key=KEY)
    assert own is not None
    assert own.ticket_id == TICKET
    assert "Auto-Submitted" not in mail


def test_a_retry_is_the_same_mail() -> None:
    assert render().as_bytes() == render().as_bytes()


def test_ids_longer_than_a_line_stay_readable_under_any_policy() -> None:
    thread = tuple(f"<{'x' * 120}.{n}@example.org>" for n in range(14))
    mail = render(thread=thread)
    out = BytesIO()
    BytesGenerator(out, policy=policy.SMTP).flatten(mail)
    assert out.getvalue() == mail.as_bytes()
    assert parse(mail.as_bytes()).references == thread[-10:]
    assert parse(mail.as_bytes()).in_reply_to == thread[-1:]
    assert max(len(line) for line in mail.as_bytes().splitlines()) < 998


def test_a_machine_says_that_it_is_one() -> None:
    assert render(automatic=True)["Auto-Submitted"] == "auto-replied"


@given(st.text(max_size=120), st.text(max_size=60), st.text(max_size=300))
def test_no_text_becomes_a_header(subject: str, name: str, text: str) -> None:
    plain = render()
    mail = render(
        subject=f"{subject}\r\nBcc: evil@example.net", name=f"{name}\r\nX-Evil: 1", text=text, thread=("<a@b>\r\nX: y",)
    )
    parsed = message_from_bytes(mail.as_bytes(), policy=policy.default)
    expected = {key for key in plain.keys() if key not in {"In-Reply-To", "References"}}  # noqa: SIM118 - a message, no dict
    assert set(parsed.keys()) == expected


WORDS = st.lists(st.text('abcäжщ中🎰=?_"', min_size=1, max_size=24), min_size=1, max_size=14).map(" ".join)


@given(WORDS)
def test_a_subject_arrives_as_it_was_written(words: str) -> None:
    """No blank is lost between the parts in which other alphabets travel (RFC 2047, section 6.2)."""
    mail = render(subject=words).as_bytes()
    assert message_from_bytes(mail, policy=policy.default)["Subject"] == reply_subject(words, "LUCKY-1042")
    assert parse(mail).subject == reply_subject(words, "LUCKY-1042")
    assert max(len(line) for line in mail.splitlines()) <= 78 + 100


def test_words_in_another_alphabet_stay_apart() -> None:
    subject = "Здравствуйте, где мои деньги? Это очень длинное сообщение, чтобы увидеть, как переносится тема"
    mail = message_from_bytes(render(subject=subject).as_bytes(), policy=policy.default)
    assert mail["Subject"] == f"Re: {subject} [#LUCKY-1042]"


@given(st.text(max_size=2000))
def test_the_text_survives(text: str) -> None:
    kept = "".join(
        char for char in text.replace("\r\n", "\n").replace("\r", "\n") if char in "\t\n" or char.isprintable()
    )
    got = message_from_bytes(render(text=kept).as_bytes(), policy=policy.default).get_content()
    assert got.replace("\r\n", "\n").rstrip("\n") == kept.rstrip("\n")


@pytest.mark.parametrize(
    "address", ["", "kim", "kim@", "kim@example.org\r\nBcc: e@e", "a b@example.org", "<kim@example.org>", "@x"]
)
def test_an_address_nobody_can_write_to_is_refused(address: str) -> None:
    with pytest.raises(UnusableAddress):
        render(address=address)


def test_long_mailboxes_stay_addresses() -> None:
    mail = render(from_address=f"player.support.team@{'long.' * 20}example")
    assert read_reply_token(
        message_from_bytes(mail.as_bytes(), policy=policy.default)["Reply-To"].addresses[0].addr_spec, KEY
    )


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Payout", "Re: Payout [#LUCKY-1]"),
        ("Re: Payout [#LUCKY-1]", "Re: Payout [#LUCKY-1]"),
        ("RE: AW: Re[2]: Payout", "Re: Payout [#LUCKY-1]"),
        ("Отв: Вывод", "Re: Вывод [#LUCKY-1]"),
        ("", "Re: [#LUCKY-1]"),
        ("Return my money", "Re: Return my money [#LUCKY-1]"),
        ("a\r\nBcc: b", "Re: a Bcc: b [#LUCKY-1]"),
    ],
)
def test_prefix_and_number_are_never_doubled(subject: str, expected: str) -> None:
    assert reply_subject(subject, "LUCKY-1") == expected
    assert reply_subject(expected, "LUCKY-1") == expected
