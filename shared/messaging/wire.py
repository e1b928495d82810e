"""Events as AMQP messages: where each attribute travels."""

from collections.abc import Mapping
from typing import Final

import aio_pika
from aio_pika.abc import AbstractIncomingMessage, HeadersType

from shared.messaging.transport import Delivery, Message

_TRACEPARENT: Final = b'"traceparent":"'
_TRACEPARENT_LENGTH: Final = 55
_MILLISECONDS: Final = 1000


def outgoing(message: Message, app_id: str) -> aio_pika.Message:
    """Return the AMQP message of an event: always persistent, which is not the library's default."""
    headers: HeadersType = {
        "x-schema": message.type.rpartition(".v")[2],
        "x-brand": message.brand,
        "x-stream": message.stream,
        "x-agg": message.aggregate_id,
        "x-seq": message.sequence,
    }
    trace = traceparent_of(message.body)
    if trace:
        headers["traceparent"] = trace
    if message.only:
        headers["x-only"] = message.only
    return aio_pika.Message(
        message.body,
        headers=headers,
        content_type="application/cloudevents+json",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=str(message.id),
        type=message.type,
        timestamp=(message.id.int >> 80) // _MILLISECONDS,
        app_id=app_id,
    )


def incoming(message: AbstractIncomingMessage, *, exhausted: bool = False) -> Delivery:
    """Return a delivery; whatever a header should say and does not is left empty, the body decides then."""

    async def settle(done: bool) -> None:
        if done:
            await message.ack()
        else:
            await message.nack(requeue=True)

    headers = message.headers
    sequence = headers.get("x-seq")
    return Delivery(
        body=message.body,
        id=message.message_id or "",
        type=message.type or "",
        brand=_text(headers, "x-brand"),
        stream=_text(headers, "x-stream"),
        aggregate_id=_text(headers, "x-agg"),
        sequence=sequence if isinstance(sequence, int) else 0,
        settle=settle,
        only=_text(headers, "x-only") or None,
        exhausted=exhausted,
    )


def traceparent_of(body: bytes) -> str:
    """Return the trace of an event without decoding it: its key stands before the data, where text is escaped."""
    start = body.find(_TRACEPARENT)
    if start < 0:
        return ""
    start += len(_TRACEPARENT)
    return body[start : start + _TRACEPARENT_LENGTH].decode("ascii", "replace")


def _text(headers: Mapping[str, object], name: str) -> str:
    value = headers.get(name)
    return value if isinstance(value, str) else ""
