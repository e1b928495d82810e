"""Who may send next: round-robin over endpoints, so that no endpoint's backlog delays another's first attempt."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from services.notifications.domain.health import FAILING_FAILURES, effective_cap

ROWS_PER_ROUND: Final = 5
_FAILING_SHARE: Final = 0.3


class Candidate(NamedTuple):
    """An endpoint that may send: `due` counts due deliveries (at most five are looked at), `in_flight` its leases."""

    endpoint_id: UUID
    due: int
    in_flight: int
    cap: int
    failures: int

    @property
    def is_failing(self) -> bool:
        """True if its last three attempts failed."""
        return self.failures >= FAILING_FAILURES

    @property
    def wants(self) -> int:
        """How many deliveries it may take in this round."""
        return max(0, min(self.due, ROWS_PER_ROUND, effective_cap(self.cap, self.failures) - self.in_flight))


class Allocation(NamedTuple):
    """How many deliveries to take of each endpoint; the next round starts `after`; `is_cut`: it may follow at once."""

    grants: dict[UUID, int]
    after: UUID | None
    is_cut: bool


def allocate(candidates: Sequence[Candidate], *, free: int, capacity: int, after: UUID | None) -> Allocation:
    """Deal `free` of the process's `capacity` slots one by one around the table, starting behind `after`.

    Endpoints whose last three attempts failed share at most 30 % of the capacity: the dead do not crowd out the living.
    """
    failing_in_flight = sum(c.in_flight for c in candidates if c.is_failing)
    failing_left = max(0, int(capacity * _FAILING_SHARE) - failing_in_flight)
    grants: dict[UUID, int] = {}
    waiting = [c for c in _from(candidates, after) if c.wants > 0]
    while waiting and free > 0:
        still: list[Candidate] = []
        for candidate in waiting:
            if free == 0:
                break
            if candidate.is_failing and failing_left == 0:
                continue
            grants[candidate.endpoint_id] = grants.get(candidate.endpoint_id, 0) + 1
            after = candidate.endpoint_id
            free -= 1
            failing_left -= candidate.is_failing
            if grants[candidate.endpoint_id] < candidate.wants:
                still.append(candidate)
        waiting = still
    is_cut = any(_has_more(c, grants.get(c.endpoint_id, 0)) for c in candidates)
    return Allocation(grants, after, is_cut and free > 0)


def _from(candidates: Sequence[Candidate], after: UUID | None) -> list[Candidate]:
    ordered = sorted(candidates, key=lambda c: c.endpoint_id)
    if after is None:
        return ordered
    return [c for c in ordered if c.endpoint_id > after] + [c for c in ordered if c.endpoint_id <= after]


def _has_more(candidate: Candidate, granted: int) -> bool:
    """True if the round stopped at the five rows looked at although the endpoint could take more."""
    room = effective_cap(candidate.cap, candidate.failures) - candidate.in_flight
    return granted == ROWS_PER_ROUND < room
