"""HTTP edge of live conversations."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response

from services.chat.api.callers import (
    Agent,
    Player,
    Poster,
    Reader,
    ReasonHeader,
    Talker,
    owner_of,
    person_of,
    settings_of,
)
from services.chat.domain.addresses import vouched_address
from services.chat.domain.errors import (
    ChatBanned,
    ClientMsgIdReused,
    FormIncomplete,
    NothingToClaim,
    OriginRefused,
    SessionHasEnded,
    SessionNotFound,
    SocketTicketRefused,
    StaffAnswerThroughTickets,
    TextRefused,
)
from services.chat.domain.values import Details, Draft, Look
from services.chat.schemas.http import (
    ClaimSession,
    PostMessage,
    SocketTicket,
    StartedSession,
    StartSession,
    Transcript,
    TranscriptMessage,
)
from services.chat.use_cases.claiming import claim_session
from services.chat.use_cases.holding import holder_shown
from services.chat.use_cases.policies import read_policy
from services.chat.use_cases.posting import post_message
from services.chat.use_cases.ratings import is_wanted
from services.chat.use_cases.sessions import Opening, end_session, open_session
from services.chat.use_cases.silences import ends_at
from services.chat.use_cases.socket_tickets import issue_socket_ticket
from services.chat.use_cases.transcripts import read_page
from shared.db.session import SessionDep
from shared.messaging.runtime import Ground
from shared.redaction import redact
from shared.service import GroundDep
from shared.web.actor import Actor, ActorKind
from shared.web.hot import HotRoute
from shared.web.idempotency import OnceDep
from shared.web.problems import problems

SOCKET_PATH: Final = "/v1/chat/socket"
router: Final = APIRouter(tags=["chat"])
hot: Final = APIRouter(tags=["chat"], route_class=HotRoute)

Origin = Annotated[str | None, Header(description="a socket opened with the ticket must come from the same origin")]
Key = Annotated[
    str | None, Header(max_length=255, description="repeating it means the same conversation and the same first words")
]


@hot.post(
    "/v1/chat/sessions",
    status_code=201,
    response_model=StartedSession,
    responses=problems(SessionHasEnded, TextRefused, ClientMsgIdReused, ChatBanned, FormIncomplete),
)
async def start_session(
    *,
    body: StartSession,
    session: SessionDep,
    actor: Talker,
    ground: GroundDep,
    origin: Origin = None,
    idempotency_key: Key = None,
) -> Response:
    """Open a live conversation, or come back to the open one, and get a way onto its socket.

    Repeating the request is harmless without any key; a key also protects `new` and first words without
    `client_msg_id`. The answer is made anew each time, because a socket ticket works only once.
    """
    now = ground.clock.now()
    person = person_of(actor)
    ticket_id, last_seq = await open_session(
        session, person=person, opening=_opening(body, idempotency_key, actor), now=now
    )
    life = settings_of(ground).socket_ticket_life
    ticket = await issue_socket_ticket(session, person=person, ticket_id=ticket_id, origin=origin, now=now, life=life)
    policy = await read_policy(session, brand=actor.brand)
    started = StartedSession(
        ticket_id=ticket_id, socket_url=_socket_url(ground), socket_ticket=ticket, last_seq=last_seq,
        inactive_ends_at=await ends_at(session, brand=actor.brand, ticket_id=ticket_id),
        correct_within=int(policy.correct_within.total_seconds()),
        holder=await holder_shown(session, brand=actor.brand, ticket_id=ticket_id, policy=policy),
    )  # fmt: skip
    return Response(started.model_dump_json(), status_code=201, media_type="application/json")


@router.post(
    "/v1/chat/claims",
    responses=problems(SocketTicketRefused, OriginRefused, NothingToClaim, SessionNotFound, ChatBanned),
)
async def claim(
    body: ClaimSession, session: SessionDep, actor: Player, ground: GroundDep, origin: Origin = None
) -> StartedSession:
    """Go on as a player with what one began as a visitor: both talk about one ticket, and nothing said is lost."""
    now, person = ground.clock.now(), person_of(actor)
    ticket_id, last_seq = await claim_session(
        session, player=person, socket_ticket=body.socket_ticket, origin=origin, now=now,
        vouched=vouched_address(actor.claims),
    )  # fmt: skip
    life = settings_of(ground).socket_ticket_life
    ticket = await issue_socket_ticket(session, person=person, ticket_id=ticket_id, origin=origin, now=now, life=life)
    policy = await read_policy(session, brand=actor.brand)
    return StartedSession(
        ticket_id=ticket_id, socket_url=_socket_url(ground), socket_ticket=ticket, last_seq=last_seq,
        correct_within=int(policy.correct_within.total_seconds()),
        holder=await holder_shown(session, brand=actor.brand, ticket_id=ticket_id, policy=policy),
    )  # fmt: skip


@router.post("/v1/desk/socket-tickets", status_code=201, tags=["desk"])
async def issue_desk_ticket(
    session: SessionDep, actor: Agent, ground: GroundDep, origin: Origin = None
) -> SocketTicket:
    """Get a way onto the socket for a member of staff; conversations assigned to them are heard without asking."""
    life = settings_of(ground).socket_ticket_life
    ticket = await issue_socket_ticket(
        session, person=person_of(actor), ticket_id=None, origin=origin, now=ground.clock.now(), life=life
    )
    return SocketTicket(socket_url=_socket_url(ground), socket_ticket=ticket)


@router.get("/v1/chat/sessions/{ticket_id}/messages", responses=problems(SessionNotFound))
async def read_transcript(
    *,
    ticket_id: UUID,
    request: Request,
    session: SessionDep,
    actor: Reader,
    ground: GroundDep,
    reason: ReasonHeader = None,
    after_seq: Annotated[int, Query(ge=0, le=2**53, description="messages after this one")] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
) -> Transcript:
    """Read a conversation in order: players and visitors their own; staff and servers, on record, their brand's."""
    look = Look(ground.clock.now(), request.state.request_id, redact(reason) if reason else None)
    page = await read_page(
        session, reader=person_of(actor), ticket_id=ticket_id, after_seq=after_seq, limit=limit, look=look
    )
    return Transcript.of(page, rating_wanted=await is_wanted(session, brand=actor.brand, ticket_id=ticket_id))


@hot.post(
    "/v1/chat/sessions/{ticket_id}/messages",
    status_code=201,
    response_model=TranscriptMessage,
    responses=problems(SessionNotFound, SessionHasEnded, StaffAnswerThroughTickets, ClientMsgIdReused),
)
async def post_to_session(
    *, ticket_id: UUID, body: PostMessage, session: SessionDep, actor: Poster, ground: GroundDep, once: OnceDep
) -> Response:
    """Say something, exactly as over the socket; the same `client_msg_id` over either way is one message."""
    if actor.kind is ActorKind.STAFF:
        detail = f"post staff's words to /v1/tickets/{ticket_id}/messages"
        raise StaffAnswerThroughTickets(detail, location=f"/v1/tickets/{ticket_id}/messages")
    draft = Draft(
        ticket_id, actor.author(), body.text, body.client_msg_id, attachments=body.attachments,
        details=Details(in_reply_to=body.in_reply_to),
    )  # fmt: skip

    async def post() -> TranscriptMessage:
        message = await post_message(session, brand=actor.brand, draft=draft, now=ground.clock.now())
        return TranscriptMessage.of(message)

    return await once.answer(post, status=201)


@router.delete("/v1/chat/sessions/{ticket_id}", status_code=204, responses=problems(SessionNotFound))
@router.post("/v1/chat/sessions/{ticket_id}/end", status_code=204, responses=problems(SessionNotFound))
async def end(ticket_id: UUID, session: SessionDep, actor: Poster, ground: GroundDep) -> Response:
    """End a conversation; its ticket lives on, and ending it again changes nothing."""
    reason = "staff" if actor.kind is ActorKind.STAFF else "player"
    await end_session(
        session, brand=actor.brand, ticket_id=ticket_id, reason=reason, now=ground.clock.now(), owner=owner_of(actor)
    )
    return Response(status_code=204)


def _opening(body: StartSession, key: str | None, actor: Actor) -> Opening:
    words = body.message
    return Opening(
        subject=body.subject,
        language=body.language,
        text=None if words is None else words.text,
        attachments=() if words is None else words.attachments,
        client_msg_id=None if words is None else words.client_msg_id,
        fresh=body.new,
        key=key,
        introduction=body.introduction(),
        vouched=vouched_address(actor.claims) if actor.kind is ActorKind.PLAYER else None,
    )


def _socket_url(ground: Ground) -> str:
    base = ground.settings.public_base_url.rstrip("/")
    return f"ws{base.removeprefix('http')}{SOCKET_PATH}"
