"""audit verify: prove that a service's audit trail is what it was, or say where it is not."""

import asyncio
import importlib
import sys
from pathlib import Path
from typing import Any

from deploy.commands.connecting import configured, connected


def verify(name: str, *, brand: str | None, anchor: Path | None) -> None:
    """Print for each brand how many entries hold; exit with 1 if one was tampered with, 2 if it cannot be told."""
    try:
        importlib.import_module(f"services.{name}.domain.audit")
    except ModuleNotFoundError:
        print(f"{name} keeps no audit trail", file=sys.stderr)
        sys.exit(2)
    with configured():
        faults = asyncio.run(_verify(name, brand, anchor))
    if faults:
        sys.exit(1)


async def _verify(name: str, brand: str | None, anchor: Path | None) -> int:
    """Return how many brands have a fault; anchors come from `anchor`, else from where the service itself puts them."""
    chaining: Any = importlib.import_module(f"services.{name}.use_cases.chaining")
    faults = 0
    async with connected(name) as (settings, database):
        own: Any = settings
        anchors = _anchors(name, anchor, own.anchor_file())
        secret = own.audit_secret.get_secret_value().encode()
        async with database.begin_worker() as session:
            brands = [brand] if brand else await chaining.brands_to_verify(session, anchors)
        for one in brands:
            async with database.begin_worker() as session:
                verdict = await chaining.verify_brand(session, brand=one, secret=secret, anchors=anchors)
            faults += verdict.fault is not None
            print(_sentence(one, verdict, [known.position for known in anchors if known.brand == one]))
    return faults


def _anchors(name: str, given: Path | None, usual: Path | None) -> list[Any]:
    domain: Any = importlib.import_module(f"services.{name}.domain.audit")
    path = given or usual
    if path is None or (given is None and not path.exists()):
        print("without an anchor, what was cut off the end goes unseen: name one with --anchor", file=sys.stderr)
        return []
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        print(f"cannot read {path}: {error.strerror}", file=sys.stderr)
        sys.exit(2)
    anchors: list[Any] = domain.read_anchors(lines)
    return anchors


def _sentence(brand: str, verdict: Any, anchored: list[int]) -> str:  # noqa: ANN401 - a Verdict of the service
    if verdict.fault is not None:
        fault = verdict.fault
        return f"{brand}: position {fault.position}: {fault.what}; the {verdict.held} before it hold"
    waiting = f", {verdict.waiting} wait for their link" if verdict.waiting else ""
    return f"{brand}: all {verdict.held} hold, anchored up to {max(anchored, default=0)}{waiting}"
