"""House rules of the pictures: each page by day and by night, none that is missing or that nobody shows."""

import re
from pathlib import Path
from typing import Final

from tests.house.source import ROOT, tracked
from tests.support.pictures import PAGES, SCHEMES, picture_of

PICTURES: Final = ROOT / "docs" / "pictures"
MOST_BYTES: Final = 2_500_000
# `![alt](place)`, `[text](place)`, and the places of `<picture>`.
PLACES: Final = re.compile(r"""\]\(([^)\s]+\.(?:png|jpe?g))\)|\bsrc(?:set)?="([^"]+\.(?:png|jpe?g))\"""")


def _kept() -> set[Path]:
    return {path for path in PICTURES.iterdir() if path.suffix != ".md"}


def _shown_by(document: str) -> set[Path]:
    folder, text = (ROOT / document).parent, (ROOT / document).read_text(encoding="utf-8")
    places = [one or other for one, other in PLACES.findall(text)]
    return {(folder / place).resolve() for place in places if "://" not in place}


def test_each_page_is_there_light_and_dark_and_nothing_else() -> None:
    assert {path.name for path in _kept()} == {picture_of(page, scheme) for page in PAGES for scheme in SCHEMES}


def test_documents_show_only_pictures_that_are_there() -> None:
    for document in (name for name in tracked() if name.endswith(".md")):
        assert {path for path in _shown_by(document) if not path.is_file()} == set(), document


def test_every_picture_is_shown_in_the_gallery() -> None:
    assert _kept() - _shown_by("docs/pictures/README.md") == set()


def test_the_readme_shows_few_and_each_in_both_schemes() -> None:
    shown = {path.name for path in _shown_by("README.md")}
    pages = {name.rpartition("-")[0] for name in shown}
    assert shown == {picture_of(page, scheme) for page in pages for scheme in SCHEMES}
    assert 2 <= len(pages) <= 3


def test_the_documents_own_page_takes_its_colours_from_the_scheme() -> None:
    """A grey that is fixed is too faint on white or too dark on black."""
    css = (ROOT / "services/gateway/pages/docs/docs.css").read_text(encoding="utf-8")
    assert re.findall(r"(?<![\w-])color:\s*#\w+", css) == []


def test_they_are_light_to_carry() -> None:
    assert sum(path.stat().st_size for path in _kept()) <= MOST_BYTES
