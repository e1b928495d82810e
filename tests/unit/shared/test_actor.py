"""The internal token."""

import base64
import json
import time

import pytest
from joserfc.jwk import OKPKey

from shared.contracts.base import AuthorKind
from shared.web.actor import (
    Actor,
    ActorKind,
    ActorVerifier,
    Forbidden,
    Unauthenticated,
    require,
    roles_up_to,
    sign_actor,
)

KEY = OKPKey.generate_key("Ed25519")
OTHER = OKPKey.generate_key("Ed25519")
NOW = int(time.time())
SENIOR = Actor(ActorKind.STAFF, "s-1", "lucky", name="Ann", roles=roles_up_to("senior"))


def _public(key: OKPKey) -> str:
    return str(key.as_dict(private=False)["x"])


def _verifier() -> ActorVerifier:
    return ActorVerifier(_public(KEY), audience="tickets")


def test_a_signed_caller_is_read_back_whole() -> None:
    """Everything about the caller survives the hop."""
    player = Actor(ActorKind.PLAYER, "p-1", "lucky", claims={"vip": "gold"}, scopes=frozenset({"a"}))
    token = sign_actor(player, audience="tickets", key=KEY, issued_at=NOW)
    assert _verifier().verify(token, now=NOW) == player
    assert player.author().kind is AuthorKind.PLAYER


def test_a_token_is_for_one_service_and_one_minute() -> None:
    """Another audience, the future and the past are refused, also from the cache."""
    verifier = _verifier()
    token = sign_actor(SENIOR, audience="tickets", key=KEY, issued_at=NOW)
    assert verifier.verify(token, now=NOW) == SENIOR
    for bad, when in (
        (token, NOW + 60),
        (sign_actor(SENIOR, audience="tickets", key=KEY, issued_at=NOW + 600), NOW),
        (sign_actor(SENIOR, audience="chat", key=KEY, issued_at=NOW), NOW),
        (sign_actor(SENIOR, audience="tickets", key=OTHER, issued_at=NOW), NOW),
    ):
        with pytest.raises(Unauthenticated):
            verifier.verify(bad, now=when)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "💥", "." * 10, "\udcff"])
def test_rubbish_is_refused(token: str) -> None:
    """Nothing unparsable crashes the verifier."""
    with pytest.raises(Unauthenticated):
        _verifier().verify(token, now=NOW)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "EdDSA"])
def test_the_algorithm_cannot_be_swapped(algorithm: str) -> None:
    """The header's `alg` decides nothing."""
    head, body, signature = sign_actor(SENIOR, audience="tickets", key=KEY, issued_at=NOW).split(".")
    forged = base64.urlsafe_b64encode(json.dumps({"alg": algorithm}).encode()).decode().rstrip("=")
    del head
    with pytest.raises(Unauthenticated):
        _verifier().verify(f"{forged}.{body}.{signature}", now=NOW)


def test_the_cache_is_bounded() -> None:
    """Many callers do not fill the memory."""
    verifier = ActorVerifier(_public(KEY), audience="tickets", capacity=3)
    for number in range(6):
        caller = Actor(ActorKind.PLAYER, f"p-{number}", "lucky")
        verifier.verify(sign_actor(caller, audience="tickets", key=KEY, issued_at=NOW), now=NOW)
    assert len(verifier._verified) == 3  # noqa: SLF001 - the bound is the point


async def test_routes_name_who_may_enter() -> None:
    """Kinds, roles and scopes are checked; stronger roles include weaker ones."""
    assert await require(ActorKind.STAFF, role="agent")(SENIOR) is SENIOR
    server = Actor(ActorKind.SERVER, "k", "lucky", scopes=frozenset({"tickets:read"}))
    assert await require(ActorKind.SERVER, scope="tickets:read")(server) is server
    for guard, caller in (
        (require(ActorKind.STAFF, role="lead"), SENIOR),
        (require(ActorKind.PLAYER), SENIOR),
        (require(ActorKind.SERVER, scope="tickets:write"), server),
    ):
        with pytest.raises(Forbidden):
            await guard(caller)
