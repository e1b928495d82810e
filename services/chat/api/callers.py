"""Who calls chat over HTTP, and what the routes share."""

from typing import Annotated

from fastapi import Depends, Header

from services.chat.domain.values import Person
from services.chat.schemas.http import Cause
from services.chat.settings import Settings
from shared.messaging.runtime import Ground
from shared.web.actor import Actor, ActorKind, require

Talker = Annotated[Actor, Depends(require(ActorKind.PLAYER, ActorKind.VISITOR))]
Player = Annotated[Actor, Depends(require(ActorKind.PLAYER))]
Poster = Annotated[Actor, Depends(require(ActorKind.PLAYER, ActorKind.VISITOR, ActorKind.STAFF, role="agent"))]
Reader = Annotated[
    Actor,
    Depends(
        require(ActorKind.PLAYER, ActorKind.VISITOR, ActorKind.STAFF, ActorKind.SERVER, role="agent", scope="chat:read")
    ),
]
Agent = Annotated[Actor, Depends(require(ActorKind.STAFF, role="agent"))]
Senior = Annotated[Actor, Depends(require(ActorKind.STAFF, role="senior"))]
Lead = Annotated[Actor, Depends(require(ActorKind.STAFF, role="lead"))]
InsideReader = Annotated[Actor, Depends(require(ActorKind.STAFF, ActorKind.SERVER, role="agent", scope="chat:read"))]

ReasonHeader = Annotated[
    Cause | None,
    Header(
        alias="X-Pitboss-Reason",
        description="why staff or a server looks at this, for the audit trail: up to 200 characters on one line, those"
        " beyond ASCII percent-encoded as UTF-8",
    ),
]


def person_of(actor: Actor) -> Person:
    """Return the caller as chat knows people."""
    author = actor.author()
    return Person(actor.brand, author.kind, author.id, author.name, vip=actor.claims.get("vip"))


def owner_of(actor: Actor) -> Person | None:
    """Return whose conversations alone the caller may see; None: those of the whole brand."""
    return person_of(actor) if actor.kind in {ActorKind.PLAYER, ActorKind.VISITOR} else None


def settings_of(ground: Ground) -> Settings:
    """Return the knobs of this service."""
    assert isinstance(ground.settings, Settings)  # noqa: S101 - `create_app` made them
    return ground.settings
