"""What operators see of events; alarms are described in `deploy/`."""

from typing import Final

from prometheus_client import Counter, Gauge

OUTBOX_PENDING: Final = Gauge("outbox_pending", "Recorded events that are not confirmed yet", ["service"])
OUTBOX_OLDEST: Final = Gauge("outbox_oldest_seconds", "Age of the oldest unconfirmed event", ["service"])
OUTBOX_PARKED: Final = Gauge("outbox_parked", "Events the broker had no place for: broken topology", ["service"])
RELAY_LAST_SUCCESS: Final = Gauge(
    "relay_last_success_seconds", "Unix time of the relay's last confirmed round", ["service"]
)
PUBLISHED: Final = Counter("events_published_total", "Publishes by outcome", ["service", "outcome"])
HANDLED: Final = Counter("events_handled_total", "Deliveries by outcome", ["consumer", "outcome"])
PARKED: Final = Gauge("events_parked", "Events waiting for another try", ["consumer"])
DEAD: Final = Gauge("events_dead", "Events given up until somebody replays them", ["consumer"])
HINTS_LOST: Final = Counter(
    "event_hints_lost_total", "Fan-out hints dropped because the process was behind", ["service"]
)
REBUILT: Final = Counter("consumer_rebuilt_total", "Consumer connections opened anew by the watchdog", ["service"])
