"""Words of tickets are corrected and withdrawn, and nothing is lost by it, on the real database."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.contracts.base import Author, AuthorKind
from shared.contracts.chat import MessageCorrected as CorrectedLive
from shared.contracts.chat import MessagePosted
from shared.contracts.tickets import MessageCorrected
from shared.ids import new_id
from tests.service.tickets.desk import KIM, Desk, posted, received, session_started
from tests.support.eventually import eventually

SECRET = "zanzibarflat"


async def _words(desk: Desk, ticket_id: Any, headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await desk.get(f"/{ticket_id}/messages", headers))["items"]
    return items


async def _say(desk: Desk, ticket_id: Any, text: str, **more: Any) -> dict[str, Any]:
    answer = await desk.post(f"/{ticket_id}/messages", {"text": text, **more})
    assert answer.status_code == 201, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def _correct(
    desk: Desk, said: dict[str, Any], text: str, headers: dict[str, str] | None = None
) -> httpx.Response:
    path = f"/v1/tickets/{said['ticket_id']}/messages/{said['id']}"
    return await desk.service.http.patch(path, json={"text": text}, headers=headers or desk.agent())


async def _withdraw(
    desk: Desk, said: dict[str, Any], headers: dict[str, str] | None = None, reason: str | None = None
) -> httpx.Response:
    path = f"/v1/tickets/{said['ticket_id']}/messages/{said['id']}"
    why = {} if reason is None else {"X-Pitboss-Reason": reason}
    return await desk.service.http.delete(path, headers=(headers or desk.agent()) | why)


async def _history(desk: Desk, said: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await desk.get(f"/{said['ticket_id']}/messages/{said['id']}/history"))["items"]
    return items


async def _told(desk: Desk, ticket_id: Any) -> list[MessageCorrected]:
    told = await desk.told(str(ticket_id))
    return [MessageCorrected.model_validate(e.data) for e in told if e.type == MessageCorrected.type]


async def _allow(desk: Desk, seconds: int) -> None:
    headers = desk.agent("s-lead", role="lead")
    known = await desk.service.http.get("/v1/tickets/policy", headers=headers)
    body = {"channels": {}, "correct_within": seconds}
    match = {"If-Match": known.headers["ETag"]}
    answer = await desk.service.http.put("/v1/tickets/policy", json=body, headers=headers | match)
    assert (answer.status_code, answer.json()["correct_within"]) == (200, seconds)


async def _live(desk: Desk, *texts: str, ticket_id: UUID | None = None, player: str = "p-1") -> list[MessagePosted]:
    """Let a player say something live; the first words are the ticket's."""
    ticket_id = ticket_id or new_id()
    words = [posted(ticket_id, n, text, author=player) for n, text in enumerate(texts, 1)]
    await desk.service.publish(session_started(ticket_id, player))
    for one in words:
        await desk.service.publish(one)
    return words


def _corrected(said: MessagePosted, text: str | None, seq: int = 9) -> CorrectedLive:
    return CorrectedLive(
        ticket_id=said.ticket_id, message_id=said.message_id, correction_id=new_id(), seq=seq, author=said.author,
        text=text, corrected_at=said.sent_at + timedelta(seconds=30),
    )  # fmt: skip


async def test_a_live_reply_is_corrected_and_chat_is_told(desk: Desk) -> None:
    """The version goes on, no clock does; everybody reads the new words, staff what they were, on record."""
    (hello,) = await _live(desk, "Hello")
    ticket_id = hello.ticket_id
    said = await _say(desk, ticket_id, "Monday")
    before = await desk.get(f"/{ticket_id}")
    answer = await _correct(desk, said, "Tuesday")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["text"], answer.json()["created_at"]) == ("Tuesday", said["created_at"])
    after = await desk.get(f"/{ticket_id}")
    assert (after["version"], after["status"]) == (before["version"] + 1, before["status"])
    (told,) = await _told(desk, ticket_id)
    assert (told.text, told.heard_in, told.author.id, told.reason) == ("Tuesday", (ticket_id,), "s-1", None)
    assert told.said_at.isoformat() == said["created_at"].replace("Z", "+00:00")
    for headers in (desk.agent(), desk.player()):
        shown = (await _words(desk, ticket_id, headers))[-1]
        assert (shown["text"], shown["withdrawn_at"]) == ("Tuesday", None)
        assert shown["edited_at"]
    versions = [(one["text"], one["author"]["id"]) for one in await _history(desk, said)]
    assert versions == [("Monday", "s-1"), ("Tuesday", "s-1")]
    changes = [entry["change"] for entry in (await desk.get(f"/{ticket_id}/timeline"))["items"] if entry["change"]]
    assert changes[-1] == {"what": "corrected", "message_id": said["id"]}
    for_player = await desk.get(f"/{ticket_id}/timeline", desk.player())
    assert "corrected" not in str([entry["change"] for entry in for_player["items"]])
    trail = (await desk.service.http.get("/v1/audit", headers=desk.agent("s-lead", role="lead"))).json()["items"]
    acts = [(one["action"], one["filter"]) for one in trail if one["action"] in {"correct_message", "read_history"}]
    assert acts == [(action, {"message_id": said["id"]}) for action in ("read_history", "correct_message")]


async def test_withdrawn_words_are_gone_from_everything_but_their_history(desk: Desk) -> None:
    """From lists, timeline and search; saying them again is refused, withdrawing them again changes nothing."""
    (hello,) = await _live(desk, "Hello")
    said = await _say(desk, hello.ticket_id, f"The {SECRET}")

    async def found() -> int:
        return len((await desk.get("", q=SECRET))["items"])

    await eventually(found)
    assert (await _withdraw(desk, said)).status_code == 204
    assert (await _withdraw(desk, said)).status_code == 204

    async def forgotten() -> bool:
        return not await found()

    await eventually(forgotten)
    everything = [await desk.get(f"/{hello.ticket_id}/{what}") for what in ("messages", "timeline")]
    assert SECRET not in str(everything)
    shown = (await _words(desk, hello.ticket_id))[-1]
    assert (shown["text"], shown["edited_at"], shown["attachments"]) == ("", None, [])
    assert shown["withdrawn_at"]
    again = await _correct(desk, said, "Something else")
    assert (again.status_code, again.json()["code"]) == (409, "words-withdrawn")
    assert [one["text"] for one in await _history(desk, said)] == [f"The {SECRET}", None]
    assert [one.text for one in await _told(desk, hello.ticket_id)] == [None]
    split = await desk.post(f"/{hello.ticket_id}/split", {"message_ids": [said["id"]], "subject": "Again"})
    assert (split.status_code, split.json()["code"]) == (409, "words-withdrawn")


async def test_seniors_withdraw_any_reply_with_a_reason_and_edit_none(desk: Desk) -> None:
    """At any time; what they say why is in history and trail. Nobody withdraws a note of somebody else."""
    await _allow(desk, 0)
    (hello,) = await _live(desk, "Hello")
    said = await _say(desk, hello.ticket_id, "For another player")
    note = await _say(desk, hello.ticket_id, "Suspicious", kind="note")
    senior = desk.agent("s-2", role="senior")
    own = await _withdraw(desk, said)
    assert (own.status_code, own.json()["code"]) == (403, "corrections-switched-off")
    unexplained = await _withdraw(desk, said, senior)
    assert (unexplained.status_code, unexplained.json()["code"]) == (400, "withdrawal-unexplained")
    refused = [
        await _correct(desk, said, "Better", senior),
        await _withdraw(desk, note, senior, "not nice"),
        await _withdraw(desk, said, desk.agent("s-3"), "not mine"),
        await _withdraw(desk, said | {"id": str(hello.message_id)}, senior, "rude"),
    ]
    assert [(one.status_code, one.json()["code"]) for one in refused[:3]] == [(403, "words-of-another")] * 3
    assert refused[3].status_code == 403
    assert (await _withdraw(desk, said, senior, "wrong player")).status_code == 204
    assert (await _withdraw(desk, said, senior, "wrong player")).status_code == 204
    gone = (await _history(desk, said))[-1]
    assert (gone["text"], gone["author"]["id"], gone["reason"]) == (None, "s-2", "wrong player")
    (told,) = await _told(desk, hello.ticket_id)
    assert (told.actor.id, told.author.id, told.reason) == ("s-2", "s-1", "wrong player")


async def test_ones_own_words_for_a_while_and_then_no_more(desk: Desk) -> None:
    """Replies and notes; five minutes unless the brand says otherwise."""
    ticket = await desk.open()
    note = await _say(desk, ticket["id"], "Suspicios", kind="note")
    assert (await _correct(desk, note, "Suspicious")).status_code == 200
    assert (await _told(desk, ticket["id"]))[0].heard_in == ()
    await _allow(desk, 1)
    late = None

    async def over() -> bool:
        nonlocal late
        late = await _correct(desk, note, f"Suspicious {new_id()}")
        return late.status_code != 200

    await eventually(over, every=0.2)
    assert late is not None
    assert (late.status_code, late.json()["code"]) == (409, "correction-too-late")


async def test_words_that_have_left_are_not_taken_back(desk: Desk) -> None:
    """An e-mail is in the player's mailbox: 409, and a note beside it can be corrected all the same."""
    await desk.service.publish(received("Payout", KIM))

    async def opened() -> bool:
        return bool((await desk.get(""))["items"])

    await eventually(opened)
    (ticket,) = (await desk.get(""))["items"]
    said, note = await _say(desk, ticket["id"], "Monday"), await _say(desk, ticket["id"], "Hm", kind="note")
    for refused in (
        await _correct(desk, said, "Tuesday"),
        await _withdraw(desk, said, desk.agent("s-2", role="senior"), "wrong player"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "words-have-left")
    assert (await _withdraw(desk, note)).status_code == 204


async def test_nothing_of_another_ticket_or_brand_exists(desk: Desk) -> None:
    """404 for words that are not in this ticket, and for tickets of others; players go through the chat."""
    ticket, other = await desk.open(), await desk.open()
    said = await _say(desk, ticket["id"], "Hello")
    foreign = desk.agent(brand="royal", role="senior")
    for refused in (await _correct(desk, said, "x", foreign), await _withdraw(desk, said, foreign, "why")):
        assert (refused.status_code, refused.json()["code"]) == (404, "ticket-not-found")
    for wrong in (said | {"ticket_id": other["id"]}, said | {"id": str(new_id())}):
        refused = await _correct(desk, wrong, "x")
        assert (refused.status_code, refused.json()["code"]) == (404, "message-not-found")
    assert (await _correct(desk, said, "x", desk.player())).status_code == 403
    path = f"/v1/tickets/{ticket['id']}/messages/{said['id']}/history"
    assert (await desk.service.http.get(path, headers=desk.player())).status_code == 403
    assert (await desk.service.http.get(path, headers=foreign)).status_code == 404


async def test_two_corrections_at_once_are_both_kept(desk: Desk) -> None:
    """The later one counts; the facts have no gap; the same words again are no correction."""
    ticket = await desk.open()
    said = await _say(desk, ticket["id"], "Monday")
    await asyncio.gather(*(_correct(desk, said, f"Day {n}") for n in range(6)))
    history = await _history(desk, said)
    assert {one["text"] for one in history} == {"Monday", *(f"Day {n}" for n in range(6))}
    now = (await _words(desk, ticket["id"]))[-1]["text"]
    assert history[-1]["text"] == now
    assert (await _correct(desk, said, now)).status_code == 200
    told = await desk.told(ticket["id"])
    assert [e.sequence for e in told] == list(range(1, len(told) + 1))
    assert len(await _told(desk, ticket["id"])) == 6


async def test_a_player_corrects_what_he_said_live(desk: Desk) -> None:
    """With his own time; once however often it is told; nothing wakes, nothing waits longer or shorter."""
    (hello,) = await _live(desk, "Helo")
    await _say(desk, hello.ticket_id, "Hi")
    answered = await desk.get(f"/{hello.ticket_id}")
    fact, event_id = _corrected(hello, "Hello"), new_id()
    for _ in range(2):
        await desk.service.publish(fact, sequence=3, id=event_id)
    await eventually(lambda: _told(desk, hello.ticket_id))
    (told,) = await _told(desk, hello.ticket_id)
    assert (told.actor.id, told.text, told.kind, told.occurred_at) == ("p-1", "Hello", "message", fact.corrected_at)
    after = await desk.get(f"/{hello.ticket_id}")
    same = {"version": 0, "updated_at": "", "subject": "Hello"}
    assert {**answered, **same} == {**after, "version": 0, "updated_at": ""}
    await desk.service.publish(_corrected(hello, None, 10), sequence=4)
    await eventually(lambda: _is_gone(desk, hello.ticket_id))
    said = {"ticket_id": str(hello.ticket_id), "id": str(hello.message_id)}
    assert [one["text"] for one in await _history(desk, said)] == ["Helo", "Hello", None]
    by_staff = _corrected(hello, "Mine").model_copy(update={"author": Author(kind=AuthorKind.STAFF, id="s-1")})
    await desk.service.publish(by_staff, sequence=5)
    unknown = _corrected(hello, "Nothing").model_copy(update={"message_id": new_id()})
    await desk.service.publish(unknown, sequence=6)
    last = posted(hello.ticket_id, 12, "Bye")
    await desk.service.publish(last, sequence=7)
    await eventually(lambda: _has(desk, hello.ticket_id, "Bye"))
    assert len(await _told(desk, hello.ticket_id)) == 2


async def test_a_subject_that_the_words_had_made_follows_them(desk: Desk) -> None:
    """What was withdrawn does not live on in the list; a subject that somebody chose stays."""
    (first,) = await _live(desk, f"The {SECRET}")
    for text, subject in ((f"My {SECRET}", f"My {SECRET}"), (None, "(no subject)")):
        await desk.service.publish(_corrected(first, text))
        await eventually(partial(_has_subject, desk, first.ticket_id, subject))
    assert SECRET not in str((await desk.get(""))["items"])
    (second,) = await _live(desk, "Hello")
    ticket = await desk.get(f"/{second.ticket_id}")
    assert (await desk.patch(ticket, subject="Chosen")).status_code == 200
    await desk.service.publish(_corrected(second, None))
    await eventually(lambda: _is_gone(desk, second.ticket_id))
    assert (await desk.get(f"/{second.ticket_id}"))["subject"] == "Chosen"


async def test_a_correction_waits_for_the_words_it_corrects(desk: Desk) -> None:
    """It comes before the words were copied here, and is applied after them."""
    ticket_id = new_id()
    words = posted(ticket_id, 1, "Helo")
    await desk.service.publish(session_started(ticket_id), sequence=1)
    await desk.service.publish(_corrected(words, "Hello"), sequence=3)
    await desk.service.publish(words, sequence=2)
    await eventually(lambda: _told(desk, ticket_id))
    assert [one["text"] for one in await _words(desk, ticket_id)] == ["Hello"]


async def test_words_that_a_correction_makes_a_complaint_of_are_one(desk: Desk) -> None:
    """As old as the correction; and what was said first stays in the history for good."""
    (hello,) = await _live(desk, "Hello")
    fact = _corrected(hello, "I want to file a formal complaint")
    await desk.service.publish(fact)

    async def registered() -> Any:
        return (await desk.get(f"/{hello.ticket_id}"))["complaint_id"]

    complaint_id = await eventually(registered)
    headers = desk.agent("s-2", role="senior")
    complaint = (await desk.service.http.get(f"/v1/complaints/{complaint_id}", headers=headers)).json()
    assert complaint["received_at"] == fact.corrected_at.isoformat().replace("+00:00", "Z")


async def test_every_copy_follows_and_is_not_corrected_by_itself(desk: Desk) -> None:
    """Words that were split off change with the original; only the original is told to those who heard it."""
    (hello,) = await _live(desk, "Hello")
    said = await _say(desk, hello.ticket_id, f"The {SECRET}")
    body = {"message_ids": [said["id"]], "subject": "Other"}
    new = (await desk.post(f"/{hello.ticket_id}/split", body)).json()
    (copy,) = await _words(desk, new["id"])
    alone = await _withdraw(desk, copy)
    assert (alone.status_code, alone.json()["code"]) == (409, "words-are-copied")
    assert (await _withdraw(desk, said)).status_code == 204
    (copy,) = await _words(desk, new["id"])
    assert (copy["text"], bool(copy["withdrawn_at"])) == ("", True)
    assert [one.heard_in for one in await _told(desk, hello.ticket_id)] == [(hello.ticket_id,)]
    (told,) = await _told(desk, new["id"])
    assert (told.heard_in, str(told.copied_from)) == ((), said["id"])


async def test_a_reply_in_a_merged_ticket_is_corrected_where_it_was_heard(desk: Desk) -> None:
    """In every conversation it went to then, also after the merge was taken back; and by way of the survivor."""
    (one,), (two,) = await _live(desk, "One"), await _live(desk, "Two")
    early = await _say(desk, one.ticket_id, "Early")
    merged = await desk.post(f"/{one.ticket_id}/merge", {"into": str(two.ticket_id)})
    assert merged.status_code == 200, merged.text
    said = await _say(desk, two.ticket_id, "Monday")
    assert (await _correct(desk, early | {"ticket_id": str(two.ticket_id)}, "Earlier")).status_code == 200
    assert [fact.heard_in for fact in await _told(desk, one.ticket_id)] == [(one.ticket_id,)]
    undone = await desk.post(f"/{one.ticket_id}/unmerge", {})
    assert undone.status_code == 200, undone.text
    assert (await _correct(desk, said, "Tuesday")).status_code == 200
    (told,) = await _told(desk, two.ticket_id)
    assert set(told.heard_in) == {one.ticket_id, two.ticket_id}


async def test_corrected_words_are_cleaned_like_all_others(desk: Desk) -> None:
    """A card number is gone before it is written."""
    ticket = await desk.open()
    said = await _say(desk, ticket["id"], "Your card?")
    answer = await _correct(desk, said, "It is 4111 1111 1111 1111")
    assert "1111 1111" not in answer.text
    assert "1111 1111" not in str([e.data for e in await desk.service.recorded()])


@pytest.mark.parametrize("text", ["", " \n", "x" * 16_001, "a\x00b"])
async def test_nonsense_is_refused(desk: Desk, text: str) -> None:
    """422, and the words stand as they were."""
    ticket = await desk.open()
    said = await _say(desk, ticket["id"], "Hello")
    assert (await _correct(desk, said, text)).status_code == 422
    assert (await _words(desk, ticket["id"]))[-1]["text"] == "Hello"


async def _has_subject(desk: Desk, ticket_id: Any, subject: str) -> bool:
    return bool((await desk.get(f"/{ticket_id}"))["subject"] == subject)


async def _is_gone(desk: Desk, ticket_id: Any) -> bool:
    return bool((await _words(desk, ticket_id))[0]["withdrawn_at"])


async def _has(desk: Desk, ticket_id: Any, text: str) -> bool:
    return any(one["text"] == text for one in await _words(desk, ticket_id))
