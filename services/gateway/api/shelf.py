"""The files of the faces, as they lie in `pages`: read once, known by what is in them, packed for the way."""

import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

PAGES: Final = Path(__file__).parent.parent / "pages"
_FOLDERS: Final = ("widget", "demo", "desk", "vendor")
_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
}


_COMMENT: Final = re.compile(rb"^[ \t]*/\*.*?\*/", re.DOTALL | re.MULTILINE)
_INDENTATION: Final = re.compile(rb"^[ \t]+", re.MULTILINE)
_SPACE: Final = re.compile(rb"\s+")
_AROUND: Final = re.compile(rb" ?([{};,]) ?")


class Item(NamedTuple):
    """One file: what it is, its bytes plain and packed, and the tag that changes with them.

    Packed ones have lost comments and indentation, a quarter of the weight; every line of a script keeps its number.
    """

    media_type: str
    plain: bytes
    packed: bytes
    tag: str


class Shelf(NamedTuple):
    """All files by their path below `pages`; `edition` changes whenever one of them does."""

    items: Mapping[str, Item]
    edition: str


def shelf(*, watched: bool) -> Shelf:
    """Return the files; `watched` ones are read again after an edit, so that development needs no restart."""
    return _read(max(path.stat().st_mtime_ns for path in _paths()) if watched else 0)


@lru_cache(maxsize=1)
def _read(_stamp: int) -> Shelf:
    items = {path.relative_to(PAGES).as_posix(): _item(path) for path in _paths()}
    whole = hashlib.sha256()
    for name in sorted(items):
        whole.update(f"{name} {items[name].tag}\n".encode())
    return Shelf(items, whole.hexdigest()[:16])


def _paths() -> list[Path]:
    return [path for folder in _FOLDERS for path in (PAGES / folder).rglob("*") if path.suffix in _TYPES]


def _item(path: Path) -> Item:
    plain = path.read_bytes()
    digest = hashlib.sha256(plain).hexdigest()
    packed = gzip.compress(_bare(plain, path.suffix), mtime=0)
    return Item(_TYPES[path.suffix], plain, packed, f'"{digest[:32]}"')


def _bare(plain: bytes, suffix: str) -> bytes:
    bare = _COMMENT.sub(lambda comment: b"\n" * comment.group().count(b"\n"), plain)
    if suffix == ".css":
        return _AROUND.sub(rb"\1", _SPACE.sub(b" ", bare)).replace(b": ", b":")
    if suffix == ".json":
        return json.dumps(json.loads(plain), ensure_ascii=False, separators=(",", ":")).encode()
    return _INDENTATION.sub(b"", bare)
