"""Messages carry files, and sockets are told when they may be fetched."""

from uuid import UUID, uuid4

from shared.contracts.base import Author, AuthorKind
from shared.contracts.chat import MessagePosted
from shared.contracts.intake import AttachmentReady, AttachmentRejected, Sensitivity
from shared.ids import new_id
from shared.web.actor import ActorKind
from tests.support.chat import desk_ticket, opened, reply, served, start
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.service import RunningService, running_service

_KIM = Author(kind=AuthorKind.PLAYER, id="p-1")


def _ready(chat: RunningService, ticket: str, file: UUID, *, public: bool = True) -> AttachmentReady:
    return AttachmentReady(
        attachment_id=file, ticket_id=UUID(ticket), message_id=new_id(), public=public, name="a.jpg",
        media_type="image/jpeg", size=10, sensitivity=Sensitivity.ORDINARY, uploaded_by=_KIM,
        ready_at=chat.ground.clock.now(),
    )  # fmt: skip


async def test_files_go_with_words_or_without(postgres: Cluster) -> None:
    """A picture needs no text; everybody gets its id in the message's place, and the event carries it."""
    one, other = str(uuid4()), str(uuid4())
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat)
        ticket_id = session["ticket_id"]
        async with opened(url, session["socket_ticket"]) as player, opened(url, await desk_ticket(chat)) as agent:
            await agent.first("welcome")
            await agent.say("watch", ticket_id=ticket_id, after_seq=0)
            await player.say("send", client_msg_id="c1", attachments=[one, other])
            await player.first("ack", client_msg_id="c1")
            shown = await agent.first("msg")
            assert (shown["text"], shown["attachments"]) == ("", [one, other])
            await player.say("send", client_msg_id="c1", attachments=[one])
            refused = await player.first("nack", client_msg_id="c1")
            assert refused["problem"]["code"] == "client-msg-id-reused"
            await player.say("send", client_msg_id="c2", text="  ", attachments=[])
            assert (await player.first("nack", client_msg_id="c2"))["problem"]["code"] == "text-refused"
            answer = reply(ticket_id, "Here").model_copy(update={"attachments": (UUID(other),)})
            await chat.publish(answer)
            assert (await player.first("msg"))["attachments"] == [other]
        events = [MessagePosted.model_validate(envelope.data) for envelope in await chat.recorded(MessagePosted)]
        assert [tuple(map(str, event.attachments)) for event in events] == [(one, other), (other,)]


async def test_files_go_over_http_too(postgres: Cluster) -> None:
    """The same with a request, from the first words on."""
    one, other = str(uuid4()), str(uuid4())
    async with running_service(postgres, "chat") as chat:
        session = await start(chat, message={"attachments": [other]})
        headers = chat.actor(ActorKind.PLAYER, "p-1", name="Kim")
        path = f"/v1/chat/sessions/{session['ticket_id']}/messages"
        posted = await chat.http.post(path, json={"attachments": [one]}, headers=headers)
        assert (posted.status_code, posted.json()["attachments"]) == (201, [one])
        assert (await chat.http.post(path, json={"text": " "}, headers=headers)).status_code == 422
        assert (await chat.http.post(path, json={"attachments": [one] * 11}, headers=headers)).status_code == 422
        read = (await chat.http.get(path, headers=headers)).json()["items"]
        assert [message["attachments"] for message in read] == [[other], [one]]


async def test_sockets_are_told_what_became_of_files(postgres: Cluster) -> None:
    """Both sides hear of public files, the desk alone of a note's."""
    note, shown, bad = uuid4(), uuid4(), uuid4()
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat)
        ticket_id = session["ticket_id"]
        async with opened(url, session["socket_ticket"]) as player, opened(url, await desk_ticket(chat)) as agent:
            await player.first("welcome")
            await agent.first("welcome")
            await agent.say("watch", ticket_id=ticket_id, after_seq=0)
            await eventually(lambda: agent.all("receipt") or agent.all("viewers"))
            await chat.publish(_ready(chat, ticket_id, note, public=False))
            await chat.publish(_ready(chat, ticket_id, shown))
            await chat.publish(
                AttachmentRejected(
                    attachment_id=bad, ticket_id=UUID(ticket_id), message_id=new_id(), public=True, name="b.pdf",
                    reason="infected", uploaded_by=_KIM, rejected_at=chat.ground.clock.now(),
                )
            )  # fmt: skip
            await player.first("attachment", attachment_id=str(bad), state="rejected", reason="infected")
            await agent.first("attachment", attachment_id=str(bad))
            assert [frame["attachment_id"] for frame in player.all("attachment")] == [str(shown), str(bad)]
            assert [frame["attachment_id"] for frame in agent.all("attachment")] == [str(note), str(shown), str(bad)]
            ready = player.all("attachment")[0]
            assert (ready["state"], ready["name"], ready["media_type"]) == ("ready", "a.jpg", "image/jpeg")
