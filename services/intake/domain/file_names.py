"""What a file may be called where people see it. The name never touches a file system."""

import unicodedata
from typing import Final

from services.intake.domain.file_types import FileType

_LONGEST: Final = 100
_UNNAMED: Final = "file"
# Control, format (bidirectional overrides, zero width), surrogate, private and unassigned characters.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_STEERING: Final = frozenset("<>:\"|?*%;&$`'")


def shown_name(given: str, *, was: FileType, kind: FileType) -> str:
    """Return a name that shows what it means: no folders, nothing invisible, one extension, and that of the `kind`.

    `was` is the type that came in: a GIF that was kept as a PNG is called so.
    """
    clean = _clean(given)
    stem, _, extension = clean.rpartition(".")
    if extension.lower() in was.extensions and was is not kind:
        extension = kind.extensions[0]
    elif extension.lower() not in kind.extensions:
        stem, extension = clean, kind.extensions[0]
    stem = "_".join(part for part in stem.split(".") if part.strip())
    return f"{' '.join(stem.split())[:_LONGEST].strip() or _UNNAMED}.{extension.lower()}"


def plain_name(given: str) -> str:
    """Return the name of a file whose type nobody has looked at yet: no folders, nothing invisible, not long."""
    name = " ".join(_clean(given).split())
    return (name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…") or _UNNAMED


def _clean(given: str) -> str:
    base = unicodedata.normalize("NFC", given).replace("\\", "/").rpartition("/")[2]
    return "".join("_" if c in _STEERING else c for c in base if unicodedata.category(c) not in _UNSEEN)
