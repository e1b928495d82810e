"""HTTP edge of a brand's rules for live conversations, of bans and of ratings."""

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.chat.api.callers import InsideReader, Lead, Senior, Talker, person_of
from services.chat.domain.addresses import vouched_address
from services.chat.domain.errors import (
    AlreadyRated,
    BanNotFound,
    FormUnanswerable,
    RatingNotAsked,
    RulesUnusable,
    SessionNotFound,
)
from services.chat.domain.rules import Ban
from services.chat.schemas.reaching import ChatOffer
from services.chat.schemas.rules import (
    BanDocument,
    ChatPolicyDocument,
    NewBan,
    RateSession,
    RatingDocument,
    ReplaceChatPolicy,
)
from services.chat.use_cases import bans, policies, ratings, silences
from services.chat.use_cases.offering import make_offer, waits_of
from shared.contracts.base import AuthorKind
from shared.contracts.chat import ChatDataRead
from shared.contracts.looks import Sight
from shared.db.session import SessionDep
from shared.messaging.looks import tell_look
from shared.service import GroundDep
from shared.web.actor import ActorKind, Forbidden
from shared.web.conditional import IfMatchDep, IfMatchMalformed, IfMatchMissing, Stale, etag
from shared.web.idempotency import OnceDep
from shared.web.looks import LookDep
from shared.web.pages import CursorInvalid, Page, PageDep
from shared.web.problems import problems

router: Final = APIRouter(prefix="/v1/chat", tags=["chat"])

Worst = Annotated[int, Query(ge=1, le=5, description="no better than this")]


@router.get("/offer", responses=problems(Forbidden))
async def read_offer(
    *,
    actor: Talker,
    session: SessionDep,
    ground: GroundDep,
    language: Annotated[str | None, Query(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)] = None,
) -> ChatOffer:
    """Ask before the first word whether somebody is there to answer, and what a visitor has to say of himself."""
    wait = waits_of(ground.extras).of(actor.brand, language)
    policy, offer = await make_offer(session, brand=actor.brand, wait_seconds=wait, now=ground.clock.now())
    is_visitor = actor.kind is ActorKind.VISITOR
    return ChatOffer.of(
        offer, form=policy.form if is_visitor else None,
        email_known=not is_visitor and vouched_address(actor.claims) is not None,
    )  # fmt: skip


@router.get("/policy", responses=problems(Forbidden))
async def read_policy(actor: InsideReader, session: SessionDep, response: Response) -> ChatPolicyDocument:
    """Read when silence ends a conversation, whether players are asked for a rating and may correct their words."""
    policy = await policies.read_policy(session, brand=actor.brand)
    response.headers["ETag"] = etag(policy.version)
    return ChatPolicyDocument.of(policy)


@router.put(
    "/policy",
    responses=problems(Forbidden, FormUnanswerable, RulesUnusable, IfMatchMissing, IfMatchMalformed, Stale),
)
async def replace_policy(
    *,
    body: ReplaceChatPolicy,
    actor: Lead,
    expected_version: IfMatchDep,
    session: SessionDep,
    ground: GroundDep,
    response: Response,
) -> ChatPolicyDocument:
    """Replace the rules; silences that run already keep the time they were given."""
    policy = await policies.replace_policy(
        session, brand=actor.brand, revise=body.policy, by=actor.id, expected_version=expected_version,
        now=ground.clock.now(),
    )  # fmt: skip
    response.headers["ETag"] = etag(policy.version)
    return ChatPolicyDocument.of(policy)


@router.post("/bans", status_code=201, response_model=BanDocument, responses=problems(Forbidden, SessionNotFound))
async def ban(
    *, body: NewBan, actor: Senior, look: LookDep, session: SessionDep, ground: GroundDep, once: OnceDep
) -> Response:
    """Keep the player of a conversation out of the chat; what he has open ends, and he is told until when."""
    lasts = None if body.minutes is None else timedelta(minutes=body.minutes)

    async def make() -> BanDocument:
        made = await bans.ban_person(
            session, brand=actor.brand, ticket_id=body.ticket_id, reason=body.reason, lasts=lasts, by=actor.id,
            now=ground.clock.now(),
        )  # fmt: skip
        await tell_look(
            session, look, ChatDataRead, Sight.BAN_PLAYER, brand=actor.brand, at=made.banned_at,
            ticket_id=body.ticket_id, player_id=_player(made), narrowed={"ban": made.id},
        )  # fmt: skip
        return BanDocument.of(made)

    return await once.answer(make, status=201)


@router.get("/bans", responses=problems(Forbidden, CursorInvalid))
async def list_bans(
    *,
    actor: InsideReader,
    look: LookDep,
    session: SessionDep,
    ground: GroundDep,
    page: PageDep,
    in_force: Annotated[bool, Query(description="leave out those that are over")] = True,
) -> Page[BanDocument]:
    """List bans, newest first."""
    now = ground.clock.now()
    filters = {"in_force": in_force}
    await tell_look(session, look, ChatDataRead, Sight.LIST_BANS, brand=actor.brand, at=now, narrowed=filters)
    rows = await bans.list_bans(
        session, brand=actor.brand, in_force_at=now if in_force else None, after=_after(page.after(filters)),
        limit=page.limit + 1,
    )  # fmt: skip
    shown, following = page.cut(rows, lambda one: (one.banned_at.isoformat(), str(one.id)), filters)
    return Page(items=[BanDocument.of(one) for one in shown], next_cursor=following)


@router.delete("/bans/{ban_id}", responses=problems(Forbidden, BanNotFound))
async def lift(ban_id: UUID, actor: Senior, look: LookDep, session: SessionDep, ground: GroundDep) -> BanDocument:
    """Let a person in again; lifting a ban twice changes nothing."""
    now = ground.clock.now()
    lifted = await bans.lift(session, brand=actor.brand, ban_id=ban_id, by=actor.id, now=now)
    await tell_look(
        session, look, ChatDataRead, Sight.LIFT_BAN, brand=actor.brand, at=now, ticket_id=lifted.ticket_id,
        player_id=_player(lifted), narrowed={"ban": ban_id},
    )  # fmt: skip
    return BanDocument.of(lifted)


@router.put(
    "/sessions/{ticket_id}/rating", responses=problems(SessionNotFound, RatingNotAsked, AlreadyRated, Forbidden)
)
async def rate(
    ticket_id: UUID, body: RateSession, actor: Talker, session: SessionDep, ground: GroundDep
) -> RatingDocument:
    """Say how a finished conversation was, once; saying the same again changes nothing."""
    rating = await ratings.rate(
        session, person=person_of(actor), ticket_id=ticket_id, score=body.score, comment=body.comment,
        now=ground.clock.now(),
    )  # fmt: skip
    return RatingDocument.of(rating)


@router.get("/ratings", responses=problems(Forbidden, CursorInvalid))
async def list_ratings(
    *, actor: InsideReader, look: LookDep, session: SessionDep, ground: GroundDep, page: PageDep, worst: Worst = 5
) -> Page[RatingDocument]:
    """List what players said, newest first; with `worst=2` only what was bad."""
    filters = {"worst": worst}
    now = ground.clock.now()
    await tell_look(session, look, ChatDataRead, Sight.LIST_RATINGS, brand=actor.brand, at=now, narrowed=filters)
    rows = await ratings.list_ratings(
        session, brand=actor.brand, worst=worst, after=_after(page.after(filters)), limit=page.limit + 1
    )
    documents = [RatingDocument.of(one) for one in rows]
    shown, following = page.cut(documents, lambda one: (one.rated_at.isoformat(), str(one.ticket_id)), filters)
    return Page(items=shown, next_cursor=following)


@router.post("/sessions/{ticket_id}/stay", status_code=204, responses=problems(SessionNotFound, Forbidden))
async def stay(ticket_id: UUID, actor: Talker, session: SessionDep, ground: GroundDep) -> Response:
    """Say that one is still there, so that silence does not end the conversation."""
    await silences.stay(session, brand=actor.brand, ticket_id=ticket_id, owner=person_of(actor), now=ground.clock.now())
    return Response(status_code=204)


def _player(banned: Ban) -> str | None:
    return banned.person.id if banned.person.kind is AuthorKind.PLAYER else None


def _after(key: tuple[str, ...] | None) -> tuple[datetime, UUID] | None:
    return (datetime.fromisoformat(key[0]), UUID(key[1])) if key else None
