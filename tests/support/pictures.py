"""The pictures of the documents: which pages they show, in which schemes, and how they are kept small."""

import io
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias, cast

from PIL import Image
from playwright.async_api import Page

Colour: TypeAlias = tuple[int, int, int]

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
_COLOURS: Final = 256
_LIGHT: Final = 80_000


def picture_of(page: str, scheme: str) -> str:
    """Return the name of a picture's file."""
    return f"{page}-{scheme}.{PAGES[page]}"


@dataclass
class Camera:
    """Takes each page twice, as it looks by day and by night; `develop` writes what was taken."""

    folder: Path
    taken: dict[str, bytes] = field(default_factory=dict)

    async def take(
        self, page: Page, name: str, *, before: Callable[[], Awaitable[object]] | None = None, whole: bool = False
    ) -> None:
        """Take a page as it stands, in both schemes; `before` brings up what soon goes by itself."""
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            if before is not None:
                await before()
            self.taken[picture_of(name, scheme)] = await page.screenshot(animations="disabled", full_page=whole)

    def develop(self) -> None:
        """Make them small and keep them: that takes seconds each, in which promises of the day would break."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, taken in self.taken.items():
            (self.folder / name).write_bytes(_small(taken, name.rpartition(".")[2]))


def _small(taken: bytes, kind: str) -> bytes:
    image = Image.open(io.BytesIO(taken)).convert("RGB")
    target = io.BytesIO()
    if kind == "jpg":
        image.save(target, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
        return target.getvalue()
    image.save(target, "PNG", optimize=True)
    if target.tell() > _LIGHT:
        target = io.BytesIO()
        _in_few_colours(image).save(target, "PNG", optimize=True)
    return target.getvalue()


def _in_few_colours(image: Image.Image) -> Image.Image:
    """Return it in the 256 colours that cover most of it, each other one as the nearest of them.

    Pillow's own ways leave no colour quite as it was.
    """
    counted = sorted(image.getcolors(image.width * image.height) or [], reverse=True)
    colours = [cast("Colour", colour) for _, colour in counted]
    palette = colours[:_COLOURS]
    places = {colour: _nearest(colour, palette) for colour in colours[_COLOURS:]}
    places.update({colour: place for place, colour in enumerate(palette)})
    few = Image.new("P", image.size)
    few.putpalette([part for colour in palette for part in colour])
    few.putdata([places[colour] for colour in cast("Iterable[Colour]", image.get_flattened_data())])
    return few


def _nearest(colour: Colour, palette: Sequence[Colour]) -> int:
    def distance(place: int) -> int:
        return sum((one - other) ** 2 for one, other in zip(colour, palette[place], strict=True))

    return min(range(len(palette)), key=distance)
