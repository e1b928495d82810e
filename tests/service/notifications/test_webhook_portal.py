"""Endpoints, secrets, deliveries and replays as operators handle them."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from shared.contracts.notifications import DeliveriesRead, EndpointDisabled
from shared.ids import new_id
from shared.web.actor import ActorKind
from tests.service.notifications.portal import PATH, Portal, Start, message, opened
from tests.support.eventually import eventually
from tests.support.service import RunningService
from tests.support.sinks import http_sink

URL = "http://127.0.0.1:9/hook"


async def test_an_endpoint_lives(portal: Portal) -> None:
    """Created with a secret shown once, read, edited under If-Match, removed."""
    created = await portal.ask("POST", json={"url": URL, "events": ["sla.met", "ticket.opened"], "description": "ops"})
    assert created.status_code == 201
    body = created.json()
    path = f"/{body['id']}"
    assert created.headers["Location"] == PATH + path
    assert body["secret"].startswith("whsec_")
    assert body["events"] == ["ticket.opened", "sla.met"]
    read = await portal.ask("GET", path)
    assert read.headers["ETag"] == created.headers["ETag"]
    assert "secret" not in read.json()
    assert {**body, "secret": None} == {**read.json(), "secret": None}
    assert (await portal.ask("PATCH", path, json={"ordered": True})).status_code == 428
    edited = await portal.ask("PATCH", path, json={"ordered": True}, headers={"If-Match": read.headers["ETag"]})
    assert (edited.status_code, edited.json()["ordered"], edited.json()["description"]) == (200, True, "ops")
    stale = await portal.ask("PATCH", path, json={"ordered": False}, headers={"If-Match": read.headers["ETag"]})
    assert stale.status_code == 412
    assert (await portal.ask("DELETE", path)).status_code == 204
    assert (await portal.ask("GET", path)).status_code == 404
    assert (await portal.ask("DELETE", path)).status_code == 404
    assert (await portal.get(""))["items"] == []


async def test_lists_are_paged(portal: Portal) -> None:
    """Each endpoint once, oldest first."""
    ids = [(await portal.add(URL))["id"] for _ in range(5)]
    first = await portal.get("", limit=3)
    second = await portal.get("", limit=3, cursor=first["next_cursor"])
    assert [one["id"] for one in first["items"] + second["items"]] == ids
    assert second["next_cursor"] is None


async def test_the_brand_and_the_role_are_walls(service: RunningService, portal: Portal) -> None:
    """Foreign is absent; agents and players have no business here; API keys need the scope."""
    path = f"/{(await portal.add(URL))['id']}"
    royal = Portal(service, brand="royal")
    for method, more in (
        ("GET", path),
        ("DELETE", path),
        ("GET", f"{path}/deliveries"),
        ("GET", f"{path}/deliveries/{new_id()}"),
    ):
        assert (await royal.ask(method, more)).status_code == 404
    for post in ("test", "secret-rotation"):
        assert (await royal.ask("POST", f"{path}/{post}")).status_code == 404
    foreign = await royal.ask("PATCH", path, json={"state": "paused"}, headers={"If-Match": '"1"'})
    assert foreign.status_code == 404
    assert (await royal.ask("POST", f"{path}/replay", json={"since": "2026-01-01T00:00:00Z"})).status_code == 404
    everyone: dict[int, list[dict[str, str]]] = {
        403: [
            service.actor(role="senior"),
            service.actor(ActorKind.PLAYER, "p-1"),
            service.actor(ActorKind.SERVER, "k-1", scopes={"tickets:read"}),
        ],
        200: [service.actor(role="admin"), service.actor(ActorKind.SERVER, "k-1", scopes={"webhooks:read"})],
        401: [{}],
    }
    for status, callers in everyone.items():
        for headers in callers:
            assert (await service.http.get(PATH, headers=headers)).status_code == status
    reader = service.actor(ActorKind.SERVER, "k-1", scopes={"webhooks:read"})
    refused = await service.http.post(PATH, json={"url": URL}, headers={**reader, "Idempotency-Key": "a"})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/hook", "http://169.254.169.254/latest/meta-data", "ftp://127.0.0.1/", "http://user@127.0.0.1/",
        "http://[::ffff:10.0.0.1]/", "http://2130706433/", "http://[fd00::1]/",
    ],
)  # fmt: skip
async def test_inside_addresses_are_refused_at_registration(portal: Portal, url: str) -> None:
    """Also when an endpoint is edited."""
    answer = await portal.ask("POST", json={"url": url})
    assert (answer.status_code, answer.json()["code"]) == (400, "url-refused")
    path = f"/{(await portal.add(URL))['id']}"
    answer = await portal.ask("PATCH", path, json={"url": url}, headers={"If-Match": '"1"'})
    assert answer.status_code == 400


async def test_shapes_are_checked(portal: Portal) -> None:
    """Unknown types are named, unknown fields refused."""
    assert (await portal.ask("POST", json={"url": URL, "events": ["ticket.open"]})).json()[
        "code"
    ] == "event-type-unknown"
    assert (await portal.ask("POST", json={"url": URL, "secret": "mine"})).status_code == 422
    assert (await portal.ask("POST", json={"url": URL, "state": "disabled"})).status_code == 422
    assert (await portal.ask("POST", json={"url": URL, "events": []})).status_code == 422


async def test_a_brand_has_only_so_many(start: Start) -> None:
    """A runaway script does not fill the table."""
    async with start(endpoints_per_brand=2) as service:
        portal = Portal(service)
        await portal.add(URL)
        await portal.add(URL)
        assert (await portal.ask("POST", json={"url": URL})).status_code == 409
        await Portal(service, brand="royal").add(URL)


async def test_secrets_are_sealed_at_rest(service: RunningService, portal: Portal) -> None:
    """The database alone does not let anybody sign."""
    endpoint = await portal.add(URL)
    async with service.ground.database.begin("lucky") as session:
        row = (await session.execute(text("SELECT e::text AS e, secret FROM webhook_endpoints e"))).one()
    raw = Webhook(endpoint["secret"])._whsecret  # noqa: SLF001 - the library has no other way to the raw bytes
    assert raw not in row.secret
    assert raw.hex() not in row.e


async def test_both_secrets_sign_during_a_rotation(service: RunningService, portal: Portal) -> None:
    """No delivery fails verification; a second rotation waits; early revocation ends the old secret."""
    async with http_sink() as sink:
        endpoint = await portal.add(sink.url)
        path = f"/{endpoint['id']}/secret-rotation"
        rotated = await portal.ask("POST", path)
        assert rotated.status_code == 200
        old, new = endpoint["secret"], rotated.json()["secret"]
        assert new != old
        assert (await portal.ask("POST", path)).json()["code"] == "rotation-running"
        await service.publish(opened())
        await eventually(lambda: sink.calls)
        for secret in (old, new):
            Webhook(secret).verify(sink.calls[0].body, dict(sink.calls[0].headers))
        assert (await portal.ask("DELETE", path)).status_code == 204
        assert (await portal.ask("DELETE", path)).status_code == 204
        await service.publish(opened())
        await eventually(lambda: len(sink.calls) == 2)
        Webhook(new).verify(sink.calls[1].body, dict(sink.calls[1].headers))
        with pytest.raises(WebhookVerificationError):
            Webhook(old).verify(sink.calls[1].body, dict(sink.calls[1].headers))
        assert (await portal.ask("POST", path)).status_code == 200


async def test_the_old_secret_ends_with_the_overlap(start: Start) -> None:
    """After 24 hours (here: at once) only the new one signs, and the next rotation may begin."""
    async with start(rotation_overlap=timedelta(0)) as service, http_sink() as sink:
        portal = Portal(service)
        endpoint = await portal.add(sink.url)
        path = f"/{endpoint['id']}/secret-rotation"
        await portal.ask("POST", path)
        new = (await portal.ask("POST", path)).json()["secret"]
        await service.publish(opened())
        await eventually(lambda: sink.calls)
        assert sink.calls[0].headers["webhook-signature"].count("v1,") == 1
        Webhook(new).verify(sink.calls[0].body, dict(sink.calls[0].headers))


async def test_a_test_reaches_the_endpoint_whatever_its_filter(portal: Portal) -> None:
    """Operators see at once whether their server answers."""
    async with http_sink() as sink:
        endpoint = await portal.add(sink.url, events=["sla.breached"])
        answer = await portal.ask("POST", f"/{endpoint['id']}/test")
        assert answer.status_code == 202
        await eventually(lambda: sink.calls)
        assert portal.verify(endpoint["id"], sink.calls[0])["type"] == "endpoint.test"
        assert answer.json()["webhook_id"] == sink.ids[0]
        await portal.change(endpoint["id"], state="paused")
        assert (await portal.ask("POST", f"/{endpoint['id']}/test")).json()["code"] == "endpoint-not-enabled"


async def test_deliveries_are_filtered_and_paged(service: RunningService, portal: Portal) -> None:
    """Newest first, by state and type, with cursors bound to the filter."""
    async with http_sink() as sink:
        endpoint = await portal.add(sink.url)
        ticket = new_id()
        await service.publish(opened(ticket))
        for number in range(4):
            await service.publish(message(ticket, str(number)))
        await eventually(lambda: _delivered(portal, endpoint["id"], 5))
        path = f"/{endpoint['id']}/deliveries"
        assert [d["type"] for d in await portal.deliveries(endpoint["id"], type="ticket.opened")] == ["ticket.opened"]
        assert await portal.deliveries(endpoint["id"], state="exhausted") == []
        first = await portal.get(path, limit=3)
        second = await portal.get(path, limit=3, cursor=first["next_cursor"])
        seen = [d["id"] for d in first["items"] + second["items"]]
        assert len(seen) == len(set(seen)) == 5
        foreign = await portal.ask("GET", path, params={"cursor": first["next_cursor"], "state": "delivered"})
        assert foreign.status_code == 400


async def _delivered(portal: Portal, endpoint_id: str, count: int) -> bool:
    return await portal.states(endpoint_id) == ["delivered"] * count


async def test_a_replay_keeps_ids_and_bytes(service: RunningService, portal: Portal) -> None:
    """Named by delivery or by webhook id, delivered or not; receivers recognise what they know."""
    async with http_sink() as sink:
        endpoint = await portal.add(sink.url)
        await service.publish(opened())
        await service.publish(opened())
        await eventually(lambda: _delivered(portal, endpoint["id"], 2))
        newest = (await portal.deliveries(endpoint["id"]))[0]
        path = f"/{endpoint['id']}/replay"
        by_id = await portal.ask(
            "POST", path, json={"delivery_ids": [newest["id"]]}, headers={"Idempotency-Key": "once"}
        )
        assert (by_id.status_code, by_id.json()) == (202, {"replayed": 1, "complete": True})
        again = await portal.ask(
            "POST", path, json={"delivery_ids": [newest["id"]]}, headers={"Idempotency-Key": "once"}
        )
        assert again.headers["Idempotency-Replayed"] == "true"
        await eventually(lambda: len(sink.calls) == 3)
        await eventually(lambda: _delivered(portal, endpoint["id"], 2))
        assert sink.ids.count(newest["webhook_id"]) == 2
        named = await portal.ask("POST", path, json={"webhook_ids": [sink.ids[0], "msg_unknown"]})
        assert named.json()["replayed"] == 1
        await eventually(lambda: len(sink.calls) == 4)
        assert sink.calls[3].body == sink.calls[0].body
        portal.verify(endpoint["id"], sink.calls[3])


async def test_a_range_brings_back_what_was_missed_at_its_pace(service: RunningService, portal: Portal) -> None:
    """Recover since: only what was not delivered, ten a second, in the old order; twice changes nothing."""
    async with http_sink() as sink:
        endpoint = await portal.add(sink.url)
        path = f"/{endpoint['id']}/replay"
        await service.publish(opened())
        await eventually(lambda: _delivered(portal, endpoint["id"], 1))
        await portal.change(endpoint["id"], state="disabled")
        missed = [(await service.publish(opened())).id for _ in range(4)]
        await eventually(lambda: _skipped(portal, endpoint["id"], 4))
        await portal.change(endpoint["id"], state="enabled")
        body = {"since": endpoint["created_at"]}
        assert (await portal.ask("POST", path, json=body)).json() == {"replayed": 4, "complete": True}
        assert (await portal.ask("POST", path, json=body)).json() == {"replayed": 0, "complete": True}
        await eventually(lambda: _delivered(portal, endpoint["id"], 5))
        assert sink.ids[1:] == [f"msg_{id_.hex}" for id_ in missed]
        assert sink.calls[4].at - sink.calls[1].at >= 0.2


async def _skipped(portal: Portal, endpoint_id: str, count: int) -> bool:
    return (await portal.states(endpoint_id)).count("skipped") == count


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"only_failed": True},
        {"since": "2026-01-01T00:00:00Z", "until": "2026-01-09T00:00:00Z"},
        {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
    ],
)
async def test_ranges_are_bounded(portal: Portal, body: dict[str, object]) -> None:
    """At most seven days, forwards."""
    path = f"/{(await portal.add(URL))['id']}/replay"
    answer = await portal.ask("POST", path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "replay-range-invalid")


async def test_disabling_by_hand_is_told(service: RunningService, portal: Portal) -> None:
    """Whoever switches it off, the others hear of it."""
    endpoint = await portal.add(URL)
    await portal.change(endpoint["id"], state="disabled")
    (told,) = await service.recorded(EndpointDisabled)
    assert told.data["reason"] == "by_hand"
    assert (
        await portal.ask("POST", f"/{endpoint['id']}/replay", json={"since": "2026-01-01T00:00:00Z"})
    ).status_code == 409


async def test_stored_answers_show_no_secret(service: RunningService, portal: Portal) -> None:
    """A repeated request is answered to the byte, out of a row in which nobody can read the new secret."""
    keyed = {"Idempotency-Key": "one"}
    created = [await portal.ask("POST", json={"url": URL}, headers=keyed) for _ in range(2)]
    rotation = f"/{created[0].json()['id']}/secret-rotation"
    rotated = [await portal.ask("POST", rotation, headers=keyed) for _ in range(2)]
    for first, again in (created, rotated):
        assert first.json()["secret"].startswith("whsec_")
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again.headers["Idempotency-Replayed"] == "true"
    assert created[0].json()["secret"] != rotated[0].json()["secret"]
    async with service.ground.database.begin("lucky") as session:
        rows = (await session.execute(text("SELECT k::text AS k, body FROM idempotency_keys k"))).all()
    assert len(rows) == 2
    for row in rows:
        assert b"whsec_" not in row.body
        assert b"whsec_".hex() not in row.k


async def test_a_stored_answer_opens_in_its_own_row_only(service: RunningService, portal: Portal) -> None:
    """Whoever may write to the table cannot have himself told another's secret; nothing is done a second time."""
    for key in ("mine", "theirs"):
        await portal.ask("POST", json={"url": URL}, headers={"Idempotency-Key": key})
    async with service.ground.database.begin("lucky") as session:
        await session.execute(
            text(
                "UPDATE idempotency_keys SET body = (SELECT body FROM idempotency_keys WHERE key = 'theirs')"
                " WHERE key = 'mine'"
            )
        )
    again = await portal.ask("POST", json={"url": URL}, headers={"Idempotency-Key": "mine"})
    assert (again.status_code, again.json()["code"]) == (409, "answer-lost")
    assert len((await portal.get(""))["items"]) == 2


async def test_api_keys_need_an_idempotency_key(service: RunningService) -> None:
    """Twins of a creation make one endpoint and get one answer."""
    headers = service.actor(ActorKind.SERVER, "k-1", scopes={"webhooks:read", "webhooks:write"})
    assert (await service.http.post(PATH, json={"url": URL}, headers=headers)).status_code == 400
    keyed = {**headers, "Idempotency-Key": "one"}
    twins = await asyncio.gather(*(service.http.post(PATH, json={"url": URL}, headers=keyed) for _ in range(2)))
    assert {answer.status_code for answer in twins} <= {201, 409}
    assert len((await service.http.get(PATH, headers=headers)).json()["items"]) == 1


async def test_whoever_looks_at_deliveries_is_told_of(service: RunningService, portal: Portal) -> None:
    """What was sent may say what players wrote: a page of the list is one look, a body another."""
    endpoint = await portal.add(URL)
    await service.publish(opened())
    (delivery,) = await eventually(lambda: portal.deliveries(endpoint["id"]))
    before = len(await service.recorded(DeliveriesRead))
    await portal.get(f"/{endpoint['id']}/deliveries", type="ticket.opened")
    await portal.get(f"/{endpoint['id']}/deliveries/{delivery['id']}")
    assert (await portal.ask("GET", f"/{endpoint['id']}/deliveries/{new_id()}")).status_code == 404
    assert (await portal.ask("GET", f"/{endpoint['id']}/deliveries?type=%00")).status_code == 422
    looks: list[dict[str, Any]] = [event.data for event in await service.recorded(DeliveriesRead)]
    listed, read = looks[before:]
    assert (listed["sight"], listed["filter"]) == (
        "list_deliveries",
        {"endpoint": endpoint["id"], "type": "ticket.opened"},
    )
    assert (read["sight"], read["filter"]) == (
        "read_delivery",
        {"endpoint": endpoint["id"], "delivery": delivery["id"]},
    )
    assert read["reader"]["id"] == "s-1"
