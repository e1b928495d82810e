"""Files come in, are carried by words, and reach those who may see them."""

import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from PIL import Image
from sqlalchemy import update

from services.intake.tables import attachments
from shared.contracts.base import Author, AuthorKind
from shared.contracts.intake import AttachmentReady, IntakeDataRead
from shared.contracts.tickets import MessageAdded, MessageCorrected, MessageKind
from shared.contracts.tickets.state import SAMPLE_TICKET
from shared.ids import new_id
from shared.web.actor import ActorKind
from tests.service.intake.photographer import TICKET, Photographer, files_in, photographing, picture
from tests.support.database import Cluster
from tests.support.eventually import eventually


@pytest_asyncio.fixture
async def people(postgres: Cluster, tmp_path: Path) -> AsyncIterator[Photographer]:
    """A player, an agent and a lead of the brand lucky; no virus scanner."""
    async with photographing(postgres, tmp_path) as photographer:
        yield photographer


async def added(people: Photographer, *ids: str, kind: MessageKind = MessageKind.REPLY, **more: object) -> None:
    """Let a member of staff's words join the player's ticket."""
    staff = Author(kind=AuthorKind.STAFF, id="s-1")
    state = SAMPLE_TICKET.model_copy(update={"id": TICKET, "player_id": "p-1", "reason": None, **more})
    now = people.service.ground.clock.now()
    event = MessageAdded(
        ticket_id=TICKET, ticket=state, actor=staff, occurred_at=now, message_id=new_id(), kind=kind, author=staff,
        text="Here", attachments=tuple(UUID(one) for one in ids),
    )  # fmt: skip
    await people.service.publish(event)


async def test_a_picture_is_drawn_anew_and_shown(people: Photographer) -> None:
    made = await people.sent(ticket_id=str(TICKET))
    assert (made["state"], made["media_type"], made["width"], made["height"]) == ("ready", "image/jpeg", 300, 200)
    assert (made["ticket_id"], made["message_id"], made["public"]) == (str(TICKET), None, False)
    got = await people.fetch(made["id"])
    assert got.status_code == 200
    assert got.headers["content-type"] == "image/jpeg"
    assert got.headers["content-disposition"].startswith('inline; filename="photo.jpg"')
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert len(got.content) == made["size"] == int(got.headers["content-length"])
    assert Image.open(io.BytesIO(got.content)).size == (300, 200)


async def test_what_is_no_picture_is_a_download(people: Photographer) -> None:
    made = await people.sent("Grüße".encode(), "ein Brief.txt", declared="text/plain")
    got = await people.fetch(made["id"])
    assert got.headers["content-disposition"].startswith("attachment; ")
    assert got.headers["content-type"] == "text/plain; charset=utf-8"
    assert got.content.decode() == "Grüße"


async def test_nothing_lies_in_the_open(people: Photographer, tmp_path: Path) -> None:
    await people.sent(b"a text that must not be readable on the disk", "letter.txt")
    (stored,) = files_in(tmp_path)
    assert b"readable" not in stored.read_bytes()
    assert stored.suffix == ""


async def test_the_same_key_is_the_same_file(people: Photographer) -> None:
    first = await people.send(picture(), key="k1")
    again = await people.send(picture(), key="k1")
    other = await people.send(picture(size=(5, 5)), key="k1")
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert (await people.send(picture(), client_id="k1")).json()["id"] == first.json()["id"]


async def test_a_refused_file_leaves_its_key_free(people: Photographer, tmp_path: Path) -> None:
    assert (await people.send(b"<html>", "a.txt", key="k1")).status_code == 400
    assert files_in(tmp_path) == []
    assert (await people.send(picture(), key="k1")).status_code == 201


async def test_servers_need_a_key(people: Photographer) -> None:
    server = people.service.actor(ActorKind.SERVER, "key-1", scopes={"tickets:write"})
    assert (await people.send(picture(), as_=server)).json()["code"] == "idempotency-key-missing"
    assert (await people.send(picture(), as_=server, key="k")).status_code == 201
    reader = people.service.actor(ActorKind.SERVER, "key-2", scopes={"tickets:read"})
    assert (await people.send(picture(), as_=reader, key="k")).status_code == 403


async def test_another_players_ticket_does_not_exist(people: Photographer) -> None:
    await people.begin(player="p-1")
    other = people.service.actor(ActorKind.PLAYER, "p-2")
    refused = await people.send(picture(), as_=other, ticket_id=str(TICKET))
    assert (refused.status_code, refused.json()["code"]) == (404, "ticket-not-found")


async def test_words_of_their_uploader_carry_files(people: Photographer) -> None:
    await people.begin()
    made = await people.sent(ticket_id=str(TICKET))
    message = await people.say(made["id"])
    await people.becomes(made["id"], message_id=str(message), public=True, ticket_id=str(TICKET))
    (told,) = await people.service.recorded(AttachmentReady)
    event = AttachmentReady.model_validate(told.data)
    assert (str(event.attachment_id), event.message_id, event.media_type) == (made["id"], message, "image/jpeg")
    listed = (await people.get("/v1/attachments", as_=people.agent, ticket_id=str(TICKET))).json()["items"]
    assert [one["id"] for one in listed] == [made["id"]]


async def test_words_of_others_carry_nothing(people: Photographer) -> None:
    await people.begin()
    stolen = await people.sent(ticket_id=str(TICKET))
    own = await people.sent(as_=people.service.actor(ActorKind.PLAYER, "p-2"))
    await people.say(stolen["id"], own["id"], ticket=uuid4(), player="p-2")
    await people.becomes(own["id"], public=True)
    await people.becomes(stolen["id"], public=False, message_id=None)


async def test_a_file_is_carried_once(people: Photographer) -> None:
    made = await people.sent()
    message = await people.say(made["id"])
    await people.becomes(made["id"], message_id=str(message))
    marker = await people.sent()
    await people.say(made["id"], marker["id"], ticket=uuid4())
    await people.becomes(marker["id"], public=True)
    await people.becomes(made["id"], message_id=str(message), ticket_id=str(TICKET))
    assert len(await people.service.recorded(AttachmentReady)) == 2


async def test_a_player_sees_what_replies_carry_and_nothing_before(people: Photographer) -> None:
    await people.begin()
    made = await people.sent(as_=people.agent, ticket_id=str(TICKET))
    path = f"/v1/attachments/{made['id']}"
    assert (await people.get(path)).status_code == 404
    await added(people, made["id"])
    await people.becomes(made["id"], public=True)
    assert (await people.get(path)).status_code == 200
    assert (await people.fetch(made["id"])).status_code == 200
    other = people.service.actor(ActorKind.PLAYER, "p-2")
    assert (await people.get(path, as_=other)).status_code == 404
    assert (await people.link(made["id"], as_=other)).status_code == 404


async def test_a_note_keeps_its_files_inside(people: Photographer) -> None:
    await people.begin()
    made = await people.sent(as_=people.agent, ticket_id=str(TICKET))
    await added(people, made["id"], kind=MessageKind.NOTE)
    await eventually(lambda: _carried(people, made["id"]))
    assert (await people.get(f"/v1/attachments/{made['id']}")).status_code == 404
    assert (await people.get("/v1/attachments", ticket_id=str(TICKET))).json()["items"] == []


@pytest.mark.parametrize("early", [False, True])
async def test_files_go_with_withdrawn_words_but_for_who_sent_them(people: Photographer, early: bool) -> None:
    """In whatever order it is told; the desk keeps them, for the record."""
    await people.begin()
    made = await people.sent(as_=people.agent, ticket_id=str(TICKET))
    path, staff, message = f"/v1/attachments/{made['id']}", Author(kind=AuthorKind.STAFF, id="s-1"), new_id()
    state = SAMPLE_TICKET.model_copy(update={"id": TICKET, "player_id": "p-1", "reason": None})
    common: dict[str, Any] = {
        "ticket_id": TICKET, "ticket": state, "actor": staff, "occurred_at": people.service.ground.clock.now(),
        "message_id": message, "kind": MessageKind.REPLY, "author": staff, "attachments": (UUID(made["id"]),),
    }  # fmt: skip
    said = MessageAdded(**common, text="Here")
    gone = MessageCorrected(**common, correction_id=new_id(), text=None, said_at=said.occurred_at)
    edited = gone.model_copy(update={"text": "There", "attachments": ()})
    if early:
        await people.service.publish(gone)
        await people.becomes(made["id"], reason="withdrawn")
    await people.service.publish(said)
    await people.becomes(made["id"], message_id=str(message), public=not early)
    if not early:
        await people.service.publish(edited)
        assert (await people.get(path)).status_code == 200
        await people.service.publish(gone)
    await people.becomes(made["id"], public=False, reason="withdrawn")
    assert (await people.get(path)).status_code == 404
    assert (await people.link(made["id"])).status_code == 404
    assert (await people.fetch(made["id"], as_=people.agent)).status_code == 200
    others = await people.sent(ticket_id=str(TICKET))
    await people.service.publish(gone.model_copy(update={"attachments": (UUID(others["id"]),)}))
    own = await people.sent(ticket_id=str(TICKET))
    await people.say(own["id"])
    await people.becomes(own["id"], public=True)
    await people.becomes(others["id"], reason=None)


async def _carried(people: Photographer, attachment: str) -> bool:
    return (await people.get(f"/v1/attachments/{attachment}", as_=people.agent)).json()["message_id"] is not None


async def test_other_brands_see_nothing(people: Photographer) -> None:
    made = await people.sent()
    for kind, role, scopes in (
        (ActorKind.STAFF, "admin", set()),
        (ActorKind.SERVER, None, {"tickets:read", "documents:read"}),
        (ActorKind.PLAYER, None, set()),
    ):
        foreign = people.service.actor(kind, "p-1", "royal", role=role, scopes=scopes)
        assert (await people.get(f"/v1/attachments/{made['id']}", as_=foreign)).status_code == 404
        assert (await people.link(made["id"], as_=foreign)).status_code == 404


async def test_links_cannot_be_made_or_bent(people: Photographer) -> None:
    one, other = await people.sent(), await people.sent()
    path = httpx.URL((await people.link(one["id"])).json()["url"]).path
    token = path.rpartition("/")[2]
    for bent in (token[:-2], token[:-1] + ("A" if token[-1] != "A" else "B"), "x", "A" * 60, "é"):
        answer = await people.service.http.get(f"/v1/files/{bent}")
        assert (answer.status_code, answer.json()["code"]) == (404, "link-invalid")
    assert (await people.service.http.get(path)).status_code == 200
    assert other["id"] not in path


async def test_a_link_ends(postgres: Cluster, tmp_path: Path) -> None:
    async with photographing(postgres, tmp_path, link_life=timedelta(0)) as people:
        made = await people.sent()
        assert (await people.fetch(made["id"])).json()["code"] == "link-invalid"


async def test_identity_documents_are_seen_by_few_and_every_look_is_recorded(people: Photographer) -> None:
    await people.begin()
    made = await people.sent(ticket_id=str(TICKET), sensitivity="identity_document")
    await people.say(made["id"])
    await people.becomes(made["id"], public=True)
    refused = await people.link(made["id"], as_=people.agent)
    assert (refused.status_code, refused.json()["code"]) == (403, "document-forbidden")
    server = people.service.actor(ActorKind.SERVER, "key-1", scopes={"tickets:read"})
    assert (await people.link(made["id"], as_=server)).status_code == 403
    assert (await people.fetch(made["id"])).status_code == 200
    assert (await people.link(made["id"], as_=people.lead, **{"x-pitboss-reason": "r%C3%A9vision"})).status_code == 201
    assert (await people.fetch(made["id"], as_=people.lead)).status_code == 200
    views = (await people.get(f"/v1/attachments/{made['id']}/views", as_=people.lead)).json()["items"]
    assert [(one["deed"], one["viewer_id"], one["reason"]) for one in views] == [
        ("link", "s-9", "révision"),
        ("link", "s-9", None),
        ("download", "s-9", None),
    ]
    assert (await people.get(f"/v1/attachments/{made['id']}/views", as_=people.agent)).status_code == 403


async def test_every_look_of_the_staff_at_files_is_told(people: Photographer) -> None:
    """Lists, single files, links and downloads, of ordinary files too; players see what is theirs."""
    await people.begin()
    made = await people.sent(ticket_id=str(TICKET))
    await people.say(made["id"])
    await people.becomes(made["id"], public=True)
    player = people.service.actor(ActorKind.PLAYER, "p-1")
    for viewer in (player, people.agent):
        await people.get("/v1/attachments", as_=viewer, ticket_id=str(TICKET))
        await people.get(f"/v1/attachments/{made['id']}", as_=viewer)
        assert (await people.fetch(made["id"], as_=viewer)).status_code == 200
    await people.get(f"/v1/attachments/{made['id']}/views", as_=people.lead)
    looks: list[dict[str, Any]] = [event.data for event in await people.service.recorded(IntakeDataRead)]
    assert {(one["reader"]["kind"], one["ticket_id"]) for one in looks} == {("staff", str(TICKET))}
    *waiting, listed, read, opened, fetched = [one for one in looks if one["reader"]["id"] == "s-1"]
    assert {one["sight"] for one in waiting} <= {"read_attachment"}
    assert [one["sight"] for one in (listed, read, opened, fetched)] == [
        "list_attachments", "read_attachment", "open_attachment", "fetch_attachment",
    ]  # fmt: skip
    assert [one["sight"] for one in looks if one["reader"]["id"] == "s-9"] == ["read_attachment_views"]
    assert (listed["filter"], read["filter"]) == (None, {"attachment": made["id"]})


async def test_a_topic_makes_documents_and_leads_unmake_them(people: Photographer) -> None:
    await people.begin()
    server = people.service.actor(ActorKind.SERVER, "key-1", scopes={"tickets:write"})
    made = await people.sent(as_=server, key="k")
    state = SAMPLE_TICKET.model_copy(update={"id": TICKET, "player_id": "p-1", "reason": "KYC.STATUS"})
    now = people.service.ground.clock.now()
    await people.service.publish(
        MessageAdded(
            ticket_id=TICKET, ticket=state, actor=Author(kind=AuthorKind.SERVER, id="key-1"), occurred_at=now,
            message_id=new_id(), kind=MessageKind.MESSAGE, author=Author(kind=AuthorKind.PLAYER, id="p-1"),
            text="My passport", attachments=(UUID(made["id"]),),
        )
    )  # fmt: skip
    await people.becomes(made["id"], sensitivity="identity_document")
    path, body = f"/v1/attachments/{made['id']}/sensitivity", {"sensitivity": "ordinary"}
    assert (await people.service.http.put(path, json=body, headers=people.agent)).status_code == 403
    assert (await people.service.http.put(path, json=body, headers=people.lead)).json()["sensitivity"] == "ordinary"
    assert (await people.service.http.put(path, json=body, headers=people.player)).status_code == 403


@pytest.mark.parametrize(("carried", "left"), [(True, "deleted"), (False, None)])
async def test_files_go_when_their_time_is_over(
    people: Photographer, tmp_path: Path, carried: bool, left: str | None
) -> None:
    made = await people.sent()
    if carried:
        await people.say(made["id"])
        await people.becomes(made["id"], public=True)
    ground = people.service.ground
    async with ground.database.begin_worker() as session:
        await session.execute(update(attachments).values(delete_at=ground.clock.now()))
    ground.wake("forget_files")

    await eventually(lambda: not files_in(tmp_path))
    seen = await eventually(lambda: _answer_when(people, made["id"], left))
    assert seen.get("name", "") == ""
    if carried:
        assert (await people.link(made["id"])).json()["code"] == "attachment-gone"


async def _answer_when(people: Photographer, attachment: str, state: str | None) -> dict[str, str]:
    answer = await people.get(f"/v1/attachments/{attachment}")
    body: dict[str, str] = answer.json()
    expected = answer.status_code == 404 if state is None else body.get("state") == state
    return ({"gone": "yes"} if state is None else body) if expected else {}


async def test_nobody_piles_files_up(people: Photographer) -> None:
    for number in range(20):
        await people.sent(b"text", f"{number}.txt")
    refused = await people.send(b"text", "more.txt")
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-uploads")
    assert (await people.send(b"text", "more.txt", as_=people.agent)).status_code == 201


async def test_names_keep_their_letters(people: Photographer) -> None:
    made = await people.sent(b"text", "отчёт за май.txt")
    got = await people.fetch(made["id"])
    assert made["name"] == "отчёт за май.txt"
    assert "filename*=UTF-8''%D0%BE" in got.headers["content-disposition"]
