"""The AsyncAPI 3 document of all events, derived from contracts and subscriptions."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.contracts.base import SAMPLE_ID, SAMPLE_TIME, Envelope, Event, declared_events
from shared.messaging.subscriptions import Subscription
from shared.messaging.topology import EVENTS, events_queue

_VERSION: Final = "3.0.0"


def asyncapi_document(subscriptions: Mapping[str, Sequence[Subscription]]) -> dict[str, Any]:
    """Describe every declared event: its channel, payload and example, who sends it and which services receive it."""
    events = list(declared_events())
    heard = {
        event.type: sorted(
            service for service, taken in subscriptions.items() if any(s.event.type == event.type for s in taken)
        )
        for event in events
    }
    return {
        "asyncapi": _VERSION,
        "info": {
            "title": "Pitboss events",
            "version": "1",
            "description": "CloudEvents 1.0 in structured mode. Every event is delivered at least once; `brand`, "
            "`sequence` and `id` tell where it belongs, in which order, and whether it was seen before.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {event.type: _channel(event) for event in events},
        "operations": dict(_operations(events, heard)),
        "components": {
            "messages": {event.type: _message(event) for event in events},
            "schemas": {"Envelope": Envelope.model_json_schema()},
        },
    }


def _channel(event: type[Event]) -> dict[str, Any]:
    return {
        "address": event.type,
        "messages": {"event": {"$ref": f"#/components/messages/{event.type}"}},
        "bindings": {
            "amqp": {"is": "routingKey", "exchange": {"name": EVENTS, "type": "topic", "durable": True}},
        },
    }


def _operations(events: Sequence[type[Event]], heard: Mapping[str, Sequence[str]]) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for event in events:
        channel = {"$ref": f"#/channels/{event.type}"}
        found.append((f"{event.owner()} sends {event.type}", {"action": "send", "channel": channel}))
        found += [
            (
                f"{service} receives {event.type}",
                {
                    "action": "receive",
                    "channel": channel,
                    "description": f"through the queue `{events_queue(service)}`",
                },
            )
            for service in heard[event.type]
        ]
    return found


def _message(event: type[Event]) -> dict[str, Any]:
    lines = (event.__doc__ or event.__name__).strip()
    payload = {
        "allOf": [
            {"$ref": "#/components/schemas/Envelope"},
            {"type": "object", "properties": {"data": event.model_json_schema(ref_template=_local(event))}},
        ]
    }
    return {
        "name": event.type,
        "title": event.__name__,
        "summary": lines.splitlines()[0],
        "description": f"One sequence per `{event.aggregate}` in the stream `{event.stream}`.",
        "contentType": "application/cloudevents+json",
        "payload": payload,
        "examples": [{"name": "sample", "payload": _sample(event)}],
    }


def _local(event: type[Event]) -> str:
    """Return where the schema's own definitions lie within the document."""
    return f"#/components/messages/{event.type}/payload/allOf/1/properties/data/$defs/{{model}}"


def _sample(event: type[Event]) -> dict[str, Any]:
    sample = event.sample()
    envelope = Envelope(
        id=SAMPLE_ID,
        source=f"pitboss/{event.owner()}",
        type=event.type,
        subject=sample.aggregate_id(),
        time=SAMPLE_TIME,
        brand="lucky",
        sequence=1,
        data=sample.model_dump(mode="json"),
    )
    return envelope.model_dump(mode="json", exclude_none=True)
