"""Mails with files, honest and hostile."""

import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from io import BytesIO
from typing import Final, NamedTuple

from PIL import Image

from tests.service.intake.photographer import picture
from tests.service.intake.postman import LUCKY, letter

_WORDS: Final = "see attached"
_TELLTALE: Final = 0x010E


def letter_with(*files: tuple[bytes, str, str]) -> EmailMessage:
    """Return a mail of Kim's with files: content, declared type, name."""
    mail = letter(_WORDS)
    for content, declared, name in files:
        kind, _, subtype = declared.partition("/")
        mail.add_attachment(content, maintype=kind, subtype=subtype, filename=name)
    return mail


def exposed() -> bytes:
    """Return a photo that says more than it shows."""
    exif = Image.Exif()
    exif[_TELLTALE] = "Telltale"
    return picture(exif=exif)


class HostileMail(NamedTuple):
    """A mail, and what becomes of its file if it has one: `refused` with this code, else `shown` under this name."""

    title: str
    raw: bytes
    refused: str | None = None
    shown: str | None = None
    words: str = _WORDS


def _mail(number: int, parts: bytes, *, kind: str = "multipart/mixed", words: str = _WORDS) -> bytes:
    head = (
        f"From: Kim <kim@example.org>\r\nTo: {LUCKY}\r\nSubject: Payout\r\nMessage-ID: <h{number}@example.org>\r\n"
        f'MIME-Version: 1.0\r\nContent-Type: {kind}; boundary="b"\r\n\r\n'
    )
    said = f"--b\r\nContent-Type: text/plain\r\n\r\n{words}\r\n" if words else ""
    return head.encode() + said.encode() + parts + b"\r\n--b--\r\n"


def _part(head: str, content: bytes) -> bytes:
    return b"--b\r\n" + head.encode() + b"\r\n\r\n" + content


def _sent(content: bytes, declared: str, name: str) -> bytes:
    mail = letter_with((content, declared, name))
    del mail["Message-ID"]
    mail["Message-ID"] = f"<{abs(hash((content, declared, name)))}@example.org>"
    return bytes(mail)


def _zip_bomb() -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a", bytes(30 * 1024 * 1024))
    return target.getvalue()


def _bomb() -> bytes:
    return picture("PNG", (8000, 8000), compress_level=9)


def _deep() -> bytes:
    inner = b"Content-Type: text/plain\r\n\r\ndeep\r\n"
    for level in range(400):
        mark = str(level).encode()
        inner = b'Content-Type: multipart/mixed; boundary="x%b"\r\n\r\n--x%b\r\n%b\r\n--x%b--\r\n' % (
            mark,
            mark,
            inner,
            mark,
        )
    return b"--b\r\n" + inner


def _hostile() -> Iterator[HostileMail]:
    yield from _sealed()
    yield from _active()
    yield from _named()
    yield from _endless()


def _sealed() -> Iterator[HostileMail]:
    base64 = "Content-Transfer-Encoding: base64"
    inner = b"Subject: inner\r\n\r\ninner words"
    yield HostileMail("a mail inside", _mail(1, _part("Content-Type: message/rfc822", inner)), "nested-mail")
    wrong = _part(f"Content-Type: image/jpeg; name=a.jpg\r\n{base64}", b"this is no base64 at all!")
    yield HostileMail("wrong base64", _mail(2, wrong), "undecodable-part")
    tnef = _part("Content-Type: application/ms-tnef; name=winmail.dat", b"abc")
    yield HostileMail("winmail.dat", _mail(3, tnef), "outlook-container")
    disguised = _part(f"Content-Type: application/octet-stream; name=photo.jpg\r\n{base64}", b"eJ8+IgAAAAAA")
    yield HostileMail("winmail.dat called a photo", _mail(4, disguised), "outlook-container")
    sealed = _part("Content-Type: application/octet-stream", b"-----BEGIN PGP MESSAGE-----")
    encrypted = _mail(5, sealed, kind="multipart/encrypted", words="")
    yield HostileMail("encrypted mail", encrypted, "encrypted-part", words="")
    yield HostileMail("encrypted file", _mail(6, sealed), "encrypted-part")
    smime = _part("Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", b"abc")
    yield HostileMail("S/MIME", _mail(7, smime), "encrypted-part")


def _active() -> Iterator[HostileMail]:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    yield HostileMail("SVG", _sent(svg, "image/svg+xml", "logo.svg"), "active-content")
    yield HostileMail("page", _sent(b"<html><script>1</script>", "text/html", "a.html"), "active-content")
    yield HostileMail("page called a photo", _sent(b"<!doctype html>", "image/jpeg", "a.jpg"), "active-content")
    yield HostileMail("zip bomb", _sent(_zip_bomb(), "application/zip", "a.zip"), "type-not-allowed")
    yield HostileMail("picture bomb", _sent(_bomb(), "image/png", "a.png"), "file-too-complex")
    yield HostileMail(
        "program called a photo", _sent(b"MZ\x90\0" + bytes(90), "image/jpeg", "a.jpg"), "type-not-allowed"
    )
    yield HostileMail("PNG called JPEG", _sent(picture("PNG"), "image/jpeg", "a.jpg"), "type-mismatch")
    yield HostileMail("empty file", _sent(b"", "image/jpeg", "a.jpg"), "attachment-empty")


def _named() -> Iterator[HostileMail]:
    bidi = _sent(picture(size=(31, 20)), "image/jpeg", "photo\u202egpj.exe")
    yield HostileMail("name that reads backwards", bidi, shown="photogpj_exe.jpg")
    yield HostileMail(
        "refused name that reads backwards", _sent(b"\0", "text/plain", "a\u202etxt.exe"), "type-not-allowed"
    )
    yield HostileMail("name with folders", _sent(b"root", "text/plain", "../../etc/passwd"), shown="passwd.txt")


def _endless() -> Iterator[HostileMail]:
    named = (
        "Content-Type: text/plain; name=a.txt\r\nContent-Disposition: attachment;"
        + "\r\n x=" * 20_000
        + "\r\n filename=a.txt"
    )
    yield HostileMail("huge headers of a part", _mail(8, _part(named, b"hello")), shown="a.txt")
    huge = f"X-Huge: {'x' * 60_000}\r\n".encode() * 5 + _sent(b"hi there", "text/plain", "b.txt")
    yield HostileMail("huge headers", huge, shown="b.txt")
    yield HostileMail("ten thousand parts", _mail(9, _part("Content-Type: text/plain", b"") * 10_000))
    yield HostileMail("four hundred levels", _mail(10, _deep()))


HOSTILE: Final = list(_hostile())
