"""The webhook portal: endpoints, secrets, deliveries, replays."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.notifications import schemas
from services.notifications.clients.webhooks import WebhookClient
from services.notifications.domain.errors import (
    DeliveryNotFound,
    EndpointNotEnabled,
    EndpointNotFound,
    EventTypeUnknown,
    ReplayRangeInvalid,
    RotationRunning,
    TooManyEndpoints,
    UrlRefused,
)
from services.notifications.queries import deliveries
from services.notifications.queries import endpoints as endpoint_queries
from services.notifications.settings import Settings
from services.notifications.use_cases import endpoints, replaying, telling
from shared.contracts.looks import Sight
from shared.contracts.notifications import DeliveriesRead
from shared.db.session import SessionDep
from shared.messaging.looks import tell_look
from shared.messaging.runtime import Ground
from shared.service import GroundDep
from shared.web.actor import Actor, ActorKind, require
from shared.web.conditional import IfMatchDep, Stale, etag
from shared.web.idempotency import OnceDep, Reply
from shared.web.looks import LookDep
from shared.web.pages import Page, PageDep
from shared.web.problems import problems

_readers = require(ActorKind.STAFF, ActorKind.SERVER, role="lead", scope="webhooks:read")
_writers = require(ActorKind.STAFF, ActorKind.SERVER, role="lead", scope="webhooks:write")
Reader = Annotated[Actor, Depends(_readers)]
Writer = Annotated[Actor, Depends(_writers)]

Type = Annotated[str | None, Query(max_length=100, pattern=r"^[\x20-\x7e]*$")]

router = APIRouter(prefix="/v1/webhook-endpoints", tags=["webhooks"])


async def _check_url(ground: Ground, url: str | None) -> None:
    """Check an address; this asks the name server, so it runs before a transaction is open."""
    if url is not None:
        await cast("WebhookClient", ground.extras["webhooks"]).check(url)


async def _new_endpoint(body: schemas.NewEndpoint, ground: GroundDep, _actor: Writer) -> schemas.NewEndpoint:
    await _check_url(ground, body.url)
    return body


async def _changes(body: schemas.EndpointChanges, ground: GroundDep, _actor: Writer) -> schemas.EndpointChanges:
    await _check_url(ground, body.url)
    return body


@router.get("")
async def list_endpoints(session: SessionDep, actor: Reader, page: PageDep) -> Page[schemas.Endpoint]:
    """List the brand's webhook endpoints, oldest first."""
    after = page.after({})
    rows = await endpoint_queries.endpoints_after(
        session, actor.brand, after=UUID(after[0]) if after else None, limit=page.limit + 1
    )
    shown, cursor = page.cut(rows, lambda row: (str(row.id),), {})
    return Page(items=[schemas.Endpoint.of(row) for row in shown], next_cursor=cursor)


@router.post(
    "",
    status_code=201,
    response_model=schemas.EndpointWithSecret,
    responses=problems(UrlRefused, EventTypeUnknown, TooManyEndpoints),
)
async def create_endpoint(
    body: Annotated[schemas.NewEndpoint, Depends(_new_endpoint)],
    session: SessionDep,
    actor: Writer,
    ground: GroundDep,
    once: OnceDep,
) -> Response:
    """Add a webhook endpoint; the answer shows its secret, once."""
    settings = cast("Settings", ground.settings)

    async def create() -> Reply:
        row, secret = await endpoints.create_endpoint(
            session,
            brand=actor.brand,
            fields=body.model_dump(),
            seal=settings.seal(),
            most=settings.endpoints_per_brand,
            now=ground.clock.now(),
        )
        headers = {"ETag": etag(row.version), "Location": f"{router.prefix}/{row.id}"}
        return Reply(schemas.EndpointWithSecret.of(row, secret=secret), headers)

    return await once.answer(create, status=201)


@router.get("/{endpoint_id}", responses=problems(EndpointNotFound))
async def get_endpoint(endpoint_id: UUID, session: SessionDep, actor: Reader, response: Response) -> schemas.Endpoint:
    """Return one webhook endpoint and how it fares."""
    row = await endpoints.endpoint(session, brand=actor.brand, endpoint_id=endpoint_id)
    response.headers["ETag"] = etag(row.version)
    return schemas.Endpoint.of(row)


@router.patch("/{endpoint_id}", responses=problems(EndpointNotFound, UrlRefused, EventTypeUnknown, Stale))
async def change_endpoint(
    endpoint_id: UUID,
    *,
    body: Annotated[schemas.EndpointChanges, Depends(_changes)],
    version: IfMatchDep,
    session: SessionDep,
    actor: Writer,
    ground: GroundDep,
    response: Response,
) -> schemas.Endpoint:
    """Edit, pause, disable or enable a webhook endpoint; enabled again, what was pending goes out."""
    row = await endpoints.change_endpoint(
        session,
        brand=actor.brand,
        endpoint_id=endpoint_id,
        expected=version,
        fields=body.changed(),
        now=ground.clock.now(),
    )
    response.headers["ETag"] = etag(row.version)
    return schemas.Endpoint.of(row)


@router.delete("/{endpoint_id}", status_code=204, responses=problems(EndpointNotFound))
async def delete_endpoint(endpoint_id: UUID, session: SessionDep, actor: Writer, ground: GroundDep) -> None:
    """Remove a webhook endpoint for good."""
    await endpoints.delete_endpoint(session, brand=actor.brand, endpoint_id=endpoint_id, now=ground.clock.now())


@router.post(
    "/{endpoint_id}/secret-rotation",
    response_model=schemas.EndpointWithSecret,
    responses=problems(EndpointNotFound, RotationRunning),
)
async def rotate_secret(
    endpoint_id: UUID, session: SessionDep, actor: Writer, ground: GroundDep, once: OnceDep
) -> Response:
    """Make a new secret; the old one signs along for 24 hours, so that receivers can change over without a gap."""
    settings = cast("Settings", ground.settings)

    async def rotate() -> Reply:
        row, secret = await endpoints.rotate_secret(
            session,
            brand=actor.brand,
            endpoint_id=endpoint_id,
            seal=settings.seal(),
            overlap=settings.rotation_overlap,
            now=ground.clock.now(),
        )
        return Reply(schemas.EndpointWithSecret.of(row, secret=secret), {"ETag": etag(row.version)})

    return await once.answer(rotate)


@router.delete("/{endpoint_id}/secret-rotation", status_code=204, responses=problems(EndpointNotFound))
async def revoke_previous_secret(endpoint_id: UUID, session: SessionDep, actor: Writer, ground: GroundDep) -> None:
    """End a rotation early: the old secret stops signing now."""
    await endpoints.revoke_previous_secret(session, brand=actor.brand, endpoint_id=endpoint_id, now=ground.clock.now())


@router.post(
    "/{endpoint_id}/test",
    status_code=202,
    response_model=schemas.FullDelivery,
    responses=problems(EndpointNotFound, EndpointNotEnabled),
)
async def test_endpoint(
    endpoint_id: UUID, session: SessionDep, actor: Writer, ground: GroundDep, once: OnceDep
) -> Response:
    """Send a test fact to the endpoint, whatever its filter."""

    async def test() -> schemas.FullDelivery:
        delivery_id = await telling.request_test(
            session, brand=actor.brand, endpoint_id=endpoint_id, now=ground.clock.now()
        )
        return await _full_delivery(session, actor.brand, endpoint_id, delivery_id)

    return await once.answer(test, status=202)


@router.get("/{endpoint_id}/deliveries", responses=problems(EndpointNotFound))
async def list_deliveries(
    endpoint_id: UUID,
    *,
    session: SessionDep,
    actor: Reader,
    look: LookDep,
    ground: GroundDep,
    page: PageDep,
    state: schemas.DeliveryStateName | None = None,
    type: Type = None,  # noqa: A002 - the attribute is called so everywhere
) -> Page[schemas.Delivery]:
    """List an endpoint's deliveries with their attempts, newest first."""
    await endpoints.endpoint(session, brand=actor.brand, endpoint_id=endpoint_id)
    filters = {"endpoint": endpoint_id, "state": state, "type": type}
    now = ground.clock.now()
    await tell_look(session, look, DeliveriesRead, Sight.LIST_DELIVERIES, brand=actor.brand, at=now, narrowed=filters)
    before = page.after(filters)
    rows = await deliveries.deliveries_before(
        session,
        actor.brand,
        endpoint_id,
        state=state,
        type_=type,
        before=int(before[0]) if before else None,
        limit=page.limit + 1,
    )
    shown, cursor = page.cut(rows, lambda row: (str(row.position),), filters)
    attempts = await deliveries.attempts_of(session, actor.brand, [row.id for row in shown])
    items = [schemas.Delivery.of(row, [a for a in attempts if a.delivery_id == row.id]) for row in shown]
    return Page(items=items, next_cursor=cursor)


@router.get("/{endpoint_id}/deliveries/{delivery_id}", responses=problems(DeliveryNotFound))
async def get_delivery(
    *, endpoint_id: UUID, delivery_id: UUID, session: SessionDep, actor: Reader, look: LookDep, ground: GroundDep
) -> schemas.FullDelivery:
    """Return one delivery with its body and what each attempt was answered."""
    now = ground.clock.now()
    await tell_look(
        session, look, DeliveriesRead, Sight.READ_DELIVERY, brand=actor.brand, at=now,
        narrowed={"endpoint": endpoint_id, "delivery": delivery_id},
    )  # fmt: skip
    return await _full_delivery(session, actor.brand, endpoint_id, delivery_id)


@router.post(
    "/{endpoint_id}/replay",
    status_code=202,
    response_model=schemas.Replayed,
    responses=problems(EndpointNotFound, EndpointNotEnabled, ReplayRangeInvalid),
)
async def replay(
    endpoint_id: UUID,
    *,
    body: schemas.Replay,
    session: SessionDep,
    actor: Writer,
    ground: GroundDep,
    once: OnceDep,
) -> Response:
    """Send deliveries again under their old ids: named ones, or those of a range that failed or were skipped."""

    async def run() -> schemas.Replayed:
        selection = replaying.Selection(**body.model_dump())
        done = await replaying.replay(
            session, brand=actor.brand, endpoint_id=endpoint_id, selection=selection, now=ground.clock.now()
        )
        return schemas.Replayed(replayed=done.replayed, complete=done.complete)

    return await once.answer(run, status=202)


async def _full_delivery(session: SessionDep, brand: str, endpoint_id: UUID, delivery_id: UUID) -> schemas.FullDelivery:
    row = await deliveries.delivery(session, brand, endpoint_id, delivery_id)
    if row is None:
        raise DeliveryNotFound
    endpoint = await endpoints.endpoint(session, brand=brand, endpoint_id=endpoint_id)
    sent = row.content_body if endpoint.include_content and row.content_body is not None else row.body
    attempts = await deliveries.attempts_of(session, brand, [delivery_id])
    return schemas.FullDelivery.of(row, attempts, body=bytes(sent).decode())
