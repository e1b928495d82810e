"""The e-mails that go on with a live conversation: what a player did not read there, and the whole of it if he asks.

What people said is shown as text, whatever it contains.
"""
# ruff: noqa: RUF001 - Cyrillic letters and French apostrophes are what such words are written with

from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from shared.contracts.base import AuthorKind
from shared.contracts.chat_mail import RepliesUnread, SpokenLine, TranscriptRequested

_FALLBACK: Final = "en"
_UTC: Final = "UTC"
_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "hello": "Hello {name},",
        "hello_all": "Hello,",
        "unread": "you were not in the chat when we answered. This is what we wrote:",
        "go_on": "To go on, just answer this e-mail, or come back to the chat.",
        "title": "Your conversation with {brand}",
        "zone": "Times are those of {zone}.",
        "left_out": "Earlier messages that are not shown here: {count}.",
        "answer": "If anything is still open, just answer this e-mail.",
        "file": "attached file",
        "player": "You",
        "staff": "Support",
        "bot": "Assistant",
    },
    "de": {
        "hello": "Hallo {name},",
        "hello_all": "Hallo,",
        "unread": "als unsere Antwort kam, waren Sie nicht mehr im Chat. Das haben wir geschrieben:",
        "go_on": "Antworten Sie einfach auf diese E-Mail, oder kommen Sie zurück in den Chat.",
        "title": "Ihr Gespräch mit {brand}",
        "zone": "Die Uhrzeiten sind die von {zone}.",
        "left_out": "Frühere Nachrichten, die hier nicht stehen: {count}.",
        "answer": "Wenn noch etwas offen ist, antworten Sie einfach auf diese E-Mail.",
        "file": "angehängte Datei",
        "player": "Sie",
        "staff": "Support",
        "bot": "Assistent",
    },
    "fr": {
        "hello": "Bonjour {name},",
        "hello_all": "Bonjour,",
        "unread": "vous n’étiez plus dans le chat lorsque nous avons répondu. Voici ce que nous avons écrit :",
        "go_on": "Pour continuer, répondez simplement à cet e-mail ou revenez dans le chat.",
        "title": "Votre conversation avec {brand}",
        "zone": "Les heures sont celles de {zone}.",
        "left_out": "Messages antérieurs qui ne figurent pas ici : {count}.",
        "answer": "S’il reste une question, répondez simplement à cet e-mail.",
        "file": "fichier joint",
        "player": "Vous",
        "staff": "Support",
        "bot": "Assistant",
    },
    "ru": {
        "hello": "Здравствуйте, {name}!",
        "hello_all": "Здравствуйте!",
        "unread": "Вас уже не было в чате, когда мы ответили. Вот что мы написали:",
        "go_on": "Чтобы продолжить, просто ответьте на это письмо или вернитесь в чат.",
        "title": "Ваш разговор с {brand}",
        "zone": "Время указано по часовому поясу {zone}.",
        "left_out": "Более ранние сообщения, которых здесь нет: {count}.",
        "answer": "Если остались вопросы, просто ответьте на это письмо.",
        "file": "вложенный файл",
        "player": "Вы",
        "staff": "Поддержка",
        "bot": "Ассистент",
    },
}
_PLAYERS: Final = frozenset({AuthorKind.PLAYER, AuthorKind.VISITOR})


class Written(NamedTuple):
    """An e-mail's words; `html` says the same as `text`, for those who prefer it."""

    subject: str
    text: str
    html: str | None = None


def unread_letter(event: RepliesUnread) -> Written:
    """Return the e-mail that tells a player what he did not read, in the order in which it was said."""
    texts = _texts_in(event.language)
    said = [f"{_speaker(line, texts)}:\n{_words(line, texts)}" for line in event.replies]
    return Written(
        event.subject, "\n\n".join((_greeting(event.contact.name, texts), texts["unread"], *said, texts["go_on"]))
    )


def transcript_letter(event: TranscriptRequested, *, brand_name: str) -> Written:
    """Return the e-mail that carries a conversation, as text and as HTML."""
    texts, zone = _texts_in(event.language), _zone_of(event.time_zone)
    title = texts["title"].format(brand=brand_name)
    notes = [texts["zone"].format(zone=zone.key)]
    if event.left_out:
        notes.append(texts["left_out"].format(count=event.left_out))
    tag = f" [#{event.number}]" if event.number else ""
    subject = f"{title}: {event.subject}{tag}" if event.subject else f"{title}{tag}"
    lines = [(_moment(line.sent_at, zone), _speaker(line, texts), _words(line, texts)) for line in event.lines]
    said = [f"[{moment}] {speaker}:\n{words}" for moment, speaker, words in lines]
    text = "\n\n".join((title, " ".join(notes), *said, texts["answer"]))
    return Written(subject, text, _page(title, notes, lines, texts["answer"]))


def _page(title: str, notes: Iterable[str], lines: Iterable[tuple[str, str, str]], end: str) -> str:
    said = "".join(
        f'<p dir="auto"><b>{escape(speaker)}</b> <small>{escape(moment)}</small><br>{_broken(words)}</p>'
        for moment, speaker, words in lines
    )
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{escape(title)}</title></head><body>'
        f"<h1>{escape(title)}</h1><p>{escape(' '.join(notes))}</p>{said}<p>{escape(end)}</p></body></html>"
    )


def _broken(words: str) -> str:
    return "<br>".join(escape(line) for line in words.splitlines())


def _greeting(name: str | None, texts: Mapping[str, str]) -> str:
    flat = " ".join((name or "").split())
    return texts["hello"].replace("{name}", flat) if flat else texts["hello_all"]


def _speaker(line: SpokenLine, texts: Mapping[str, str]) -> str:
    kind = line.author.kind
    known = " ".join((line.author.name or "").split())
    return known or texts["player" if kind in _PLAYERS else "bot" if kind is AuthorKind.BOT else "staff"]


def _words(line: SpokenLine, texts: Mapping[str, str]) -> str:
    files = [f"[{name or texts['file']}]" for name in line.files]
    return "\n".join((*((line.text,) if line.text.strip() else ()), *files))


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _zone_of(name: str) -> ZoneInfo:
    return ZoneInfo(name if name in available_timezones() else _UTC)


def _texts_in(language: str | None) -> Mapping[str, str]:
    return _TEXTS.get((language or "").split("-")[0].lower(), _TEXTS[_FALLBACK])
