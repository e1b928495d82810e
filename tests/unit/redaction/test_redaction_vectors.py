"""The public test numbers are replaced, everything that only looks like them stays."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.redaction import redact, redact_parts

VECTORS: dict[str, list[Any]] = yaml.safe_load(Path(__file__).with_name("vectors.yaml").read_text("utf-8"))
TOKENS = {"PASSWORD": "[PASSWORD]", "ONE_TIME_CODE": "[OTP]", "CVV": "[CVV]"}


@pytest.mark.parametrize("pan", VECTORS["pan_must_be_redacted"])
@pytest.mark.parametrize("frame", ["{}", "my card is {}, thanks", "карта {}", "no:{}.", "card={}&x=1"])
def test_every_card_number_is_replaced(pan: str, frame: str) -> None:
    cleaned = redact(frame.format(pan))
    assert "[CARD:" in cleaned
    assert pan not in cleaned


@pytest.mark.parametrize(
    "text", VECTORS["must_be_kept"] + VECTORS["iban_invalid"] + VECTORS["wallet_invalid"] + VECTORS["not_a_secret"]
)
def test_what_is_no_secret_is_kept(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("iban", VECTORS["iban_valid"])
def test_every_iban_is_replaced(iban: str) -> None:
    compact = iban.replace(" ", "")
    assert redact(f"send to {iban}, please") == f"send to [IBAN:{compact[:4]}**********{compact[-4:]}], please"


@pytest.mark.parametrize("wallet", VECTORS["wallet_valid"])
def test_every_wallet_is_replaced(wallet: str) -> None:
    assert f"{wallet[:6]}..{wallet[-4:]}]" in redact(f"to {wallet} please")


@pytest.mark.parametrize("parts", VECTORS["split_pan_must_be_redacted"])
def test_a_number_split_over_messages_is_replaced_in_each(parts: list[str]) -> None:
    cleaned = redact_parts(parts)
    assert len(cleaned) == len(parts)
    assert all("[CARD]" in part for part in cleaned)
    assert not any("111" in part for part in cleaned)


@pytest.mark.parametrize("vector", VECTORS["secret_must_be_redacted"])
def test_every_secret_is_replaced(vector: dict[str, str]) -> None:
    token = TOKENS[vector["class"]]
    cleaned = redact(f"Hi, {vector['text']} ok?")
    assert token in cleaned
    assert vector["text"].split()[-1] not in cleaned
