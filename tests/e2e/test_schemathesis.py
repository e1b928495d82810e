"""The API does what its own document says, whoever asks and whatever is sent."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.core.failures import FailureGroup

from deploy.demo.clients import Door
from tests.e2e.house import House, found_house, sign_in_to
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(400)]

SECONDS: Final = float(os.environ.get("PITBOSS_FUZZ_SECONDS", "30"))
_EXAMPLES: Final = {"admin": 8}
_FEW: Final = 3
_CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
_ENDS_THE_SESSION: Final = ("DELETE", "/v1/auth/session")


@dataclass
class Findings:
    """What was asked and what was wrong with the answers, one line per kind of fault."""

    deadline: float
    statuses: Counter[int] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    late: int = 0
    faults: dict[tuple[str, str, int], str] = field(default_factory=dict)


@pytest.fixture(scope="module")
async def fuzzed(product: Product, door: Door) -> House:
    """A brand of its own: what is sent here is nonsense."""
    house = await found_house(door, product.demo, "fuzzed", support_email="fuzzed@fuzzed.example")
    await house.hire("agent")
    return house


@pytest.fixture(scope="module")
async def tokens(product: Product, door: Door, fuzzed: House) -> Mapping[str, str]:
    """One credential of each kind."""
    admin = next(person for person in product.demo["staff"] if person["role"] == "admin")
    return {
        "admin": await sign_in_to(door, admin, fuzzed.brand.name),
        "agent": fuzzed.tokens["agent"],
        "server": fuzzed.api_key,
        "player": fuzzed.player("p-1"),
        "visitor": await fuzzed.visitor(),
    }


async def test_every_answer_is_as_documented(product: Product, tokens: Mapping[str, str]) -> None:
    """No server error, no undocumented status, type or shape: every operation, as every kind of caller.

    Past `PITBOSS_FUZZ_SECONDS` (30) one example of each has to do.
    """
    findings = Findings(time.monotonic() + SECONDS)
    await asyncio.to_thread(_fuzz, product.url, tokens, findings)
    total = sum(findings.asked.values())
    print(  # noqa: T201 - the figures are the point
        f"schemathesis: {total} requests to {len(findings.asked)} operations, {dict(findings.statuses)}, "
        f"{findings.late} operations with one example only because the time was up"
    )
    assert findings.faults == {}


def _fuzz(url: str, tokens: Mapping[str, str], findings: Findings) -> None:
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    operations: list[Any] = [cast("Any", result).ok() for result in schema.get_all_operations()]
    chosen = checks.CHECKS.get_by_names(_CHECKS)
    with requests.Session() as session:
        for operation, (caller, token) in _pairs(operations, tokens):
            _try(operation, caller, token, findings, chosen, session)


def _pairs(operations: list[Any], tokens: Mapping[str, str]) -> Iterator[tuple[Any, tuple[str, str]]]:
    """Yield every operation with every caller; the one that ends sessions comes last."""
    last = [one for one in operations if (one.method.upper(), one.path) == _ENDS_THE_SESSION]
    for operation in [*(one for one in operations if one not in last), *last]:
        for caller in tokens.items():
            yield operation, caller


def _try(
    operation: Any, caller: str, token: str, findings: Findings, chosen: list[Any], session: requests.Session
) -> None:
    is_late = time.monotonic() > findings.deadline
    findings.late += is_late

    @settings(
        max_examples=1 if is_late else _EXAMPLES.get(caller, _FEW),
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def one(case: Any) -> None:
        answer = case.call(session=session, headers={"Authorization": f"Bearer {token}"})
        findings.asked[operation.label] += 1
        findings.statuses[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=chosen)
        except FailureGroup as group:
            for failure in group.exceptions:
                key = (operation.label, type(failure).__name__, answer.status_code)
                findings.faults.setdefault(key, f"{caller}: {failure}"[:600])

    one()
