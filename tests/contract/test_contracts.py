"""Contracts only ever grow, and the committed documents say what the code says."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from deploy.commands.topology import wanted
from deploy.contracts.apis import app_of, subscriptions
from deploy.contracts.compatibility import breaks
from deploy.contracts.writing import stale_documents
from shared.contracts.base import Event, declared_events
from shared.directory import SERVICES
from shared.messaging.subscriptions import Routes

ROOT: Final = Path(__file__).resolve().parents[2]
SCHEMAS: Final = ROOT / "docs" / "events" / "schemas"
SAMPLES: Final = ROOT / "docs" / "events" / "samples"
EVENTS: Final = list(declared_events())


def _stored(event: type[Event]) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads((SCHEMAS / f"{event.type}.json").read_text())
    return stored


def test_the_committed_documents_are_fresh() -> None:
    """`make contracts` was run after the last change of code."""
    assert sorted(str(path) for path in stale_documents()) == []


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_every_event_tells_what_it_is(event: type[Event]) -> None:
    """Owner, subject, fact and version; a docstring; a sample of the aggregate."""
    owner, subject, fact, version = event.type.split(".")
    assert all((owner, subject, fact))
    assert version == "v1"
    assert event.owner() in event.__module__
    assert (event.__doc__ or "").strip()
    assert event.sample().aggregate_id()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_a_stored_sample_is_still_understood(event: type[Event]) -> None:
    """What an older version told can be read today, and unknown fields are ignored."""
    stored = json.loads((SAMPLES / f"{event.type}.json").read_text())
    assert event.model_validate(stored).aggregate_id()
    assert event.model_validate(stored | {"added_later": 1}).aggregate_id()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_a_published_type_loses_nothing_and_demands_nothing_new(event: type[Event]) -> None:
    """No field vanishes, none becomes required, none changes its type."""
    assert list(breaks(_stored(event), event.model_json_schema())) == []


def test_no_stored_type_was_forgotten() -> None:
    """A type that was published once stays declared until nobody listens any more."""
    assert {path.stem for path in SCHEMAS.glob("*.json")} == {event.type for event in EVENTS}


def test_every_subscription_has_a_teller() -> None:
    """Nobody waits for an event that no service declares as its own."""
    declared = {event.type for event in EVENTS}
    for service, handled in subscriptions().items():
        for subscription in handled:
            assert subscription.event.type in declared
            assert subscription.event.owner() != service, f"{service} listens to itself"


@pytest.mark.parametrize("service", [entry.name for entry in SERVICES])
def test_the_broker_brings_a_service_what_it_handles(service: str) -> None:
    """Queues are bound before services run, from a list: what is missing there never arrives in a cluster."""
    handled = Routes(app_of(service).state.subscriptions).bindings
    assert handled == set(wanted([service]).get(service, ()))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"properties": {"a": {"type": "string"}}, "required": ["a"]}, "b was removed"),
        ({"properties": {"a": {"type": "integer"}, "b": {"type": "string"}}, "required": ["a"]}, "a changed its type"),
        (
            {"properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["a", "b"]},
            "b became required",
        ),
    ],
)
def test_every_breaking_change_is_named(change: dict[str, Any], complaint: str) -> None:
    """The check itself can fail."""
    stored = {"properties": {"a": {"type": "string"}, "b": {"type": "string", "title": "B"}}, "required": ["a"]}
    assert list(breaks(stored, change)) == [complaint]
    grown = {"properties": {**stored["properties"], "c": {"type": "null"}}, "required": ["a"]}  # type: ignore[dict-item]
    assert list(breaks(stored, grown)) == []
