"""Files that mean harm are refused with a clear problem, or defused."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from services.intake.domain.file_types import REFUSALS
from tests.service.intake.hostile import Hostile, corpus
from tests.service.intake.photographer import Photographer, files_in, photographing
from tests.support.database import Cluster
from tests.support.scanner import VirusScanner

_CORPUS = list(corpus())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files of this module lie."""
    return tmp_path_factory.mktemp("files")


@pytest_asyncio.fixture(scope="module")
async def people(postgres: Cluster, folder: Path) -> AsyncIterator[Photographer]:
    """Intake with a virus scanner."""
    scanner = await VirusScanner().come()
    async with photographing(postgres, folder, scanner=scanner.address) as photographer:
        yield photographer
    await scanner.go()


@pytest.mark.parametrize("one", _CORPUS, ids=[one.title for one in _CORPUS])
async def test_a_hostile_file_is_refused_or_defused(people: Photographer, folder: Path, one: Hostile) -> None:
    before = set(files_in(folder))
    content = one.content() if callable(one.content) else one.content
    player = people.service.actor(id="s-" + str(_CORPUS.index(one)))
    answer = await people.send(content, one.name, declared=one.declared, as_=player)
    if one.refused == "infected":
        await people.becomes(answer.json()["id"], state="rejected", reason="infected")
    elif one.refused is not None:
        problem = answer.json()
        assert problem["code"] == one.refused, problem
        assert problem["detail"]
    if one.refused is not None:
        assert set(files_in(folder)) == before
        return
    assert answer.status_code == 201, answer.text
    made = await people.becomes(answer.json()["id"], state="ready")
    assert made["name"] == (one.shown or one.name)
    got = await people.fetch(made["id"], as_=player)
    assert got.headers["content-type"] == made["media_type"]
    assert "\n" not in got.headers["content-disposition"]
    assert one.check is None or one.check(got.content)


def test_there_are_enough() -> None:
    """Every refusal there is shows in the table."""
    assert len(_CORPUS) >= 60
    assert set(REFUSALS) <= {one.refused for one in _CORPUS}


@pytest.mark.slow
async def test_a_slow_upload_is_given_up(people: Photographer, folder: Path) -> None:
    before = set(files_in(folder))

    async def trickle() -> AsyncIterator[bytes]:
        yield b"text"
        await asyncio.Event().wait()

    answer = await people.send(trickle(), "a.txt")
    assert (answer.status_code, answer.json()["code"]) == (504, "body-too-slow")
    assert set(files_in(folder)) == before


async def test_a_sender_who_hangs_up_leaves_nothing(people: Photographer, folder: Path) -> None:
    before = set(files_in(folder))

    said: list[dict[str, Any]] = [
        {"type": "http.disconnect"},
        {"type": "http.request", "body": b"x", "more_body": True},
    ]
    headers = [(name.encode(), value.encode()) for name, value in (people.player | {"idempotency-key": "k"}).items()]
    scope = {
        "type": "http", "method": "POST", "path": "/v1/attachments", "raw_path": b"/v1/attachments", "headers": headers,
        "query_string": b"name=a.txt", "http_version": "1.1", "scheme": "http", "root_path": "",
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return said.pop()

    async def send(message: Any) -> None:
        answers.append(message)

    answers: list[dict[str, Any]] = []
    await people.service.app(scope, receive, send)
    assert answers[0]["status"] == 400
    assert set(files_in(folder)) == before
    assert (await people.send(b"text", "a.txt", key="k")).status_code == 201
