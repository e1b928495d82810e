"""The unit of work of an HTTP request: one transaction, committed before the answer is sent."""

from collections.abc import AsyncIterator
from typing import Annotated, Protocol

from fastapi import Depends, Request

from shared.db.engine import Database, Session


class HasBrand(Protocol):
    """What a transaction needs to know of its caller."""

    @property
    def brand(self) -> str:
        """The brand whose rows the transaction may see."""
        ...


async def open_session(request: Request) -> AsyncIterator[Session]:
    """Open the request's transaction, bound to the brand of the verified caller; without one there is none."""
    database: Database = request.app.state.ground.database
    caller: HasBrand = request.app.state.identify(request)
    async with database.begin(caller.brand) as session:
        yield session


SessionDep = Annotated[Session, Depends(open_session, scope="function")]
"""FastAPI runs the exit of `yield` dependencies after the answer unless their scope is the function's: with this
alias a failed commit is a 5xx and a client that reads after 201 sees its write."""
