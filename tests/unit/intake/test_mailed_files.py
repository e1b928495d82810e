"""Which parts of a mail are files, and what is said of the rest."""

import hashlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.attachments import Attachment as Held
from services.intake.domain.attachments import AttachmentState, Carried
from services.intake.domain.file_names import plain_name
from services.intake.domain.mail import Delivery, Recipient, Words, words_of
from services.intake.domain.mailed_files import Limits, Sorted, sorted_out
from shared.channels.email import Attachment, ParsedMail, Trouble, parse
from shared.contracts.base import Author, AuthorKind
from shared.contracts.intake import Sensitivity

LARGE = 50 * 1024
ID = UUID("019ab000-0000-7000-8000-000000000002")


def attached(part: int = 1, **more: Any) -> Attachment:
    values = {"name": f"{part}.jpg", "media_type": "image/jpeg", "size": LARGE, "digest": bytes([part]), **more}
    return Attachment(part=part, **values)


def mail(*attachments: Attachment, content_type: str = "multipart/mixed", defects: tuple[str, ...] = ()) -> ParsedMail:
    return ParsedMail(
        from_address="kim@example.org", from_name=None, subject="", message_id=None, in_reply_to=(), references=(),
        text="hi", full_text="hi", content_type=content_type, attachments=attachments, defects=defects,
    )  # fmt: skip


def outcomes(found: Sorted) -> list[tuple[int, str | None]]:
    return [(one.part, one.refused.reason if one.refused else None) for one in found.files]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (attached(), [(1, None)]),
        (attached(size=10), [(1, None)]),
        (attached(is_drawn=True), [(1, None)]),
        (attached(is_drawn=True, size=10 * 1024), [(1, None)]),
        (attached(is_drawn=True, size=10 * 1024 - 1), []),
        (attached(size=0), [(1, "attachment-empty")]),
        (attached(size=20 * 1024 * 1024), [(1, None)]),
        (attached(size=20 * 1024 * 1024 + 1), [(1, "file-too-large")]),
        *((attached(trouble=one, size=5), [(1, one.value)]) for one in Trouble),
    ],
)
def test_what_is_a_file(one: Attachment, expected: list[tuple[int, str | None]]) -> None:
    found = sorted_out(mail(one))
    assert outcomes(found) == expected
    assert all(file.refused is None or file.refused.detail for file in found.files)


def test_small_pictures_of_the_layout_are_counted() -> None:
    found = sorted_out(mail(attached(1, is_drawn=True, size=43), attached(2, is_drawn=True, size=900), attached(3)))
    assert (outcomes(found), found.lines) == ([(3, None)], ("[small pictures of the layout, left out: 2]",))


def test_the_same_content_is_one_file_but_what_cannot_be_read_is_not_the_same() -> None:
    same, broken = {"digest": b"x"}, {"trouble": Trouble.UNDECODABLE, "digest": b""}
    found = sorted_out(mail(attached(1, **same), attached(2, **same), attached(3, **broken), attached(4, **broken)))
    assert [part for part, _ in outcomes(found)] == [1, 3, 4]


def test_of_too_many_those_that_can_be_taken_come_first() -> None:
    many = [attached(number, trouble=Trouble.NESTED if number < 4 else None) for number in range(1, 14)]
    found = sorted_out(mail(*many))
    assert [part for part, _ in outcomes(found)] == list(range(4, 14))
    assert found.lines == ("[not taken, because a mail carries at most 10 files: 1.jpg, 2.jpg, 3.jpg]",)


def test_all_of_a_mail_together_have_a_limit() -> None:
    found = sorted_out(mail(attached(1, size=6), attached(2, size=6), attached(3, size=4)), Limits(10, 8, 10))
    assert outcomes(found) == [(1, None), (2, "mail-too-large"), (3, None)]


def test_the_parts_of_a_report_are_no_files() -> None:
    bounced = attached(1, media_type="message/rfc822", trouble=Trouble.NESTED)
    headers = attached(2, media_type="text/rfc822-headers")
    found = sorted_out(mail(bounced, headers, attached(3), content_type="multipart/report"))
    assert outcomes(found) == [(3, None)]


@pytest.mark.parametrize("defect", ["parts", "nesting"])
def test_what_was_not_read_is_said(defect: str) -> None:
    assert "left out" in sorted_out(mail(defects=(defect,))).lines[0]


@given(
    st.lists(
        st.builds(
            attached, part=st.integers(1, 200), size=st.integers(0, 40), digest=st.binary(max_size=1), name=st.text(),
            is_drawn=st.booleans(), trouble=st.sampled_from([None, *Trouble]),
        ),
        unique_by=lambda one: one.part, max_size=30,
    )
)  # fmt: skip
def test_limits_hold_and_nothing_is_lost_in_silence(parts: list[Attachment]) -> None:
    limits = Limits(files=5, each=30, total=60)
    found = sorted_out(mail(*parts), limits)
    taken = [one for one in found.files if one.refused is None]
    assert len(found.files) <= limits.files
    assert sum(one.size for one in taken) <= limits.total
    assert all(0 < one.size <= limits.each for one in taken)
    if len(found.files) < limits.files and not any("not taken" in line for line in found.lines):
        known = {one.digest for one in found.files}
        for one in parts:
            is_there = one.part in {file.part for file in found.files} or one.digest in known
            assert is_there or (one.is_drawn and found.lines)


@given(st.text(max_size=400))
def test_a_name_nobody_has_checked_is_harmless(given_name: str) -> None:
    name = plain_name(given_name)
    assert 0 < len(name) <= 100
    assert name.isprintable() or all(c.isprintable() or c.isspace() for c in name)
    assert not set('/\\<>"') & set(name)


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [("../../etc/passwd", "passwd"), ("photo\u202egpj.exe", "photogpj.exe"), ("a\r\nb.jpg", "ab.jpg"), ("", "file"),
     ("C:\\x\\y.jpg", "y.jpg"), ("a" * 300, "a" * 99 + "…")],
)  # fmt: skip
def test_names(given_name: str, shown: str) -> None:
    assert plain_name(given_name) == shown


def read(raw: bytes, ticket_id: UUID | None = None) -> Words:
    recipient = Recipient("lucky", "a@b.example", "a@b.example", ticket_id)
    delivery = Delivery(ID, recipient, "kim@example.org", raw, datetime(2026, 11, 22, tzinfo=UTC))
    return words_of(parse(raw), delivery, mailboxes=(), key=b"k")


def photo(content: bytes, **headers: str) -> bytes:
    lines = {"From": "kim@example.org", "Message-ID": "<a@x>", "Content-Type": "image/jpeg; name=a.jpg", **headers}
    return "".join(f"{name}: {value}\n" for name, value in lines.items()).encode() + b"\n" + content


def test_another_file_is_another_content() -> None:
    one, same, other = read(photo(b"one")), read(photo(b"one", Received="twice")), read(photo(b"two"))
    assert (one.digest, one.text, one.files[0].digest) == (same.digest, "", hashlib.sha256(b"one").digest())
    assert one.digest != other.digest


def test_a_robots_files_are_nobodys_without_a_ticket() -> None:
    robot = photo(b"one", Precedence="bulk")
    assert read(robot).files == ()
    assert len(read(robot, ID).files) == 1


@pytest.mark.parametrize(
    ("promised", "speaker", "owner"),
    [
        (ID, Author(kind=AuthorKind.PLAYER, id="p-1"), "p-1"),
        (ID, Author(kind=AuthorKind.VISITOR, id="kim@example.org"), "kim@example.org"),
        (ID, Author(kind=AuthorKind.SYSTEM, id="intake"), "before"),
        (None, Author(kind=AuthorKind.PLAYER, id="p-1"), "before"),
    ],
)
def test_a_mailed_file_becomes_its_writers(promised: UUID | None, speaker: Author, owner: str) -> None:
    held = Held(
        id=ID, brand="lucky", ticket_id=None, message_id=None, public=False, name="a.jpg", media_type=None, size=1,
        uploader=Author(kind=AuthorKind.SYSTEM, id="before"), width=None, height=None, digest=None, reason=None,
        sensitivity=Sensitivity.ORDINARY, state=AttachmentState.MAILED, file_key=None,
        created_at=datetime(2026, 11, 22, tzinfo=UTC), promised_to=promised,
    )  # fmt: skip
    carried = Carried(ID, ID, (ID,), public=True, speakers=(speaker,))
    assert carried.speaker_of(held).id == owner
