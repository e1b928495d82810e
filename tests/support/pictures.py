"""The pictures of the documents: which pages they show, in which schemes, and how they are kept small."""

import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast

from PIL import Image
from playwright.async_api import Page

# Where they go; `make pictures` says docs/pictures.
FOLDER: Final = "PITBOSS_PICTURES"
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
# What stands on a casino's page, which is all gradients, is smaller as JPEG.
PAGES: Final = {
    "desk-sign-in": "png",
    "desk-queue": "png",
    "desk-conversation": "png",
    "desk-palette": "png",
    "desk-search": "png",
    "desk-dialog": "png",
    "desk-tablet": "png",
    "desk-wallboard": "png",
    "demo": "jpg",
    "widget-closed": "jpg",
    "widget-form": "jpg",
    "widget-queue": "jpg",
    "widget-conversation": "jpg",
    "widget-rating": "jpg",
    "widget-russian": "jpg",
    "widget-phone": "jpg",
    "docs": "png",
    "problem": "png",
}
_QUALITY: Final = 80
_MOST, _EXACT = 256, 160
_LIGHT: Final = 80_000


def picture_of(page: str, scheme: str) -> str:
    """Return the name of a picture's file."""
    return f"{page}-{scheme}.{PAGES[page]}"


@dataclass(frozen=True)
class Camera:
    """Takes each page twice, as it looks by day and by night."""

    folder: Path

    async def take(
        self, page: Page, name: str, *, before: Callable[[], Awaitable[object]] | None = None, whole: bool = False
    ) -> None:
        """Take a page as it stands, in both schemes; `before` brings up what soon goes by itself."""
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            if before is not None:
                await before()
            taken = await page.screenshot(animations="disabled", full_page=whole)
            (self.folder / picture_of(name, scheme)).write_bytes(_small(taken, PAGES[name]))


def _small(taken: bytes, kind: str) -> bytes:
    image = Image.open(io.BytesIO(taken)).convert("RGB")
    target = io.BytesIO()
    if kind == "jpg":
        image.save(target, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
        return target.getvalue()
    image.save(target, "PNG", optimize=True)
    if target.tell() > _LIGHT:
        target = io.BytesIO()
        image.quantize(palette=_palette(image), dither=Image.Dither.NONE).save(target, "PNG", optimize=True)
    return target.getvalue()


def _palette(image: Image.Image) -> Image.Image:
    """Return 256 colours: those of the faces exactly as they are, the others for the edges of letters and shadows."""
    counted = sorted(image.getcolors(image.width * image.height) or [], reverse=True)[:_EXACT]
    exact = [part for _, colour in counted for part in cast("tuple[int, int, int]", colour)]
    few = image.quantize(_MOST - _EXACT, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    palette = Image.new("P", (1, 1))
    palette.putpalette([*exact, *(few.getpalette() or [])][: 3 * _MOST])
    return palette
