"""What players and staff of the demo casino say on an ordinary day."""

from collections.abc import Iterator
from itertools import count, cycle
from pathlib import Path
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict


class Matter(BaseModel):
    """Something a player writes about; who has it, or for how many minutes nobody does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str
    text: str
    player: str
    channel: str = "form"
    reason: str | None = None
    team: str | None = None
    language: str = "en"
    tier: str | None = None
    holder: str = ""
    minutes: int = 0


class Matters(BaseModel):
    """All of a day; see `matters.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answered: tuple[Matter, ...]
    held: tuple[Matter, ...]
    waiting: tuple[Matter, ...]
    grave: tuple[Matter, Matter]


MATTERS: Final = Matters.model_validate(
    yaml.safe_load(Path(__file__).with_name("matters.yaml").read_text(encoding="utf-8"))
)
# Who writes the same as somebody before.
PLAYERS: Final = (
    "anna.b", "bjorn_k", "claire.f", "dirk77", "emma.o", "fabio_l", "gwen.s", "hugo.r", "ines_m", "jakub.p", "karin_v",
    "leo.g", "maya.d", "nils_e", "olivia.n", "petr_h", "quentin.a", "rosa.t", "stefan_w", "tess.j", "ugo.c", "victor_z",
    "wanda.k", "xenia_r", "yann.b", "zoe.l", "alma_f",
)  # fmt: skip
AMOUNTS: Final = (80, 140, 35, 220, 60, 95, 310, 50, 120, 75, 400)
TEAMS: Final = {"payments": "Payments", "verification": "Verification", "games": "Games"}

# So many an hour, from a day ago until an hour ago; and after how many minutes somebody answers.
HOURS: Final = (4, 3, 2, 2, 1, 1, 2, 2, 3, 4, 3, 5, 6, 5, 4, 6, 7, 5, 6, 4, 5, 6)
PATIENCE: Final = (4, 6, 3, 9, 5, 12, 7, 3, 5, 8, 4, 6)
# In these hours one is left until the next: its promise breaks.
FORGOTTEN: Final = (5, 12, 18)

ANSWERS: Final = (
    "Thank you for asking. It takes up to 24 hours, usually much less.",
    "I have just looked and put it right. Please sign in again.",
    "Of course. I have sent you everything by e-mail.",
    "That is done. Is there anything else I can do for you?",
)
FIRST_WORDS: Final = "Thank you for writing. I look into it and come back to you today."

KIM: Final = (
    "Hi! My withdrawal of 250 € has been pending since Sunday. Is something wrong?",
    "Here it is. It says “pending” all the time.",
    "Great, thank you! Will it be on my wallet before the weekend?",
)
ANN: Final = (
    "Hi Kim, let me have a look. Could you send me a picture of what your wallet shows?",
    "Thank you. Nothing is wrong: your document was approved this morning, and the money leaves today.",
)
NOTE: Final = "The payout is in today's batch, the back office has approved it."
LENA: Final = "I cannot sign in on my new phone, it says my account is locked."
JONAS: Final = "Hallo, wo finde ich meinen Willkommensbonus?"
ROBIN: Final = "Hello! Can I take my winnings out to another card?"
TO_ROBIN: Final = "Hello Robin, yes: to any card in your own name."
OLGA: Final = "Здравствуйте! Бонус за первый депозит так и не пришёл."
TO_OLGA: Final = "Здравствуйте, Ольга! Сейчас проверю. Как вы внесли депозит?"
WAYS: Final = ("Картой", "Кошельком", "Криптовалютой")
VERA: Final = "Hello, could you move my VIP call to Thursday at six?"
TO_VERA: Final = "Gladly, Vera. Your host will call you on Thursday at 18:00."
THANKS: Final = "Perfect, thank you so much!"


def answered() -> Iterator[Matter]:
    """Yield what is asked and answered, without end: first by those who are named, then by others."""
    players, amounts = cycle(PLAYERS), cycle(AMOUNTS)
    for turn in count():
        for matter in MATTERS.answered:
            text = matter.text.format(amount=next(amounts))
            yield matter.model_copy(update={"text": text, "player": next(players) if turn else matter.player})
