"""Well-formed and refused all the same: claimed mailboxes, half characters, absurd moments, guesses."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.contracts.gateway import BrandChanged
from tests.service.gateway.conftest import Gate, bearer, gates
from tests.support.database import Cluster

NEW = {"email": "new@lucky.example", "name": "New", "role": "agent", "password": "a long enough one"}
KEY = {"name": "crm", "scopes": ["tickets:read"]}
HALF = "\ud800"


def brand(slug: str, **more: object) -> dict[str, object]:
    """Return a brand to create."""
    return {"id": slug, "name": slug, "languages": ["en"], "default_language": "en"} | more


async def send(
    gate: Gate, method: str, path: str, body: object, headers: dict[str, str] | None = None
) -> httpx.Response:
    """Send JSON in pure ASCII: half a character can be spelled there, and nowhere else."""
    kind = {"Content-Type": "application/json"}
    return await gate.http.request(method, path, content=json.dumps(body), headers=kind | (headers or {}))


@pytest.mark.parametrize("address", ["support@lucky.example", "Support@Lucky.example", "support+vip@lucky.example"])
async def test_a_mailbox_belongs_to_one_brand(gate: Gate, address: str) -> None:
    admin = await gate.staff()
    made = await gate.http.post("/v1/brands", json=brand("royal", support_email=address), headers=admin)
    assert (made.status_code, made.json()["code"]) == (409, "mailbox-taken")
    assert (await gate.http.post("/v1/brands", json=brand("royal"), headers=admin)).status_code == 201
    royal = await gate.staff_of("royal") | {"If-Match": '"1"'}
    edited = await gate.http.patch("/v1/brands/royal", json={"support_email": address}, headers=royal)
    assert (edited.status_code, edited.json()["code"]) == (409, "mailbox-taken")
    told = [event.data["support_email"] for event in await gate.service.recorded(BrandChanged)]
    assert told == ["support@lucky.example", None]


async def test_a_brand_keeps_or_gives_up_its_own_mailbox(gate: Gate) -> None:
    admin = await gate.staff()
    same = {"support_email": "support+a@lucky.example"}
    kept = await gate.http.patch("/v1/brands/lucky", json=same, headers=admin | {"If-Match": '"1"'})
    assert kept.status_code == 200, kept.text
    left = await gate.http.patch("/v1/brands/lucky", json={"support_email": None}, headers=admin | {"If-Match": '"2"'})
    assert left.status_code == 200
    made = await gate.http.post("/v1/brands", json=brand("royal", **same), headers=admin)
    assert made.status_code == 201, made.text


async def test_of_brands_that_claim_a_mailbox_at_once_one_gets_it(gate: Gate) -> None:
    admin = await gate.staff()
    for slug in ("one", "two"):
        assert (await gate.http.post("/v1/brands", json=brand(slug), headers=admin)).status_code == 201
    claims = [
        gate.http.post("/v1/brands", json=brand(slug, support_email="Race@x.example"), headers=admin)
        for slug in ("three", "four")
    ]
    claims += [
        gate.http.patch(
            f"/v1/brands/{slug}", json={"support_email": "race+t@x.example"}, headers=admin | {"If-Match": '"1"'}
        )
        for slug in ("one", "two")
    ]
    answers = await asyncio.gather(*claims)
    assert sorted(answer.status_code for answer in answers)[1:] == [409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"mailbox-taken"}
    told = [event for event in await gate.service.recorded(BrandChanged) if event.data["support_email"]]
    assert len(told) == 2


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/auth/token", {"email": "ann@lucky.example", "password": HALF}),
        ("POST", "/v1/auth/token", {"email": HALF, "password": "x"}),
        ("POST", "/v1/auth/token", {"email": "a\0@lucky.example", "password": "x"}),
        ("POST", "/v1/auth/refresh", {"refresh_token": HALF}),
        ("POST", "/v1/staff", NEW | {"password": HALF + "a long enough one"}),
        ("POST", "/v1/staff", NEW | {"name": " \u3000 "}),
        ("POST", "/v1/staff", NEW | {"name": "a\x1bb"}),
        ("POST", "/v1/staff", NEW | {"name": "a\0"}),
        ("POST", "/v1/staff", NEW | {"email": "a\x07@lucky.example"}),
        ("PUT", "/v1/staff/me/password", {"current_password": HALF, "new_password": "another long one"}),
        ("PUT", "/v1/staff/me/password", {"current_password": "x", "new_password": HALF + "another long one"}),
        ("POST", "/v1/api-keys", KEY | {"name": "  "}),
        ("POST", "/v1/api-keys", KEY | {"name": "a\nb"}),
        ("POST", "/v1/api-keys", KEY | {"expires_at": "9999-12-31T23:59:59-23:59"}),
        ("POST", "/v1/api-keys", KEY | {"expires_at": "0001-01-01T00:00:00+23:59"}),
        ("POST", "/v1/brands", brand("royal", name="\t")),
        ("POST", "/v1/brands", brand("royal", allowed_origins=[f"https://{HALF}.example"])),
        ("POST", "/v1/brands", brand("royal", support_email="a\x7f@x.example")),
        ("POST", "/v1/player-keys", {"algorithm": "ES256", "public_key": HALF}),
    ],
)
async def test_what_cannot_be_kept_or_read_is_refused(gate: Gate, method: str, path: str, body: dict[str, Any]) -> None:
    refused = await send(gate, method, path, body, await gate.staff())
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")


async def test_an_api_key_does_not_expire_before_it_is_made(gate: Gate) -> None:
    past = (gate.service.ground.clock.now() - timedelta(seconds=1)).isoformat()
    refused = await gate.http.post("/v1/api-keys", json=KEY | {"expires_at": past}, headers=await gate.staff())
    assert (refused.status_code, refused.json()["code"]) == (400, "expiry-past")


async def test_a_new_password_ends_the_persons_sessions_in_all_brands(gate: Gate) -> None:
    admin = await gate.staff()
    assert (await gate.http.post("/v1/brands", json=brand("royal"), headers=admin)).status_code == 201
    here, there, elsewhere = [await gate.sign_in(brand=name) for name in ("lucky", "lucky", "royal")]
    others = await gate.staff("ann@lucky.example")
    body = {"current_password": gate.password("admin@lucky.example"), "new_password": "another long one"}
    changed = await gate.http.put("/v1/staff/me/password", json=body, headers=bearer(here["access_token"]))
    assert changed.status_code == 204, changed.text
    for session, status in ((here, 200), (there, 401), (elsewhere, 401)):
        shown = await gate.http.get("/v1/staff/me", headers=bearer(session["access_token"]))
        assert shown.status_code == status
    for session in (there, elsewhere):
        renewed = await gate.http.post("/v1/auth/refresh", json={"refresh_token": session["refresh_token"]})
        assert renewed.status_code == 401
    assert (await gate.http.get("/v1/staff/me", headers=others)).status_code == 200


async def test_guessing_the_current_password_locks_the_account(postgres: Cluster) -> None:
    async for gate in gates(postgres, {}, account_lock_failures=3):
        ann = await gate.staff("ann@lucky.example")
        body = {"current_password": "wrong", "new_password": "another long one"}
        for _ in range(3):
            assert (await gate.http.put("/v1/staff/me/password", json=body, headers=ann)).status_code == 401
        right = gate.password("ann@lucky.example")
        locked = await gate.http.put("/v1/staff/me/password", json=body | {"current_password": right}, headers=ann)
        assert (locked.status_code, locked.json()["code"]) == (429, "sign-in-locked")
        sign_in = await gate.http.post("/v1/auth/token", json={"email": "ann@lucky.example", "password": right})
        assert sign_in.status_code == 429
