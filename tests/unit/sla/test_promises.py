"""Which policy counts, and which policies are refused."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.sla.domain.policies import (
    Conditions,
    Draft,
    Policy,
    PolicyPromisesNothing,
    Source,
    Subject,
    Target,
    TargetInvalid,
    check,
    promise_for,
)
from services.sla.queries.defaults import default_policies
from services.sla.schemas.promises import NewPolicy, PolicyEdit, PolicyView
from shared.contracts.base import Channel
from shared.contracts.sla import ClockKind
from shared.contracts.tickets import Priority, ReasonClass

CHAT = Subject(Channel.WEB, None, Priority.NORMAL)
FIRST, RESOLUTION = ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION


def seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


def policy(number: int, conditions: Conditions, *, active: bool = True, kind: ClockKind = FIRST) -> Policy:
    return Policy(
        id=UUID(int=number), version=1, name=str(number), position=number, source=Source.BRAND, active=active,
        conditions=conditions, targets={kind: Target(None, seconds(number))},
    )  # fmt: skip


def test_the_first_active_fitting_policy_that_names_the_metric_counts() -> None:
    policies = [
        policy(1, Conditions(channel=Channel.EMAIL)),
        policy(2, Conditions(), active=False),
        policy(3, Conditions(), kind=RESOLUTION),
        policy(4, Conditions(channel=Channel.WEB)),
        policy(5, Conditions()),
    ]
    promise = promise_for(policies, FIRST, CHAT)
    assert promise is not None
    assert promise.policy_id == UUID(int=4)


@pytest.mark.parametrize(
    ("conditions", "fits"),
    [
        (Conditions(), True),
        (Conditions(channel=Channel.WEB, priority=Priority.NORMAL), True),
        (Conditions(channel=Channel.EMAIL), False),
        (Conditions(reason_class=ReasonClass.SIMPLE), False),
        (Conditions(priority=Priority.HIGH), False),
    ],
)
def test_every_named_condition_must_hold(conditions: Conditions, *, fits: bool) -> None:
    assert conditions.fit(CHAT) is fits


@pytest.mark.parametrize(
    ("target", "field"),
    [
        (Target(seconds(10), seconds(10)), "#/targets/first_response/warn_seconds"),
        (Target(seconds(11), seconds(10)), "#/targets/first_response/warn_seconds"),
        (Target(seconds(0), seconds(10)), "#/targets/first_response/warn_seconds"),
        (Target(None, seconds(0)), "#/targets/first_response/breach_seconds"),
        (Target(None, timedelta(days=400)), "#/targets/first_response/breach_seconds"),
        (Target(seconds(5), seconds(10), (50,)), "#/targets/first_response/warnings"),
        (Target(None, seconds(10), (80, 50)), "#/targets/first_response/warnings"),
        (Target(None, seconds(10), (50, 50)), "#/targets/first_response/warnings"),
        (Target(None, seconds(10), (0,)), "#/targets/first_response/warnings"),
        (Target(None, seconds(10), (100,)), "#/targets/first_response/warnings"),
        (Target(None, seconds(10), (1, 2, 3, 4, 5, 6)), "#/targets/first_response/warnings"),
    ],
)
def test_a_target_that_cannot_be_kept_track_of_is_refused_with_its_field(target: Target, field: str) -> None:
    with pytest.raises(TargetInvalid) as refusal:
        check(Draft("x", None, active=True, conditions=Conditions(), targets={FIRST: target}))
    assert refusal.value.field == field


def test_a_policy_must_promise_something() -> None:
    with pytest.raises(PolicyPromisesNothing):
        check(Draft("x", None, active=True, conditions=Conditions(), targets={}))


def test_built_in_policies_are_valid_and_promise_an_answer_to_everybody() -> None:
    for built_in in default_policies():
        check(built_in.draft())
    for channel in Channel:
        for metric in (FIRST, ClockKind.NEXT_RESPONSE):
            assert promise_for(default_policies(), metric, Subject(channel, None, Priority.LOW)) is not None


def test_an_edit_keeps_what_it_does_not_name_and_removes_what_it_nulls() -> None:
    draft = NewPolicy.model_validate(
        {
            "name": "VIP",
            "conditions": {"channel": "web", "priority": "high"},
            "targets": {
                "first_response": {"warn_seconds": 1, "breach_seconds": 2},
                "resolution": {"breach_seconds": 9},
            },
        }
    ).draft()
    edit = PolicyEdit.model_validate(
        {"conditions": {"priority": None}, "targets": {"resolution": None, "next_response": {"breach_seconds": 3}}}
    )
    revised = edit.revise(draft)
    assert revised.name == "VIP"
    assert revised.conditions == Conditions(channel=Channel.WEB)
    assert revised.targets == {
        FIRST: Target(seconds(1), seconds(2)),
        ClockKind.NEXT_RESPONSE: Target(None, seconds(3)),
    }


def test_a_view_names_every_metric() -> None:
    view = PolicyView.of(default_policies()[0]).model_dump(mode="json")
    assert view["targets"]["first_response"] == {
        "warn_seconds": 180.0,
        "breach_seconds": 300.0,
        "warnings": [],
        "pauses": None,
    }
    assert view["targets"]["resolution"] is None
