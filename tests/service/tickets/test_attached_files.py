"""A ticket's words carry files, wherever they enter."""

from uuid import UUID, uuid4

from shared.contracts.base import Author, AuthorKind, Channel, ContactRef
from shared.contracts.chat import MessagePosted
from shared.contracts.intake import AttachmentRejected
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


async def test_files_of_a_mail_are_its_words(desk: Desk) -> None:
    """Without a text the files are words enough; in an answer from somewhere else they are the note's."""
    first, second, third = uuid4(), uuid4(), uuid4()
    await desk.service.publish(received("", attachments=(first,)))
    ticket = await eventually(lambda: _only(desk))
    await desk.service.publish(received("More", attachments=(second,), ticket_id=UUID(ticket)))
    stranger = ContactRef(channel=Channel.EMAIL, address="else@example.org")
    await desk.service.publish(received("Mine", stranger, attachments=(third,), ticket_id=UUID(ticket)))
    words = (await desk.get(f"/{ticket}/messages"))["items"]
    assert [(one["kind"], one["attachments"]) for one in words] == [
        ("message", [str(first)]), ("message", [str(second)]), ("note", [str(third)]),
    ]  # fmt: skip
    assert [one["text"] for one in words][:2] == ["", "More"]


async def test_a_refused_file_of_a_mail_is_noted_once(desk: Desk) -> None:
    """The staff read what was left out and why; of an upload its sender was told."""
    await desk.service.publish(received("Look", attachments=(uuid4(),)))
    ticket = await eventually(lambda: _only(desk))
    refused = AttachmentRejected.sample().model_copy(
        update={
            "attachment_id": uuid4(), "ticket_id": UUID(ticket), "name": "logo.svg", "reason": "active-content",
            "channel": Channel.EMAIL, "detail": "the text is a page or a script",
        }
    )  # fmt: skip
    await desk.service.publish(refused)
    await desk.service.publish(refused, sequence=2)
    await desk.service.publish(refused.model_copy(update={"attachment_id": uuid4(), "channel": None}))
    await desk.service.publish(refused.model_copy(update={"attachment_id": uuid4(), "ticket_id": uuid4()}))
    words = (await desk.get(f"/{ticket}/messages"))["items"]
    assert [one["kind"] for one in words] == ["message", "note"]
    assert words[1]["text"] == "A file that came by email was not taken: logo.svg (the text is a page or a script)."
    assert (await desk.get(f"/{ticket}"))["status"] == "new"


async def _only(desk: Desk) -> str:
    items = (await desk.get(""))["items"]
    return str(items[0]["id"]) if items else ""
