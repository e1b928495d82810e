"""The HTTP shapes of intake."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class FailedMail(BaseModel):
    """A mail that could not be read. Its content stays sealed; `reason` is the class of the failure."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    received_at: datetime
    size: int
    reason: str
    attempts: int
