"""Who gets through the door, as whom, and what crosses with him."""

import base64
import time
from collections.abc import Mapping

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from shared.web.actor import ACTOR_HEADER, ActorKind, roles_up_to
from tests.service.gateway.conftest import Gate, Service, bearer, gates
from tests.support.database import Cluster


def player_token(
    gate: Gate, *, secret: bytes | None = None, header: Mapping[str, object] | None = None, **claims: object
) -> str:
    """Sign a player's token as the demo operator's server would."""
    key = gate.demo["player_key"]
    material = secret if secret is not None else base64.urlsafe_b64decode(key["secret"] + "=")
    values = {"aud": "lucky", "sub": "p-1", "exp": int(time.time()) + 600} | claims
    return jwt.encode({"alg": "HS256", "kid": key["kid"]} | dict(header or {}), values, OctKey.import_key(material))


async def test_without_a_credential_there_is_a_401_problem(gate: Gate, tickets: Service) -> None:
    answer = await gate.http.get("/v1/tickets")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "credential-missing"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert not tickets.seen


async def test_staff_arrive_with_their_roles(gate: Gate, tickets: Service) -> None:
    answer = await gate.http.get("/v1/tickets", headers=await gate.staff("senior@lucky.example"))
    assert answer.json() == {"served": "/v1/tickets"}
    actor = tickets.actor()
    assert (actor.kind, actor.brand, actor.name) == (ActorKind.STAFF, "lucky", "Sam Senior")
    assert actor.roles == roles_up_to("senior")


async def test_servers_arrive_with_their_scopes(gate: Gate, tickets: Service) -> None:
    await gate.http.get("/v1/tickets", headers=bearer(gate.demo["api_key"]))
    actor = tickets.actor()
    assert (actor.kind, actor.brand, actor.name) == (ActorKind.SERVER, "lucky", "demo server")
    assert {"tickets:write", "chat:read"} <= actor.scopes


async def test_players_arrive_with_what_the_operator_signed(gate: Gate, tickets: Service) -> None:
    token = player_token(gate, name="Kim", email="kim@example.org", vip="gold", locale="de")
    await gate.http.post("/v1/chat/sessions", json={}, headers=bearer(token))
    actor = tickets.actor("chat")
    assert (actor.kind, actor.id, actor.brand, actor.name) == (ActorKind.PLAYER, "p-1", "lucky", "Kim")
    assert actor.claims == {"email": "kim@example.org", "vip": "gold", "locale": "de"}


async def test_visitors_arrive_as_strangers(gate: Gate, tickets: Service) -> None:
    session = (await gate.http.post("/v1/auth/visitor", json={"brand": "lucky"})).json()
    await gate.http.post("/v1/chat/sessions", json={}, headers=bearer(session["access_token"]))
    actor = tickets.actor("chat")
    assert (actor.kind, actor.id, actor.brand) == (ActorKind.VISITOR, session["visitor_id"], "lucky")
    unknown = await gate.http.post("/v1/auth/visitor", json={"brand": "nowhere"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "brand-not-found")


async def test_identity_headers_from_outside_are_worth_nothing(gate: Gate, tickets: Service) -> None:
    forged = gate.service.actor(ActorKind.STAFF, brand="lucky", role="admin")
    assert (await gate.http.get("/v1/tickets", headers=forged)).status_code == 401
    assert (await gate.http.get("/v1/staff", headers=forged)).status_code == 401
    assert (await gate.http.get("/v1/staff", headers=await gate.staff("ann@lucky.example") | forged)).status_code == 403
    spoofed = {"X-Forwarded-For": "1.2.3.4", "X_Pitboss_Actor": "x", "X-Internal-Brand": "royal", "Cookie": "a=b"}
    await gate.http.get("/v1/tickets", headers=bearer(gate.demo["api_key"]) | forged | spoofed)
    headers = tickets.seen[-1].headers
    assert tickets.actor().kind is ActorKind.SERVER
    assert len(headers.getall(ACTOR_HEADER)) == 1
    for name in ("Authorization", "Cookie", "X-Forwarded-For", "X-Internal-Brand", "X_Pitboss_Actor"):
        assert name not in headers


async def test_ids_and_the_deadline_travel_along(gate: Gate, tickets: Service) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    sent = bearer(gate.demo["api_key"]) | {
        "X-Request-Id": "r-1",
        "traceparent": trace,
        "X-Pitboss-Deadline-Ms": "2000",
        "If-Match": '"7"',
    }
    answer = await gate.http.get("/v1/tickets/1?a=b%20c&d=%2F", headers=sent)
    seen = tickets.seen[-1]
    assert seen.headers["x-request-id"] == answer.headers["x-request-id"] == "r-1"
    assert seen.headers["traceparent"].split("-")[1] == trace.split("-")[1]
    assert 1800 <= int(seen.headers["x-pitboss-deadline-ms"]) <= 1950
    assert seen.headers["if-match"] == '"7"'
    assert seen.raw_path == "/v1/tickets/1?a=b%20c&d=%2F"
    assert answer.headers["etag"] == '"7"'
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/v1/tickets/../metrics", "/v1/tickets/%2e%2e/x", "/v1//tickets", "/v1/tickets%2f1", "/v1/tickets/"]
)
async def test_paths_with_tricks_lead_nowhere(gate: Gate, tickets: Service, path: str) -> None:
    answer = await gate.http.get(f"http://service{path}", headers=bearer(gate.demo["api_key"]))
    assert answer.status_code == 404
    assert not tickets.seen


async def test_an_unknown_path_is_not_found_once_one_is_known(gate: Gate) -> None:
    assert (await gate.http.get("/v1/nothing")).status_code == 401
    assert (await gate.http.get("/v1/nothing", headers=bearer(gate.demo["api_key"]))).status_code == 404


async def test_players_tokens_survive_the_attack_list(gate: Gate, tickets: Service) -> None:
    created = {"id": "royal", "name": "Royal", "languages": ["en"], "default_language": "en"}
    await gate.http.post("/v1/brands", json=created, headers=await gate.staff())
    royal = (
        await gate.http.post("/v1/player-keys", json={"algorithm": "HS256"}, headers=await gate.staff_of("royal"))
    ).json()
    royal_secret = base64.urlsafe_b64decode(royal["secret"] + "=")
    now = int(time.time())
    header, payload, signature = player_token(gate).split(".")
    unsigned = (
        base64.urlsafe_b64encode(b'{"alg":"none","kid":"' + gate.demo["player_key"]["kid"].encode() + b'"}')
        .decode()
        .rstrip("=")
    )
    attacks = {
        "expired": player_token(gate, exp=now - 31),
        "no exp": player_token(gate, exp=None),
        "exp too far": player_token(gate, exp=now + 3700),
        "other audience": player_token(gate, aud="royal"),
        "several audiences": player_token(gate, aud=["lucky", "royal"]),
        "no subject": player_token(gate, sub=""),
        "other secret": player_token(gate, secret=bytes(32)),
        "other brand's key, our kid": player_token(gate, secret=royal_secret),
        "other brand's key and kid": player_token(gate, secret=royal_secret, header={"kid": royal["kid"]}),
        "unknown kid": player_token(gate, header={"kid": "nosuchkey"}),
        "kid as path": player_token(gate, header={"kid": "../../dev/null"}),
        "kid as SQL": player_token(gate, header={"kid": "' OR 1=1 --"}),
        "kid with NUL": player_token(gate, header={"kid": "a\x00b"}),
        "alg none": f"{unsigned}.{payload}.",
        "alg none, old signature": f"{unsigned}.{payload}.{signature}",
        "no signature": f"{header}.{payload}.",
        "cut": f"{header}.{payload}",
        "key in the header": player_token(gate, header={"jwk": {"kty": "oct", "k": "AAAA"}}),
        "key from afar": player_token(gate, header={"jku": "https://evil.example/keys"}),
    }
    for name, token in attacks.items():
        answer = await gate.http.get("/v1/tickets", headers=bearer(token))
        assert answer.status_code == 401, name
    assert not tickets.seen
    assert (await gate.http.get("/v1/tickets", headers=bearer(player_token(gate)))).status_code == 200


async def test_a_verified_token_ends_with_its_key_and_with_its_time(postgres: Cluster, tickets: Service) -> None:
    async for gate in gates(postgres, {"tickets": (tickets.url,)}):
        token = bearer(player_token(gate))
        assert (await gate.http.get("/v1/tickets", headers=token)).status_code == 200
        kid = gate.demo["player_key"]["kid"]
        assert (await gate.http.delete(f"/v1/player-keys/{kid}", headers=await gate.staff())).status_code == 204
        refused = await gate.http.get("/v1/tickets", headers=token)
        assert (refused.status_code, refused.json()["code"]) == (401, "player-token-rejected")


async def test_quotas_are_announced_and_kept(postgres: Cluster, tickets: Service) -> None:
    async for gate in gates(
        postgres, {"tickets": (tickets.url,)}, requests_burst=3, requests_per_minute=6, sends_burst=1
    ):
        server = bearer(gate.demo["api_key"])
        answers = [await gate.http.get("/v1/tickets", headers=server) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[0].headers["ratelimit-policy"] == '"requests";q=6;w=60'
        assert answers[0].headers["ratelimit"] == '"requests";r=2;t=10'
        assert answers[3].json()["code"] == "quota-exceeded"
        assert int(answers[3].headers["retry-after"]) == 10
        player = bearer(player_token(gate))
        sends = [await gate.http.post("/v1/tickets", json={}, headers=player) for _ in range(2)]
        assert [answer.status_code for answer in sends] == [200, 429]
        assert sends[1].headers["ratelimit-policy"].startswith('"sends"')
        assert (await gate.http.get("/v1/tickets", headers=player)).status_code == 200
        assert (await gate.http.get("/v1/tickets", headers=bearer(player_token(gate, sub="p-2")))).status_code == 200


async def test_guessing_credentials_is_limited_by_address(postgres: Cluster) -> None:
    async for gate in gates(postgres, {}, anonymous_burst=2, anonymous_per_minute=6):
        guess = bearer("pbs_" + "x" * 43)
        statuses = [(await gate.http.get("/v1/tickets", headers=guess)).status_code for _ in range(3)]
        assert statuses == [401, 401, 429]
        assert (await gate.http.get("/v1/tickets", headers=bearer(gate.demo["api_key"]))).status_code == 503


async def test_browsers_may_call_from_listed_origins_only(gate: Gate) -> None:
    admin = await gate.staff() | {"If-Match": '"1"'}
    await gate.http.patch("/v1/brands/lucky", json={"allowed_origins": ["https://play.example"]}, headers=admin)
    asks = {"Access-Control-Request-Method": "POST"}
    allowed = await gate.http.options("/v1/tickets", headers=asks | {"Origin": "https://play.example"})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (204, "https://play.example")
    assert "Idempotency-Key" in allowed.headers["access-control-allow-headers"]
    refused = await gate.http.options("/v1/tickets", headers=asks | {"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in refused.headers
    server = bearer(gate.demo["api_key"])
    answer = await gate.http.get("/v1/tickets", headers=server | {"Origin": "https://play.example"})
    assert (answer.headers["access-control-allow-origin"], answer.headers["vary"]) == ("https://play.example", "Origin")
    assert "ETag" in answer.headers["access-control-expose-headers"]
    evil = await gate.http.get("/v1/tickets", headers=server | {"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in evil.headers


async def test_documents_and_health_need_no_proof(gate: Gate) -> None:
    assert (await gate.http.get("/health/live")).status_code == 200
    assert (await gate.http.get("/health/ready")).status_code == 200
    document = await gate.http.get("/openapi.json")
    assert "/v1/auth/token" in document.json()["paths"]
    page = await gate.http.get("/docs")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    for name in ("docs.js", "docs.css"):
        assert (await gate.http.get(f"/docs/{name}")).status_code == 200
    assert (await gate.http.get("/docs/settings.py")).status_code == 404
    assert (await gate.http.get("/problems/no-such-problem")).status_code == 404


async def test_wherever_a_problem_points_there_is_a_page(gate: Gate) -> None:
    refused = await gate.http.get("/v1/tickets")
    page = await gate.http.get(refused.json()["type"].split("8080", 1)[-1])
    assert page.status_code == 200
    assert "The request carries no credential" in page.text
    assert '<link rel="stylesheet" href="/docs/docs.css">' in page.text, "by night it is dark as all pages are"
