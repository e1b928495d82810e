"""Each class of data is found where people write it and left alone where it only seems to be."""

import pytest

from shared.redaction import redact

SEED = "abandon ability able about above absent absorb abstract absurd abuse access accident"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("my card 4111111111111111 12/29 123", "my card [CARD:411111******1111] [EXP] [CVV]"),
        ("4111 1111 1111 1111 1229 123", "[CARD:411111******1111] [EXP] [CVV]"),
        ("https://x.example/?card=4111111111111111&x=1", "https://x.example/?card=[CARD:411111******1111]&x=1"),
        ("valid thru 12/2029", "valid thru [EXP]"),
        ("123 is my cvv", "[CVV] is my cvv"),
        ("100 EUR, cvv: 123", "100 EUR, cvv: [CVV]"),
        ("pin 1234", "pin [PIN]"),
        ("мой пин-код 4821", "мой пин-код [PIN]"),
        ("password hunter22", "password [PASSWORD]"),
        ("Password: hunter.", "Password: [PASSWORD]."),
        ('password is "my long secret"', "password is [PASSWORD]"),
        ("code 483-920", "code [OTP]"),
        ("the sms code is 483920", "the sms code is [OTP]"),
        (SEED, "[SEED]"),
        (f"my words: {SEED.replace(' ', ', ')}!", "my words: [SEED]!"),
        ("private key " + "ab12" * 16, "private key [SEED]"),
        ("LTC LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1", "LTC [WALLET:LTC:LM2WMp..pGc1]"),
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "[WALLET:BTC:bc1qar..5mdq]"),
        ("0xde0B295669a9FD93d5F28D9Ec85E40f4cb697BAe", "[WALLET:ETH:0xde0B..7BAe]"),
        ("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "[WALLET:XRP:rHb9CJ..tyTh]"),
        ("passport 4510 123456", "passport [ID-DOC]"),
        ("паспорт 45 10 123456", "паспорт [ID-DOC]"),
        ("Ausweis Nr. L01X00T47", "Ausweis Nr. [ID-DOC]"),
        ("personnummer 811218-9876", "personnummer [ID-DOC]"),
        ("AB123456C", "[ID-DOC]"),
        ("sort code 12-34-56 account 12345678", "sort code [ACCT] account [ACCT]"),
        ("счет 40817810099910004312 БИК 044525225", "счет [ACCT] БИК [ACCT]"),
        ("write to jane@gmail.com", "write to [EMAIL:j***@g***.com]"),
        ("call +49 151 234 567", "call [PHONE:+49***567]"),
        ("phone 0151 23456789", "phone [PHONE:***789]"),
        ("born 12.03.1990", "born [DOB]"),
        ("дата рождения: 12 марта 1990", "дата рождения: [DOB]"),
        ("from 192.168.0.1 at 10:30", "from [IP] at 10:30"),
        ("address: 12 Baker Street, London", "address: [ADDRESS]"),
    ],
)
def test_it_is_replaced(text: str, cleaned: str) -> None:
    assert redact(text) == cleaned
    assert redact(cleaned) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "txid " + "ab12" * 16,
        "ticket id 019ab000-0000-7000-8000-000000000001",
        "I won 4000 EUR on 12.11.2026 at 10:30:15",
        "my withdrawal of 1 000 000 RUB is late",
        "password is not working",
        "пароль не подходит",
        "I cannot pass - sorry",
        "error code 5001",
        "pin up casino 5000",
        "the key is under the mat",
        "round 12345678901",
        "spin 1234567 of game 4711",
        "version 1.2.3",
        "email address is wrong",
        "бонус 500 на 12 дней",
    ],
)
def test_it_stays(text: str) -> None:
    assert redact(text) == text


def test_the_players_own_contacts_stay() -> None:
    text = "I am Kim@Example.org, +49 151 234567, not bob@example.org"
    allow = frozenset({"kim@example.org", "+49151234567"})
    assert redact(text, allow=allow) == "I am Kim@Example.org, +49 151 234567, not [EMAIL:b***@e***.org]"
