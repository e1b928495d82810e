"""Routes of API keys and player keys."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway import schemas
from services.gateway.api.access import AdminDep, DoorwayDep
from services.gateway.domain.credentials import ApiKeyNameTaken, ApiKeyNotFound, ExpiryPast
from services.gateway.domain.player_tokens import PlayerKeyNotFound, PlayerKeyUnusable, TooManyPlayerKeys
from services.gateway.use_cases import keys as use_cases
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Forbidden
from shared.web.idempotency import OnceDep
from shared.web.pages import Page, PageDep
from shared.web.problems import problems

router = APIRouter(prefix="/v1", tags=["keys"])


@router.get("/api-keys", responses=problems(Forbidden))
async def list_api_keys(session: SessionDep, actor: AdminDep, page: PageDep) -> Page[schemas.ApiKey]:
    """List the brand's API keys, revoked ones included; secrets are never shown again."""
    after = page.after({})
    rows = await use_cases.list_api_keys(
        session, brand=actor.brand, after=after[0] if after else None, limit=page.limit + 1
    )
    shown, following = page.cut(rows, lambda row: (row.key_id,), {})
    return Page(items=[schemas.ApiKey.of(row) for row in shown], next_cursor=following)


@router.post(
    "/api-keys",
    status_code=201,
    response_model=schemas.MadeApiKey,
    responses=problems(Forbidden, ApiKeyNameTaken, ExpiryPast),
)
async def make_api_key(
    body: schemas.NewApiKey,
    session: SessionDep,
    actor: AdminDep,
    ground: GroundDep,
    door: DoorwayDep,
    once: OnceDep,
) -> Response:
    """Make an API key. Its text is in this answer only; a retry with the same Idempotency-Key gets the same answer."""

    async def make() -> schemas.MadeApiKey:
        row, text = await use_cases.make_api_key(
            session,
            brand=actor.brand,
            environment=door.settings.key_environment,
            name=body.name,
            scopes=body.scopes,
            expires_at=body.expires_at,
            created_by=UUID(actor.id),
            now=ground.clock.now(),
        )
        return schemas.MadeApiKey(**schemas.ApiKey.of(row).model_dump(), key=text)

    return await once.answer(make, status=201)


@router.delete("/api-keys/{key_id}", status_code=204, responses=problems(Forbidden, ApiKeyNotFound))
async def revoke_api_key(
    key_id: str, session: SessionDep, actor: AdminDep, ground: GroundDep, door: DoorwayDep
) -> Response:
    """Revoke an API key; it stops working within five seconds."""
    await use_cases.revoke_api_key(session, brand=actor.brand, key_id=key_id, now=ground.clock.now())
    door.forget()
    return Response(status_code=204)


@router.get("/player-keys", responses=problems(Forbidden))
async def list_player_keys(session: SessionDep, actor: AdminDep) -> Page[schemas.PlayerKey]:
    """List the brand's live player keys; there are at most two."""
    rows = await use_cases.list_player_keys(session, brand=actor.brand)
    return Page(items=[schemas.PlayerKey.of(row) for row in rows], next_cursor=None)


@router.post(
    "/player-keys",
    status_code=201,
    response_model=schemas.MadePlayerKey,
    responses=problems(Forbidden, TooManyPlayerKeys, PlayerKeyUnusable),
)
async def add_player_key(
    body: schemas.NewPlayerKey,
    session: SessionDep,
    actor: AdminDep,
    ground: GroundDep,
    door: DoorwayDep,
    once: OnceDep,
) -> Response:
    """Add a key for players' tokens; the second of two lets an operator change keys without a gap."""

    async def add() -> schemas.MadePlayerKey:
        row, secret = await use_cases.add_player_key(
            session,
            brand=actor.brand,
            algorithm=body.algorithm,
            public_key=body.public_key,
            seal=door.settings.seal(),
            created_by=UUID(actor.id),
            now=ground.clock.now(),
        )
        return schemas.MadePlayerKey.with_secret(row, secret)

    return await once.answer(add, status=201)


@router.delete("/player-keys/{kid}", status_code=204, responses=problems(Forbidden, PlayerKeyNotFound))
async def revoke_player_key(
    kid: str, session: SessionDep, actor: AdminDep, ground: GroundDep, door: DoorwayDep
) -> Response:
    """Revoke a player key; tokens it signed stop working within five seconds."""
    await use_cases.revoke_player_key(session, brand=actor.brand, kid=kid, now=ground.clock.now())
    door.forget()
    return Response(status_code=204)
