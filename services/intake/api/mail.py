"""The HTTP edge of intake: mails that could not be read, for those who mend it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from services.intake.domain.mail import DeliveryNotFound
from services.intake.queries import mail as queries
from services.intake.schemas.mail import FailedMail
from services.intake.use_cases import mail as use_cases
from shared.contracts.intake import IntakeDataRead
from shared.contracts.looks import Sight
from shared.db.session import SessionDep
from shared.messaging.looks import tell_look
from shared.service import GroundDep
from shared.web.actor import Actor, ActorKind, Forbidden, require
from shared.web.looks import LookDep
from shared.web.pages import CursorInvalid, Page, PageDep
from shared.web.problems import problems

router = APIRouter(prefix="/v1/intake", tags=["intake"])

Admin = Annotated[Actor, Depends(require(ActorKind.STAFF, role="admin"))]


@router.get("/failed-mails", responses=problems(Forbidden, CursorInvalid))
async def list_failed_mails(
    session: SessionDep, actor: Admin, look: LookDep, ground: GroundDep, page: PageDep
) -> Page[FailedMail]:
    """List mails that were set aside because they could not be read, oldest first."""
    after = page.after({})
    now = ground.clock.now()
    await tell_look(session, look, IntakeDataRead, Sight.LIST_FAILED_MAILS, brand=actor.brand, at=now)
    rows = await queries.failed_deliveries(
        session, actor.brand, after=UUID(after[0]) if after else None, limit=page.limit + 1
    )
    shown, next_cursor = page.cut(rows, lambda row: (str(row.id),), {})
    return Page(items=[FailedMail.model_validate(row) for row in shown], next_cursor=next_cursor)


@router.post("/failed-mails/{delivery_id}/replay", status_code=204, responses=problems(Forbidden, DeliveryNotFound))
async def replay_failed_mail(delivery_id: UUID, session: SessionDep, actor: Admin) -> None:
    """Have a mail that was set aside read again within a second."""
    await use_cases.replay_mail(session, brand=actor.brand, delivery_id=delivery_id)
