"""A gateway whose secrets do not fit its database does not open, and says what to do."""

import base64
from typing import Any

import pytest
from pydantic import SecretStr

from services.gateway.use_cases.unsealing import KeysReplaced
from tests.service.gateway.conftest import KNOBS, Gate
from tests.support.database import Cluster
from tests.support.service import running_service

OTHER = base64.urlsafe_b64encode(bytes([7]) * 32).decode()


def _knobs(gate: Gate, **more: object) -> dict[str, Any]:
    return gate.knobs | more


async def test_a_database_with_player_keys_of_another_seal_is_refused(gate: Gate, postgres: Cluster) -> None:
    """Else it would start well and answer every player with 500."""
    with pytest.raises(KeysReplaced, match="PITBOSS_SECRETS_KEY") as refused:
        async with running_service(postgres, "gateway", urls=gate.service.urls, **_knobs(gate, secrets_key=OTHER)):
            pass
    assert str(gate.demo["player_key"]["kid"]) in str(refused.value)
    assert "PITBOSS_PREVIOUS_SECRETS_KEY" in str(refused.value)


async def test_a_key_that_was_changed_with_the_old_one_at_hand_is_fine(gate: Gate, postgres: Cluster) -> None:
    knobs = _knobs(gate, secrets_key=OTHER, previous_secrets_key=SecretStr(str(KNOBS["secrets_key"])))
    async with running_service(postgres, "gateway", urls=gate.service.urls, **knobs) as service:
        assert (await service.http.get("/health/ready")).status_code == 200


async def test_revoked_player_keys_hinder_nobody(gate: Gate, postgres: Cluster) -> None:
    headers = await gate.staff()
    path = f"/v1/player-keys/{gate.demo['player_key']['kid']}"
    assert (await gate.http.delete(path, headers=headers)).is_success
    async with running_service(postgres, "gateway", urls=gate.service.urls, **_knobs(gate, secrets_key=OTHER)):
        pass


async def test_a_gateway_starts_while_its_database_is_down(gate: Gate, postgres: Cluster) -> None:
    """It heals alone later: only what the database says can refuse it."""
    urls = gate.service.urls
    dead = type(urls)(**dict.fromkeys(("owner", "app", "worker"), "postgresql://nobody@127.0.0.1:9/none"))
    async with running_service(postgres, "gateway", urls=dead, **_knobs(gate)) as service:
        assert (await service.http.get("/health/live")).status_code == 200
