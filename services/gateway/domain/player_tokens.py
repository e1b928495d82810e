"""Players' tokens: signed by the operator's server, believed only as far as the brand's own key reaches."""

import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Final, TypeGuard

from joserfc import jws, jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, OctKey, OKPKey
from joserfc.jws import JWSRegistry

from shared.errors import DomainError, Kind
from shared.words import in_one_line, is_blank

SKEW_SECONDS: Final = 30
LONGEST_SECONDS: Final = 60 * 60
LEAST_SECRET_BYTES: Final = 32
LIVE_KEYS: Final = 2
_HEADERS: Final = frozenset({"alg", "kid", "typ"})
_TEXT_CLAIMS: Final[Mapping[str, int]] = {"name": 120, "email": 254, "vip": 40, "locale": 35}
_SUBJECT_LENGTH: Final = 128
# The library answers hostile JSON with any of these: AttributeError for a header that is no object, RecursionError for
# one that is nested a thousand times.
_MALFORMED: Final = (JoseError, ValueError, TypeError, binascii.Error, AttributeError, RecursionError)


class PlayerTokenRejected(DomainError):
    """The player's token proves nothing."""

    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


class PlayerKeyUnusable(DomainError):
    """The key cannot verify tokens of this algorithm."""

    kind: ClassVar[Kind] = Kind.INVALID


class PlayerKeyNotFound(DomainError):
    """There is no such player key."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class TooManyPlayerKeys(DomainError):
    """A brand has at most two live player keys; revoke one first."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class Algorithm(StrEnum):
    """How an operator may sign; one per key, so that a token cannot choose."""

    EDDSA = "EdDSA"
    ES256 = "ES256"
    HS256 = "HS256"


_HEADER_ALGORITHMS: Final[Mapping[Algorithm, tuple[str, ...]]] = {
    Algorithm.EDDSA: ("EdDSA", "Ed25519"),  # RFC 8037 and its successor RFC 9864 name the same signature
    Algorithm.ES256: ("ES256",),
    Algorithm.HS256: ("HS256",),
}


class _PinnedRegistry(JWSRegistry):
    """Allows the algorithms of one key and nothing else; `EdDSA` is an old name, not a weak signature: no warning."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(algorithms=names)
        self._pinned = frozenset(names)

    def get_alg(self, name: str):  # type: ignore[no-untyped-def] # noqa: ANN202 - the library does not export the type
        """Return the algorithm, if the key has it."""
        if name not in self._pinned:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


_REGISTRIES: Final = {algorithm: _PinnedRegistry(names) for algorithm, names in _HEADER_ALGORITHMS.items()}


@dataclass(frozen=True, slots=True)
class PlayerKey:
    """A brand's key for its players' tokens; `material` is a PEM public key, or the secret of HS256."""

    brand: str
    kid: str
    algorithm: Algorithm
    material: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Player:
    """What a token proved: the player of a brand, until `expires_at` (Unix seconds)."""

    brand: str
    id: str
    kid: str
    expires_at: float
    claims: Mapping[str, str]


def place_of(brand: str, kid: str) -> tuple[str, str, str]:
    """Return where a player key belongs: sealed for one brand and `kid`, it opens in no other row."""
    return ("player key", brand, kid)


def read_key(algorithm: Algorithm, material: bytes) -> OKPKey | ECKey | OctKey:
    """Return the key; refuse other curves, private halves, and secrets under 32 bytes (RFC 7518, section 3.2)."""
    try:
        key = _KEY_READERS[algorithm](material)
    except (JoseError, ValueError, TypeError) as error:
        raise PlayerKeyUnusable(f"not a key for {algorithm}") from error
    return key


def key_id_of(token: str) -> str:
    """Return the unverified `kid`: it only selects which key must have signed."""
    try:
        header = jws.extract_compact(token.encode("ascii")).headers()
        kid, names = header.get("kid"), header.keys()
    except _MALFORMED as error:
        raise PlayerTokenRejected("not a JSON Web Token") from error
    if not isinstance(kid, str) or not names <= _HEADERS:
        raise PlayerTokenRejected("the header must have kid, alg and typ only")
    return kid


def verify(token: str, key: PlayerKey, *, now: float) -> Player:
    """Return the player that `token` proves under `key` at `now` (Unix seconds)."""
    try:
        registry = _REGISTRIES[key.algorithm]
        claims = jwt.decode(token, read_key(key.algorithm, key.material), registry=registry).claims
    except _MALFORMED as error:
        raise PlayerTokenRejected("the signature is not this key's") from error
    if claims.get("aud") not in (key.brand, [key.brand]):
        raise PlayerTokenRejected("aud must be the brand of the key")
    return Player(
        brand=key.brand,
        id=_subject(claims.get("sub")),
        kid=key.kid,
        expires_at=_expiry(claims, now),
        claims=_texts(claims),
    )


def _expiry(claims: Mapping[str, object], now: float) -> float:
    expires = claims.get("exp")
    if not _is_number(expires):
        raise PlayerTokenRejected("exp is missing")
    if expires + SKEW_SECONDS <= now:
        raise PlayerTokenRejected("the token has expired")
    if expires > now + LONGEST_SECONDS + SKEW_SECONDS:
        raise PlayerTokenRejected("exp is more than 60 minutes ahead")
    for name in ("nbf", "iat"):
        if name in claims and not _is_past(claims[name], now):
            raise PlayerTokenRejected(f"{name} lies in the future")
    return float(expires + SKEW_SECONDS)


def _is_past(moment: object, now: float) -> bool:
    return _is_number(moment) and moment <= now + SKEW_SECONDS


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12  # noqa: PLR2004 - no NaN, no infinity


def _subject(value: object) -> str:
    # All to whom an operator's empty field gives the same id would read each other's conversations.
    if not isinstance(value, str) or len(value) > _SUBJECT_LENGTH or not value.isprintable() or is_blank(value):
        raise PlayerTokenRejected("sub must be the player's id, 1 to 128 printable characters that are not all blank")
    return value


def _texts(claims: Mapping[str, object]) -> dict[str, str]:
    """Return the optional claims as text; `vip` may be true, a level, or false: then the operator says he has none."""
    found: dict[str, str] = {}
    for claim, longest in _TEXT_CLAIMS.items():
        value = claims.get(claim)
        if value is None or (value is False and claim != "vip"):
            continue
        if not isinstance(value, str | int):
            raise PlayerTokenRejected(f"{claim} must be text")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if claim == "name":
            # Nobody is shut out for how he is called: what cannot be shown of a name is left out.
            text = in_one_line(text)[:longest]
        elif not text or len(text) > longest or not text.isprintable():
            raise PlayerTokenRejected(f"{claim} must be 1 to {longest} printable characters")
        if text:
            found[claim] = text
    return found


def _read_okp(material: bytes) -> OKPKey:
    key = OKPKey.import_key(material)
    if key.curve_name != "Ed25519" or key.is_private:
        raise ValueError(key.curve_name)
    return key


def _read_ec(material: bytes) -> ECKey:
    key = ECKey.import_key(material)
    if key.curve_name != "P-256" or key.is_private:
        raise ValueError(key.curve_name)
    return key


def _read_oct(material: bytes) -> OctKey:
    if len(material) < LEAST_SECRET_BYTES:
        raise ValueError(len(material))
    return OctKey.import_key(material)


_KEY_READERS: Final[Mapping[Algorithm, Callable[[bytes], OKPKey | ECKey | OctKey]]] = {
    Algorithm.EDDSA: _read_okp,
    Algorithm.ES256: _read_ec,
    Algorithm.HS256: _read_oct,
}
