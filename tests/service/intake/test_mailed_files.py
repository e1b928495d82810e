"""What is attached to a mail becomes files of the words it came with, once, and nobody else's."""

import asyncio
import io
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from PIL import Image
from sqlalchemy import func, select

from deploy.local.databases import ServiceUrls
from services.intake.tables import attachments, raw_deliveries
from shared.contracts.base import Author, AuthorKind
from shared.contracts.intake import AttachmentReady, AttachmentRejected, MessageReceived
from shared.contracts.tickets import MessageAdded, MessageKind
from shared.contracts.tickets.state import SAMPLE_TICKET
from shared.ids import new_id
from shared.web.actor import ActorKind
from tests.service.intake.mails import HOSTILE, HostileMail, exposed, letter_with
from tests.service.intake.photographer import TICKET, Photographer, files_in, photographing, picture
from tests.service.intake.postman import Postman, letter
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.scanner import EICAR, VirusScanner

PLAYER: Final = Author(kind=AuthorKind.PLAYER, id="p-1", name="Kim")
LARGE: Final = {"mail_bytes": 4 * 1024 * 1024}


class Desk(Photographer):
    """Intake with a mail server in front and tickets behind, which tells where a mail's words went."""

    async def open(self) -> "Desk":
        """Introduce the brands."""
        self.postman = await Postman(self.service).introduced()
        return self

    async def mailed(self, mail: EmailMessage | bytes, count: int = 1) -> MessageReceived:
        """Hand a mail over and return what is told of the last of so many."""
        await self.postman.hand_over(mail)
        return (await self.postman.told(count))[-1][1]

    async def lands(self, told: MessageReceived, *, author: Author = PLAYER, **more: Any) -> None:
        """Let the words of a mail join the player's ticket."""
        state = SAMPLE_TICKET.model_copy(update={"id": TICKET, "player_id": "p-1", "reason": None})
        values: dict[str, Any] = {
            "ticket_id": TICKET, "ticket": state, "actor": author, "occurred_at": told.received_at,
            "message_id": told.message_id, "kind": MessageKind.MESSAGE, "author": author, "text": told.text,
            "attachments": told.attachments, **more,
        }  # fmt: skip
        await self.service.publish(MessageAdded(**values))

    async def rows(self) -> int:
        """Return how many files are known."""
        async with self.service.ground.database.begin_worker() as session:
            return int((await session.execute(select(func.count()).select_from(attachments))).scalar_one())


@pytest_asyncio.fixture
async def desk(postgres: Cluster, tmp_path: Path) -> AsyncIterator[Desk]:
    """No virus scanner."""
    async with photographing(postgres, tmp_path, **LARGE) as people:
        yield await Desk(people.service).open()


async def test_a_mailed_photo_is_the_players_file(desk: Desk) -> None:
    told = await desk.mailed(letter_with((exposed(), "image/jpeg", "my id.jpg")))
    (file,) = map(str, told.attachments)
    assert told.text == "see attached"
    before = await desk.becomes(file, state="ready", message_id=None, public=False)
    assert (before["uploaded_by"]["kind"], before["name"], before["media_type"]) == (
        "system",
        "my id.jpg",
        "image/jpeg",
    )
    assert (await desk.get(f"/v1/attachments/{file}")).status_code == 404
    await desk.lands(told)
    now = await desk.becomes(file, message_id=str(told.message_id), ticket_id=str(TICKET), public=True)
    assert now["uploaded_by"] == {"kind": "player", "id": "p-1", "name": "Kim"}
    got = await desk.fetch(file)
    assert Image.open(io.BytesIO(got.content)).size == (300, 200)
    assert b"Exif" not in got.content
    assert b"Telltale" not in got.content
    (ready,) = await desk.service.recorded(AttachmentReady)
    assert (ready.data["message_id"], ready.data["public"]) == (str(told.message_id), True)


async def test_nobody_else_gets_it(desk: Desk) -> None:
    told = await desk.mailed(letter_with((picture(), "image/jpeg", "a.jpg")))
    (file,) = map(str, told.attachments)
    await desk.lands(told)
    await desk.becomes(file, public=True, state="ready")
    for kind, who, brand in (
        (ActorKind.PLAYER, "p-2", "lucky"), (ActorKind.VISITOR, "kim@example.org", "lucky"),
        (ActorKind.PLAYER, "p-1", "royal"), (ActorKind.STAFF, "s-1", "royal"),
    ):  # fmt: skip
        other = desk.service.actor(kind, who, brand)
        assert (await desk.get(f"/v1/attachments/{file}", as_=other)).status_code == 404
        assert (await desk.link(file, as_=other)).status_code == 404


async def test_only_the_words_of_its_mail_carry_it(desk: Desk) -> None:
    """Neither another message that names it, nor the player's own words in the chat."""
    told = await desk.mailed(letter_with((picture(), "image/jpeg", "a.jpg")))
    (file,) = told.attachments
    await desk.lands(told, message_id=new_id())
    await desk.say(str(file))
    marker = await desk.sent()
    await desk.say(marker["id"])
    await desk.becomes(marker["id"], public=True)
    await desk.becomes(str(file), message_id=None, public=False)


async def test_a_strangers_files_stay_inside(desk: Desk) -> None:
    told = await desk.mailed(letter_with((picture(), "image/jpeg", "a.jpg")))
    (file,) = map(str, told.attachments)
    await desk.lands(told, author=Author(kind=AuthorKind.SYSTEM, id="intake"), kind=MessageKind.NOTE)
    await desk.becomes(file, message_id=str(told.message_id), public=False, state="ready")
    assert (await desk.get(f"/v1/attachments/{file}")).status_code == 404
    assert (await desk.link(file, as_=desk.agent)).status_code == 201


async def test_the_same_mail_gives_its_files_once(desk: Desk) -> None:
    mail = letter_with((picture(), "image/jpeg", "a.jpg"))
    told = await desk.mailed(mail)
    await desk.postman.hand_over(mail)
    mail["X-Received-Again"] = "by another way"
    await desk.postman.hand_over(mail)
    other = letter_with((picture(size=(30, 20)), "image/jpeg", "a.jpg"))
    again = await desk.mailed(other, 2)
    assert again.message_id != told.message_id, "the same id with another file is another message"

    async def read() -> bool:
        async with desk.service.ground.database.begin_worker() as session:
            states = (await session.execute(select(raw_deliveries.c.state))).scalars().all()
        return sorted(states) == ["done", "done", "duplicate"]

    await eventually(read)
    assert await desk.rows() == 2


async def test_a_refused_file_is_told_of_in_its_ticket(desk: Desk, tmp_path: Path) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    told = await desk.mailed(letter_with((svg, "image/svg+xml", "logo.svg"), (b"", "image/png", "empty.png")))
    one, other = map(str, told.attachments)
    await desk.becomes(one, state="rejected", reason="active-content")
    await desk.becomes(other, state="rejected", reason="attachment-empty", detail="the file is empty")
    assert await desk.service.recorded(AttachmentRejected) == []
    await desk.lands(told)
    facts = await eventually(lambda: _told(desk, AttachmentRejected, 2))
    events = {str(fact.attachment_id): fact for fact in facts}
    assert (events[one].ticket_id, events[one].reason, events[one].channel) == (TICKET, "active-content", "email")
    assert events[other].detail == "the file is empty"
    assert (await desk.link(one, as_=desk.agent)).json()["code"] == "attachment-gone"
    assert files_in(tmp_path) == []


async def _told(desk: Desk, event: type[AttachmentRejected], count: int) -> list[AttachmentRejected]:
    facts = [event.model_validate(one.data) for one in await desk.service.recorded(event)]
    assert len(facts) == count
    return facts


async def test_a_virus_is_told_of(postgres: Cluster, tmp_path: Path) -> None:
    """Whether the words have found their ticket before the scanner speaks or after."""
    scanner = await VirusScanner().come()
    async with photographing(postgres, tmp_path, scanner=scanner.address, **LARGE) as people:
        desk = await Desk(people.service).open()
        told = await desk.mailed(letter_with((EICAR, "text/plain", "a.txt"), (picture(), "image/jpeg", "a.jpg")))
        bad, good = map(str, told.attachments)
        await desk.becomes(bad, state="rejected", reason="infected")
        await desk.lands(told)
        await desk.becomes(good, state="ready", public=True)
        (fact,) = await eventually(lambda: _told(desk, AttachmentRejected, 1))
        assert (str(fact.attachment_id), fact.reason, fact.ticket_id) == (bad, "infected", TICKET)
    await scanner.go()


async def waiting(postgres: Cluster, folder: Path, urls: ServiceUrls, *, lands: bool = False) -> UUID:
    """Return a file that stays in its mail because there is no room for it, until the process ends."""
    full = folder / "no folder"
    full.touch()
    async with photographing(postgres, full, urls=urls, **LARGE) as people:
        desk = await Desk(people.service).open()
        told = await desk.mailed(letter_with((exposed(), "image/jpeg", "a.jpg")))
        (file,) = told.attachments
        if lands:
            await desk.lands(told)
            await desk.becomes(str(file), state="pending", message_id=str(told.message_id), public=True)
            assert (await desk.link(str(file))).json()["code"] == "attachment-not-ready"
        return file


async def left(urls: ServiceUrls, statement: str) -> str:
    """Change what a process left behind; every file is due again. Returns the key of the only one."""
    connection = await asyncpg.connect(urls.worker)
    try:
        await connection.execute(statement)
        return str(await connection.fetchval("UPDATE attachments SET next_at = now() RETURNING file_key"))
    finally:
        await connection.close()


async def test_words_arrive_while_files_cannot_be_kept_and_a_crash_loses_none(
    postgres: Cluster, tmp_path: Path
) -> None:
    """A disk that takes nothing refuses nothing; what a process left half done when it was killed is done anew."""
    folder = tmp_path / "files"
    async with postgres.database("intake") as urls:
        file = str(await waiting(postgres, tmp_path, urls, lands=True))
        key = await left(urls, "UPDATE attachments SET attempts = 1")
        await asyncio.to_thread(_half_written, folder / key[:2] / key[2:4] / key)
        async with photographing(postgres, folder, urls=urls, **LARGE) as people:
            await people.becomes(file, state="ready")
            assert Image.open(io.BytesIO((await people.fetch(file)).content)).size == (300, 200)
            assert len(await people.service.recorded(AttachmentReady)) == 1
            assert len(files_in(folder)) == 1


def _half_written(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"half of it")
    path.with_suffix(".part").write_bytes(b"half of it")


@pytest.mark.parametrize(
    ("statement", "reason"),
    [("UPDATE attachments SET attempts = 5", "file-unreadable"), ("DELETE FROM raw_deliveries", "lost")],
)
async def test_what_cannot_be_had_is_refused_in_the_end(
    postgres: Cluster, tmp_path: Path, statement: str, reason: str
) -> None:
    """It ended five readers, or its mail is gone."""
    async with postgres.database("intake") as urls:
        file = await waiting(postgres, tmp_path, urls)
        await left(urls, statement)
        async with photographing(postgres, tmp_path / "files", urls=urls, **LARGE) as people:
            await people.becomes(str(file), state="rejected", reason=reason)


async def test_of_many_files_the_rest_is_named(desk: Desk) -> None:
    files = [(f"text {number}".encode(), "text/plain", f"{number}.txt") for number in range(12)]
    told = await desk.mailed(letter_with(*files))
    assert len(told.attachments) == 10
    assert told.text.endswith("[not taken, because a mail carries at most 10 files: 10.txt, 11.txt]")
    for file in told.attachments:
        await desk.becomes(str(file), state="ready")
    # They are listed by id: in the order of the mail, although one millisecond draws all ids.
    assert list(told.attachments) == sorted(told.attachments)


async def test_a_robot_brings_no_files_that_nobody_will_see(desk: Desk) -> None:
    mail = letter_with((picture(), "image/jpeg", "a.jpg"))
    mail["Auto-Submitted"] = "auto-replied"
    assert (await desk.mailed(mail)).attachments == ()
    assert await desk.rows() == 0


async def test_pictures_of_the_text_are_files_and_its_layout_is_not(desk: Desk) -> None:
    mail = letter("see the picture")
    mail.add_alternative('<p>see</p><img src="cid:shot@x"><img src="cid:logo@x">', subtype="html")
    (_, html) = mail.iter_parts()
    shot = picture("PNG", (400, 300)) + bytes(20_000)
    html.add_related(shot, "image", "png", cid="<shot@x>", filename="shot.png")
    html.add_related(picture("PNG", (9, 9)), "image", "png", cid="<logo@x>", filename="logo.png")
    told = await desk.mailed(mail)
    (file,) = told.attachments
    assert (await desk.becomes(str(file), state="ready"))["name"] == "shot.png"
    assert told.text == "see the picture\n\n[small pictures of the layout, left out: 1]"


@pytest_asyncio.fixture(scope="module")
async def besieged(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """One service for all that is hostile."""
    async with photographing(postgres, tmp_path_factory.mktemp("files"), **LARGE) as people:
        yield await Desk(people.service).open()


@pytest.mark.parametrize("one", HOSTILE, ids=[one.title for one in HOSTILE])
async def test_a_hostile_mail_brings_its_words(besieged: Desk, one: HostileMail) -> None:
    count = len(await besieged.service.recorded(MessageReceived)) + 1
    told = await besieged.mailed(one.raw, count)
    assert told.text.startswith(one.words)
    assert len(told.attachments) == (one.refused is not None or one.shown is not None)
    for file in map(str, told.attachments):
        if one.refused is None:
            assert (await besieged.becomes(file, state="ready"))["name"] == one.shown
        else:
            made = await besieged.becomes(file, state="rejected", reason=one.refused)
            assert made["detail"]
            assert made["detail"].isprintable()
            assert made["name"].isprintable()
