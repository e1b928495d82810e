"""Knobs that nobody may turn by mistake."""

import base64

import pytest
from pydantic import SecretStr, ValidationError

from services.gateway.settings import LEAST_MEMORY_KIB, LEAST_ROUNDS, Settings

_KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()


def _settings(**knobs: object) -> Settings:
    values: dict[str, object] = {
        "database_url": SecretStr("postgresql://app@127.0.0.1/gateway"),
        "worker_database_url": SecretStr("postgresql://worker@127.0.0.1/gateway"),
        "gateway_public_key": "",
        "cursor_secret": SecretStr("a secret of the tests, thirty-two bytes"),
        "signing_key": _KEY.rstrip("="),
        "secrets_key": _KEY,
    }
    return Settings(**(values | knobs))  # type: ignore[arg-type]


@pytest.mark.parametrize("weak", [{"password_rounds": LEAST_ROUNDS - 1}, {"password_memory_kib": LEAST_MEMORY_KIB - 1}])
def test_passwords_are_hashed_for_less_in_development_only(weak: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="passwords need 2 rounds over 19456 KiB"):
        _settings(**weak)
    assert _settings(development=True, **weak).development


def test_passwords_may_cost_more() -> None:
    assert _settings(password_rounds=LEAST_ROUNDS + 1).password_memory_kib == LEAST_MEMORY_KIB
