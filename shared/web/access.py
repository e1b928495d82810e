"""Who may call a route, read from the dependencies that let callers through: the document says what is checked."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from fastapi.dependencies.models import Dependant

from shared.web.actor import ROLES, Access, ActorKind, access_of, current_actor

# What the kinds are called among the security schemes of the public document.
SCHEMES: Final = {
    ActorKind.STAFF: "staff",
    ActorKind.SERVER: "apiKey",
    ActorKind.PLAYER: "player",
    ActorKind.VISITOR: "visitor",
}


@dataclass(frozen=True, slots=True)
class Allowed:
    """The kinds of callers that get through, the least role of people among them and the scopes of API keys."""

    kinds: frozenset[ActorKind] = frozenset(SCHEMES)
    role: str | None = None
    scopes: tuple[str, ...] = ()

    def narrowed(self, access: Access) -> "Allowed":
        """Return who gets through this check too."""
        known = [role for role in (self.role, access.role) if role is not None]
        return replace(
            self,
            kinds=self.kinds & access.kinds,
            role=max(known, key=ROLES.index, default=None),
            scopes=tuple(dict.fromkeys((*self.scopes, *([access.scope] if access.scope else ())))),
        )

    def security(self) -> list[dict[str, list[str]]]:
        """Return it as OpenAPI says it: one way in per kind, with the role or the scopes that it needs."""
        needs = {ActorKind.STAFF: [self.role] if self.role else [], ActorKind.SERVER: list(self.scopes)}
        return [{scheme: needs.get(kind, [])} for kind, scheme in SCHEMES.items() if kind in self.kinds]


def allowed_by(dependant: Dependant) -> Allowed | None:
    """Return who gets through all checks of a route; None: it asks for no caller at all."""
    calls = list(_calls(dependant))
    checks = [access for access in map(access_of, calls) if access is not None]
    if not checks and current_actor not in calls:
        return None
    allowed = Allowed()
    for access in checks:
        allowed = allowed.narrowed(access)
    return allowed


def _calls(dependant: Dependant) -> Iterator[object]:
    for one in dependant.dependencies:
        yield one.call
        yield from _calls(one)
