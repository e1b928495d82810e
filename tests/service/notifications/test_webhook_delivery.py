"""From a fact to a verified request at the operator's server."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks.webhooks import WebhookVerificationError

from shared.contracts.base import Envelope
from shared.contracts.notifications import DeliveryExhausted, EndpointDisabled, EndpointRecovered
from shared.ids import new_id
from tests.service.notifications.portal import Portal, Start, message, opened
from tests.support.eventually import eventually
from tests.support.service import RunningService
from tests.support.sinks import Call, hang, http_sink, raw_sink, statuses


async def test_a_fact_reaches_the_operator_signed(service: RunningService, portal: Portal) -> None:
    """Delivered once, verifiable by any Standard Webhooks library, refused with one byte changed."""
    async with http_sink() as sink:
        endpoint = await portal.add(sink.url, events=["ticket.opened"])
        event = opened()
        envelope = await service.publish(event)
        await eventually(lambda: sink.calls)
        (call,) = sink.calls
        assert portal.verify(endpoint["id"], call)["data"]["ticket"]["id"] == str(event.ticket_id)
        assert call.headers["webhook-id"] == f"msg_{envelope.id.hex}"
        assert call.headers["Content-Type"] == "application/json"
        assert call.headers["Accept-Encoding"] == "identity"
        with pytest.raises(WebhookVerificationError):
            portal.verify(endpoint["id"], Call(call.path, call.headers, call.body.replace(b"open", b"0pen", 1), 0))
        await eventually(lambda: _delivered(portal, endpoint["id"]))
        (delivery,) = await portal.deliveries(endpoint["id"])
        assert delivery["type"] == "ticket.opened"
        assert [(a["number"], a["status"], a["error"]) for a in delivery["attempts"]] == [(1, 200, None)]
        shown = await portal.get(f"/{endpoint['id']}/deliveries/{delivery['id']}")
        assert shown["body"].encode() == call.body
        assert shown["attempts"][0]["response"] == "ok"


async def _delivered(portal: Portal, endpoint_id: str) -> bool:
    states = await portal.states(endpoint_id)
    return bool(states) and set(states) == {"delivered"}


async def test_only_matching_endpoints_of_the_brand_are_told(service: RunningService, portal: Portal) -> None:
    """Filters and brands are walls."""
    royal = Portal(service, brand="royal")
    async with http_sink() as wanted, http_sink() as other, http_sink() as foreign:
        await portal.add(wanted.url, events=["*"])
        await portal.add(other.url, events=["sla.breached", "ticket.message_added"])
        await royal.add(foreign.url)
        ticket_id = new_id()
        await service.publish(opened(ticket_id))
        await service.publish(message(ticket_id))
        await eventually(lambda: len(wanted.calls) == 2 and len(other.calls) == 1)
        assert [json.loads(call.body)["type"] for call in other.calls] == ["ticket.message_added"]
        assert foreign.calls == []


async def test_words_go_only_where_they_were_asked_for(service: RunningService, portal: Portal) -> None:
    """Two endpoints, two bodies of one fact, one id."""
    async with http_sink() as lean, http_sink() as full:
        await portal.add(lean.url)
        await portal.add(full.url, include_content=True)
        await service.publish(message(new_id(), "my private words"))
        await eventually(lambda: lean.calls and full.calls)
        assert b"my private words" not in lean.calls[0].body
        assert json.loads(full.calls[0].body)["data"]["message"]["text"] == "my private words"
        assert lean.ids == full.ids


async def test_failures_are_tried_again_until_it_works(service: RunningService, portal: Portal) -> None:
    """The same id and bytes, a fresh timestamp and signature, at last delivered."""
    async with http_sink(statuses(500, 404, 503, 200)) as sink:
        endpoint = await portal.add(sink.url)
        await service.publish(opened())
        await eventually(lambda: _delivered(portal, endpoint["id"]))
        assert len(sink.calls) == 4
        assert len(set(sink.ids)) == 1
        assert len({call.body for call in sink.calls}) == 1
        for call in sink.calls:
            portal.verify(endpoint["id"], call)
        (delivery,) = await portal.deliveries(endpoint["id"])
        assert [a["status"] for a in delivery["attempts"]] == [500, 404, 503, 200]


async def test_the_tenth_failure_exhausts_and_is_told(start: Start) -> None:
    """Ten attempts with the table's gaps, then the fact that nothing more is tried."""
    async with start(schedule_scale=3e-5) as service, http_sink(statuses(500)) as sink:
        portal = Portal(service)
        endpoint = await portal.add(sink.url)
        await service.publish(opened())
        (told,) = await eventually(lambda: service.recorded(DeliveryExhausted))
        assert told.data["attempts"] == 10
        assert await portal.states(endpoint["id"]) == ["exhausted"]
        assert len(sink.calls) == 10
        gaps = [b.at - a.at for a, b in zip(sink.calls, sink.calls[1:], strict=False)]
        planned = [seconds * 3e-5 for seconds in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)]
        for gap, plan in zip(gaps[4:], planned[4:], strict=True):
            assert 0.8 * plan <= gap <= 1.2 * plan + 1.0


async def test_retry_after_is_honoured_up_to_twice_the_plan(service: RunningService, portal: Portal) -> None:
    """An hour is asked for, ten seconds (scaled) are given."""
    async with http_sink(statuses(429, 200, headers={"Retry-After": "3600"})) as sink:
        endpoint = await portal.add(sink.url)
        await service.publish(opened())
        await eventually(lambda: _delivered(portal, endpoint["id"]))
        assert len(sink.calls) == 2


async def test_gone_disables_at_once(service: RunningService, portal: Portal) -> None:
    """410 means stop: told, shown, and what comes later is skipped; enabled again, a replay brings it."""
    async with http_sink(statuses(410)) as sink:
        endpoint = await portal.add(sink.url)
        id_ = endpoint["id"]
        await service.publish(opened())
        (told,) = await eventually(lambda: service.recorded(EndpointDisabled))
        assert (told.data["reason"], told.data["endpoint_id"]) == ("gone", id_)
        shown = await portal.get(f"/{id_}")
        assert (shown["state"], shown["disabled_reason"]) == ("disabled", "gone")
        await service.publish(opened())
        await eventually(lambda: _states_are(portal, id_, ["pending", "skipped"]))
        assert len(sink.calls) == 1
        sink.answer = None
        await portal.change(id_, state="enabled")
        await eventually(lambda: _states_are(portal, id_, ["delivered", "skipped"]))
        assert await service.recorded(EndpointRecovered)
        answer = await portal.ask("POST", f"/{id_}/replay", json={"since": shown["created_at"]})
        assert answer.json() == {"replayed": 1, "complete": True}
        await eventually(lambda: _states_are(portal, id_, ["delivered", "delivered"]))
        assert len(set(sink.ids)) == 2


async def _states_are(portal: Portal, endpoint_id: str, states: list[str]) -> bool:
    return await portal.states(endpoint_id) == states


async def test_days_of_failures_disable(service: RunningService, portal: Portal) -> None:
    """Five days (scaled) of nothing but failures: warned, switched off, told."""
    async with http_sink(statuses(500)) as sink:
        endpoint = await portal.add(sink.url)

        async def disabled() -> list[Envelope]:
            await service.publish(opened())
            return await service.recorded(EndpointDisabled)

        (told,) = await eventually(disabled, every=0.3)
        assert told.data["reason"] == "failing"
        assert (await portal.get(f"/{endpoint['id']}"))["disabled_reason"] == "failing"


async def test_a_paused_endpoint_waits(service: RunningService, portal: Portal) -> None:
    """Nothing is sent while paused, everything afterwards."""
    async with http_sink() as sink:
        endpoint = await portal.add(sink.url)
        await portal.change(endpoint["id"], state="paused")
        await service.publish(opened())
        await eventually(lambda: _states_are(portal, endpoint["id"], ["pending"]))
        assert sink.calls == []
        await portal.change(endpoint["id"], state="enabled")
        await eventually(lambda: _delivered(portal, endpoint["id"]))


async def test_redirects_are_failures(service: RunningService, portal: Portal) -> None:
    """A redirect could lead anywhere: it is not followed."""
    async with http_sink() as elsewhere, http_sink() as sink:
        sink.answer = statuses(302, 307, 200, headers={"Location": elsewhere.url})
        endpoint = await portal.add(sink.url)
        await service.publish(opened())
        await eventually(lambda: _delivered(portal, endpoint["id"]))
        (delivery,) = await portal.deliveries(endpoint["id"])
        assert [a["error"] for a in delivery["attempts"]] == ["redirect", "redirect", None]
        assert elsewhere.calls == []


async def test_a_huge_answer_is_cut(service: RunningService, portal: Portal) -> None:
    """16 KiB are read, then the connection is closed."""

    async def endless(_call: Call, _number: int) -> web.StreamResponse:
        return web.Response(body=b"x" * 20_000_000)

    async with http_sink(endless) as sink:
        endpoint = await portal.add(sink.url)
        await service.publish(opened())
        await eventually(lambda: _delivered(portal, endpoint["id"]))
        (delivery,) = await portal.deliveries(endpoint["id"])
        shown = await portal.get(f"/{endpoint['id']}/deliveries/{delivery['id']}")
        assert len(shown["attempts"][0]["response"]) == 16 * 1024


async def test_one_wall_clock_limit_bounds_an_attempt(start: Start) -> None:
    """A byte now and then does not keep a slot: the whole attempt has one limit."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for byte in b"HTTP/1.1 200 OK\r\n" * 1000:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.05)  # house: sleep - the slowness is what is tested

    async with start(attempt_timeout=0.5) as service, raw_sink(drip) as url:
        portal = Portal(service)
        endpoint = await portal.add(url)
        await service.publish(opened())
        first = await eventually(lambda: _first_attempt(portal, endpoint["id"]))
        assert first["error"] == "timeout"
        assert 450 <= first["latency_ms"] <= 1500


async def _first_attempt(portal: Portal, endpoint_id: str) -> dict[str, Any]:
    found = await portal.deliveries(endpoint_id)
    attempts = found[0]["attempts"] if found else []
    return attempts[0] if attempts else {}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", "disconnected"),
        (b"not http at all\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 20000, "protocol"),
    ],
    ids=["reset", "nonsense", "huge header"],
)
async def test_broken_servers_are_classed(portal: Portal, service: RunningService, answer: bytes, error: str) -> None:
    """Whatever comes back, the attempt ends with a class of failure."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    async with raw_sink(serve) as url:
        endpoint = await portal.add(url)
        await service.publish(opened())
        first = await eventually(lambda: _first_attempt(portal, endpoint["id"]))
        assert first["error"] == error


async def test_a_closed_port_is_a_failed_connection(service: RunningService, portal: Portal) -> None:
    """Nobody listens: tried again later."""
    async with raw_sink(_silent) as url:
        pass
    endpoint = await portal.add(url)
    await service.publish(opened())
    first = await eventually(lambda: _first_attempt(portal, endpoint["id"]))
    assert (first["error"], first["status"]) == ("connect", None)


async def _silent(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    return


async def test_a_hanging_endpoint_delays_nobody(service: RunningService, portal: Portal) -> None:
    """Its own slots are all it occupies."""
    async with http_sink(hang) as stuck, http_sink() as sink:
        await portal.add(stuck.url)
        await portal.add(sink.url)
        loop = asyncio.get_running_loop()
        started = loop.time()
        for _ in range(50):
            await service.publish(opened())
        await eventually(lambda: len(sink.calls) == 50)
        assert loop.time() - started < 5
        assert len(stuck.calls) <= 8


async def test_ordered_endpoints_get_one_at_a_time_per_ticket(service: RunningService, portal: Portal) -> None:
    """A ticket that fails holds up itself alone; its facts arrive in order."""
    bad, good = new_id(), new_id()
    under_way: list[str] = []
    overlaps: list[str] = []
    failures = {str(bad): 3}

    async def answer(call: Call, _number: int) -> web.StreamResponse:
        ticket = json.loads(call.body)["aggregate"]["id"]
        overlaps.extend(other for other in under_way if other == ticket)
        under_way.append(ticket)
        await asyncio.sleep(0.01)  # house: sleep - long enough for a second request to overtake
        under_way.remove(ticket)
        failures[ticket] = failures.get(ticket, 0) - 1
        return web.Response(status=500 if failures[ticket] >= 0 else 200)

    async with http_sink(answer) as sink:
        endpoint = await portal.add(sink.url, ordered=True)
        for ticket in (bad, good):
            await service.publish(opened(ticket))
        for number in range(6):
            for ticket in (bad, good):
                await service.publish(message(ticket, str(number)))
        await eventually(lambda: _all_delivered(portal, endpoint["id"], 14))
        assert overlaps == []
        for ticket in (bad, good):
            sequences = [b["sequence"] for b in map(_body, sink.calls) if b["aggregate"]["id"] == str(ticket)]
            assert list(dict.fromkeys(sequences)) == sorted(set(sequences)) == list(range(1, 8))
            assert sequences == sorted(sequences)


def _body(call: Call) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(call.body)
    return body


async def _all_delivered(portal: Portal, endpoint_id: str, count: int) -> bool:
    return await portal.states(endpoint_id) == ["delivered"] * count


async def test_an_expired_lease_is_retaken(start: Start) -> None:
    """A process that died with deliveries in hand loses none: another takes them after the lease."""
    async with start(lease=1.0, attempt_timeout=0.9) as first, http_sink(hang) as sink:
        portal = Portal(first)
        endpoint = await portal.add(sink.url)
        await first.publish(opened())
        await eventually(lambda: sink.calls)
        courier = first.ground.extras["courier"]
        await courier.settle(timedelta(0))  # type: ignore[attr-defined]
        sink.answer = None
        await eventually(lambda: _delivered(portal, endpoint["id"]))
        assert len(sink.calls) == 2
        assert len(set(sink.ids)) == 1


async def test_two_processes_share_the_work_in_order(service: RunningService, start: Start) -> None:
    """Claims are decided one at a time: nothing is sent twice, and an ordered ticket has one under way in all."""
    portal = Portal(service)
    tickets = [new_id() for _ in range(5)]
    under_way: list[str] = []
    overlaps: list[str] = []

    async def answer(call: Call, _number: int) -> web.StreamResponse:
        ticket = _body(call)["aggregate"]["id"]
        overlaps.extend(other for other in under_way if other == ticket)
        under_way.append(ticket)
        await asyncio.sleep(0.01)  # house: sleep - long enough for the other process to overtake
        under_way.remove(ticket)
        return web.Response()

    async with start(urls=service.urls), http_sink(answer) as sink, http_sink() as plain:
        ordered = await portal.add(sink.url, ordered=True)
        unordered = await portal.add(plain.url)
        for ticket in tickets:
            await service.publish(opened(ticket))
        for number in range(5):
            for ticket in tickets:
                await service.publish(message(ticket, str(number)))
        await eventually(lambda: _all_delivered(portal, ordered["id"], 30))
        await eventually(lambda: _all_delivered(portal, unordered["id"], 30))
    assert overlaps == []
    assert len(sink.ids) == len(set(sink.ids)) == len(plain.ids) == len(set(plain.ids)) == 30
    for ticket in tickets:
        bodies = [body for body in map(_body, sink.calls) if body["aggregate"]["id"] == str(ticket)]
        assert [body["sequence"] for body in bodies] == [1, 2, 3, 4, 5, 6]


async def test_an_endpoint_may_become_ordered(service: RunningService, portal: Portal) -> None:
    """What is pending follows the new mode."""
    ticket = new_id()
    async with http_sink() as sink:
        endpoint = await portal.add(sink.url, state="paused")
        await service.publish(opened(ticket))
        for number in range(10):
            await service.publish(message(ticket, str(number)))
        await eventually(lambda: _states_are(portal, endpoint["id"], ["pending"] * 11))
        await portal.change(endpoint["id"], ordered=True)
        await portal.change(endpoint["id"], state="enabled")
        await eventually(lambda: _all_delivered(portal, endpoint["id"], 11))
        assert [_body(call)["sequence"] for call in sink.calls] == list(range(1, 12))
