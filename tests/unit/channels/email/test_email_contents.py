"""What is attached to a mail is found, measured and found again; what cannot be had says why."""

import base64
import hashlib
from email.message import EmailMessage, Message

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.channels.email import Attachment, Trouble, Undecodable, opened, parse, pieces

FROM = b"From: Kim <kim@example.org>\r\nSubject: Payout\r\n"
MIXED = FROM + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee attached\r\n"


def with_part(head: bytes, body: bytes) -> bytes:
    return MIXED + b"--b\r\n" + head + b"\r\n\r\n" + body + b"\r\n--b--\r\n"


def only(raw: bytes) -> Attachment:
    (one,) = parse(raw).attachments
    return one


def part(body: str, encoding: str = "base64") -> Message:
    message = Message()
    message["Content-Transfer-Encoding"] = encoding
    message.set_payload(body)
    return message


@settings(max_examples=60)
@given(content=st.binary(max_size=3000), width=st.integers(1, 90), padded=st.booleans())
@example(content=bytes(range(256)) * 9000, width=76, padded=True)
def test_base64_is_read_however_it_is_laid_out(content: bytes, width: int, padded: bool) -> None:
    text = base64.b64encode(content).decode()
    if not padded:
        text = text.rstrip("=")
    lines = "\r\n".join(text[at : at + width] for at in range(0, len(text), width))
    assert b"".join(pieces(part(lines))) == content


@pytest.mark.parametrize(
    "body", ["a", "abcde", "!!!!", "QUJD=QUJD", "QUI=\nQUJD", "QUJD\n-- the list", "QÜJD", "====", "=QUJ"]
)
def test_what_is_no_base64_is_not_half_a_file(body: str) -> None:
    with pytest.raises(Undecodable):
        list(pieces(part(body)))


@pytest.mark.parametrize(
    ("encoding", "body", "content"),
    [
        ("", "plain", b"plain"), ("7bit", "plain", b"plain"), ("Quoted-Printable", "a=3Db=\n c", b"a=b c"),
        (" BASE64 ", "QUJD", b"ABC"), ("binary", "\udcff\udcd8", b"\xff\xd8"),
    ],
)  # fmt: skip
def test_encodings(encoding: str, body: str, content: bytes) -> None:
    assert b"".join(pieces(part(body, encoding))) == content


@pytest.mark.parametrize("encoding", ["x-uuencode", "base65", "gzip"])
def test_unknown_encodings_are_no_guess(encoding: str) -> None:
    with pytest.raises(Undecodable):
        list(pieces(part("begin 644 x\n", encoding)))


@pytest.mark.parametrize(
    ("head", "body", "trouble"),
    [
        (b"Content-Type: image/png", b"abc", None),
        (b"Content-Type: message/rfc822", b"Subject: inner\r\n\r\ninner words", Trouble.NESTED),
        (b"Content-Type: message/partial", b"x", Trouble.NESTED),
        (b"Content-Type: application/ms-tnef; name=winmail.dat", b"abc", Trouble.OUTLOOK),
        (b"Content-Type: image/jpeg\r\nContent-Transfer-Encoding: base64", b"eJ8+IgAA", Trouble.OUTLOOK),
        (b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data", b"abc", Trouble.ENCRYPTED),
        (b"Content-Type: application/octet-stream", b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQ", Trouble.ENCRYPTED),
        (b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64", b"$$$", Trouble.UNDECODABLE),
    ],
)
def test_what_cannot_be_used_says_why_and_words_arrive(head: bytes, body: bytes, trouble: Trouble | None) -> None:
    raw = with_part(head, body)
    assert (parse(raw).text, only(raw).trouble) == ("see attached", trouble)


def test_an_encrypted_mail_is_one_part() -> None:
    raw = FROM + (
        b"Content-Type: multipart/encrypted; protocol=application/pgp-encrypted; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\n"
        b"Content-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n--b--\r\n"
    )
    assert only(raw).trouble is Trouble.ENCRYPTED


@pytest.mark.parametrize("kind", [b"application/pgp-signature", b"application/pkcs7-signature"])
def test_signatures_are_nothing_attached(kind: bytes) -> None:
    assert parse(with_part(b"Content-Type: " + kind, b"abc")).attachments == ()


def test_a_part_is_measured_decoded() -> None:
    content = b"\xff\xd8" * 5000
    mail = EmailMessage()
    mail.set_content("see attached")
    mail.add_attachment(content, maintype="image", subtype="jpeg", filename="a.jpg")
    one = only(bytes(mail))
    assert (one.size, one.digest) == (len(content), hashlib.sha256(content).digest())


@pytest.mark.parametrize(
    ("html", "is_drawn"),
    [
        ('<img src="cid:pic1@x">', True), ("<img src=cid:pic1@x>", True), ('<img src="CID:PIC1%40x">', True),
        ('<img src="cid:other@x">', False), ("<p>pic1@x</p>", False), ("<p style='background:url(cid:pic1@x)'>", True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("picture_first", [True, False])
def test_a_picture_is_drawn_where_the_text_refers_to_it(html: str, *, is_drawn: bool, picture_first: bool) -> None:
    words = b"Content-Type: text/html\r\n\r\n<p>look</p>" + html.encode()
    picture = b"Content-Type: image/png\r\nContent-ID: <pic1@x>\r\n\r\nabc"
    first, second = (picture, words) if picture_first else (words, picture)
    raw = FROM + b"Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\n%b\r\n--b\r\n%b\r\n--b--\r\n"
    assert only(raw % (first, second)).is_drawn is is_drawn


def test_ten_thousand_parts_cost_no_words() -> None:
    raw = MIXED + b"--b\r\nContent-Type: image/png\r\n\r\nabc\r\n" * 10_000 + b"--b--\r\n"
    parsed = parse(raw)
    assert (parsed.text, parsed.defects) == ("see attached", ("parts",))
    assert 100 < len(parsed.attachments) < 1000


def test_headers_of_parts_are_cut_before_they_cost() -> None:
    """Parameters cost the square of their length; a boundary or a name needs no more."""
    head = b'Content-Type: image/png; name="' + b";" * 200_000
    one = only(with_part(head, b"abc"))
    assert (one.media_type, one.size) == ("image/png", 3)
    assert len(one.name) <= 200


PARTS = [
    b"--b\r\n", b"--b--\r\n", b"\r\n\r\n", b"Content-Type: image/png\r\n", b"Content-Type: message/rfc822\r\n",
    b"Content-Type: multipart/related; boundary=c\r\n\r\n--c\r\n", b"Content-Transfer-Encoding: base64\r\n", b"QUJD",
    b"Content-Type: text/html\r\n", b'<img src="cid:a">', b"Content-ID: <a>\r\n", b"Content-Disposition: attachment\n",
    b"Content-Type: multipart/encrypted; boundary=d\r\n\r\n--d\r\n", b"\xff\xfe", b"Content-Transfer-Encoding: x\r\n",
]  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.one_of(st.sampled_from(PARTS), st.binary(max_size=20)), max_size=30))
def test_every_part_is_found_again_and_is_what_was_measured(made: list[bytes]) -> None:
    raw = MIXED + b"".join(made)
    again = opened(raw)
    attachments = parse(raw).attachments
    assert {one.part for one in attachments} == set(again)
    for one in attachments:
        found, message = again[one.part]
        assert (found.name, found.media_type) == (one.name, one.media_type)
        if one.trouble is None:
            content = b"".join(pieces(message))
            assert (len(content), hashlib.sha256(content).digest()) == (one.size, one.digest)


@given(st.binary(max_size=2000))
def test_opening_never_raises(raw: bytes) -> None:
    opened(raw)
