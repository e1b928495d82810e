"""The stripped text is what the writer wrote this time, in each of our languages and mail programs."""
# ruff: noqa: RUF001, E501 - Cyrillic letters and whole lines of mail are the examples

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.channels.email import strip_quotes

TAILS = {
    "gmail-en": "On Sun, Nov 22, 2026 at 10:00 AM Lucky Support <\nsupport@lucky.example> wrote:\n\n> Hello Kim\n> it is on its way",
    "gmail-de": "Am So., 22. Nov. 2026 um 10:00 Uhr schrieb Lucky <support@lucky.example>:\n\n> Hallo",
    "gmail-fr": "Le dim. 22 nov. 2026 à 10:00, Lucky <support@lucky.example> a écrit :\n\n> Bonjour",
    "gmail-ru": "вс, 22 нояб. 2026 г. в 10:00, Lucky <support@lucky.example>:\n\n> Здравствуйте",
    "gmail-uk": "нд, 22 лист. 2026 р. о 10:00 Lucky <support@lucky.example> пише:\n\n> Вітаємо",
    "mail.ru": "Воскресенье, 22 ноября 2026, 10:00 +03:00 от Lucky <support@lucky.example>:\n \nЗдравствуйте",
    "yandex": '22.11.2026, 10:00, "Lucky" <support@lucky.example>:\n\nЗдравствуйте',
    "thunderbird-ru": "22.11.2026 10:00, Lucky пишет:\n> Здравствуйте",
    "thunderbird-ru-2": "22.11.2026 10:00, Lucky написал(а):\nЗдравствуйте",
    "thunderbird-de": "Am 22.11.26 um 10:00 schrieb Lucky:\n> Hallo",
    "thunderbird-fr": "Le 22/11/2026 à 10:00, Lucky a écrit :\n> Bonjour",
    "apple": "On 22. Nov 2026, at 10:00, Lucky <support@lucky.example> wrote:\n\nHello",
    "outlook-en": "________________________________\nFrom: Lucky <support@lucky.example>\nSent: Sunday 10:00\nTo: Kim\nSubject: Payout\n\nHello",
    "outlook-de": "-----Ursprüngliche Nachricht-----\nVon: Lucky\nGesendet: Sonntag\nAn: Kim\nBetreff: Auszahlung\n\nHallo",
    "outlook-fr": "De : Lucky <s@l.example>\nEnvoyé : dimanche\nÀ : Kim\nObjet : Retrait\n\nBonjour",
    "outlook-ru": "От: Lucky <s@l.example>\nОтправлено: воскресенье\nКому: Kim\nТема: Вывод\n\nЗдравствуйте",
    "outlook-uk": "Від: Lucky <s@l.example>\nНадіслано: неділя\nКому: Kim\nТема: Виведення\n\nВітаємо",
    "outlook-bold": "*From:* Lucky <s@l.example>\n*Date:* Sunday\n*To:* Kim\n*Subject:* Payout\n\nHello",
    "original-ru": "-------- Исходное сообщение --------\nЗдравствуйте",
    "signature": "-- \nKim\n+49 123",
    "iphone": "Sent from my iPhone\n\nOn 22 Nov 2026, at 10:00, Lucky <s@l.example> wrote:\n> Hello",
    "iphone-ru": "Отправлено с iPhone",
    "iphone-de": "Von meinem iPhone gesendet",
    "iphone-uk": "Надіслано з iPhone",
    "iphone-fr": "Envoyé de mon iPhone",
    "outlook-ios": "Get Outlook for iOS",
    "bare": "> Hello Kim\n> it is on its way",
}  # fmt: skip
WORDS = (
    "Where is my money?\n\nI am waiting since Friday.",
    "Где мои деньги?\n\nЖду с пятницы.",
    "Wo bleibt mein Geld?\nSeit Freitag!",
)


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS.keys())
def test_what_mail_programs_add_is_taken_off(words: str, tail: str) -> None:
    assert strip_quotes(f"{words}\n\n{tail}\n") == words
    assert strip_quotes(f"{words}\n\n{tail}\n".replace("\n", "\r\n")) == words


@pytest.mark.parametrize(
    "attribution", [tail.split("\n\n>")[0] for tail in TAILS.values() if "\n\n>" in tail and "Sent" not in tail]
)
def test_an_answer_below_the_quote_is_kept(attribution: str) -> None:
    assert strip_quotes(f"{attribution}\n> Hello\n> more\n\nThat is not true.") == "That is not true."


def test_answers_between_quotes_are_kept() -> None:
    assert strip_quotes("> Is it 100?\nYes.\n> And the name?\nKim.") == "Yes.\nKim."


@pytest.mark.parametrize(
    "text",
    [
        "I wrote 2 days ago (2026) about this:\n\nno answer",
        "From: my bank account\nI sent 100 EUR to you.",
        "Hi, yesterday at 10:30 you wrote:\n\nYour payout is done.",
        "Мне вчера в 10:30 ваш агент пишет:\n\nждите",
        "Sent from my bank on Friday, but it did not arrive at your side and nobody can tell me where it went, can you please look?",
        "-- \nKim",
        "> only quoted words",
    ],
)  # fmt: skip
def test_words_that_only_look_like_a_quote_are_kept(text: str) -> None:
    assert strip_quotes(text) == text.strip()


def test_a_forward_is_kept_whole() -> None:
    text = "See below\n\n---------- Forwarded message ---------\nFrom: Bank <b@x.example>\nDate: Fri\nSubject: Transfer\nTo: Kim\n\nDone"
    assert strip_quotes(text) == text
    block = "See below\n\nFrom: Bank <b@x.example>\nSent: Fri\nTo: Kim\nSubject: Transfer\n\nDone"
    assert strip_quotes(block, forwarded=True) == block


@given(st.text())
def test_stripping_only_takes_away_and_never_all(text: str) -> None:
    stripped = strip_quotes(text)
    assert bool(stripped) == bool(text.strip())
    source = {line.strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")}
    assert {line.strip() for line in stripped.split("\n")} <= source | {
        line.strip() for line in text.strip().split("\n")
    }


@pytest.mark.timeout(60)
@pytest.mark.parametrize("unit", ["a:", "From: x\n", "On 10:00 ", "> \n", "-- ", "am schrieb ", "\n", "От: ", "<a@b> "])
def test_a_megabyte_of_anything_is_quick(unit: str) -> None:
    strip_quotes(unit * (1_000_000 // len(unit)))
