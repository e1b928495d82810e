"""Places on the sockets of one process."""

import json
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from services.chat.sockets.connection import LiveSocket
from services.chat.sockets.places import PLAYERS, Places
from shared.contracts.base import SAMPLE_TIME, AuthorKind
from shared.contracts.tickets import QueueChanged, QueuePlace, QueuesTold
from shared.ids import new_id

A, B, C = (new_id() for _ in range(3))


class Here:
    """Places with an ear on both sides."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.sent: list[tuple[UUID, int | None]] = []
        self.places = Places(self.asked.append, self._send)

    def _send(self, brand: str, ticket_id: UUID, frame: str, *, only: frozenset[AuthorKind]) -> None:
        assert (brand, only) == ("lucky", PLAYERS)
        self.sent.append((ticket_id, json.loads(frame)["position"]))

    def comes(self, *hears: UUID, brand: str = "lucky", kind: AuthorKind = AuthorKind.PLAYER) -> list[Any]:
        """Let somebody come who hears these conversations; return the positions pushed to him at once."""
        pushed: list[Any] = []
        fake = SimpleNamespace(
            person=SimpleNamespace(brand=brand, kind=kind),
            subscriptions=dict.fromkeys(hears),
            push=lambda frame: pushed.append(json.loads(frame)["position"]),
        )
        self.places.meet(cast("LiveSocket", fake))
        return pushed

    def told(self, *tickets: UUID, waiting: int | None = None, brand: str = "lucky") -> list[tuple[UUID, int | None]]:
        """Let tickets tell who waits, in order; return what was sent for it."""
        self.sent.clear()
        places = tuple(QueuePlace(ticket_id=one, position=n, eta_seconds=n) for n, one in enumerate(tickets, start=1))
        queue = QueueChanged(queue="q", waiting=waiting or len(places), eta_seconds=9, places=places)
        told = QueuesTold(brand=brand, at=SAMPLE_TIME, queues=(queue,) if places else ())
        self.places.hear(told.model_dump(mode="json"))
        return self.sent


def test_it_is_asked_once_and_only_for_players() -> None:
    """The desk has lists of its own."""
    here = Here()
    here.comes(kind=AuthorKind.STAFF)
    assert here.asked == []
    here.comes(A)
    here.comes(B, kind=AuthorKind.VISITOR)
    assert here.asked == ["lucky"]


def test_only_news_is_sent() -> None:
    """Who moved, who came, who waits no more."""
    here = Here()
    here.comes(A)
    assert here.told(A, B) == [(A, 1), (B, 2)]
    assert here.told(A, B) == []
    assert here.told(B, C) == [(B, 1), (C, 2), (A, None)]
    assert set(here.told()) == {(B, None), (C, None)}


def test_who_comes_sees_his_own_place_and_no_other() -> None:
    """As it was told last."""
    here = Here()
    assert here.comes(A) == []
    here.told(A, B)
    assert here.comes(B) == [2]
    assert here.comes(C) == []


def test_who_may_stand_too_far_behind_is_not_said_to_wait_no_more() -> None:
    """A queue that is told in part says nothing about the rest."""
    here = Here()
    here.comes(A)
    here.told(A, B)
    assert here.told(A, waiting=500) == []


def test_who_is_taken_has_no_place_any_more() -> None:
    """He hears it by another frame."""
    here = Here()
    here.comes(A)
    here.told(A, B)
    here.places.taken("lucky", A)
    assert here.comes(A) == []
    assert here.told(B) == [(B, 1)]


def test_brands_without_players_are_forgotten() -> None:
    """What was known of them is old when somebody comes again."""
    here = Here()
    here.comes(A)
    here.told(A)
    here.places.renew({"royal"})
    assert here.asked == ["lucky", "royal"]
    assert here.told(A) == []
    assert here.comes(A) == []
    assert here.asked == ["lucky", "royal", "lucky"]
