"""The audit chain: every tampering shows, at the first position it touched."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.api import ROUTERS
from services.tickets.domain.audit import (
    FIRST_MAC,
    Anchor,
    AuditAction,
    AuditEntry,
    Link,
    Witness,
    chain_key,
    chained,
    first_fault,
    mac_of,
    read_anchors,
)

MORNING = datetime(2025, 1, 6, 9, 0, tzinfo=UTC)
KEY = chain_key(b"a secret of the tests", "lucky")
OTHER = chain_key(b"another secret of the tests", "lucky")
ANN = Witness("lucky", "staff", "s-1", "Ann", "agent", "a complaint", "r-1", "ab" * 16, MORNING)

Chain = list[tuple[Link, AuditEntry | None]]
Tampering = Callable[[Chain], Chain]


def _entries(count: int) -> list[AuditEntry]:
    at = [replace(ANN, at=MORNING + timedelta(seconds=n)) for n in range(count)]
    return [
        witness.saw(UUID(int=n + 1), AuditAction.READ_TICKET, ticket_id=UUID(int=99), player_id="p-1")
        for n, witness in enumerate(at)
    ]


def _chain(entries: list[AuditEntry], key: bytes = KEY) -> Chain:
    return list(zip(chained(key, entries, None), entries, strict=True))


CHAIN = _chain(_entries(6))
ANCHORS = [Anchor("lucky", CHAIN[n][0].position, CHAIN[n][0].mac, MORNING) for n in (1, 5)]


def _edited(chain: Chain) -> Chain:
    link, entry = chain[2]
    assert entry is not None
    return [*chain[:2], (link, replace(entry, actor_id="s-9")), *chain[3:]]


def _numbered(pairs: Chain) -> Chain:
    return [(replace(link, position=place), entry) for place, (link, entry) in enumerate(pairs, 1)]


def _inserted(chain: Chain) -> Chain:
    forged = _entries(7)[6]
    return _numbered([*chain[:2], (Link(3, forged.id, bytes(32)), forged), *chain[2:]])


@pytest.mark.parametrize(
    ("tamper", "position", "what"),
    [
        (_edited, 3, "do not fit"),
        (lambda chain: [*chain[:2], *chain[3:]], 3, "link is missing"),
        (lambda chain: [*chain[:2], (chain[2][0], None), *chain[3:]], 3, "entry of this link is missing"),
        (lambda chain: _numbered([*chain[:2], *chain[3:]]), 3, "do not fit"),
        (_inserted, 3, "do not fit"),
        (lambda chain: _numbered([chain[0], chain[2], chain[1], *chain[3:]]), 2, "do not fit"),
        (lambda chain: chain[:4], 5, "truncated"),
        (lambda chain: chain[:0], 1, "truncated"),
        (lambda chain: _chain([entry for _, entry in chain if entry], OTHER), 1, "another key"),
        (lambda chain: _chain([entry for _, entry in _edited(chain) if entry]), 6, "computed anew"),
    ],
    ids=[
        "edit", "delete", "delete the entry alone", "delete and renumber", "insert", "reorder", "truncate",
        "truncate all", "another key", "the stolen key",
    ],
)  # fmt: skip
def test_each_tampering_is_found_where_it_begins(tamper: Tampering, position: int, what: str) -> None:
    fault = first_fault(KEY, tamper(CHAIN), ANCHORS)
    assert fault is not None
    assert fault.position == position
    assert what in fault.what


def test_a_chain_that_nobody_touched_holds() -> None:
    assert first_fault(KEY, CHAIN, ANCHORS) is None
    assert first_fault(KEY, [], []) is None


def test_without_the_key_the_anchor_alone_finds_a_chain_computed_anew() -> None:
    assert first_fault(None, CHAIN, ANCHORS) is None
    fault = first_fault(None, _chain(_entries(6), OTHER), ANCHORS)
    assert fault is not None
    assert fault.position == 2


def test_a_chain_goes_on_where_it_ended() -> None:
    entries = _entries(6)
    last, _ = CHAIN[2]
    assert list(chained(KEY, entries[3:], last)) == [link for link, _ in CHAIN[3:]]


def test_brands_have_keys_of_their_own() -> None:
    assert chain_key(b"one secret", "lucky") != chain_key(b"one secret", "royal")


def test_anchors_are_read_from_their_file_and_from_a_log() -> None:
    """A torn last line and lines about something else are passed by."""
    one, two = ANCHORS
    logged = f'{{"event": "audit_anchor", "level": "info", {two.line()[1:]}'
    assert read_anchors([one.line(), logged, '{"event": "x"}', "plain text", one.line()[:-9], "[1]"]) == ANCHORS


FIELDS = st.sampled_from([
    ("id", UUID(int=77)), ("brand", "royal"), ("occurred_at", MORNING - timedelta(microseconds=1)),
    ("actor_kind", "server"), ("actor_id", "s-2"), ("actor_name", None), ("actor_role", "lead"),
    ("action", "list_tickets"), ("ticket_id", None), ("player_id", "p-2"), ("filter", {"player_id": "p-1"}),
    ("reason", ""), ("request_id", "r-2"), ("trace_id", None),
])  # fmt: skip


@given(place=st.integers(0, 5), change=FIELDS)
def test_any_change_of_any_field_is_found(place: int, change: tuple[str, object]) -> None:
    name, value = change
    link, entry = CHAIN[place]
    assert entry is not None
    changed: AuditEntry = replace(entry, **{name: value})  # type: ignore[arg-type]
    fault = first_fault(KEY, [*CHAIN[:place], (link, changed), *CHAIN[place + 1 :]])
    assert fault is not None
    assert fault.position == place + 1


@given(place=st.integers(0, 5), bit=st.integers(0, 255))
def test_any_changed_bit_of_a_code_is_found(place: int, bit: int) -> None:
    link, entry = CHAIN[place]
    mac = (int.from_bytes(link.mac) ^ (1 << bit)).to_bytes(32)
    fault = first_fault(KEY, [*CHAIN[:place], (replace(link, mac=mac), entry), *CHAIN[place + 1 :]])
    assert fault is not None
    assert fault.position == place + 1


@given(st.permutations(range(6)), st.integers(0, 6))
def test_any_other_order_or_length_is_found(order: list[int], length: int) -> None:
    """Renumbered or not."""
    kept = [CHAIN[n] for n in order[:length]]
    whole = kept == CHAIN
    assert (first_fault(KEY, kept, ANCHORS) is None) == whole
    assert (first_fault(KEY, _numbered(kept), ANCHORS) is None) == whole


def test_every_route_knows_whom_to_record() -> None:
    """A new route that shows or changes players' data cannot forget the trail."""
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            names = {one.name for one in route.dependant.dependencies}
            assert "witness" in names, route.path


def test_the_position_is_part_of_the_code() -> None:
    entry = _entries(1)[0]
    assert mac_of(KEY, entry, 1, FIRST_MAC) != mac_of(KEY, entry, 2, FIRST_MAC)
