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
    base = unicodedata.normalize("NFC", given).replace("\\", "/").rpartition("/")[2]
    clean = "".join("_" if c in _STEERING else c for c in base if unicodedata.category(c) not in _UNSEEN)
    stem, _, extension = clean.rpartition(".")
    if extension.lower() in was.extensions and was is not kind:
        extension = kind.extensions[0]
    elif extension.lower() not in kind.extensions:
        stem, extension = clean, kind.extensions[0]
    stem = "_".join(part for part in stem.split(".") if part.strip())
    return f"{' '.join(stem.split())[:_LONGEST].strip() or _UNNAMED}.{extension.lower()}"
