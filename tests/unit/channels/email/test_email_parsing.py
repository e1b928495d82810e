"""Any bytes give a mail; honest mail gives its words, whatever its charset and shape."""
# ruff: noqa: E501 - whole lines of mail are the examples

from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.channels.email import parse

HEADERS = b"From: Kim <kim@example.org>\r\nSubject: Payout\r\nMessage-ID: <a@example.org>\r\n"
PIECES = [
    HEADERS, b"\r\n", b"\r\n\r\n", b"--b\r\n", b"--b--\r\n", b"Content-Type: multipart/mixed; boundary=b\r\n",
    b"Content-Type: multipart/alternative\r\n", b"Content-Type: text/plain; charset=nope\r\n", b"Content-Type: text/html\r\n",
    b"Content-Type: message/rfc822\r\n", b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: x-uuencode\r\n",
    b"Content-Disposition: attachment; filename*=utf-8''%ff%\r\n", b"=?utf-8?b?!!?=", b"From: =?x?q?\xff?= <", b"<div><table>",
    b"Content-Type: text/plain; charset*0*=''x; charset*1=y\r\n", b"References: <a@b> <", b"\xff\xfe\x00", b"begin 644 x\n\xff\n",
    b"Content-Type: multipart/report; boundary=b\r\n", b'Content-Type: text/plain; charset="\x00"\r\n', b"Message-ID: <\xff@x>\r\n",
]  # fmt: skip


@given(st.binary(max_size=3000))
def test_parsing_never_raises_on_any_bytes(raw: bytes) -> None:
    parse(raw)


@settings(max_examples=300)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=20)), max_size=25))
def test_parsing_never_raises_on_broken_mail(pieces: list[bytes]) -> None:
    mail = parse(b"".join(pieces))
    assert "\x00" not in mail.text + mail.subject + mail.from_address
    (mail.text + mail.subject + mail.from_address + (mail.from_name or "") + "".join(mail.references)).encode()


def test_an_ordinary_mail_gives_its_words() -> None:
    raw = HEADERS + b"In-Reply-To: <x@y> <z@y>\r\nReferences: <r1@y>\r\n <r2@y>\r\n\r\nWhere is it?\r\n\r\n> Hello\r\n"
    mail = parse(raw)
    assert (mail.from_address, mail.from_name, mail.subject) == ("kim@example.org", "Kim", "Payout")
    assert (mail.message_id, mail.in_reply_to, mail.references) == (
        "<a@example.org>",
        ("<x@y>", "<z@y>"),
        ("<r1@y>", "<r2@y>"),
    )
    assert mail.text == "Where is it?"
    assert mail.full_text == "Where is it?\n\n> Hello"
    assert mail.thread() == ("<x@y>", "<z@y>", "<r2@y>", "<r1@y>")


@pytest.mark.parametrize(
    ("charset", "encoded"),
    [
        (b"utf-8", "Где мои деньги? Ответьте, пожалуйста.".encode()),
        (b"windows-1251", "Где мои деньги? Ответьте, пожалуйста.".encode("cp1251")),
        (b"koi8-r", "Где мои деньги? Ответьте, пожалуйста.".encode("koi8-r")),
        (b"us-ascii", "Где мои деньги? Ответьте, пожалуйста.".encode()),
        (b"x-unknown", "Где мои деньги? Ответьте, пожалуйста.".encode()),
        (b"us-ascii", "Где мои деньги? Ответьте, пожалуйста.".encode("cp1251")),
    ],
)
def test_words_survive_their_charset(charset: bytes, encoded: bytes) -> None:
    raw = HEADERS + b"Content-Type: text/plain; charset=" + charset + b"\r\n\r\n" + encoded
    assert parse(raw).text == "Где мои деньги? Ответьте, пожалуйста."


def test_encoded_and_raw_headers_are_read() -> None:
    encoded = b"From: =?koi8-r?b?68nN?= <kim@example.org>\r\nSubject: =?utf-8?q?Wo_ist_=C3=A4?= x\r\n\r\nhi"
    mail = parse(encoded)
    assert (mail.from_name, mail.subject) == ("Ким", "Wo ist ä x")
    assert parse("Subject: Где мои деньги\r\n\r\nhi".encode()).subject == "Где мои деньги"


def test_ids_that_a_mailer_encoded_are_read() -> None:
    mail = EmailMessage()
    mail["References"] = f"<{'a' * 100}@x> <b@x>"
    assert b"=?utf-8?" in mail.as_bytes()
    assert parse(mail.as_bytes()).references == (f"<{'a' * 100}@x>", "<b@x>")


def test_plain_text_is_preferred_unless_it_is_empty() -> None:
    mail = EmailMessage()
    mail["From"] = "kim@example.org"
    mail.set_content("plain words")
    mail.add_alternative("<p>html words</p>", subtype="html")
    assert parse(mail.as_bytes()).text == "plain words"
    mail.get_payload()[0].set_payload("  \n")  # type: ignore[union-attr, index]
    assert parse(mail.as_bytes()).text == "html words"


def test_html_becomes_text_without_scripts() -> None:
    html = b"<html><head><style>p{}</style></head><body><p>Hello</p><script>x()</script><p>2 &lt; 3</p></body></html>"
    assert parse(HEADERS + b"Content-Type: text/html\r\n\r\n" + html).text.split() == ["Hello", "2", "<", "3"]


def test_an_html_body_is_not_lost_to_a_plain_footer() -> None:
    raw = HEADERS + (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>my words</p>\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nfooter\r\n--b--\r\n"
    )
    assert parse(raw).text == "my words\n\nfooter"


def test_attachments_are_named_and_not_read() -> None:
    mail = EmailMessage()
    mail["From"] = "kim@example.org"
    mail.set_content("see passport")
    mail.add_attachment(b"\xff\xd8" * 100, maintype="image", subtype="jpeg", filename="паспорт.jpg")
    mail.add_attachment("secret words", filename="notes.txt")
    inner = EmailMessage()
    inner.set_content("inner words")
    mail.add_attachment(inner)
    parsed = parse(mail.as_bytes())
    assert parsed.text == "see passport"
    assert [(one.name, one.media_type) for one in parsed.attachments] == [
        ("паспорт.jpg", "image/jpeg"), ("notes.txt", "text/plain"), ("unnamed", "message/rfc822"),
    ]  # fmt: skip


def test_a_declared_multipart_without_parts_keeps_its_words() -> None:
    parsed = parse(HEADERS + b"Content-Type: multipart/alternative; boundary=none\r\n\r\nmy words")
    assert parsed.text == "my words"
    assert parsed.defects == ("multipart",)


def test_a_bounce_names_the_mail_it_speaks_about() -> None:
    raw = (
        b"From: MAILER-DAEMON@example.org\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        b"--b\r\n\r\nYour mail could not be delivered.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n\r\n"
        b"--b\r\nContent-Type: %s\r\n\r\nMessage-ID: <o-1@lucky.example>\r\nSubject: Re\r\n\r\n--b--\r\n"
    )
    for kind in (b"message/rfc822", b"text/rfc822-headers"):
        parsed = parse(raw % kind)
        assert parsed.reported_ids == ("<o-1@lucky.example>",)
        assert parsed.text == "Your mail could not be delivered."
        assert parsed.thread() == ("<o-1@lucky.example>",)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("depth", [25, 90, 500])
def test_nesting_is_cut_not_followed(depth: int) -> None:
    opened = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
    parsed = parse(HEADERS + opened + b"\r\nwords")
    assert "nesting" in parsed.defects
    assert parsed.from_address == "kim@example.org"


def test_too_many_parts_are_cut() -> None:
    raw = HEADERS + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 500 + b"--b--"
    assert "parts" in parse(raw).defects


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "raw",
    [
        b"From: " + b"(" * 1_000_000,
        b"From: " + b'"' * 1_000_000 + b"\r\n\r\nx",
        b"Subject: " + b"=?utf-8?q?" * 100_000,
        b"References: " + b"<a@b>" * 200_000,
        b"References: " + b"<" * 1_000_000,
        b"Content-Type: text/plain; " + b"a=b;" * 250_000,
        b"Content-Type: text/plain; " + b'a="' * 300_000,
        b"X: y\r\n" * 160_000,
        HEADERS + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 200_000,
        HEADERS + b"Content-Type: text/html\r\n\r\n" + b"<" * 1_000_000,
        HEADERS + b"Content-Type: text/html\r\n\r\n" + b"<table><tr><td>" * 60_000,
        HEADERS + b"\r\n" + b"\n \n" * 300_000,
        HEADERS + b"\r\n" + b"\xff" * 1_000_000,
        HEADERS + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n" * 190_000,
    ],
)  # fmt: skip
def test_hostile_mail_of_a_megabyte_is_read_in_seconds(raw: bytes) -> None:
    parse(raw)
