"""The e-mails that go on with a live conversation: everything that was said, as text, whatever it contains."""

from datetime import datetime
from html.parser import HTMLParser
from typing import Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.letters import transcript_letter, unread_letter
from shared.contracts.base import Author, AuthorKind
from shared.contracts.chat_mail import RepliesUnread, SpokenLine, TranscriptRequested

AT: Final = datetime.fromisoformat("2026-11-30T23:30:00+00:00")
KIM: Final = Author(kind=AuthorKind.PLAYER, id="p-1", name="Kim")
ANN: Final = Author(kind=AuthorKind.STAFF, id="s-1", name="Ann")
BOT: Final = Author(kind=AuthorKind.BOT, id="bot")
HOSTILE: Final = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><iframe src=javascript:alert(1)>',
    "</p></body></html><h1>Free money</h1>",
    "<style>*{display:none}</style>",
    "&lt;b&gt; &#60;script&#62;",
    "{name} {brand} %s {0}",
)
OURS: Final = {"html", "head", "meta", "title", "body", "h1", "p", "b", "small", "br"}


def line(author: Author, text: str, *files: str) -> SpokenLine:
    return SpokenLine(message_id=UUID(int=1), author=author, text=text, sent_at=AT, files=files)


def unread(*lines: SpokenLine, **more: object) -> RepliesUnread:
    return RepliesUnread.sample().model_copy(update={"replies": lines, **more})


def transcript(*lines: SpokenLine, **more: object) -> TranscriptRequested:
    return TranscriptRequested.sample().model_copy(update={"lines": lines, **more})


class Reader(HTMLParser):
    """What a mail program would show and build of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what is built."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.text += "\n" if tag == "br" else ""

    def handle_data(self, data: str) -> None:
        """Note what is shown."""
        self.text += data


def test_what_was_not_read_stands_there_in_order_and_with_names() -> None:
    letter = unread_letter(unread(line(ANN, "It left today."), line(BOT, "", "receipt.pdf", ""), language="en"))
    assert letter.text == (
        "Hello Kim,\n\n"
        "you were not in the chat when we answered. This is what we wrote:\n\n"
        "Ann:\nIt left today.\n\n"
        "Assistant:\n[receipt.pdf]\n[attached file]\n\n"
        "To go on, just answer this e-mail, or come back to the chat."
    )
    assert (letter.subject, letter.html) == ("Payout", None)


@pytest.mark.parametrize(
    ("language", "greeting"),
    [
        ("de-AT", "Hallo Kim,"),
        ("fr", "Bonjour Kim,"),
        ("ru", "Здравствуйте, Kim!"),
        ("tlh", "Hello Kim,"),
        (None, "Hello Kim,"),
    ],
)
def test_it_speaks_the_players_language(language: str | None, greeting: str) -> None:
    assert unread_letter(unread(line(ANN, "x"), language=language)).text.startswith(greeting)


def test_a_transcript_has_names_and_the_times_of_the_brands_clock() -> None:
    letter = transcript_letter(transcript(line(KIM, "Hello"), line(ANN, "Hi"), left_out=3), brand_name="Lucky")
    assert letter.subject == "Your conversation with Lucky: Payout [#LUCKY-1042]"
    assert "[2026-12-01 00:30] Kim:\nHello\n\n[2026-12-01 00:30] Ann:\nHi" in letter.text
    assert "Times are those of Europe/Berlin." in letter.text
    assert "Earlier messages that are not shown here: 3." in letter.text
    assert letter.html is not None
    assert "2026-12-01 00:30" in Reader(letter.html).text


def test_an_unknown_zone_is_told_in_utc() -> None:
    letter = transcript_letter(transcript(line(KIM, "Hello"), time_zone="Mars/Base"), brand_name="Lucky")
    assert "[2026-11-30 23:30]" in letter.text
    assert "UTC" in letter.text


@pytest.mark.parametrize("text", HOSTILE)
def test_words_names_files_and_subjects_are_text_in_html(text: str) -> None:
    author = Author(kind=AuthorKind.VISITOR, id="v", name=text)
    wish = transcript(line(author, text, text), subject=text)
    letter = transcript_letter(wish, brand_name=text)
    assert letter.html is not None
    seen = Reader(letter.html)
    assert seen.tags == OURS
    assert seen.attributes == {"charset", "dir"}
    assert text in letter.text
    assert text in seen.text


@given(st.text(max_size=200), st.text(max_size=50))
def test_nothing_that_is_written_becomes_markup(text: str, name: str) -> None:
    author = Author(kind=AuthorKind.VISITOR, id="v", name=name)
    letter = transcript_letter(transcript(line(author, text)), brand_name="Lucky")
    assert letter.html is not None
    seen = Reader(letter.html)
    assert seen.tags <= OURS
    assert seen.attributes == {"charset", "dir"}
    unread_letter(unread(line(author, text)))
