"""Conditional edits (RFC 9110, section 13): nobody overwrites what he has not seen."""

import re
from typing import Annotated, ClassVar, Final

from fastapi import Depends, Header

from shared.errors import DomainError, Kind

# One spelling for each version: entity tags compare by their characters (RFC 9110, section 8.8.3.2).
_TAG: Final = re.compile(r'"(0|[1-9][0-9]{0,17})"')


class Stale(DomainError):
    """The resource has changed since it was read."""

    kind: ClassVar[Kind] = Kind.STALE


class IfMatchMissing(DomainError):
    """An edit needs If-Match with the ETag that was read."""

    kind: ClassVar[Kind] = Kind.PRECONDITION_REQUIRED


class IfMatchMalformed(DomainError):
    """If-Match must be one strong entity tag as given in ETag."""

    kind: ClassVar[Kind] = Kind.INVALID


def etag(version: int) -> str:
    """Return the strong entity tag of a version."""
    return f'"{version}"'


def parse_if_match(if_match: str | None) -> int:
    """Return the version the caller has seen."""
    if if_match is None:
        raise IfMatchMissing(field="#header/If-Match")
    tag = _TAG.fullmatch(if_match.strip())
    if tag is None:
        raise IfMatchMalformed(field="#header/If-Match")
    return int(tag[1])


async def seen_version(
    if_match: Annotated[str | None, Header(description='the ETag that was read, e.g. `"7"`')] = None,
) -> int:
    """Return the version in the If-Match header of this request."""
    return parse_if_match(if_match)


IfMatchDep = Annotated[int, Depends(seen_version)]


def demand(expected: int, actual: int) -> None:
    """Raise `Stale` unless the caller has seen the current version."""
    if expected != actual:
        raise Stale(f"version {actual} is current, {expected} was sent", current_version=actual)
