"""Rules about files: what they are, what they are called, who sees them, and links that cannot be forged."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.clients.store import FileLost, FileStore
from services.intake.domain import links
from services.intake.domain.attachments import (
    Attachment,
    AttachmentGone,
    AttachmentNotReady,
    AttachmentState,
    DocumentForbidden,
    LinkInvalid,
    check_may_open,
    may_see,
)
from services.intake.domain.file_names import shown_name
from services.intake.domain.file_types import GIF, JPEG, PDF, PNG, TYPES, TypeMismatch, check_agreement
from shared.contracts.base import Author, AuthorKind
from shared.contracts.intake import Sensitivity
from shared.directory import FILE_BYTES, wide_route
from shared.sealing import Seal, SealBroken

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
KEY = b"k" * 32
PLAYER = Author(kind=AuthorKind.PLAYER, id="p-1")
OTHER = Author(kind=AuthorKind.PLAYER, id="p-2")
VISITOR = Author(kind=AuthorKind.VISITOR, id="p-1")
STAFF = Author(kind=AuthorKind.STAFF, id="s-1")
SERVER = Author(kind=AuthorKind.SERVER, id="k-1")


def attachment(**more: object) -> Attachment:
    values: dict[str, object] = {
        "id": UUID(int=1), "brand": "lucky", "ticket_id": UUID(int=2), "message_id": UUID(int=3), "public": True,
        "uploader": STAFF, "name": "a.jpg", "media_type": "image/jpeg", "size": 1, "width": None, "height": None,
        "digest": None, "sensitivity": Sensitivity.ORDINARY, "state": AttachmentState.READY, "reason": None,
        "file_key": "k", "created_at": NOW,
    }  # fmt: skip
    return Attachment(**(values | more))  # type: ignore[arg-type] # a table of examples


@pytest.mark.parametrize(
    ("viewer", "owner", "more", "seen"),
    [
        (PLAYER, PLAYER, {}, True),
        (PLAYER, None, {}, False),
        (OTHER, PLAYER, {}, False),
        (VISITOR, PLAYER, {}, False),
        (PLAYER, PLAYER, {"public": False}, False),
        (PLAYER, PLAYER, {"message_id": None}, False),
        (PLAYER, OTHER, {"uploader": PLAYER, "message_id": None, "public": False}, True),
        (STAFF, None, {"uploader": PLAYER, "public": False}, True),
        (SERVER, None, {"uploader": PLAYER, "message_id": None, "public": False}, True),
    ],
)
def test_who_sees_a_file(viewer: Author, owner: Author | None, more: dict[str, object], seen: bool) -> None:
    assert may_see(viewer, attachment(**more), owner) is seen


@pytest.mark.parametrize(
    ("viewer", "documents", "more", "error"),
    [
        (STAFF, False, {}, None),
        (STAFF, True, {"state": AttachmentState.PENDING}, AttachmentNotReady),
        (STAFF, True, {"state": AttachmentState.REJECTED}, AttachmentGone),
        (STAFF, True, {"state": AttachmentState.DELETED}, AttachmentGone),
        (STAFF, False, {"uploader": PLAYER, "sensitivity": Sensitivity.IDENTITY_DOCUMENT}, DocumentForbidden),
        (STAFF, True, {"uploader": PLAYER, "sensitivity": Sensitivity.IDENTITY_DOCUMENT}, None),
        (SERVER, False, {"uploader": PLAYER, "sensitivity": Sensitivity.IDENTITY_DOCUMENT}, DocumentForbidden),
        (PLAYER, False, {"uploader": PLAYER, "sensitivity": Sensitivity.IDENTITY_DOCUMENT}, None),
    ],
)
def test_who_opens_a_file(
    viewer: Author, documents: bool, more: dict[str, object], error: type[Exception] | None
) -> None:
    if error is None:
        check_may_open(viewer, attachment(**more), documents=documents)
    else:
        with pytest.raises(error):
            check_may_open(viewer, attachment(**more), documents=documents)


@given(st.text(max_size=300), st.sampled_from(list(TYPES.values())))
def test_names_are_harmless_and_say_the_type(given_name: str, kind: object) -> None:
    assert kind in TYPES.values()
    found = next(one for one in TYPES.values() if one == kind)
    name = shown_name(given_name, was=found, kind=found)
    assert name.rpartition(".")[2] in found.extensions
    assert name.count(".") == 1
    assert name.isprintable() or name.replace("\u00a0", " ").isprintable()
    assert not set(name) & set('/\\<>:"|?*\0\r\n%')
    assert 3 <= len(name) <= 110
    assert shown_name(name, was=found, kind=found) == name


def test_a_gif_that_became_a_png_is_called_so() -> None:
    assert shown_name("cat.GIF", was=GIF, kind=PNG) == "cat.png"
    assert shown_name("cat", was=GIF, kind=PNG) == "cat.png"


@pytest.mark.parametrize(
    ("name", "declared", "agrees"),
    [
        ("a.jpg", None, True),
        ("a.JPEG", "image/jpg; q=1", True),
        ("a", "application/octet-stream", True),
        ("a.exe", "", True),
        ("a.png", None, False),
        ("a.jpg", "image/png", False),
        ("a.jpg", "text/html", False),
    ],
)
def test_names_and_declared_types_must_agree(name: str, declared: str | None, agrees: bool) -> None:
    if agrees:
        check_agreement(JPEG, name=name, declared=declared)
    else:
        with pytest.raises(TypeMismatch):
            check_agreement(JPEG, name=name, declared=declared)
    assert PDF.media_type in TYPES


LINK = links.Link("lucky", UUID(int=7), Author(kind=AuthorKind.STAFF, id="s-1", name="Ann"), NOW)


def test_a_link_is_read_until_its_time_is_over() -> None:
    token = links.signed(LINK, KEY)
    assert links.read(token, key=KEY, now=NOW - timedelta(seconds=1)) == LINK
    for now, key in ((NOW, KEY), (NOW - timedelta(seconds=1), b"x" * 32)):
        with pytest.raises(LinkInvalid):
            links.read(token, key=key, now=now)


@given(st.data())
def test_a_bent_link_leads_nowhere(data: st.DataObject) -> None:
    token = links.signed(LINK, KEY)
    place = data.draw(st.integers(0, len(token) - 2))  # the last character has bits that say nothing
    other = data.draw(st.sampled_from("ABCxyz019-_").filter(lambda c: c != token[place]))
    with pytest.raises(LinkInvalid):
        links.read(token[:place] + other + token[place + 1 :], key=KEY, now=NOW - timedelta(seconds=1))


@given(st.text(max_size=100))
def test_what_is_no_link_is_none(token: str) -> None:
    with pytest.raises(LinkInvalid):
        links.read(token, key=KEY, now=NOW)


async def _stored(store: FileStore, content: bytes, place: tuple[str, ...]) -> str:
    key = store.new_key()
    with store.room() as source:
        source.write(content)
        assert await store.keep(key, place, source) == len(content)
    return key


@pytest.mark.parametrize("size", [0, 1, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 3 * 256 * 1024])
async def test_the_store_gives_back_what_it_took(tmp_path: Path, size: int) -> None:
    store, content = FileStore(tmp_path, Seal(KEY)), bytes(range(256)) * (size // 256 + 1)
    key = await _stored(store, content[:size], ("a",))
    assert b"".join([piece async for piece in store.read(key, ("a",))]) == content[:size]
    await store.forget(key)
    await store.forget(key)
    with pytest.raises(FileLost):
        await anext(store.read(key, ("a",)))


async def test_the_store_notices_what_was_done_to_a_file(tmp_path: Path) -> None:
    store = FileStore(tmp_path, Seal(KEY))
    key = await _stored(store, b"x" * 600_000, ("a",))
    path = tmp_path / key[:2] / key[2:4] / key
    whole = path.read_bytes()
    first = 4 + int.from_bytes(whole[:4])
    second = first + 4 + int.from_bytes(whole[first : first + 4])
    bent = bytearray(whole)
    bent[1000] ^= 1
    swapped = whole[first:second] + whole[:first] + whole[second:]
    for damaged in (whole[:first], whole[:-1], bytes(bent), swapped, b"", b"\xff" * 8):
        path.write_bytes(damaged)
        with pytest.raises((FileLost, SealBroken)):
            _ = [piece async for piece in store.read(key, ("a",))]
    path.write_bytes(whole)
    with pytest.raises(SealBroken):
        await anext(store.read(key, ("another place",)))


@pytest.mark.parametrize(
    ("method", "path", "most"),
    [
        ("POST", "/v1/attachments", FILE_BYTES),
        ("GET", "/v1/files/x", 0),
        ("GET", "/v1/attachments", None),
        ("POST", "/v1/attachments/x/links", None),
        ("PUT", "/v1/attachments", None),
        ("POST", "/v1/files/x", None),
    ],
)
def test_only_files_have_more_room(method: str, path: str, most: int | None) -> None:
    found = wide_route(method, path)
    assert (None if found is None else found.max_body_bytes) == most
