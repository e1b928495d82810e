"""Routes of the ways in: staff sessions and visitors."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.gateway import schemas
from services.gateway.domain.accounts import BadCredentials, BrandAmbiguous, SessionEnded, SignInLocked
from services.gateway.domain.brands import BrandNotFound
from services.gateway.domain.credentials import Credential
from services.gateway.use_cases import sign_in as use_cases
from services.gateway.use_cases.doorway import Doorway
from services.gateway.use_cases.passwords import SignInBusy
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Actor, ActorKind, require
from shared.web.problems import problems

router = APIRouter(prefix="/v1/auth", tags=["access"])


def doorway(ground: GroundDep) -> Doorway:
    """Return what the door works with."""
    found = ground.extras[Doorway.NAME]
    assert isinstance(found, Doorway)  # noqa: S101 - put there by the lifespan
    return found


def credential_digest(request: Request) -> bytes:
    """Return what stands for the credential that the door has proven."""
    credential: Credential = request.state.credential
    return credential.digest


DoorwayDep = Annotated[Doorway, Depends(doorway)]
DigestDep = Annotated[bytes, Depends(credential_digest)]
StaffDep = Annotated[Actor, Depends(require(ActorKind.STAFF))]
AdminDep = Annotated[Actor, Depends(require(ActorKind.STAFF, role="admin"))]


@router.post("/token", responses=problems(BadCredentials, SignInLocked, SignInBusy, BrandAmbiguous))
async def sign_in(body: schemas.SignIn, request: Request, ground: GroundDep, door: DoorwayDep) -> schemas.Token:
    """Sign in as a member of staff with e-mail address and password."""
    signed_in = await use_cases.sign_in(
        ground.database,
        door.settings,
        door.passwords,
        email=body.email,
        password=body.password.get_secret_value(),
        brand=body.brand,
        address=request.state.address,
        now=ground.clock.now(),
    )
    return schemas.Token.of(signed_in)


@router.post("/refresh", responses=problems(SessionEnded))
async def refresh(body: schemas.Refresh, ground: GroundDep, door: DoorwayDep) -> schemas.Token:
    """Exchange a refresh token for a new pair; the old access token stops working."""
    renewed = await use_cases.refresh(
        ground.database, door.settings, refresh_token=body.refresh_token, now=ground.clock.now()
    )
    door.forget()
    return schemas.Token.of(renewed)


@router.delete("/session", status_code=204)
async def sign_out(
    session: SessionDep, actor: StaffDep, digest: DigestDep, ground: GroundDep, door: DoorwayDep
) -> Response:
    """End the session of the token that was sent."""
    await use_cases.sign_out(session, door.settings, brand=actor.brand, access_digest=digest, now=ground.clock.now())
    door.forget()
    return Response(status_code=204)


@router.post("/visitor", status_code=201, responses=problems(BrandNotFound))
async def admit_visitor(body: schemas.VisitorWanted, ground: GroundDep, door: DoorwayDep) -> schemas.VisitorToken:
    """Open an anonymous session for one conversation with a brand."""
    visitor = await use_cases.admit_visitor(ground.database, door.settings, brand=body.brand, now=ground.clock.now())
    return schemas.VisitorToken.of(visitor)
