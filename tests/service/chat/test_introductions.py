"""What visitors say of themselves first, when somebody is there to answer, and answers to choose from."""

from datetime import timedelta
from typing import Any, Final

import pytest

from shared.contracts.base import QuickReply
from shared.contracts.chat import MessagePosted, SessionStarted
from shared.contracts.gateway import AccountChanged, StaffStatus
from shared.web.actor import ActorKind
from tests.support.chat import desk_ticket, opened, reply, served, start
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.service import RunningService, running_service

PERSIAN: Final = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"
RULES: Final[dict[str, Any]] = {"warn_after": None, "end_after": 60, "asks_for_rating": False}
FORM: Final[dict[str, Any]] = {
    "name": "required",
    "email": "required",
    "reason": "optional",
    "reasons": [{"code": "WDR.LATE", "labels": {"en": "Late payout", "de": "Auszahlung"}}],
    "questions": [{"key": "game", "labels": {"en": "Which game?"}, "required": True}],
}
SAID: Final[dict[str, Any]] = {
    "name": " Robin  Hood ",
    "email": "robin@EXAMPLE.org",
    "reason": "WDR.LATE",
    "answers": {"game": "Dice"},
}


async def replace(chat: RunningService, **rules: object) -> None:
    """Replace the rules of the brand."""
    seen = await chat.http.get("/v1/chat/policy", headers=chat.actor())
    headers = chat.actor(role="lead") | {"If-Match": seen.headers["ETag"]}
    put = await chat.http.put("/v1/chat/policy", json=RULES | rules, headers=headers)
    assert put.status_code == 200, put.text
    read = await chat.http.get("/v1/chat/policy", headers=chat.actor())
    assert read.json() == put.json()


async def test_a_visitor_introduces_himself_and_only_staff_see_it(postgres: Cluster) -> None:
    """What is required has to be said; it is kept as it was first said, tells nobody's account, and is never words."""
    async with running_service(postgres, "chat") as chat:
        await replace(chat, form=FORM)
        visitor = chat.actor(ActorKind.VISITOR, "v-1")
        for left_out in ("name", "email", "answers"):
            partial = {key: value for key, value in SAID.items() if key != left_out}
            refused = await chat.http.post("/v1/chat/sessions", json=partial, headers=visitor)
            assert (refused.status_code, refused.json()["code"]) == (400, "form-incomplete"), refused.text
        wrong = await chat.http.post("/v1/chat/sessions", json=SAID | {"reason": "VIP.NOW"}, headers=visitor)
        assert wrong.json()["code"] == "form-incomplete"
        began = await chat.http.post("/v1/chat/sessions", json=SAID, headers=visitor)
        assert began.status_code == 201, began.text
        ticket_id = began.json()["ticket_id"]
        again = await chat.http.post("/v1/chat/sessions", json=SAID | {"name": "Somebody else"}, headers=visitor)
        assert again.json()["ticket_id"] == ticket_id
        path = f"/v1/chat/sessions/{ticket_id}/reach"
        seen = (await chat.http.get(path, headers=chat.actor())).json()
        assert (seen["name"], seen["email"], seen["reason"]) == ("Robin Hood", "robin@example.org", "WDR.LATE")
        assert (seen["answers"], seen["vouched_email"]) == ({"game": "Dice"}, None)
        for nobody in (visitor, chat.actor(ActorKind.PLAYER, "p-1")):
            assert (await chat.http.get(path, headers=nobody)).status_code == 403
        assert (await chat.http.get(path, headers=chat.actor(brand="other"))).status_code == 404
        (started,) = await chat.recorded(SessionStarted)
        begun = SessionStarted.model_validate(started.data)
        assert (begun.reason, begun.player.name) == ("WDR.LATE", None)
        assert await chat.recorded(MessagePosted) == []


async def test_players_are_known_and_asked_nothing(postgres: Cluster) -> None:
    """A form with required questions keeps no player out."""
    async with running_service(postgres, "chat") as chat:
        await replace(chat, form=FORM)
        assert (await start(chat))["ticket_id"]
        offer = await chat.http.get("/v1/chat/offer", headers=chat.actor(ActorKind.PLAYER, "p-1"))
        assert (offer.json()["form"], offer.json()["email_known"]) == (None, False)


@pytest.mark.parametrize(
    "said",
    [
        {"email": "no address"},
        {"email": "a@b"},
        {"email": "a@b.example\r\nBcc: c@d.example"},
        {"email": "a b@c.example"},
        {"email": f"{'a' * 65}@c.example"},
        {"email": f"a@{'c' * 250}.example"},
        {"name": "x" * 121},
        {"reason": "not a code"},
        {"answers": {"Bad Key": "x"}},
        {"answers": {"game": "x" * 501}},
        {"answers": {f"q{number}": "x" for number in range(6)}},
        {"language": "nonsense!"},
    ],
)
async def test_what_cannot_be_kept_is_refused(chat: RunningService, said: dict[str, Any]) -> None:
    answer = await chat.http.post("/v1/chat/sessions", json=said, headers=chat.actor(ActorKind.VISITOR, "v-9"))
    assert answer.status_code == 422, said


@pytest.mark.parametrize(
    ("name", "shown"),
    [(PERSIAN, PERSIAN), ("two\nlines\x00", "two lines"), ("a\u202eb", "ab"), ("\u200b ", None)],
)
async def test_nobody_is_shut_out_for_his_name(chat: RunningService, name: str, shown: str | None) -> None:
    visitor = chat.actor(ActorKind.VISITOR, f"v-{name.encode().hex()}")
    began = await chat.http.post("/v1/chat/sessions", json={"name": name}, headers=visitor)
    assert began.status_code == 201, began.text
    path = f"/v1/chat/sessions/{began.json()['ticket_id']}/reach"
    assert (await chat.http.get(path, headers=chat.actor())).json()["name"] == shown


@pytest.fixture(scope="module")
async def chat(postgres: Cluster) -> Any:
    """One service for all refusals."""
    async with running_service(postgres, "chat") as running:
        yield running


@pytest.mark.parametrize(
    "rules",
    [
        {"time_zone": "Mars/Base"},
        {"hours": [{"day": "mon", "begins": "18:00", "until": "09:00"}]},
        {"hours": [{"day": "someday", "begins": "08:00", "until": "09:00"}]},
        {"transcripts_a_day": 21},
        {"mail_after": 1},
        {"form": {"questions": [{"key": "a", "labels": {}}]}},
        {"form": {"questions": [{"key": "a", "labels": {"en": "A"}}] * 2}},
        {"form": {"phone": "required"}},
    ],
)
async def test_rules_that_cannot_be_kept_are_refused(chat: RunningService, rules: dict[str, Any]) -> None:
    headers = chat.actor(role="lead") | {"If-Match": '"0"'}
    assert (await chat.http.put("/v1/chat/policy", json=RULES | rules, headers=headers)).status_code == 422


async def test_a_form_that_nobody_could_fill_in_is_refused(chat: RunningService) -> None:
    """It would keep every visitor out."""
    headers = chat.actor(role="lead") | {"If-Match": '"0"'}
    refused = await chat.http.put("/v1/chat/policy", json=RULES | {"form": {"reason": "required"}}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (400, "form-unanswerable")
    assert refused.json()["errors"][0]["pointer"] == "/form/reasons"


@pytest.mark.parametrize(
    ("rules", "pointer"),
    [
        ({"hours": []}, "/hours"),
        ({"time_zone": "Factory"}, "/time_zone"),
        ({"time_zone": "localtime"}, "/time_zone"),
        ({"time_zone": "right/Europe/Berlin"}, "/time_zone"),
        ({"form": {"reasons": [{"code": "PAY.WD", "labels": {"en": "A"}}] * 2}}, "/form/reasons/1/code"),
    ],
)
async def test_rules_that_nobody_can_mean_are_refused(
    chat: RunningService, rules: dict[str, Any], pointer: str
) -> None:
    """A brand that is never open, a reason twice, the clock of no place."""
    headers = chat.actor(role="lead") | {"If-Match": '"0"'}
    refused = await chat.http.put("/v1/chat/policy", json=RULES | rules, headers=headers)
    assert refused.json()["errors"][0]["pointer"] == pointer
    assert (refused.status_code, refused.json()["code"]) == (400, "rules-unusable")


def account(status: StaffStatus, *, active: bool = True) -> AccountChanged:
    """Return what the gateway tells of Ann."""
    return AccountChanged.sample().model_copy(
        update={"staff_id": "s-1", "membership_id": "m-1", "status": status, "active": active}
    )


async def test_whether_somebody_is_there_is_said_before_the_first_word(postgres: Cluster) -> None:
    """Nobody at the desk, somebody away, somebody there, and outside the hours of the brand."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        visitor = chat.actor(ActorKind.VISITOR, "v-1")

        async def absence() -> object:
            answer = await chat.http.get("/v1/chat/offer?language=en", headers=visitor)
            assert answer.status_code == 200, answer.text
            return answer.json()["absence"]

        async def becomes(wanted: str | None) -> None:
            async def so() -> bool:
                return await absence() == wanted

            await eventually(so)

        assert await absence() == "nobody"
        await chat.publish(account(StaffStatus.ONLINE))
        await becomes(None)
        async with opened(url, await desk_ticket(chat)) as ann:
            await ann.first("welcome")
            await becomes(None)
            await chat.publish(account(StaffStatus.AWAY))
            await becomes("nobody")
            await chat.publish(account(StaffStatus.ONLINE))
            await becomes(None)
        await becomes("nobody")
        await chat.publish(account(StaffStatus.ONLINE, active=False))
        every = [
            {"day": day, "begins": "00:00", "until": "24:00"}
            for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        ]
        later = (chat.ground.clock.now() + timedelta(days=3)).date()
        await replace(chat, hours=[every[later.weekday()]])
        closed = (await chat.http.get("/v1/chat/offer", headers=visitor)).json()
        assert (closed["absence"], closed["opens_at"]) == ("closed", f"{later}T00:00:00Z")
        await replace(chat, hours=every)
        assert await absence() == "nobody"


async def test_answers_to_choose_from_are_told_and_chosen(postgres: Cluster) -> None:
    """They stand under the message, on sockets and over HTTP; the chosen one says what it answers."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat, message={"text": "Hello"})
        ticket_id = session["ticket_id"]
        choices = (QuickReply(label="Yes", value="Yes, please"), QuickReply(label="No", value="No, thanks"))
        event = reply(ticket_id, "Shall I?", quick_replies=choices)
        async with opened(url, session["socket_ticket"]) as kim:
            await kim.first("welcome")
            await chat.publish(event)
            asked = await kim.first("msg", id=event.message_id)
            assert asked["quick_replies"] == [one.model_dump() for one in choices]
            await kim.say("send", client_msg_id="c-1", text="Yes, please", in_reply_to=asked["id"])
            await kim.first("ack", client_msg_id="c-1")
        page = await chat.http.get(f"/v1/chat/sessions/{ticket_id}/messages", headers=chat.actor())
        first, second, third = page.json()["items"]
        assert (first["quick_replies"], first["in_reply_to"]) == ([], None)
        assert second["quick_replies"] == [one.model_dump() for one in choices]
        assert (third["text"], third["in_reply_to"]) == ("Yes, please", str(event.message_id))
