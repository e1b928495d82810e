"""The files of the faces, as they lie in `pages`: read once, known by what is in them, packed for the way."""

import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from rcssmin import cssmin

PAGES: Final = Path(__file__).parent.parent / "pages"
_FOLDERS: Final = ("widget", "demo", "desk", "vendor")
_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
}


_COMMENT: Final = re.compile(r"^[ \t]*/\*.*?\*/", re.DOTALL | re.MULTILINE)
_INDENTATION: Final = re.compile(r"^\s+", re.MULTILINE)
_IMPORTED: Final = re.compile(r"^import \{ ([^}]*) \} from ", re.MULTILINE)
# Spaces around marks that no text on a page has where they are looked for: assignments that begin a line, operators,
# and what opens a block. Templates hold markup that holds templates: tools that know only simple ones break them.
_SPACED: Final = re.compile(
    r"^((?:export )?(?:const|let|static) [^=\n]+|(?:this\.)?#?[\w.]+) (=) | (=>|[!=]==|&&|\|\||\?\?) "
    r"|^(if|for|while|switch) (?=\()|(\)) (?=\{$)",
    re.MULTILINE,
)


class Item(NamedTuple):
    """One file: what it is, its bytes plain and packed, and the tag that changes with them.

    Packed ones of ours have lost comments and whatever spaces mean nothing, more than a quarter of the weight. Names
    stay, so that an error in somebody's console can be read.
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
    sent = plain if path.parent.name == "vendor" else _tight(path.suffix, plain.decode()).encode()
    packed = gzip.compress(sent, mtime=0)
    return Item(_TYPES[path.suffix], plain, packed, f'"{digest[:32]}"')


def _tight(suffix: str, text: str) -> str:
    match suffix:
        case ".js":
            bare = _INDENTATION.sub("", _COMMENT.sub("", text))
            named = _IMPORTED.sub(lambda found: f"import{{{found[1].replace(', ', ',')}}}from", bare)
            return _SPACED.sub(lambda found: "".join(group or "" for group in found.groups()), named)
        case ".css":
            return str(cssmin(text))
        case ".json":
            return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
        case _:
            return text
