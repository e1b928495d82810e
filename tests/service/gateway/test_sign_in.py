"""Signing in, staying in, signing out: the sessions of staff."""

from datetime import timedelta

from sqlalchemy import text, update

from services.gateway.main import bootstrap
from services.gateway.settings import Settings
from services.gateway.tables import staff_sessions
from shared.contracts.gateway import AccountChanged, BrandChanged
from tests.service.gateway.conftest import Gate, bearer, gates
from tests.support.database import Cluster


async def test_a_person_signs_in_and_is_known(gate: Gate) -> None:
    session = await gate.sign_in("ann@lucky.example")
    assert session["token_type"] == "Bearer"
    assert session["expires_in"] == 900
    assert session["brand"] == "lucky"
    assert session["staff"]["role"] == "agent"
    me = await gate.http.get("/v1/staff/me", headers=bearer(session["access_token"]))
    assert me.status_code == 200
    assert (me.json()["email"], me.json()["status"]) == ("ann@lucky.example", "offline")


async def test_wrong_password_and_unknown_person_look_the_same(gate: Gate) -> None:
    wrong = await gate.http.post("/v1/auth/token", json={"email": "ann@lucky.example", "password": "wrong"})
    unknown = await gate.http.post("/v1/auth/token", json={"email": "eve@lucky.example", "password": "wrong"})
    for answer in (wrong, unknown):
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"] == "Bearer"
    hidden = {"request_id"}
    assert {k: v for k, v in wrong.json().items() if k not in hidden} == {
        k: v for k, v in unknown.json().items() if k not in hidden
    }


async def test_a_brand_the_person_does_not_belong_to_is_refused(gate: Gate) -> None:
    body = {"email": "ann@lucky.example", "password": gate.password("ann@lucky.example"), "brand": "royal"}
    assert (await gate.http.post("/v1/auth/token", json=body)).status_code == 401


async def test_too_many_failures_lock_the_account_even_for_the_right_password(postgres: Cluster) -> None:
    async for gate in gates(postgres, {}, account_lock_failures=3):
        for _ in range(3):
            await gate.http.post("/v1/auth/token", json={"email": "ann@lucky.example", "password": "wrong"})
        body = {"email": "Ann@Lucky.example", "password": gate.password("ann@lucky.example")}
        locked = await gate.http.post("/v1/auth/token", json=body)
        assert locked.status_code == 429
        assert locked.json()["code"] == "sign-in-locked"
        assert 800 < int(locked.headers["retry-after"]) <= 900
        assert (await gate.sign_in("bob@lucky.example"))["staff"]["email"] == "bob@lucky.example"


async def test_unknown_addresses_lock_too_so_that_a_lock_tells_nothing(postgres: Cluster) -> None:
    async for gate in gates(postgres, {}, account_lock_failures=2):
        statuses = [
            (await gate.http.post("/v1/auth/token", json={"email": "eve@x.example", "password": "wrong"})).status_code
            for _ in range(3)
        ]
        assert statuses == [401, 401, 429]


async def test_too_many_failures_from_one_address_lock_the_address(postgres: Cluster) -> None:
    async for gate in gates(postgres, {}, address_lock_failures=3):
        for number in range(3):
            await gate.http.post("/v1/auth/token", json={"email": f"e{number}@x.example", "password": "wrong"})
        body = {"email": "ann@lucky.example", "password": gate.password("ann@lucky.example")}
        assert (await gate.http.post("/v1/auth/token", json=body)).status_code == 429


async def test_attempts_to_sign_in_are_limited_before_any_hash_is_made(postgres: Cluster) -> None:
    async for gate in gates(postgres, {}, sign_ins_per_minute=10, sign_ins_burst=2):
        answers = [
            await gate.http.post("/v1/auth/token", json={"email": "e@x.example", "password": "wrong"}) for _ in range(3)
        ]
        assert [answer.status_code for answer in answers] == [401, 401, 429]
        assert answers[2].json()["code"] == "quota-exceeded"
        assert answers[2].headers["ratelimit-policy"] == '"sign-ins";q=10;w=60'
        assert answers[2].headers["ratelimit"] == f'"sign-ins";r=0;t={answers[2].headers["retry-after"]}'


async def test_a_refresh_gives_a_new_pair_and_ends_the_old_one(gate: Gate) -> None:
    first = await gate.sign_in()
    renewed = await gate.http.post("/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})
    assert renewed.status_code == 200
    assert (await gate.http.get("/v1/staff/me", headers=bearer(first["access_token"]))).status_code == 401
    assert (await gate.http.get("/v1/staff/me", headers=bearer(renewed.json()["access_token"]))).status_code == 200
    assert renewed.json()["staff"] == first["staff"]


async def test_a_spent_refresh_token_is_forgiven_for_ten_seconds_then_ends_the_session(gate: Gate) -> None:
    first = await gate.sign_in()
    second = (await gate.http.post("/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})).json()
    again = await gate.http.post("/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})
    assert again.status_code == 200
    third = again.json()
    await age_sessions(gate, timedelta(seconds=11))
    stolen = await gate.http.post("/v1/auth/refresh", json={"refresh_token": second["refresh_token"]})
    assert stolen.status_code == 401
    assert (await gate.http.post("/v1/auth/refresh", json={"refresh_token": third["refresh_token"]})).status_code == 401
    gate.doorway.forget()
    assert (await gate.http.get("/v1/staff/me", headers=bearer(third["access_token"]))).status_code == 401


async def test_an_idle_session_ends(gate: Gate) -> None:
    session = await gate.sign_in()
    await age_sessions(gate, timedelta(minutes=31))
    gate.doorway.forget()
    assert (await gate.http.get("/v1/staff/me", headers=bearer(session["access_token"]))).status_code == 401
    refused = await gate.http.post("/v1/auth/refresh", json={"refresh_token": session["refresh_token"]})
    assert refused.json()["code"] == "session-ended"


async def test_signing_out_ends_the_session_at_once_and_takes_the_person_offline(gate: Gate) -> None:
    headers = await gate.staff("ann@lucky.example")
    assert (await gate.http.put("/v1/staff/me/status", json={"status": "online"}, headers=headers)).status_code == 200
    assert (await gate.http.delete("/v1/auth/session", headers=headers)).status_code == 204
    assert (await gate.http.get("/v1/staff/me", headers=headers)).status_code == 401
    told = [AccountChanged.model_validate(e.data) for e in await gate.service.recorded(AccountChanged)]
    ann = [event for event in told if event.name == "Ann Agent"]
    assert [event.status.value for event in ann] == ["offline", "online", "offline"]


async def test_nothing_secret_is_stored_in_the_clear(gate: Gate) -> None:
    session = await gate.sign_in()
    secrets = [session["access_token"], session["refresh_token"], gate.password("admin@lucky.example")]
    secrets += [gate.demo["api_key"].split("_", 3)[3], gate.demo["player_key"]["secret"]]
    async with gate.service.ground.database.begin_worker() as db:
        for table in ("staff_sessions", "staff_accounts", "api_keys", "player_keys", "sign_in_failures", "outbox"):
            rows = (await db.execute(text(f"SELECT t::text FROM {table} t"))).scalars().all()  # noqa: S608 - names above
            forms = [form for secret in secrets for form in (secret, secret.encode().hex())]
            assert not [form for form in forms if any(form in row for row in rows)]


async def test_the_demo_is_made_once(gate: Gate) -> None:
    settings = gate.service.ground.settings
    assert isinstance(settings, Settings)
    assert await bootstrap(settings) == {}
    assert len(await gate.service.recorded(BrandChanged)) == 1
    assert {person["role"] for person in gate.demo["staff"]} == {"admin", "lead", "senior", "agent"}


async def age_sessions(gate: Gate, by: timedelta) -> None:
    """Let time pass for all sessions."""
    columns = {name: staff_sessions.c[name] - by for name in ("last_seen_at", "rotated_at", "created_at")}
    async with gate.service.ground.database.begin_worker() as db:
        await db.execute(update(staff_sessions).values(**columns))
