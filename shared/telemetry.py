"""Logs, metrics and trace context, bound once at each edge.

The trace is W3C Trace Context: the gateway starts or continues it, events carry it on, webhooks hand it over.
"""

import logging
import secrets
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, NamedTuple

import structlog
from prometheus_client import Counter, Gauge, Histogram

from shared.contracts.base import Envelope

REQUEST_SECONDS: Final = Histogram(
    "http_request_seconds",
    "Time to answer a request",
    ["service", "method", "route", "status"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
REQUESTS_SHED: Final = Counter(
    "http_requests_shed_total", "Requests refused because too many were in flight", ["service"]
)
IN_FLIGHT: Final = Gauge("http_requests_in_flight", "Requests being answered now", ["service"])
JOB_RUNS: Final = Counter("job_runs_total", "Runs of a periodic task", ["service", "job", "outcome"])

_TRACEPARENT_PARTS: Final = 4
_REDACTED: Final = frozenset({"text", "password", "secret", "token", "authorization", "email", "address", "subject"})


class TraceContext(NamedTuple):
    """The W3C ids: `trace_id` is 32 hex digits, `span_id` 16; `sampled` is the one flag we keep."""

    trace_id: str
    span_id: str
    sampled: bool = True

    def header(self) -> str:
        """Return the `traceparent` header value (W3C Trace Context, section 3.2)."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"

    def child(self) -> "TraceContext":
        """Return the same trace under a new span."""
        return self._replace(span_id=secrets.token_hex(8))


_trace: ContextVar[TraceContext | None] = ContextVar("trace", default=None)
_causation: ContextVar[str | None] = ContextVar("causation", default=None)


def new_trace() -> TraceContext:
    """Return the root of a new trace."""
    return TraceContext(secrets.token_hex(16), secrets.token_hex(8))


def parse_traceparent(header: str | None) -> TraceContext | None:
    """Return the context of a `traceparent` header, or None if it is absent or malformed."""
    parts = (header or "").strip().lower().split("-")
    if len(parts) < _TRACEPARENT_PARTS or parts[0] == "ff":
        return None
    version, trace_id, span_id, flags = parts[:_TRACEPARENT_PARTS]
    sizes = (len(version), len(trace_id), len(span_id), len(flags))
    if sizes != (2, 32, 16, 2) or not set("".join(parts[:_TRACEPARENT_PARTS])) <= set("0123456789abcdef"):
        return None
    if set(trace_id) == {"0"} or set(span_id) == {"0"}:
        return None
    return TraceContext(trace_id, span_id, sampled=bool(int(flags, 16) & 1))


def current_traceparent() -> str | None:
    """Return the `traceparent` to hand on, if a trace is active."""
    trace = _trace.get()
    return trace.header() if trace else None


def current_causation() -> str | None:
    """Return the id of the request or event that led to what is done now."""
    return _causation.get()


@contextmanager
def request_context(request_id: str, traceparent: str | None) -> Iterator[TraceContext]:
    """Bind a request's ids to everything logged and recorded inside."""
    parent = parse_traceparent(traceparent)
    trace = parent.child() if parent else new_trace()
    with _bound(trace, request_id, request_id=request_id):
        yield trace


@contextmanager
def message_context(envelope: Envelope) -> Iterator[None]:
    """Bind an event's ids to everything logged and recorded while it is handled."""
    parent = parse_traceparent(envelope.traceparent)
    trace = parent.child() if parent else new_trace()
    with _bound(trace, str(envelope.id), event_id=str(envelope.id), event_type=envelope.type, brand=envelope.brand):
        yield


@contextmanager
def _bound(trace: TraceContext, causation: str, **fields: str) -> Iterator[None]:
    trace_token = _trace.set(trace)
    causation_token = _causation.set(causation)
    log_tokens = structlog.contextvars.bind_contextvars(trace_id=trace.trace_id, **fields)
    try:
        yield
    finally:
        structlog.contextvars.reset_contextvars(**log_tokens)
        _causation.reset(causation_token)
        _trace.reset(trace_token)


def mask_personal(_logger: object, _method: str, entry: MutableMapping[str, object]) -> MutableMapping[str, object]:
    """Hide fields that may hold words, secrets or personal data: a last resort, not a licence to log them."""
    for key in entry.keys() & _REDACTED:
        entry[key] = "[hidden]"
    return entry


def configure_logging(level: str, log_format: str) -> None:
    """Send structured lines to standard output; the event name is constant, values are fields."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer()
    )
    shared_processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        mask_personal,
    ]
    structlog.configure(
        processors=[
            *shared_processors,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(stream=sys.stdout, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")


def log(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(module=name)
    return logger
