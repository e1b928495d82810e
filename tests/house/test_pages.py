"""House rules of the pages that browsers get: what they weigh, what they must never do, and whose work they contain."""

import hashlib
import json
import re
from pathlib import Path
from typing import Final

import pytest

from services.gateway.api.shelf import PAGES, shelf
from tests.house.source import ROOT

WIDGET: Final = sorted((PAGES / "widget").rglob("*.js"))
DESK: Final = sorted((PAGES / "desk").rglob("*.js"))
OURS: Final = [*WIDGET, *DESK, *sorted((PAGES / "demo").rglob("*.js"))]
MOST_LINES: Final = 260
MOST_BYTES: Final = 35 * 1024
LANGUAGES: Final = ("en", "de", "fr", "ru")
PLURALS: Final = {
    "en": {"one", "other"},
    "de": {"one", "other"},
    "fr": {"one", "other"},
    "ru": {"one", "few", "many", "other"},
}
VENDORED: Final = re.compile(r"\| `(?P<file>[\w.-]+)` \|.*\| `(?P<digest>[0-9a-f]{64})` \|")
# What turns text into markup or code, styles by attribute, or leaves a mark that the widget has no right to leave.
FORBIDDEN: Final = (
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|unsafeHTML|unsafeSVG|createContextualFragment"
    r"|\beval\b|new Function|setTimeout\(\s*[\"'`]|style=|\son\w+=|document\.cookie|javascript:"
)


def _words(language: str) -> dict[str, str | dict[str, str]]:
    found: dict[str, str | dict[str, str]] = json.loads((PAGES / "widget" / "i18n" / f"{language}.json").read_text())
    return found


def test_the_widget_weighs_at_most_35_kib_on_the_way() -> None:
    """All of it: every module and view, the style, the library, the words of the heaviest language."""
    items = shelf(watched=False).items
    words = max(len(items[f"widget/i18n/{language}.json"].packed) for language in LANGUAGES)
    rest = [item for name, item in items.items() if name.startswith("widget/") and "/i18n/" not in name]
    weight = sum(len(item.packed) for item in [*rest, items["vendor/lit.js"]]) + words
    print(f"widget: {weight} bytes gzipped")  # noqa: T201 - the figure
    assert weight <= MOST_BYTES


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.relative_to(PAGES).as_posix())
def test_scripts_are_short_and_write_text_as_text(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MOST_LINES
    assert re.findall(FORBIDDEN, text) == []
    assert text.lstrip().startswith("/*"), "a module says what it is for"


@pytest.mark.parametrize("path", [*WIDGET, *DESK], ids=lambda path: path.relative_to(PAGES).as_posix())
def test_a_face_loads_nothing_from_elsewhere(path: Path) -> None:
    code = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    assert re.findall(r"https?://[\w.]+", code) == []
    assert [name for name in re.findall(r'from "([^"]+)"', code) if not name.startswith((".", ".."))] == []


def test_comments_stand_where_they_can_be_told_from_code() -> None:
    """What is sent packed has lost everything from a line that begins with `/*` to the next `*/`."""
    for path in [*WIDGET, *DESK, PAGES / "widget" / "widget.css", PAGES / "desk" / "desk.css"]:
        for template in re.findall(r"`[^`]*`", re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)):
            assert "/*" not in template, path


def test_every_language_has_every_word_and_plural_form() -> None:
    english = _words("en")
    for language in LANGUAGES:
        words = _words(language)
        assert words.keys() == english.keys()
        for key, entry in words.items():
            if isinstance(english[key], dict):
                assert isinstance(entry, dict)
                assert entry.keys() == PLURALS[language]
            else:
                assert isinstance(entry, str)
                assert set(re.findall(r"{\w+}", entry)) == set(re.findall(r"{\w+}", str(english[key]))), key


def test_every_word_is_used_and_every_used_word_is_there() -> None:
    code = "".join(path.read_text() for path in WIDGET)
    whole = set(re.findall(r'"([a-z]+(?:\.[a-z0-9.]+)?)"', code))
    begun = set(re.findall(r"`([a-z]+\.)\$\{", code))
    keys = set(_words("en"))
    assert {key for key in keys if key not in whole and not key.startswith(tuple(begun))} == set()
    assert {key for key in re.findall(r'\bsay\("([^"]+)"', code) if key not in keys} == set()


def test_vendored_files_are_as_their_authors_published_them() -> None:
    listed = {m["file"]: m["digest"] for m in VENDORED.finditer((PAGES / "vendor" / "README.md").read_text())}
    scripts = {path.name for path in (PAGES / "vendor").glob("*.js")}
    assert listed.keys() == scripts
    for name, digest in listed.items():
        assert hashlib.sha256((PAGES / "vendor" / name).read_bytes()).hexdigest() == digest, name
    vendored = ROOT / "tests" / "e2e" / "vendored"
    noted = {m["file"]: m["digest"] for m in VENDORED.finditer((vendored / "README.md").read_text())}
    assert noted == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in vendored.glob("*.js")}
