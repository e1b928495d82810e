"""Check digits and checksums: what tells a card, an account or a wallet from any other number."""

import hashlib
from typing import Final

_BITCOIN: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_RIPPLE: Final = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_FINALS: Final = (1, 0x2BC830A3)
_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BASE58_LONGEST: Final = 60
_CHECKSUM: Final = 4


def luhn(digits: str) -> bool:
    """True if the digits end in a valid check digit (ISO/IEC 7812-1, annex B)."""
    odd = sum(map(int, digits[-1::-2]))
    even = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (odd + even) % 10 == 0


def mod97(iban: str) -> bool:
    """True if the IBAN, in any case and without blanks, passes its check (ISO 13616-1)."""
    return int("".join(str(int(char, 36)) for char in iban[4:] + iban[:4])) % 97 == 1


def eleven(digits: str) -> bool:
    """True if nine digits form a Dutch BSN."""
    return (
        sum(int(digit) * weight for digit, weight in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True)) % 11 == 0
    )


def base58check(text: str, *, ripple: bool = False) -> bytes | None:
    """Return version and payload of a Base58Check string, or None if its checksum is wrong."""
    alphabet = _RIPPLE if ripple else _BITCOIN
    if not text or len(text) > _BASE58_LONGEST:
        return None
    value = 0
    for char in text:
        digit = alphabet.find(char)
        if digit < 0:
            return None
        value = value * 58 + digit
    zeros = len(text) - len(text.lstrip(alphabet[0]))
    raw = bytes(zeros) + value.to_bytes((value.bit_length() + 7) // 8, "big")
    body, given = raw[:-_CHECKSUM], raw[-_CHECKSUM:]
    right = hashlib.sha256(hashlib.sha256(body).digest()).digest()[:_CHECKSUM]
    return body if body and given == right else None


def bech32(text: str) -> bool:
    """True if a lower-case address passes the checksum of BIP 173 or BIP 350."""
    prefix, _, data = text.rpartition("1")
    values = [_BECH32.find(char) for char in data]
    if not prefix or -1 in values:
        return False
    expanded = [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]
    checksum = 1
    for value in expanded + values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            checksum ^= generator if top >> bit & 1 else 0
    return checksum in _BECH32_FINALS
