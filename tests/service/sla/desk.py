"""Short ways to talk to a running sla."""

from dataclasses import dataclass

from shared.clock import SystemClock
from shared.contracts.base import Envelope
from shared.contracts.sla import ClockEvent
from shared.ids import new_id
from shared.messaging.outbox import message_of
from shared.web.actor import ActorKind
from tests.support.service import RunningService
from tests.support.sla import Story


@dataclass
class Desk:
    """Talks to one running sla as a team lead of a brand."""

    service: RunningService

    async def tell(self, story: Story, *, brand: str = "lucky", first: int = 1) -> list[Envelope]:
        """Deliver the story's events from the `first` on, as tickets would."""
        return [
            await self.service.publish(event, brand=brand, sequence=sequence)
            for sequence, event in enumerate(story.events, start=1)
            if sequence >= first
        ]

    async def again(self, envelope: Envelope, stream: str) -> None:
        """Deliver an event that was delivered before."""
        await self.service.ground.transport.publish(message_of(envelope, stream))

    async def promise(self, warn: float | None, breach: float, *, metric: str = "first_response") -> dict[str, object]:
        """Add a policy for every ticket of the brand."""
        body = {"name": "Quick", "targets": {metric: {"warn_seconds": warn, "breach_seconds": breach}}}
        answer = await self.service.http.post("/v1/sla/policies", json=body, headers=self.lead())
        assert answer.status_code == 201, answer.text
        policy: dict[str, object] = answer.json()
        return policy

    async def clocks(self, story: Story, *, brand: str = "lucky") -> list[dict[str, object]]:
        """Return the ticket's clocks over HTTP."""
        headers = self.service.actor(brand=brand)
        answer = await self.service.http.get(f"/v1/tickets/{story.ticket_id}/sla", headers=headers)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, object]] = answer.json()["clocks"]
        return found

    async def told(self, story: Story) -> list[Envelope]:
        """Return what was told about the ticket's clocks, in order."""
        return [envelope for envelope in await self.service.recorded() if envelope.subject == str(story.ticket_id)]

    async def facts(self, story: Story) -> list[str]:
        """Return the third words of what was told, such as started or breached."""
        return [envelope.type.split(".")[2] for envelope in await self.told(story)]

    def lead(self, brand: str = "lucky") -> dict[str, str]:
        """Return the headers of a team lead."""
        return self.service.actor(ActorKind.STAFF, brand=brand, role="lead")


def story_now(**fields: object) -> Story:
    """Return a story that begins at this moment."""
    return Story(ticket_id=new_id(), zero=SystemClock().now(), **fields)  # type: ignore[arg-type]


def clock_event(envelope: Envelope) -> ClockEvent:
    """Return the payload of a fact about a clock."""
    return ClockEvent.model_validate(envelope.data)
