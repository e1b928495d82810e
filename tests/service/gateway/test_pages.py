"""The widget's files and the demo casino, as browsers fetch them."""

import gzip
import re
from collections.abc import AsyncIterator

import pytest

from tests.service.gateway.conftest import Gate, Service, bearer, gates
from tests.support.database import Cluster


@pytest.fixture
async def demo_gate(postgres: Cluster, tickets: Service) -> AsyncIterator[Gate]:
    """A gateway that serves the demo casino, too."""
    async for made in gates(postgres, {"chat": (tickets.url,)}, demo=True):
        yield made


async def _edition(gate: Gate) -> str:
    answer = await gate.http.get("/widget/pitboss-chat.js", follow_redirects=False)
    assert answer.status_code == 307
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["access-control-allow-origin"] == "*"
    match = re.fullmatch(r"/assets/([0-9a-f]{16})/widget/pitboss-chat\.js", answer.headers["location"])
    assert match is not None
    return match[1]


async def test_the_loader_is_kept_for_minutes_and_asked_for_by_its_tag(gate: Gate) -> None:
    answer = await gate.http.get("/widget.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    again = await gate.http.get("/widget.js", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("widget/pitboss-chat.js", "text/javascript; charset=utf-8"),
        ("widget/views/chat.js", "text/javascript; charset=utf-8"),
        ("widget/widget.css", "text/css; charset=utf-8"),
        ("widget/i18n/ru.json", "application/json"),
        ("vendor/lit.js", "text/javascript; charset=utf-8"),
    ],
)
async def test_files_of_this_release_are_kept_for_ever(gate: Gate, path: str, media_type: str) -> None:
    edition = await _edition(gate)
    answer = await gate.http.get(f"/assets/{edition}/{path}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-security-policy"] == "default-src 'none'"


async def test_a_file_of_another_release_is_this_ones_and_not_kept(gate: Gate) -> None:
    answer = await gate.http.get("/assets/0123456789abcdef/widget/outbox.js")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


async def test_packed_files_lose_their_comments_and_keep_their_names(gate: Gate) -> None:
    path = f"/assets/{await _edition(gate)}/widget/outbox.js"
    plain = await gate.http.get(path, headers={"Accept-Encoding": "identity"})
    packed = await gate.http.get(path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert "/**" in plain.text
    assert "/**" not in packed.text
    assert "export class Outbox {" in packed.text
    assert len(gzip.compress(packed.content)) < len(gzip.compress(plain.content))


async def test_packed_styles_and_words_say_the_same_in_less_space(gate: Gate) -> None:
    edition = await _edition(gate)
    styles = await gate.http.get(f"/assets/{edition}/widget/widget.css", headers={"Accept-Encoding": "gzip"})
    assert ".root{position:fixed;inset-block-end:var(--pitboss-offset,1.25rem);" in styles.text
    assert ".panel + .launcher{display:none}" in styles.text
    words = [
        await gate.http.get(f"/assets/{edition}/widget/i18n/ru.json", headers={"Accept-Encoding": encoding})
        for encoding in ("gzip", "identity")
    ]
    assert words[0].json() == words[1].json()
    assert len(words[0].content) < len(words[1].content)


async def test_a_page_of_any_origin_learns_whether_it_is_listed(gate: Gate) -> None:
    """A listed one of another brand is not; a page of the gateway's own names no origin."""
    admin = await gate.staff() | {"If-Match": '"1"'}
    await gate.http.patch("/v1/brands/lucky", json={"allowed_origins": ["https://play.example"]}, headers=admin)
    for origin, brand, is_listed in (
        ("https://play.example", "lucky", True),
        ("https://evil.example", "lucky", False),
        ("https://play.example", "royal", False),
        (None, "lucky", True),
    ):
        headers = {"Origin": origin} if origin else {}
        answer = await gate.http.get(f"/widget/site?brand={brand}", headers=headers)
        assert answer.json() == {"is_listed": is_listed}, origin
        assert answer.headers["access-control-allow-origin"] == "*"
        assert (answer.headers["cache-control"], answer.headers["vary"]) == ("no-store", "Origin")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/0123456789abcdef/widget/nothing.js",
        "/assets/0123456789abcdef/openapi.json",
        "/assets/0123456789abcdef/widget/..%2f..%2fsettings.py",
        "/assets/0123456789abcdef//etc/passwd",
    ],
)
async def test_there_is_nothing_else_to_fetch(gate: Gate, path: str) -> None:
    assert (await gate.http.get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/demo", "/demo/demo.js", "/demo/player/token?player=kim"])
async def test_without_the_knob_there_is_no_demo(gate: Gate, path: str) -> None:
    assert (await gate.http.get(path)).status_code == 404


async def test_the_demo_casino_forbids_all_but_the_widget(demo_gate: Gate) -> None:
    answer = await demo_gate.http.get("/demo")
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws://" in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert (await demo_gate.http.get("/demo/demo.js")).status_code == 200
    assert (await demo_gate.http.get("/demo/other.js")).status_code == 404


async def test_the_demo_casino_signs_its_players_in(demo_gate: Gate, tickets: Service) -> None:
    answer = await demo_gate.http.get("/demo/player/token?player=vera")
    assert answer.headers["cache-control"] == "no-store"
    await demo_gate.http.post("/v1/chat/sessions", json={}, headers=bearer(answer.json()["token"]))
    actor = tickets.actor("chat")
    assert (actor.id, actor.name, actor.claims["vip"]) == ("vera-7", "Vera", "gold")
    assert (await demo_gate.http.get("/demo/player/token?player=mallory")).status_code == 404


async def test_the_bare_address_leads_to_the_page_that_tells_what_is_here(gate: Gate) -> None:
    answer = await gate.http.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")
