"""A ticket's words carry files, wherever they enter."""

from uuid import UUID, uuid4

from shared.contracts.base import Author, AuthorKind
from shared.contracts.chat import MessagePosted
from shared.contracts.tickets import MessageAdded
from shared.ids import new_id
from tests.service.tickets.desk import MORNING, Desk, received
from tests.support.eventually import eventually


async def test_words_carry_files_into_the_timeline(desk: Desk) -> None:
    """Opening, reply, note and live words: messages, timeline and events name the files."""
    first, second, third = (str(uuid4()) for _ in range(3))
    ticket = await desk.open(message={"text": "See this", "attachments": [first]})
    for kind, files in (("reply", [second]), ("note", [third])):
        answer = await desk.post(f"/{ticket['id']}/messages", {"text": "Here", "kind": kind, "attachments": files})
        assert (answer.status_code, answer.json()["attachments"]) == (201, files)
    words = (await desk.get(f"/{ticket['id']}/messages"))["items"]
    assert [entry["attachments"] for entry in words] == [[first], [second], [third]]
    told = [MessageAdded.model_validate(one.data) for one in await desk.service.recorded(MessageAdded)]
    assert [tuple(map(str, one.attachments)) for one in told] == [(first,), (second,), (third,)]
    entries = (await desk.get(f"/{ticket['id']}/timeline", desk.player()))["items"]
    assert [entry["attachments"] for entry in entries if entry["kind"] != "change"] == [[first], [second]]


async def test_a_live_picture_opens_a_ticket(desk: Desk) -> None:
    """Files without words are words enough."""
    ticket_id, file = new_id(), uuid4()
    posted = MessagePosted(
        ticket_id=ticket_id, message_id=new_id(), seq=1, author=Author(kind=AuthorKind.PLAYER, id="p-1"), text="",
        sent_at=MORNING, attachments=(file,),
    )  # fmt: skip
    await desk.service.publish(posted)

    async def opened() -> bool:
        words = (await desk.get(f"/{ticket_id}/messages"))["items"]
        return [(one["text"], one["attachments"]) for one in words] == [("", [str(UUID(int=file.int))])]

    await eventually(opened)


async def test_at_most_ten(desk: Desk) -> None:
    """One message is no archive."""
    ticket = await desk.open()
    answer = await desk.post(f"/{ticket['id']}/messages", {"text": "Here", "attachments": [str(uuid4())] * 11})
    assert answer.status_code == 422


async def test_no_reply_by_email_loses_files(desk: Desk) -> None:
    """What the player would never get is refused; a note may carry it."""
    await desk.service.publish(received())
    ticket = await eventually(lambda: _only(desk))
    body = {"text": "Here", "attachments": [str(uuid4())]}
    refused = await desk.post(f"/{ticket}/messages", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "files-undeliverable")
    assert (await desk.post(f"/{ticket}/messages", body | {"kind": "note"})).status_code == 201


async def _only(desk: Desk) -> str:
    items = (await desk.get(""))["items"]
    return str(items[0]["id"]) if items else ""
