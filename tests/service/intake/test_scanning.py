"""Nothing unscanned is delivered where a virus scanner is configured, however long it is away."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio
from sqlalchemy import select

from services.intake.tables import attachments
from shared.contracts.intake import AttachmentReady, AttachmentRejected
from tests.service.intake.photographer import TICKET, Photographer, files_in, photographing
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.scanner import EICAR, VirusScanner


@pytest_asyncio.fixture
async def scanner() -> AsyncIterator[VirusScanner]:
    """A scanner at work."""
    scanner = await VirusScanner().come()
    yield scanner
    await scanner.go()


@pytest_asyncio.fixture
async def people(postgres: Cluster, tmp_path: Path, scanner: VirusScanner) -> AsyncIterator[Photographer]:
    """A player and the desk, behind the scanner."""
    soon = timedelta(milliseconds=100)
    async with photographing(postgres, tmp_path, scanner=scanner.address, scan_again=soon) as photographer:
        yield photographer


async def test_what_is_harmless_becomes_ready(people: Photographer, scanner: VirusScanner) -> None:
    made = await people.sent(b"a harmless text", "a.txt", ticket_id=str(TICKET))
    assert made["state"] == "pending"
    await people.say(made["id"])
    await people.becomes(made["id"], state="ready", public=True)
    assert scanner.seen == [b"a harmless text"]
    assert len(await people.service.recorded(AttachmentReady)) == 1
    assert (await people.fetch(made["id"])).content == b"a harmless text"


async def test_a_virus_is_gone(people: Photographer, tmp_path: Path) -> None:
    made = await people.sent(EICAR, "a.txt", ticket_id=str(TICKET))
    await people.becomes(made["id"], state="rejected", reason="infected")
    assert files_in(tmp_path) == []
    assert (await people.link(made["id"])).json()["code"] == "attachment-gone"
    (told,) = await people.service.recorded(AttachmentRejected)
    assert (told.data["reason"], told.data["attachment_id"]) == ("infected", made["id"])


async def test_files_wait_for_a_scanner_that_is_away(people: Photographer, scanner: VirusScanner) -> None:
    await scanner.go()
    made = await people.sent(b"a harmless text", "a.txt")
    bad = await people.sent(EICAR, "b.txt")
    for one in (made, bad):
        refused = await people.link(one["id"], as_=people.lead)
        assert (refused.status_code, refused.json()["code"]) == (409, "attachment-not-ready")
    message = await people.say(made["id"], bad["id"])
    await people.becomes(bad["id"], message_id=str(message), state="pending")
    await scanner.come()
    await people.becomes(made["id"], state="ready")
    await people.becomes(bad["id"], state="rejected")
    assert len(await people.service.recorded(AttachmentReady)) == 1


async def test_no_verdict_is_no_permission(people: Photographer, scanner: VirusScanner) -> None:
    scanner.most = 5
    made = await people.sent(b"more than the scanner takes", "a.txt")
    asked_twice = eventually(lambda: _attempts(people, made["id"]))
    assert await asked_twice
    assert (await people.link(made["id"])).json()["code"] == "attachment-not-ready"
    scanner.most = 1000
    await people.becomes(made["id"], state="ready")


async def _attempts(people: Photographer, attachment: str) -> bool:
    async with people.service.ground.database.begin_worker() as session:
        found = select(attachments.c.attempts).where(attachments.c.id == attachment)
        return int((await session.execute(found)).scalar_one()) >= 2


async def test_two_processes_scan_each_file_once(postgres: Cluster, tmp_path: Path, scanner: VirusScanner) -> None:
    async with (
        photographing(postgres, tmp_path, scanner=scanner.address) as one,
        photographing(postgres, tmp_path, scanner=scanner.address, urls=one.service.urls) as other,
    ):
        made = [await (one, other)[n % 2].sent(f"text {n}".encode(), f"{n}.txt") for n in range(6)]
        for attachment in made:
            await one.becomes(attachment["id"], state="ready")
            assert (await other.fetch(attachment["id"])).status_code == 200
        assert sorted(scanner.seen) == [f"text {n}".encode() for n in range(6)]
