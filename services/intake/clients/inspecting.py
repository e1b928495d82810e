"""The program that looks into one file, in a process of its own and on a short leash.

Started by `inspector.py`: the file is its standard input, what is to be kept of it goes to its standard output, and one
line of JSON to its standard error says what was found or why the file is refused. Pictures are drawn anew, so that
nothing of the file but its pixels remains; films lose what tells places and devices.
"""

import io
import json
import os
import resource
import sys
import warnings
from typing import BinaryIO, Final

from PIL import Image, ImageOps, UnidentifiedImageError

from services.intake.domain.documents import check_pdf, check_text
from services.intake.domain.file_types import (
    GIF,
    HEAD_BYTES,
    JPEG,
    MP4,
    PDF,
    PNG,
    WEBP,
    FileTooComplex,
    FileType,
    FileUnreadable,
    recognised,
)
from services.intake.domain.films import telling_boxes
from shared.errors import DomainError

_MEMORY: Final = 900 * 1024 * 1024
_CPU_SECONDS: Final = 20
_FILE_BYTES: Final = 48 * 1024 * 1024
_MOST_PIXELS: Final = 50_000_000
_LONGEST_SIDE: Final = 16_000
_QUALITY: Final = 90


def main() -> None:
    """Inspect standard input; the exit status is 0 also for a refusal."""
    _limit()
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with os.fdopen(0, "rb", closefd=False) as source, os.fdopen(1, "wb", closefd=False) as result:
            report = _inspect(source, result)
    except DomainError as error:
        report = {"refused": error.code(), "detail": error.detail}
    except MemoryError:
        report = {"refused": FileTooComplex.code(), "detail": FileTooComplex.title()}
    sys.stderr.write(json.dumps(report) + "\n")


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_FSIZE, _FILE_BYTES),
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _inspect(source: BinaryIO, result: BinaryIO) -> dict[str, object]:
    """Return what the file is, after writing what is kept of it."""
    kind = recognised(source.read(HEAD_BYTES))
    source.seek(0)
    if kind.picture is not None:
        return _redraw(source, kind, result)
    raw = source.read()
    if kind is MP4:
        _write_film(raw, result)
        return {"found": kind.media_type, "kept": kind.media_type}
    (check_pdf if kind is PDF else check_text)(raw)
    result.write(raw)
    return {"found": kind.media_type, "kept": kind.media_type}


def _write_film(raw: bytes, result: BinaryIO) -> None:
    emptied = bytearray(raw)
    for box in telling_boxes(raw):
        emptied[box.start + 4 : box.start + 8] = b"free"
        emptied[box.inside : box.end] = bytes(box.end - box.inside)
    result.write(emptied)


def _redraw(source: BinaryIO, kind: FileType, result: BinaryIO) -> dict[str, object]:
    """Draw the first frame anew, turned the way it was meant to be seen."""
    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    try:
        with Image.open(source, formats=[str(kind.picture)]) as picture:
            if picture.width * picture.height > _MOST_PIXELS or max(picture.size) > _LONGEST_SIDE:
                raise FileTooComplex("the picture has too many pixels")
            picture.load()
            turned = ImageOps.exif_transpose(picture)
            kept = PNG if kind is GIF else kind
            drawn = _save(turned, kept)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise FileTooComplex("the picture has too many pixels") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, IndexError, Warning) as error:
        raise FileUnreadable("the picture is damaged or incomplete") from error
    result.write(drawn)
    return {"found": kind.media_type, "kept": kept.media_type, "width": turned.width, "height": turned.height}


def _save(picture: Image.Image, kind: FileType) -> memoryview:
    transparent = picture.info.get("transparency")
    picture.info = {} if transparent is None else {"transparency": transparent}
    target = io.BytesIO()
    if kind is JPEG:
        plain = picture if picture.mode in {"L", "RGB"} else picture.convert("RGB")
        plain.info = {}
        plain.save(target, "JPEG", quality=_QUALITY)
    elif kind is WEBP:
        picture.save(target, "WEBP", quality=_QUALITY, method=2, exif=b"", xmp=b"", icc_profile=None)
    else:
        picture.save(target, "PNG", icc_profile=None, compress_level=3)
    return target.getbuffer()


if __name__ == "__main__":
    main()
