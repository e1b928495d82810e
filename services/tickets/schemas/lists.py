"""What lists of tickets are narrowed to and ordered by, and how they show tickets; saved views say the same."""

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from services.tickets.queries.lists import Filters, Listed
from services.tickets.queries.search import HIT_BEGINS, HIT_ENDS
from services.tickets.schemas.fields import Id, Language, Moment, ReasonCode
from services.tickets.schemas.tickets import Ticket, ticket_of
from services.tickets.settings import licences
from shared.contracts.base import Channel
from shared.contracts.tickets import Priority, ReasonClass, TicketStatus
from shared.web.actor import Actor, ActorKind, Forbidden

ME = "me"
NOBODY = "none"
_DIRECT = (
    "team_id", "reason", "reason_class", "player_id", "language", "tier", "licence", "complaint", "unanswered",
    "merged", "created_since", "created_until", "updated_since",
)  # fmt: skip
# What players are not shown of their tickets.
_HIDDEN = ("team_id", "tag", "tier", "licence", "complaint", "unanswered", "reason_class", "due_before")


class TicketFilters(BaseModel):
    """What to narrow a list to; several values of one field are alternatives, except tags, which must all be there."""

    status: Annotated[list[TicketStatus], Field(max_length=8)] = Field([], description="may be repeated")
    assignee: Id | None = Field(None, description="a staff id, `me` or `none`")
    team_id: Id | None = None
    tag: Annotated[list[Id], Field(max_length=10)] = Field([], description="may be repeated: they must all be there")
    reason: ReasonCode | None = None
    reason_class: ReasonClass | None = None
    priority: Annotated[list[Priority], Field(max_length=4)] = Field([], description="may be repeated")
    player_id: Id | None = None
    channel: Channel | None = None
    language: Language | None = None
    tier: Id | None = None
    licence: Id | None = Field(None, description=f"one of {', '.join(licences())}")
    complaint: bool | None = None
    unanswered: bool | None = Field(None, description="whether the player waits for a reply")
    merged: bool = Field(default=False, description="also tickets that were merged into others")
    created_since: Moment | None = None
    created_until: Moment | None = Field(None, description="before this moment")
    updated_since: Moment | None = Field(None, description="repeat with a few seconds' overlap: commits take a moment")
    due_before: Moment | None = Field(None, description="unfinished tickets with a promise due before this moment")

    def wanted(self, actor: Actor) -> Filters:
        """Return the filters as this caller means them; players and visitors see their own tickets only.

        Raise `Forbidden` for a filter that is not theirs: nobody learns by filtering what he is not shown, nor takes a
        list for narrowed that is not.
        """
        values: dict[str, Any] = {name: getattr(self, name) for name in _DIRECT}
        if actor.kind not in {ActorKind.STAFF, ActorKind.SERVER}:
            self._check_outside(actor)
        if actor.kind is ActorKind.PLAYER:
            values["player_id"] = actor.id
        return Filters(
            **values,
            statuses=tuple(self.status),
            assignee_id=_assignee(self.assignee, actor),
            unassigned=self.assignee == NOBODY,
            tags=tuple(self.tag),
            priorities=tuple(self.priority),
            visitor_id=actor.id if actor.kind is ActorKind.VISITOR else None,
            channel=self.channel.value if self.channel else None,
            due_before=self.due_before,
        )

    def _check_outside(self, actor: Actor) -> None:
        hidden = [name for name in _HIDDEN if getattr(self, name) not in (None, [])]
        if self.player_id is not None and (actor.kind is ActorKind.VISITOR or self.player_id != actor.id):
            hidden.append("player_id")
        if hidden:
            raise Forbidden(f"players and visitors do not narrow by {', '.join(hidden)}", field=f"#query/{hidden[0]}")


class ListedTicket(Ticket):
    """A ticket in a list.

    `next_due_at` is the earliest open promise, `waiting_since` when the player wrote the oldest words that nobody has
    answered, `player_name` what the player called himself last; players do not see them. `snippet` shows where a search
    found something: in words, else in the subject.
    """

    next_due_at: AwareDatetime | None = None
    waiting_since: AwareDatetime | None = None
    player_name: str | None = None
    snippet: list["Fragment"] | None = None


class Fragment(BaseModel):
    """A piece of a snippet; `hit` pieces are what was searched for."""

    text: str
    hit: bool


Search = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]


def listed_ticket_of(listed: Listed, brand: str, *, inside: bool, snippet: str | None = None) -> ListedTicket:
    """Return a ticket as lists show it."""
    values = dict(ticket_of(listed.state, brand, inside=inside))
    return ListedTicket.model_construct(
        **values,
        next_due_at=listed.next_due_at if inside else None,
        waiting_since=listed.waiting_since if inside else None,
        player_name=listed.player_name if inside else None,
        snippet=None if snippet is None else _fragments(snippet),
    )


def _fragments(snippet: str) -> list[Fragment]:
    pieces = [Fragment(text=head, hit=False) for head in snippet.split(HIT_BEGINS)[:1]]
    for piece in snippet.split(HIT_BEGINS)[1:]:
        hit, _, rest = piece.partition(HIT_ENDS)
        pieces += [Fragment(text=hit, hit=True), Fragment(text=rest, hit=False)]
    return [piece for piece in pieces if piece.text]


def _assignee(wanted: str | None, actor: Actor) -> str | None:
    if wanted == ME:
        return actor.id
    return None if wanted == NOBODY else wanted
