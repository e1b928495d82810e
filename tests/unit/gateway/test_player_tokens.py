"""The attack list on players' tokens: only what the brand's own key signed, for this brand, for now."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey
from joserfc.jws import JWSRegistry

from services.gateway.domain.player_tokens import (
    Algorithm,
    PlayerKey,
    PlayerKeyUnusable,
    PlayerTokenRejected,
    key_id_of,
    read_key,
    verify,
)

PERSIAN = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"
NOW = 1_700_000_000.0
SECRET = bytes(range(32))
ED = OKPKey.generate_key("Ed25519")
EC = ECKey.generate_key("P-256")
KEYS: dict[Algorithm, tuple[OKPKey | ECKey | OctKey, PlayerKey]] = {
    Algorithm.EDDSA: (ED, PlayerKey("lucky", "kid1", Algorithm.EDDSA, ED.as_pem(private=False))),
    Algorithm.ES256: (EC, PlayerKey("lucky", "kid1", Algorithm.ES256, EC.as_pem(private=False))),
    Algorithm.HS256: (OctKey.import_key(SECRET), PlayerKey("lucky", "kid1", Algorithm.HS256, SECRET)),
}
GOOD = {"aud": "lucky", "sub": "p-1", "exp": NOW + 600}


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class _AnyAlgorithm(JWSRegistry):
    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]


def token(
    claims: Mapping[str, object], algorithm: Algorithm = Algorithm.HS256, header: Mapping[str, object] | None = None
) -> str:
    signer, _ = KEYS[algorithm]
    return jwt.encode(
        {"alg": algorithm.value, "kid": "kid1"} | dict(header or {}), dict(claims), signer, registry=_AnyAlgorithm()
    )


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_good_token_proves_the_player(algorithm: Algorithm) -> None:
    made = token(GOOD | {"name": "Kim", "email": "kim@example.org", "vip": True, "locale": "de"}, algorithm)
    assert key_id_of(made) == "kid1"
    player = verify(made, KEYS[algorithm][1], now=NOW)
    assert (player.brand, player.id, player.kid) == ("lucky", "p-1", "kid1")
    assert player.claims == {"name": "Kim", "email": "kim@example.org", "vip": "true", "locale": "de"}


@pytest.mark.parametrize(("vip", "text"), [(True, "true"), (False, "false"), ("gold", "gold"), (3, "3")])
def test_the_operator_says_how_much_of_a_vip_the_player_is(vip: object, text: str) -> None:
    """That he is none is said too: he may have been one."""
    assert verify(token(GOOD | {"vip": vip}), KEYS[Algorithm.HS256][1], now=NOW).claims == {"vip": text}


def test_the_successor_name_of_eddsa_is_the_same_signature() -> None:
    made = token(GOOD, Algorithm.EDDSA, {"alg": "Ed25519"})
    assert verify(made, KEYS[Algorithm.EDDSA][1], now=NOW).id == "p-1"


@pytest.mark.parametrize("signed_with", list(Algorithm))
@pytest.mark.parametrize("pinned", list(Algorithm))
def test_a_token_cannot_choose_its_algorithm(signed_with: Algorithm, pinned: Algorithm) -> None:
    if signed_with is pinned:
        return
    with pytest.raises(PlayerTokenRejected):
        verify(token(GOOD, signed_with), KEYS[pinned][1], now=NOW)


def test_the_public_key_is_no_hmac_secret() -> None:
    """The classic swap: HS256 over the public PEM, which everybody knows."""
    pem = KEYS[Algorithm.ES256][1].material
    signed = f"{part({'alg': 'HS256', 'kid': 'kid1'})}.{part(GOOD)}"
    forged = f"{signed}.{part(hmac.new(pem, signed.encode(), hashlib.sha256).digest())}"
    with pytest.raises(PlayerTokenRejected):
        verify(forged, KEYS[Algorithm.ES256][1], now=NOW)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", "HS384", "RS256", "PS256"])
def test_unsigned_and_foreign_algorithms_are_rejected(algorithm: str) -> None:
    for signature in ("", part(b"x" * 32)):
        forged = f"{part({'alg': algorithm, 'kid': 'kid1'})}.{part(GOOD)}.{signature}"
        with pytest.raises(PlayerTokenRejected):
            verify(forged, KEYS[Algorithm.HS256][1], now=NOW)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "HS256"},
        {"alg": "HS256", "kid": None},
        {"alg": "HS256", "kid": ["kid1"]},
        {"alg": "HS256", "kid": {"a": 1}},
        {"alg": "HS256", "kid": "kid1", "jwk": {"kty": "oct"}},
        {"alg": "HS256", "kid": "kid1", "jku": "https://evil.example"},
        {"alg": "HS256", "kid": "kid1", "x5u": "https://evil.example"},
        {"alg": "HS256", "kid": "kid1", "crit": ["exp"]},
        {"alg": "HS256", "kid": "kid1", "b64": False},
        ["alg"],
        "alg",
        7,
        None,
    ],
)
def test_headers_with_tricks_are_rejected(header: object) -> None:
    with pytest.raises(PlayerTokenRejected):
        key_id_of(f"{part(header)}.{part(GOOD)}.{part(b'x' * 32)}")


def test_deeply_nested_noise_is_rejected() -> None:
    bomb = part(b"[" * 2500)
    for forged in (f"{bomb}.{part(GOOD)}.x", f"{part({'alg': 'HS256', 'kid': 'kid1'})}.{bomb}.x"):
        with pytest.raises(PlayerTokenRejected):
            verify(forged, KEYS[Algorithm.HS256][1], now=NOW)
    with pytest.raises(PlayerTokenRejected):
        key_id_of(f"{bomb}.{bomb}.x")


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "royal"},
        {"aud": None},
        {"aud": ["lucky", "royal"]},
        {"aud": []},
        {"aud": ["royal"]},
        {"aud": "LUCKY"},
        {"aud": 7},
        {"sub": None},
        {"sub": ""},
        {"sub": " "},
        {"sub": "\u3164 "},
        {"sub": 7},
        {"sub": "x" * 129},
        {"sub": "a\nb"},
        {"sub": ["p-1"]},
        {"exp": None},
        {"exp": NOW - 31},
        {"exp": NOW - 30},
        {"exp": NOW + 3631},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 1e300},
        {"nbf": NOW + 31},
        {"iat": NOW + 31},
        {"iat": "now"},
        {"nbf": None},
        {"name": ["Kim"]},
        {"email": "a\x00b"},
        {"locale": {}},
        {"vip": 1.5},
    ],
)
def test_claims_that_prove_nothing_are_rejected(change: dict[str, object]) -> None:
    with pytest.raises(PlayerTokenRejected):
        verify(token(GOOD | change), KEYS[Algorithm.HS256][1], now=NOW)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (PERSIAN, PERSIAN),
        ("Zoë \U0001f469\u200d\U0001f4bb", "Zoë \U0001f469\u200d\U0001f4bb"),
        ("An\u00adna\u200e", "An\u00adna\u200e"),
        ("Kim\r\nfrom\u2028Support\x00\x1b", "Kim from Support"),
        ("Kim \u202etroppuS\u202c \u2066x\u2069", "Kim troppuS x"),
        ("x" * 121, "x" * 120),
        ("\u200b\u200d ", None),
        ("", None),
    ],
)
def test_nobody_is_shut_out_for_his_name(name: str, shown: str | None) -> None:
    """What cannot be shown of it is left out; names are spelled with joiners and marks."""
    player = verify(token(GOOD | {"name": name}), KEYS[Algorithm.HS256][1], now=NOW)
    assert player.claims.get("name") == shown


def test_a_refused_claim_is_named_with_what_it_must_be() -> None:
    with pytest.raises(PlayerTokenRejected, match="email must be 1 to 254 printable characters"):
        verify(token(GOOD | {"email": "a\u200b@example.org"}), KEYS[Algorithm.HS256][1], now=NOW)


@pytest.mark.parametrize("missing", ["aud", "sub", "exp"])
def test_claims_must_be_there(missing: str) -> None:
    with pytest.raises(PlayerTokenRejected):
        verify(
            token({name: value for name, value in GOOD.items() if name != missing}), KEYS[Algorithm.HS256][1], now=NOW
        )


@pytest.mark.parametrize(
    "change",
    [
        {"aud": ["lucky"]},
        {"exp": NOW - 29},
        {"exp": NOW + 3630},
        {"nbf": NOW + 30},
        {"iat": NOW - 9},
        {"vip": False},
        {"vip": "gold"},
        {"x": [1]},
    ],
)
def test_the_edges_that_are_allowed(change: dict[str, object]) -> None:
    assert verify(token(GOOD | change), KEYS[Algorithm.HS256][1], now=NOW).id == "p-1"


def test_another_key_of_the_same_kind_is_rejected() -> None:
    other = PlayerKey("lucky", "kid1", Algorithm.HS256, bytes(32))
    with pytest.raises(PlayerTokenRejected):
        verify(token(GOOD), other, now=NOW)


def test_another_brands_key_cannot_speak_for_this_brand() -> None:
    """Signed well, `aud` as the victim's brand: the brand is the key's, so `aud` no longer matches."""
    with pytest.raises(PlayerTokenRejected):
        verify(token(GOOD), PlayerKey("royal", "kid1", Algorithm.HS256, SECRET), now=NOW)


@given(st.text(max_size=300))
def test_any_text_is_a_token_or_rejected(text: str) -> None:
    try:
        key_id_of(text)
        verify(text, KEYS[Algorithm.HS256][1], now=NOW)
    except PlayerTokenRejected:
        return
    pytest.fail("accepted noise")


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_signed_payload_is_a_player_or_rejected(payload: object) -> None:
    signed = jwt.encode({"alg": "HS256", "kid": "kid1"}, {"anything": payload}, KEYS[Algorithm.HS256][0])
    with pytest.raises(PlayerTokenRejected):
        verify(signed, KEYS[Algorithm.HS256][1], now=NOW)


@pytest.mark.parametrize(
    ("algorithm", "material"),
    [
        (Algorithm.HS256, b"x" * 31),
        (Algorithm.HS256, KEYS[Algorithm.ES256][1].material),
        (Algorithm.EDDSA, KEYS[Algorithm.ES256][1].material),
        (Algorithm.ES256, KEYS[Algorithm.EDDSA][1].material),
        (Algorithm.ES256, ECKey.generate_key("P-384").as_pem(private=False)),
        (Algorithm.EDDSA, OKPKey.generate_key("X25519").as_pem(private=False)),
        (Algorithm.ES256, EC.as_pem(private=True)),
        (Algorithm.EDDSA, ED.as_pem(private=True)),
        (Algorithm.EDDSA, b""),
        (Algorithm.ES256, b"-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----"),
    ],
)
def test_unusable_keys_are_refused(algorithm: Algorithm, material: bytes) -> None:
    with pytest.raises(PlayerKeyUnusable):
        read_key(algorithm, material)
