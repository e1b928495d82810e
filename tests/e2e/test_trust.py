"""Only the gateway says who somebody is, and it believes nothing but proofs."""

import base64
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from deploy.demo.clients import Door
from deploy.keys import local_keys
from shared.web.actor import ACTOR_HEADER, Actor, ActorKind, roles_up_to, sign_actor
from tests.e2e.asking import ask, made
from tests.e2e.house import House, found_house
from tests.support.product import Product

pytestmark = [pytest.mark.cluster]

_ROUTES: Final = {
    "tickets": "/v1/tickets",
    "chat": "/v1/chat/sessions/01a20152-a556-7d29-b00f-51a4e299bc72/messages",
    "sla": "/v1/sla/policies",
    "notifications": "/v1/webhook-endpoints",
    "intake": "/v1/intake/failed-mails",
}
_ADMIN: Final = Actor(ActorKind.STAFF, "s-1", "lucky", name="Mallory", roles=roles_up_to("admin"))


def _signing_key(product: Product) -> OKPKey:
    keys = local_keys(product.home)
    private, public = keys["GATEWAY_SIGNING_KEY"], keys["PITBOSS_GATEWAY_PUBLIC_KEY"]
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "d": private, "x": public})


def _claims(**changes: object) -> dict[str, Any]:
    now = int(time.time())
    return {**_ADMIN.to_claims(), "aud": "tickets", "iat": now, "exp": now + 60, **changes}


def _signed(key: OKPKey, service: str, *, issued_at: float | None = None) -> str:
    return sign_actor(_ADMIN, audience=service, key=key, issued_at=int(issued_at or time.time()))


def _part(value: bytes | Mapping[str, Any]) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(dict(value)).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _unsigned(claims: Mapping[str, Any]) -> str:
    return f"{_part({'alg': 'none'})}.{_part(claims)}."


def _by_hand(kid: str, claims: Mapping[str, Any], secret: bytes) -> str:
    """Return an HS256 token under any secret: the library refuses to misuse a public key."""
    signed = f"{_part({'alg': 'HS256', 'kid': kid})}.{_part(claims)}"
    return f"{signed}.{_part(hmac.digest(secret, signed.encode(), 'sha256'))}"


@pytest.mark.parametrize("service", _ROUTES)
async def test_a_service_believes_the_gateway_alone(product: Product, door: Door, service: str) -> None:
    """Called directly: 401 without a token, with a forged, expired, over-long or foreign one; the real one works."""
    genuine = _signing_key(product)
    other = "sla" if service == "tickets" else "tickets"
    forged = {
        "none": "",
        "another key": _signed(OKPKey.generate_key("Ed25519"), service),
        "for another service": _signed(genuine, other),
        "expired": _signed(genuine, service, issued_at=time.time() - 3600),
        "from the future": _signed(genuine, service, issued_at=time.time() + 3600),
        "too long": jwt.encode(
            {"alg": "Ed25519"}, _claims(aud=service, exp=int(time.time()) + 9999), genuine, algorithms=["Ed25519"]
        ),
        "unsigned": _unsigned(_claims(aud=service)),
        "public key as a secret": jwt.encode(
            {"alg": "HS256"},
            _claims(aud=service),
            OctKey.import_key(local_keys(product.home)["PITBOSS_GATEWAY_PUBLIC_KEY"]),
            algorithms=["HS256"],
        ),
        "nonsense": "a.b.c",
    }
    base = product.demo["services"][service]
    for name, token in forged.items():
        answer = await ask(door, "GET", _ROUTES[service], base=base, headers={ACTOR_HEADER: token} if token else {})
        assert (answer.status, answer.code) == (401, "unauthenticated"), name
    good = await ask(door, "GET", _ROUTES[service], base=base, headers={ACTOR_HEADER: _signed(genuine, service)})
    assert good.status in {200, 404}


async def test_identity_headers_from_outside_change_nothing(product: Product, door: Door, lucky: House) -> None:
    """A player who brings a perfectly signed token of an administrator stays the player, whatever the spelling."""
    genuine = _signing_key(product)
    ticket = str((await lucky.ticket("spoofer"))["id"])
    token = lucky.player("spoofer")
    paths = ["/v1/tickets", f"/v1/tickets/{ticket}", *_ROUTES.values(), "/v1/staff", "/v1/staff/me", "/v1/api-keys"]
    for path in paths:
        plain = await ask(door, "GET", path, token=token)
        service = next((name for name, route in _ROUTES.items() if path.startswith(route)), "tickets")
        for headers in _spoofs(_signed(genuine, service)):
            spoofed = await ask(door, "GET", path, token=token, headers=headers)
            assert spoofed.status == plain.status, (path, headers)
            assert _meaning(spoofed.json) == _meaning(plain.json), (path, headers)
            assert (await ask(door, "GET", path, headers=headers)).status == 401, (path, headers)


def _spoofs(token: str) -> list[dict[str, str]]:
    return [
        {ACTOR_HEADER: token},
        {"X-Pitboss-Actor": token, "X-Pitboss-Brand": "royal"},
        {"x_pitboss_actor": token},
        {"x-internal-actor": token, "x-internal-role": "admin"},
        {"x-forwarded-for": "127.0.0.1", "x-forwarded-user": "admin", "x-forwarded-host": "tickets"},
        {"forwarded": "for=127.0.0.1", "x-real-ip": "127.0.0.1"},
        {ACTOR_HEADER: token, "connection": f"keep-alive, {ACTOR_HEADER}"},
        {"cookie": f"{ACTOR_HEADER}={token}"},
    ]


def _meaning(document: object) -> object:
    if not isinstance(document, dict):
        return document
    return {name: value for name, value in document.items() if name != "request_id"}


async def test_identity_headers_do_not_make_words_somebody_elses(product: Product, door: Door, lucky: House) -> None:
    """Words written with spoofed headers are the player's who proved himself."""
    ticket = str((await lucky.ticket("spoofer"))["id"])
    headers = {ACTOR_HEADER: _signed(_signing_key(product), "tickets"), "Idempotency-Key": "spoofed"}
    answer = await ask(
        door,
        "POST",
        f"/v1/tickets/{ticket}/messages",
        token=lucky.player("spoofer"),
        body={"text": "I am the admin."},
        headers=headers,
    )
    assert answer.status == 201
    assert answer.json["author"] == {"kind": "player", "id": "spoofer", "name": None}
    assert answer.json["kind"] == "message"


@dataclass(frozen=True)
class Keys:
    """A brand with an EdDSA key beside its HS256 key, and another brand."""

    house: House
    other: House
    private: OKPKey
    public_pem: str
    kid: str


@pytest.fixture(scope="module")
async def keys(product: Product, door: Door) -> Keys:
    """Two brands; the first one signs its players' tokens with Ed25519 as well."""
    house, other = [await found_house(door, product.demo, name) for name in ("trusty", "rusty")]
    raw = Ed25519PrivateKey.generate()
    pem = raw.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    key = await made(door, "/v1/player-keys", {"algorithm": "EdDSA", "public_key": pem}, token=house.founder)
    private = base64.urlsafe_b64encode(raw.private_bytes_raw()).decode().rstrip("=")
    public = base64.urlsafe_b64encode(raw.public_key().public_bytes_raw()).decode().rstrip("=")
    okp = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "d": private, "x": public})
    return Keys(house, other, okp, pem, str(key["kid"]))


def _player_claims(brand: str, **changes: object) -> dict[str, Any]:
    now = int(time.time())
    return {"aud": brand, "sub": "p-1", "iat": now, "exp": now + 600, **changes}


def _secret(house: House) -> OctKey:
    return OctKey.import_key({"kty": "oct", "k": str(house.brand.player_key["secret"])})


def _hs256(house: House, kid: str = "", **changes: object) -> str:
    header = {"alg": "HS256", "kid": kid or str(house.brand.player_key["kid"])}
    claims = _player_claims(house.brand.name, **changes)
    return jwt.encode(header, claims, _secret(house), algorithms=["HS256"])


def _eddsa(keys: Keys, kid: str) -> str:
    claims = _player_claims(keys.house.brand.name)
    return jwt.encode({"alg": "Ed25519", "kid": kid}, claims, keys.private, algorithms=["Ed25519"])


def _attacks(keys: Keys) -> dict[str, str]:
    house, other = keys.house, keys.other
    kid, brand = str(house.brand.player_key["kid"]), house.brand.name
    good = _hs256(house)
    head, body, signature = good.split(".")
    unsigned = _unsigned(_player_claims(brand)).split(".")[1]
    now = int(time.time())
    none = _part({"alg": "none", "kid": kid})
    return {
        "alg none without a signature": f"{none}.{unsigned}.",
        "alg none with somebody's signature": f"{none}.{body}.{signature}",
        "public key as an HMAC secret": _by_hand(keys.kid, _player_claims(brand), keys.public_pem.encode()),
        "HS256 under the id of the EdDSA key": _hs256(house, kid=keys.kid),
        "EdDSA under the id of the HS256 key": _eddsa(keys, kid),
        "aud of another brand": _hs256(house, aud=other.brand.name),
        "aud of many brands": _hs256(house, aud=[brand, other.brand.name]),
        "no aud": _hs256(house, aud=None),
        "expired": _hs256(house, exp=now - 60),
        "exp too far": _hs256(house, exp=now + 2 * 3600),
        "no exp": _hs256(house, exp=None),
        "not yet": _hs256(house, nbf=now + 3600),
        "key of another brand": _hs256(other, aud=brand),
        "signed by another brand under our kid": jwt.encode(
            {"alg": "HS256", "kid": kid}, _player_claims(brand), _secret(other), algorithms=["HS256"]
        ),
        "unknown kid": _hs256(house, kid="aaaaaaaaaaaa"),
        "kid as a path": _hs256(house, kid="../../etc/passwd"),
        "no subject": _hs256(house, sub=""),
        "changed body": f"{head}.{_unsigned(_player_claims(brand, sub='p-2')).split('.')[1]}.{signature}",
        "changed signature": f"{head}.{body}.{signature[:-4]}AAAA",
    }


async def test_players_tokens_are_believed_only_as_far_as_their_key_reaches(door: Door, keys: Keys) -> None:
    """The good ones work; every known attack on a JWT is answered 401."""
    for good in (_hs256(keys.house), _eddsa(keys, keys.kid)):
        assert (await ask(door, "GET", "/v1/tickets", token=good)).status == 200
    attacks = _attacks(keys)
    for name, token in attacks.items():
        answer = await ask(door, "GET", "/v1/tickets", token=token)
        assert answer.status == 401, name
    print(f"trust: {len(attacks)} forged players' tokens refused")  # noqa: T201 - how many


async def test_a_revoked_key_stops_its_tokens(door: Door, keys: Keys) -> None:
    """Tokens of a revoked key prove nothing, at once in the process that revoked it."""
    token = _hs256(keys.other)
    assert (await ask(door, "GET", "/v1/tickets", token=token)).status == 200
    kid = keys.other.brand.player_key["kid"]
    await door.call("DELETE", f"/v1/player-keys/{kid}", token=keys.other.founder)
    assert (await ask(door, "GET", "/v1/tickets", token=token)).status == 401
