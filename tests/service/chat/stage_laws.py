"""What must hold on a stage whenever it is quiet."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import Any

from tests.service.chat.stage import Stage
from tests.service.chat.tabs import Tab, Words


async def broken(stage: Stage) -> list[str]:
    """Name every law that is broken."""
    transcripts, marks = await stage.transcripts(), await stage.receipts()
    found = [*stage.faults, *(fault for tab in stage.tabs.values() for fault in tab.faults)]
    found += _gaps(transcripts)
    found += _not_as_promised(transcripts, stage.spoken())
    found += _inverted(transcripts, stage)
    found += _wrong_answers(transcripts, stage)
    found += (fault for tab in stage.connected() for fault in _forgotten(tab, transcripts))
    found += _fallen(stage.marks, marks, {ticket: len(rows) for ticket, rows in transcripts.items()})
    stage.marks = marks
    return found


def _gaps(transcripts: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    for ticket, rows in transcripts.items():
        if [row.seq for row in rows] != list(range(1, len(rows) + 1)):
            yield f"{ticket} counts {[row.seq for row in rows]}"


def _not_as_promised(transcripts: Mapping[str, Sequence[Any]], spoken: Sequence[Words]) -> Iterator[str]:
    """What was acknowledged is there once and as it was said, what was refused is nowhere, and nothing is invented."""
    written: dict[tuple[str, str], list[Any]] = {}
    for row in chain.from_iterable(transcripts.values()):
        if row.client_msg_id is not None:
            written.setdefault((row.ticket_id, row.client_msg_id), []).append(row)
    for words in spoken:
        yield from _not_as_told(words, written.pop((words.ticket, words.client_msg_id), []))
    if written:
        yield f"nobody said {written}"


def _not_as_told(words: Words, found: Sequence[Any]) -> Iterator[str]:
    if len(found) > 1:
        yield f"{words} is there {len(found)} times"
    promised = [(words.seq, words.id, words.text)]
    if words.seq is not None and [(row.seq, row.id, row.text) for row in found] != promised:
        yield f"{words} was acknowledged and is {found}"
    if words.refused is not None and found:
        yield f"{words} was refused and is {found}"


def _inverted(transcripts: Mapping[str, Sequence[Any]], stage: Stage) -> Iterator[str]:
    """The words of one tab stand in the order in which it said them."""
    orders = {(words.ticket, words.client_msg_id): (words.tab, words.order) for words in stage.spoken()}
    for ticket, rows in transcripts.items():
        for tab in stage.tabs:
            said = [orders.get((ticket, row.client_msg_id), ("", 0)) for row in rows]
            numbers = [order for name, order in said if name == tab]
            if any(one > other for one, other in pairwise(numbers)):
                yield f"{tab} said {sorted(numbers)} in {ticket}, which has {numbers}"


def _wrong_answers(transcripts: Mapping[str, Sequence[Any]], stage: Stage) -> Iterator[str]:
    """Replies are there once each, in the order of the ticket."""
    for ticket, rows in transcripts.items():
        told = [answer.event.text for answer in stage.answers.get(ticket, ())]
        found = [row.text for row in rows if row.author_kind == "staff"]
        if found != told:
            yield f"{ticket} was answered {told} and has {found}"


def _forgotten(tab: Tab, transcripts: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    """Whoever has caught up knows the whole conversation, as it is."""
    assert tab.line is not None
    for ticket in tab.line.due:
        known = tab.memory.get(ticket, {})
        for row in transcripts.get(ticket, ()):
            id_, text = known.get(row.seq, (None, None))
            if id_ != row.id or (text is not None and text != row.text):
                yield f"{tab.name} knows {row.seq} of {ticket} as {id_}, {text} and it is {row.id}, {row.text}"


def _fallen(
    before: Mapping[tuple[str, str, str], tuple[int, int]],
    after: Mapping[tuple[str, str, str], tuple[int, int]],
    heads: Mapping[str, int],
) -> Iterator[str]:
    """Marks never fall and never pass the conversation."""
    for key, marks in after.items():
        known = before.get(key, (0, 0))
        if marks[0] < known[0] or marks[1] < known[1] or not marks[1] <= marks[0] <= heads[key[0]]:
            yield f"the marks of {key} went from {known} to {marks} of {heads[key[0]]}"
