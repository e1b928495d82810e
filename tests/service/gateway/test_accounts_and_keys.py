"""The gateway's own routes: staff, keys and brands, for administrators of one brand."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from shared.contracts.gateway import AccountChanged, BrandChanged
from tests.service.gateway.conftest import Gate, Service, bearer

NEW = {"email": "new@lucky.example", "name": "New", "role": "agent", "password": "a long enough one"}
ROYAL = {"id": "royal", "name": "Royal", "languages": ["en", "de"], "default_language": "de"}


async def make_royal(gate: Gate) -> dict[str, str]:
    """Create a second brand and sign in to it as its administrator."""
    created = await gate.http.post("/v1/brands", json=ROYAL, headers=await gate.staff())
    assert created.status_code == 201, created.text
    session = await gate.sign_in(brand="royal")
    return bearer(session["access_token"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/staff"),
        ("POST", "/v1/staff"),
        ("GET", "/v1/api-keys"),
        ("POST", "/v1/api-keys"),
        ("DELETE", "/v1/api-keys/x"),
        ("GET", "/v1/player-keys"),
        ("POST", "/v1/player-keys"),
        ("DELETE", "/v1/player-keys/x"),
        ("GET", "/v1/brands"),
        ("POST", "/v1/brands"),
        ("PATCH", "/v1/brands/lucky"),
    ],
)
async def test_agents_and_strangers_may_not_administer(gate: Gate, method: str, path: str) -> None:
    agent = await gate.staff("ann@lucky.example")
    assert (await gate.http.request(method, path, json={}, headers=agent)).status_code == 403
    assert (await gate.http.request(method, path, json={})).status_code == 401


async def test_a_lead_and_a_server_may_list_staff(gate: Gate) -> None:
    for headers in (await gate.staff("lead@lucky.example"), bearer(gate.demo["api_key"])):
        listed = await gate.http.get("/v1/staff", params={"limit": 2}, headers=headers)
        assert [person["name"] for person in listed.json()["items"]] == ["Ada Admin", "Lea Lead"]
        rest = await gate.http.get("/v1/staff", params={"cursor": listed.json()["next_cursor"]}, headers=headers)
        assert len(rest.json()["items"]) == 3
        assert rest.json()["next_cursor"] is None
        assert "password" not in rest.text


async def test_a_new_member_can_sign_in_and_everybody_is_told(gate: Gate) -> None:
    made = await gate.http.post("/v1/staff", json=NEW, headers=await gate.staff())
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"/v1/staff/{made.json()['id']}"
    assert made.headers["etag"] == '"1"'
    session = await gate.http.post("/v1/auth/token", json={"email": NEW["email"], "password": NEW["password"]})
    assert session.json()["staff"]["id"] == made.json()["id"]
    told = (await gate.service.recorded(AccountChanged))[-1]
    assert (told.data["name"], told.data["role"], told.sequence) == ("New", "agent", 1)
    again = await gate.http.post("/v1/staff", json=NEW, headers=await gate.staff())
    assert (again.status_code, again.json()["code"]) == (409, "staff-exists")


async def test_edits_need_the_version_that_was_read(gate: Gate) -> None:
    admin = await gate.staff()
    ann = next(person["id"] for person in gate.demo["staff"] if person["email"] == "ann@lucky.example")
    path = f"/v1/staff/{ann}"
    assert (await gate.http.patch(path, json={"role": "senior"}, headers=admin)).status_code == 428
    edited = await gate.http.patch(path, json={"role": "senior"}, headers=admin | {"If-Match": '"1"'})
    assert (edited.status_code, edited.headers["etag"], edited.json()["role"]) == (200, '"2"', "senior")
    stale = await gate.http.patch(path, json={"role": "lead"}, headers=admin | {"If-Match": '"1"'})
    assert stale.status_code == 412
    told = [event.sequence for event in await gate.service.recorded(AccountChanged) if event.data["staff_id"] == ann]
    assert told == [1, 2]


async def test_switching_somebody_off_ends_his_sessions(gate: Gate) -> None:
    admin, ann = await gate.staff(), await gate.staff("ann@lucky.example")
    me = (await gate.http.get("/v1/staff/me", headers=ann)).json()
    switched = await gate.http.patch(
        f"/v1/staff/{me['id']}", json={"active": False}, headers=admin | {"If-Match": f'"{me["version"]}"'}
    )
    assert (switched.json()["active"], switched.json()["status"]) == (False, "offline")
    assert (await gate.http.get("/v1/staff/me", headers=ann)).status_code == 401
    body = {"email": "ann@lucky.example", "password": gate.password("ann@lucky.example")}
    assert (await gate.http.post("/v1/auth/token", json=body)).status_code == 401


async def test_the_last_administrator_stays(gate: Gate) -> None:
    admin = await gate.staff()
    me = (await gate.http.get("/v1/staff/me", headers=admin)).json()
    for change in ({"active": False}, {"role": "lead"}):
        refused = await gate.http.patch(f"/v1/staff/{me['id']}", json=change, headers=admin | {"If-Match": '"1"'})
        assert (refused.status_code, refused.json()["code"]) == (409, "last-admin")


async def test_one_changes_ones_own_password_and_other_sessions_end(gate: Gate) -> None:
    here, there = await gate.staff("ann@lucky.example"), await gate.staff("ann@lucky.example")
    body = {"current_password": "wrong", "new_password": "another long one"}
    assert (await gate.http.put("/v1/staff/me/password", json=body, headers=here)).status_code == 401
    body["current_password"] = gate.password("ann@lucky.example")
    assert (await gate.http.put("/v1/staff/me/password", json=body, headers=here)).status_code == 204
    assert (await gate.http.get("/v1/staff/me", headers=here)).status_code == 200
    assert (await gate.http.get("/v1/staff/me", headers=there)).status_code == 401
    again = {"email": "ann@lucky.example", "password": "another long one"}
    assert (await gate.http.post("/v1/auth/token", json=again)).status_code == 200


async def test_status_is_told_once_per_change(gate: Gate) -> None:
    ann = await gate.staff("ann@lucky.example")
    for _ in range(2):
        shown = await gate.http.put("/v1/staff/me/status", json={"status": "busy"}, headers=ann)
        assert (shown.json()["status"], shown.headers["etag"]) == ("busy", '"2"')
    told = [event for event in await gate.service.recorded(AccountChanged) if event.data["status"] == "busy"]
    assert len(told) == 1


async def test_an_api_key_works_within_its_scopes_until_it_is_revoked(gate: Gate, tickets: Service) -> None:
    admin = await gate.staff()
    body = {"name": "crm", "scopes": ["tickets:read"]}
    made = await gate.http.post("/v1/api-keys", json=body, headers=admin)
    assert made.status_code == 201, made.text
    key = made.json()["key"]
    assert key.startswith(f"pb_live_{made.json()['id']}_")
    assert (await gate.http.get("/v1/tickets", headers=bearer(key))).status_code == 200
    assert tickets.actor().scopes == {"tickets:read"}
    assert (await gate.http.get("/v1/staff", headers=bearer(key))).status_code == 403
    listed = await gate.http.get("/v1/api-keys", headers=admin)
    assert key.split("_", 3)[3] not in listed.text
    assert next(item for item in listed.json()["items"] if item["name"] == "crm")["last_used_at"] is not None
    taken = await gate.http.post("/v1/api-keys", json=body, headers=admin)
    assert taken.json()["code"] == "api-key-name-taken"
    for _ in range(2):
        assert (await gate.http.delete(f"/v1/api-keys/{made.json()['id']}", headers=admin)).status_code == 204
    assert (await gate.http.get("/v1/tickets", headers=bearer(key))).status_code == 401


@pytest.mark.parametrize(
    "body", [{"name": "x", "scopes": []}, {"name": "x", "scopes": ["root"]}, {"name": "", "scopes": ["sla:read"]}]
)
async def test_api_keys_need_known_scopes(gate: Gate, body: dict[str, Any]) -> None:
    refused = await gate.http.post("/v1/api-keys", json=body, headers=await gate.staff())
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")


async def test_an_expired_or_altered_api_key_is_refused(gate: Gate) -> None:
    admin = await gate.staff()
    soon = (gate.service.ground.clock.now() + timedelta(hours=1)).isoformat()
    body = {"name": "old", "scopes": ["tickets:read"], "expires_at": soon}
    expired = (await gate.http.post("/v1/api-keys", json=body, headers=admin)).json()["key"]
    async with gate.service.ground.database.begin("lucky") as session:
        await session.execute(text("UPDATE api_keys SET expires_at = expires_at - interval '2 hours'"))
    good = gate.demo["api_key"]
    environment, key_id, secret = good.split("_", 3)[1:]
    other = "A" if secret[0] != "A" else "B"
    for key in (expired, f"pb_{environment}_{key_id}_{other}{secret[1:]}", f"pb_test_{key_id}_{secret}"):
        assert (await gate.http.get("/v1/tickets", headers=bearer(key))).status_code == 401


async def test_at_most_two_player_keys_live(gate: Gate) -> None:
    admin = await gate.staff()
    second = await gate.http.post("/v1/player-keys", json={"algorithm": "HS256"}, headers=admin)
    assert second.status_code == 201
    assert len(second.json()["secret"]) == 43
    third = await gate.http.post("/v1/player-keys", json={"algorithm": "HS256"}, headers=admin)
    assert (third.status_code, third.json()["code"]) == (409, "too-many-player-keys")
    listed = (await gate.http.get("/v1/player-keys", headers=admin)).json()["items"]
    assert [item["kid"] for item in listed] == [gate.demo["player_key"]["kid"], second.json()["kid"]]
    assert all("secret" not in item for item in listed)
    assert (await gate.http.delete(f"/v1/player-keys/{listed[0]['kid']}", headers=admin)).status_code == 204
    unusable = await gate.http.post("/v1/player-keys", json={"algorithm": "ES256"}, headers=admin)
    assert (unusable.status_code, unusable.json()["code"]) == (400, "player-key-unusable")


@pytest.mark.parametrize(
    ("path", "body", "secret"),
    [
        ("/v1/staff", NEW, "password"),
        ("/v1/api-keys", {"name": "crm", "scopes": ["tickets:read"]}, "key"),
        ("/v1/player-keys", {"algorithm": "HS256"}, "secret"),
    ],
)
async def test_a_lost_answer_is_repeated_and_stored_for_nobody_else(
    gate: Gate, path: str, body: dict[str, Any], secret: str
) -> None:
    """The same key brings the same bytes and makes nothing anew; the table shows neither secret nor address."""
    headers = await gate.staff() | {"Idempotency-Key": "one"}
    first, again = [await gate.http.post(path, json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201), first.text
    assert first.content == again.content
    for name in ("etag", "location"):
        assert first.headers.get(name) == again.headers.get(name)
    assert again.headers["idempotency-replayed"] == "true"
    other = await gate.http.post(path, json=body | {"name": "another"}, headers=headers)
    assert other.status_code == 422
    async with gate.service.ground.database.begin("lucky") as session:
        row = (await session.execute(text("SELECT k::text AS k, body FROM idempotency_keys k"))).one()
    for word in (str((body | first.json())[secret]), "new@lucky.example"):
        assert word.encode() not in row.body
        assert word not in row.k


async def test_a_brand_is_created_once_with_its_creator_as_administrator(gate: Gate) -> None:
    admin = await gate.staff()
    headers = admin | {"Idempotency-Key": "royal-1"}
    first = await gate.http.post("/v1/brands", json=ROYAL, headers=headers)
    again = await gate.http.post("/v1/brands", json=ROYAL, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    taken = await gate.http.post("/v1/brands", json=ROYAL, headers=admin)
    assert (taken.status_code, taken.json()["code"]) == (409, "brand-taken")
    listed = (await gate.http.get("/v1/brands", headers=admin)).json()["items"]
    assert [brand["id"] for brand in listed] == ["lucky", "royal"]
    told = [event for event in await gate.service.recorded(BrandChanged) if event.brand == "royal"]
    assert [event.sequence for event in told] == [1]
    ambiguous = {"email": "admin@lucky.example", "password": gate.password("admin@lucky.example")}
    refused = await gate.http.post("/v1/auth/token", json=ambiguous)
    assert (refused.status_code, refused.json()["brands"]) == (400, ["lucky", "royal"])


async def test_a_brand_is_edited_under_its_version(gate: Gate) -> None:
    admin = await gate.staff()
    shown = await gate.http.get("/v1/brands/lucky", headers=admin)
    assert shown.headers["etag"] == '"1"'
    change = {"allowed_origins": ["https://Play.Lucky.example/"], "support_email": None}
    assert (await gate.http.patch("/v1/brands/lucky", json=change, headers=admin)).status_code == 428
    edited = await gate.http.patch("/v1/brands/lucky", json=change, headers=admin | {"If-Match": '"1"'})
    assert edited.json()["allowed_origins"] == ["https://play.lucky.example"]
    assert edited.json()["support_email"] is None
    assert edited.headers["etag"] == '"2"'
    bad = await gate.http.patch(
        "/v1/brands/lucky", json={"default_language": "xx"}, headers=admin | {"If-Match": '"2"'}
    )
    assert (bad.status_code, bad.json()["code"]) == (400, "languages-inconsistent")
    stale = await gate.http.patch("/v1/brands/lucky", json={"name": "L"}, headers=admin | {"If-Match": '"1"'})
    assert stale.status_code == 412


async def test_nothing_crosses_brands(gate: Gate) -> None:
    royal = await make_royal(gate)
    lucky = await gate.staff("lead@lucky.example")
    person = (await gate.http.post("/v1/staff", json=NEW, headers=royal)).json()
    key = (await gate.http.post("/v1/api-keys", json={"name": "r", "scopes": ["staff:read"]}, headers=royal)).json()
    kid = (await gate.http.post("/v1/player-keys", json={"algorithm": "HS256"}, headers=royal)).json()["kid"]
    admin = await gate.staff_of("lucky")
    assert (await gate.http.get(f"/v1/staff/{person['id']}", headers=lucky)).status_code == 404
    assert (await gate.http.delete(f"/v1/api-keys/{key['id']}", headers=admin)).status_code == 404
    assert (await gate.http.delete(f"/v1/player-keys/{kid}", headers=admin)).status_code == 404
    current = admin | {"If-Match": '"1"'}
    foreign = await gate.http.patch(f"/v1/staff/{person['id']}", json={"name": "X"}, headers=current)
    assert foreign.status_code == 404
    assert "new@lucky.example" not in (await gate.http.get("/v1/staff", headers=admin)).text
    seen = await gate.http.get("/v1/staff", headers=bearer(key["key"]))
    assert {item["name"] for item in seen.json()["items"]} == {"Ada Admin", "New"}


async def test_a_foreign_brand_is_not_found(gate: Gate) -> None:
    royal = await make_royal(gate)
    added = await gate.http.post("/v1/staff", json=NEW | {"role": "admin"}, headers=royal)
    stranger = await gate.http.post("/v1/auth/token", json={"email": NEW["email"], "password": NEW["password"]})
    headers = bearer(stranger.json()["access_token"])
    assert added.status_code == 201
    assert (await gate.http.get("/v1/brands/lucky", headers=headers)).status_code == 404
    edit = await gate.http.patch("/v1/brands/lucky", json={"name": "X"}, headers=headers | {"If-Match": '"1"'})
    assert edit.status_code == 404
    listed = (await gate.http.get("/v1/brands", headers=headers)).json()["items"]
    assert [brand["id"] for brand in listed] == ["royal"]


async def test_nobody_is_enlisted_by_a_stranger(gate: Gate) -> None:
    """Whoever made an account first knows its password: a foreign administrator must not pull it in, nor be pulled."""
    royal = await make_royal(gate)
    await gate.http.post("/v1/staff", json=NEW | {"role": "admin"}, headers=royal)
    session = await gate.http.post("/v1/auth/token", json={"email": NEW["email"], "password": NEW["password"]})
    stranger = bearer(session.json()["access_token"])
    ann = NEW | {"email": "ann@lucky.example"}
    refused = await gate.http.post("/v1/staff", json=ann, headers=stranger)
    assert (refused.status_code, refused.json()["code"]) == (409, "staff-exists")
    joined = await gate.http.post("/v1/staff", json=ann, headers=royal)
    assert joined.status_code == 201
    wrong = {"email": "ann@lucky.example", "password": NEW["password"], "brand": "royal"}
    assert (await gate.http.post("/v1/auth/token", json=wrong)).status_code == 401
    assert (await gate.sign_in("ann@lucky.example", brand="royal"))["brand"] == "royal"
