"""What users of other desks complain about, and does not happen here: order under load and missed updates.

The numbers are those of the list of complaints the desk is measured by.
"""

import asyncio
import random
from typing import Any

from shared.ids import new_id
from tests.service.tickets.desk import Desk, posted, session_started
from tests.support.eventually import eventually
from tests.support.service import RunningService

WORDS = 20


async def test_5_no_word_lands_after_the_answer_to_it(tickets: RunningService, desk: Desk) -> None:
    """Twenty live words arrive at once and shuffled, after the answer: they are read in the order they were said."""
    ticket_id = new_id()
    await tickets.publish(session_started(ticket_id), sequence=1)
    await tickets.publish(posted(ticket_id, 1, "Word 1"), sequence=2)
    answered = await desk.post(f"/{ticket_id}/messages", {"text": "Answer", "kind": "reply"})
    assert answered.status_code == 201
    late = list(range(2, WORDS + 1))
    random.Random(5).shuffle(late)  # noqa: S311 - any order, the same each time
    arriving = [asyncio.create_task(tickets.publish(posted(ticket_id, n, f"Word {n}"), sequence=n + 1)) for n in late]
    await asyncio.gather(*arriving)

    async def read() -> bool:
        entries = (await desk.get(f"/{ticket_id}/messages", limit=50))["items"]
        return [one["text"] for one in entries] == [*(f"Word {n}" for n in range(1, WORDS + 1)), "Answer"]

    await eventually(read)


async def test_5_the_order_of_a_conversation_does_not_hang_on_ids(desk: Desk) -> None:
    """Words of two people at the same moment stand in one order, the same on every page and in every list."""
    ticket = await desk.open()
    path = f"/{ticket['id']}/messages"
    await asyncio.gather(
        *(desk.post(path, {"text": f"P {n}"}, desk.player()) for n in range(6)),
        *(desk.post(path, {"text": f"A {n}", "kind": "reply"}) for n in range(6)),
    )
    whole = [one["id"] for one in (await desk.get(path, limit=50))["items"]]
    paged: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = await desk.get(path, limit=3, **cursor)
        paged += [one["id"] for one in page["items"]]
        if not page["next_cursor"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert paged == whole
    assert len(set(whole)) == 13
    times = [one["created_at"] for one in (await desk.get(path, limit=50))["items"]]
    assert times == sorted(times)


async def test_6_who_was_cut_off_learns_of_everything_he_missed(desk: Desk) -> None:
    """A feed that goes on from a moment: every ticket that changed since, nothing that did not, and nothing twice."""
    quiet, *busy = [await desk.open(desk.player(f"p-{n}")) for n in range(4)]
    since = max([one["updated_at"] for one in (quiet, *busy)])
    await desk.post(f"/{busy[0]['id']}/messages", {"text": "Still there?"}, desk.player("p-1"))
    await desk.assign(busy[1], "me")
    await desk.patch(busy[2], priority="high")
    found = (await desk.get("", updated_since=since))["items"]
    changed = {one["id"] for one in found if one["version"] > 2}
    assert changed == {one["id"] for one in busy}
    assert quiet["id"] not in changed
    assert len(found) == len({one["id"] for one in found})


async def test_6_nobody_answers_over_a_colleague_after_a_reconnect(desk: Desk) -> None:
    """His view is from before the cut: the answer is refused, says who spoke, and goes through once he has read it."""
    ticket = await desk.open()
    path = f"/{ticket['id']}/messages"
    await desk.post(path, {"text": "Paid out.", "kind": "reply"}, desk.agent("s-2"))
    blind = await desk.post(path, {"text": "Refused.", "kind": "reply", "after_version": ticket["version"]})
    assert (blind.status_code, blind.json()["code"]) == (409, "ticket-changed")
    assert [one["id"] for one in blind.json()["spoke"]] == ["s-2"]
    assert [one["text"] for one in (await desk.get(path))["items"]] == ["Where is it?", "Paid out."]
    read = blind.json()["current_version"]
    assert (await desk.post(path, {"text": "As said.", "kind": "reply", "after_version": read})).status_code == 201
