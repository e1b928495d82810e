"""PDF and text files: refused when they can do something by themselves. Pure functions on bytes.

A PDF's raw bytes are searched whole, streams included, because a reader finds its objects through a table that may
point anywhere. The names searched for are long enough not to turn up in compressed data by chance.
"""

import re
import zlib
from collections.abc import Sequence
from typing import Final

from services.intake.domain.file_types import ActiveContent, FileTooComplex, FileUnreadable, TypeNotAllowed

_UNPACKED_BYTES: Final = 64 * 1024 * 1024
_MOST_STREAMS: Final = 20_000
_DICTIONARY: Final = 4096
_TAIL: Final = 2048
_ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_ACTIVE: Final = re.compile(
    rb"/(JavaScript|Rendition|Launch|EmbeddedFiles?|RichMedia|XFA|GoToE|ImportData|SubmitForm|Movie|Sound|3D)"
    rb"(?=[\s/<>()\[\]]|$)"
)
_ENCRYPTED: Final = re.compile(rb"/Encrypt(?=[\s/<>()\[\]]|$)")
_SCRIPT_OF_NAME: Final = re.compile(rb"/JS(?=[\s(<])")
_STREAM: Final = re.compile(rb"(?<!end)stream\r?\n")
_PAGES: Final = (b"<script", b"<html", b"<!doctype html", b"<svg", b"<iframe", b"<?php")
_ZIP_END: Final = b"PK\x05\x06"
_ZIP_TAIL: Final = 66_000

_MARKUP: Final = (
    b"<script", b"<html", b"<!doctype", b"<svg", b"<iframe", b"<?php", b"<?xml", b"<object", b"<embed", b"<meta",
    b"javascript:", b"vbscript:",
)  # fmt: skip
_OTHER_SIGNATURES: Final = (b"#!", b"{\\rtf", b"%!PS", b"MZ", b"@echo off", b"[InternetShortcut]", b"L\0\0\0")
_NOT_TEXT: Final = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]")


def check_pdf(raw: bytes) -> None:
    """Refuse a PDF that is incomplete, encrypted, carries scripts, launches, other files, or is another file too."""
    if b"%%EOF" not in raw[-_TAIL:] and b"%%EOF" not in raw.rstrip(b"\0\r\n\t ")[-_TAIL:]:
        raise FileUnreadable("the document has no end")
    if _holds(raw, _PAGES) or _ZIP_END in raw[-_ZIP_TAIL:]:
        raise ActiveContent("the document is another kind of file as well")
    plain = _named(raw)
    if _ENCRYPTED.search(plain):
        raise ActiveContent("encrypted documents cannot be checked")
    _refuse_actions(plain)
    for packed in _object_streams(raw):
        unpacked = _named(packed)
        _refuse_actions(unpacked)
        if _SCRIPT_OF_NAME.search(unpacked):
            raise ActiveContent("the document contains JS")


def check_text(raw: bytes) -> None:
    """Refuse what is no UTF-8 text, and text that some program would run or show as a page."""
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(tuple(one.lower() for one in _OTHER_SIGNATURES)):
        raise TypeNotAllowed("scripts and shortcuts are not taken")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TypeNotAllowed("neither a known type of file nor text in UTF-8") from error
    if _NOT_TEXT.search(text):
        raise TypeNotAllowed("neither a known type of file nor text in UTF-8")
    if _holds(raw, _MARKUP):
        raise ActiveContent("the text is a page or a script")


def _holds(raw: bytes, words: Sequence[bytes]) -> bool:
    """Return whether any of the words is there, in whatever case; much faster than a pattern of them all."""
    lower = raw.lower()
    return any(word in lower for word in words)


def _refuse_actions(plain: bytes) -> None:
    found = _ACTIVE.search(plain)
    if found is not None:
        raise ActiveContent(f"the document contains {found[1].decode()}")


def _named(raw: bytes) -> bytes:
    """Return the bytes with names as readers understand them: `/J#61vaScript` is `/JavaScript` (ISO 32000, 7.3.5)."""
    return _ESCAPED.sub(lambda match: bytes((int(match[1], 16),)), raw) if b"#" in raw else raw


def _object_streams(raw: bytes) -> list[bytes]:
    """Return the objects that are packed into streams, unpacked; refuse packings that cannot be looked into."""
    unpacked: list[bytes] = []
    size = 0
    for count, match in enumerate(_STREAM.finditer(raw)):
        if count > _MOST_STREAMS:
            raise FileTooComplex
        dictionary = _named(raw[max(0, match.start() - _DICTIONARY) : match.start()].rpartition(b" obj")[2])
        # Readers find packed objects by a table and need no /Type, but where the first one begins they must know.
        if b"/ObjStm" not in dictionary and b"/First" not in dictionary:
            continue
        if b"/FlateDecode" not in dictionary or b"/DecodeParms" in dictionary or dictionary.count(b"Decode") > 1:
            raise ActiveContent("the document packs its objects in a way that cannot be checked")
        one = _inflated(raw[match.end() :], _UNPACKED_BYTES - size)
        size += len(one)
        unpacked.append(one)
    return unpacked


def _inflated(packed: bytes, most: int) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(packed, most + 1)
    except zlib.error as error:
        raise FileUnreadable("the document is damaged") from error
    if len(plain) > most:
        raise FileTooComplex("the document unpacks to more than can be checked")
    return plain
