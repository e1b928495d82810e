"""Reading back, after the storm, what every part of the product holds."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import asyncpg

from tests.resilience.workload import Workload
from tests.support.eventually import eventually
from tests.support.webhook_sink import WebhookSink

Contents = dict[str, list[str]]


async def all_items(load: Workload, path: str) -> list[dict[str, Any]]:
    """Follow a list to its end."""
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = await load.call("GET", f"{path}?limit=100{cursor}")
        items += page["items"]
        if not page.get("next_cursor"):
            return items
        cursor = f"&cursor={page['next_cursor']}"


async def in_tickets(load: Workload) -> Contents:
    """Return the words of each ticket's timeline, in its order."""
    return {t: [m["text"] for m in await all_items(load, f"/v1/tickets/{t}/messages")] for t in load.tickets}


async def in_chat(load: Workload, tickets: Iterable[str] | None = None) -> Contents:
    """Return each transcript, or those of some tickets, by sequence number, which must have no gaps."""
    contents: Contents = {}
    for ticket in load.chats if tickets is None else tickets:
        messages: list[dict[str, Any]] = []
        while True:
            after = messages[-1]["seq"] if messages else 0
            page = await load.call("GET", f"/v1/chat/sessions/{ticket}/messages?limit=100&after_seq={after}")
            if not page["items"]:
                break
            messages += page["items"]
        assert [m["seq"] for m in messages] == list(range(1, len(messages) + 1)), f"gaps in {ticket}"
        contents[ticket] = [m["text"] for m in messages]
    return contents


def in_webhooks(sink: WebhookSink) -> Contents:
    """Return the words of each ticket in the order the operator's server got them."""
    contents: Contents = defaultdict(list)
    for body in sink.of_type("ticket.message_added"):
        contents[str(body["data"]["ticket"]["id"])].append(str(body["data"]["message"]["text"]))
    return dict(contents)


async def sla_faults(load: Workload) -> list[str]:
    """Return what is wrong with the clocks: each ticket has one first response, met by the first answer's own time."""
    wrong: list[str] = []
    for ticket in load.tickets:
        messages = await all_items(load, f"/v1/tickets/{ticket}/messages")
        clocks = (await load.call("GET", f"/v1/tickets/{ticket}/sla"))["clocks"]
        first = [clock for clock in clocks if clock["kind"] == "first_response"]
        answers = [m for m in messages if m["kind"] == "reply"]
        if len(first) != 1:
            wrong.append(f"{ticket}: {len(first)} first responses")
        elif answers and first[0]["met_at"] != answers[0]["created_at"]:
            wrong.append(f"{ticket}: met at {first[0]['met_at']}, answered at {answers[0]['created_at']}")
        elif not answers and first[0]["met_at"] is not None:
            wrong.append(f"{ticket}: met without an answer")
    return wrong


async def sequence_faults(urls: Mapping[str, str], consumers: Iterable[str]) -> list[str]:
    """Return the aggregates whose told sequence has gaps, or whose consumers stand elsewhere than the owner."""
    wrong: list[str] = []
    for service, url in urls.items():
        rows = await _fetch(
            url,
            "SELECT stream, aggregate_id, count(*) AS told, max(sequence) AS last FROM outbox GROUP BY 1, 2",
        )
        wrong += [f"{service}: {row['stream']} {row['aggregate_id']}" for row in rows if row["told"] != row["last"]]
    owner = {
        row["aggregate_id"]: row["last"]
        for row in await _fetch(
            urls["tickets"],
            "SELECT aggregate_id, max(sequence) AS last FROM outbox WHERE stream = 'tickets.ticket' GROUP BY 1",
        )
    }
    for consumer in consumers:
        rows = await _fetch(
            urls[consumer], "SELECT aggregate_id, sequence FROM aggregate_cursors WHERE stream = 'tickets.ticket'"
        )
        applied = {row["aggregate_id"]: row["sequence"] for row in rows}
        wrong += [
            f"{consumer}: {key} at {applied.get(key)} of {last}"
            for key, last in owner.items()
            if applied.get(key) != last
        ]
    return wrong


async def come_to_rest(urls: Mapping[str, str], consumers: Iterable[str], *, within: float = 60) -> None:
    """Wait until no sequence has a fault: the last events may still be in the broker, where no database counts them."""

    async def is_whole() -> bool:
        assert await sequence_faults(urls, consumers) == []
        return True

    await eventually(is_whole, within=within, every=0.2)


async def waiting(urls: Iterable[str]) -> int:
    """Return how many events are not told, or told and not handled, in all services together."""
    counts = await asyncio.gather(
        *(
            _fetch(
                url,
                "SELECT (SELECT count(*) FROM outbox WHERE published_at IS NULL)"
                " + (SELECT count(*) FROM parked_events WHERE state = 'parked') AS waiting",
            )
            for url in urls
        )
    )
    return sum(rows[0]["waiting"] for rows in counts)


async def _fetch(url: str, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        rows: list[asyncpg.Record] = await connection.fetch(query)
        return rows
    finally:
        await connection.close()
