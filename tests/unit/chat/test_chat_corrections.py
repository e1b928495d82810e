"""Who corrects what, for how long: as a table, and whatever the times are."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chat.domain import errors
from services.chat.domain.corrections import MOST_CORRECTIONS, Correction, check_correction, check_own, version_of
from services.chat.domain.values import Conversation, Message
from shared.contracts.base import Author, AuthorKind
from shared.errors import DomainError

NOON = datetime(2025, 1, 6, 12, 0, tzinfo=UTC)
TICKET, ID = UUID(int=1), UUID(int=2)
KIM = Author(kind=AuthorKind.PLAYER, id="p-1")
SAID = Message(TICKET, 1, ID, KIM, "Hello", "c1", NOON)
GONE = replace(SAID, text="", corrected_at=NOON)
OPEN = Conversation(TICKET, AuthorKind.PLAYER, "p-1", 1, 2, NOON, None)
TWO_MINUTES = timedelta(minutes=2)
EDIT, WITHDRAWAL = (Correction(TICKET, ID, KIM, text, "c2") for text in ("Hi", None))


def refusal(
    wish: Correction = EDIT,
    message: Message = SAID,
    conversation: Conversation = OPEN,
    *,
    made: int = 0,
    within: timedelta = TWO_MINUTES,
    now: datetime = NOON,
) -> type[DomainError] | None:
    try:
        check_correction(wish, message, conversation, made=made, within=within, now=now)
    except DomainError as error:
        return type(error)
    return None


@pytest.mark.parametrize("kind", AuthorKind)
def test_players_correct_what_their_own_side_said(kind: AuthorKind) -> None:
    """What a visitor said before he turned out to be the player is his as well."""
    words = replace(SAID, author=Author(kind=kind, id="x"))
    if kind in {AuthorKind.PLAYER, AuthorKind.VISITOR}:
        check_own(words)
    else:
        with pytest.raises(errors.WordsOfAnother):
            check_own(words)


def test_each_reason_to_refuse_has_its_own_name() -> None:
    ended = replace(OPEN, ended_at=NOON)
    late = NOON + TWO_MINUTES + timedelta(microseconds=1)
    assert refusal() is None
    assert refusal(WITHDRAWAL) is None
    assert refusal(conversation=ended) is errors.SessionHasEnded
    assert refusal(within=timedelta(0)) is errors.CorrectionsSwitchedOff
    assert refusal(message=GONE) is errors.WordsWithdrawn
    assert refusal(now=late) is errors.CorrectionTooLate
    assert refusal(made=MOST_CORRECTIONS) is errors.TooManyCorrections
    assert refusal(WITHDRAWAL, made=MOST_CORRECTIONS) is None


@given(passed=st.timedeltas(timedelta(-60), timedelta(60)), within=st.timedeltas(timedelta(0), timedelta(1)))
def test_the_time_is_over_exactly_when_it_is_over(passed: timedelta, within: timedelta) -> None:
    """Also where the clocks of two machines make the words younger than now."""
    if within == timedelta(0):
        assert refusal(within=within, now=NOON + passed) is errors.CorrectionsSwitchedOff
    else:
        expected = errors.CorrectionTooLate if passed > within else None
        assert refusal(within=within, now=NOON + passed) is expected


def test_words_with_files_alone_are_not_withdrawn_ones() -> None:
    """Nothing was said there, and it still stands."""
    files = replace(SAID, text="", attachments=(UUID(int=9),))
    assert not files.is_withdrawn
    assert not WITHDRAWAL.is_in(files)
    assert WITHDRAWAL.is_in(GONE)
    assert not EDIT.is_in(GONE)
    assert EDIT.is_in(replace(SAID, text="Hi"))


def test_a_version_says_what_its_entry_said() -> None:
    entry = replace(SAID, seq=2, text="", corrects=ID)
    assert [version_of(one).text for one in (SAID, entry)] == ["Hello", None]
    assert WITHDRAWAL.was(entry)
    assert not EDIT.was(entry)
    assert not WITHDRAWAL.was(replace(entry, corrects=UUID(int=3)))
