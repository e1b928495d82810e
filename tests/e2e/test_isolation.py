"""Every route, every kind of caller, every foreign id: nothing of another brand or player is ever shown or changed."""

import asyncio
import itertools
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import pytest

from deploy.demo.clients import Door, new_key
from tests.e2e.asking import Answer, Json, ask, made, rows
from tests.e2e.house import House, found_house
from tests.support.eventually import eventually
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

_ROLES: Final = ("agent", "senior", "lead", "admin")
_AT_ONCE: Final = 25
_NOBODY: Final = "anonymous"
_HIDDEN: Final = {403, 404}
_METHODS: Final = ("get", "post", "put", "patch", "delete")
_PARAMETER: Final = re.compile(r"{(\w+)}")

# What a valid request would say; foreign ids inside bodies are tested beside these.
_BODIES: Final[Mapping[tuple[str, str], Json | bytes]] = {
    ("put", "/v1/attachments/{attachment_id}/sensitivity"): {"sensitivity": "ordinary"},
    ("patch", "/v1/brands/{brand}"): {"name": "Taken over"},
    ("post", "/v1/chat/sessions/{ticket_id}/messages"): {"text": "May I come in?"},
    ("patch", "/v1/chat/sessions/{ticket_id}/messages/{message_id}"): {"text": "Mine now"},
    ("put", "/v1/chat/sessions/{ticket_id}/address"): {"email": "thief@example.org"},
    ("post", "/v1/chat/sessions/{ticket_id}/transcript"): {},
    ("put", "/v1/chat/sessions/{ticket_id}/rating"): {"score": 1},
    ("patch", "/v1/macros/{macro_id}"): {"name": "Taken over"},
    ("patch", "/v1/complaints/{complaint_id}"): {"root_cause": "Mine now"},
    ("post", "/v1/complaints/{complaint_id}/accepted"): {},
    ("post", "/v1/complaints/{complaint_id}/adr-offer"): {"adr_entity_ref": "IBAS"},
    ("post", "/v1/complaints/{complaint_id}/adr-outcome"): {"adr_outcome": "upheld"},
    ("post", "/v1/complaints/{complaint_id}/adr-referral"): {},
    ("post", "/v1/complaints/{complaint_id}/close"): {"reason": "Mine now"},
    ("post", "/v1/complaints/{complaint_id}/deadlock"): {},
    ("post", "/v1/complaints/{complaint_id}/decision"): {"decision": "No", "reasons": "None", "remedy": "None"},
    ("post", "/v1/complaints/{complaint_id}/extension"): {"reason": "Mine now"},
    ("post", "/v1/complaints/{complaint_id}/final-response"): {"decision": "No"},
    ("post", "/v1/complaints/{complaint_id}/investigate"): {},
    ("post", "/v1/complaints/{complaint_id}/pause"): {"reason_code": "evidence", "evidence_request_id": "e-1"},
    ("post", "/v1/complaints/{complaint_id}/resume"): {},
    ("post", "/v1/complaints/{complaint_id}/withdrawal"): {"reason_code": "none", "reason": "Mine now"},
    ("patch", "/v1/sla/calendars/{calendar_id}"): {"name": "Taken over"},
    ("post", "/v1/sla/calendars/{calendar_id}/holidays/import"): b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
    ("post", "/v1/sla/calendars/{calendar_id}/due-time"): {"start": "2026-01-01T00:00:00Z", "seconds": 60},
    ("patch", "/v1/sla/policies/{policy_id}"): {"active": False},
    ("post", "/v1/sla/policies/{policy_id}/apply"): {},
    ("put", "/v1/sla/breaches/{clock_id}/reason"): {"reason_code": "mine-now"},
    ("patch", "/v1/staff/{staff_id}"): {"active": False},
    ("patch", "/v1/tickets/{ticket_id}"): {"priority": "low"},
    ("put", "/v1/tickets/{ticket_id}/assignment"): {"assignee_id": None},
    ("put", "/v1/tickets/{ticket_id}/draft"): {"text": "Mine now"},
    ("post", "/v1/tickets/{ticket_id}/complaint"): {"type": "other"},
    ("post", "/v1/tickets/{ticket_id}/escalation"): {"reason": "Mine now"},
    ("post", "/v1/tickets/{ticket_id}/macros/{macro_id}"): {},
    ("post", "/v1/tickets/{ticket_id}/escalation/decline"): {"reason": "Not mine"},
    ("post", "/v1/tickets/{ticket_id}/participants"): {"staff_id": "019ab000-0000-7000-8000-000000000001"},
    ("post", "/v1/tickets/{ticket_id}/participants/me/decline"): {"reason": "Not mine"},
    ("post", "/v1/tickets/{ticket_id}/takeover"): {"reason": "Mine now"},
    ("put", "/v1/agents/{staff_id}"): {"languages": ["en"]},
    ("put", "/v1/teams/{team_id}"): {"name": "Taken over"},
    ("post", "/v1/tickets/{ticket_id}/messages"): {"text": "May I come in?"},
    ("patch", "/v1/tickets/{ticket_id}/messages/{message_id}"): {"text": "Mine now"},
    ("patch", "/v1/ticket-fields/{key}"): {"label": "Taken over"},
    ("put", "/v1/reasons/{code}"): {"name": "Taken over", "reason_class": "S", "severity": 5},
    ("post", "/v1/tickets/{ticket_id}/merge"): {"into": "019ab000-0000-7000-8000-000000000001"},
    ("post", "/v1/tickets/{ticket_id}/split"): {
        "message_ids": ["019ab000-0000-7000-8000-000000000001"],
        "subject": "Mine now",
    },
    ("put", "/v1/tickets/{ticket_id}/links/{other_id}"): {"relation": "related"},
    ("patch", "/v1/views/{view_id}"): {"name": "Taken over"},
    ("patch", "/v1/webhook-endpoints/{endpoint_id}"): {"description": "Taken over"},
    ("post", "/v1/webhook-endpoints/{endpoint_id}/replay"): {"since": "2026-01-01T00:00:00Z"},
}


# Whoever has a signed link may follow it: what it leads to is tested with the files themselves.
_BY_LINK: Final = {("get", "/v1/files/{token}")}


class Principal(NamedTuple):
    """A caller: `brand` and `owner` (player or visitor) say what is not foreign to him."""

    name: str
    brand: str
    token: str
    owner: str = ""


class Target(NamedTuple):
    """A real id: of which brand, and of which player or visitor if it is one's own."""

    parameter: str
    value: str
    brand: str
    owner: str = ""
    beside: Mapping[str, str] = {}


class Attempt(NamedTuple):
    """One cell of the matrix."""

    method: str
    route: str
    principal: Principal
    target: Target

    def path(self) -> str:
        """Return the route with the foreign id in it."""
        known = {**self.target.beside, self.target.parameter: self.target.value}
        return _PARAMETER.sub(lambda match: known[match[1]], self.route)


@dataclass
class Street:
    """Two brands side by side, with their people and one real thing of each kind."""

    houses: dict[str, House] = field(default_factory=dict)
    principals: list[Principal] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    marks: dict[str, set[str]] = field(default_factory=dict)
    routes: list[tuple[str, str]] = field(default_factory=list)

    def house_of(self, target: Target) -> House:
        """Return the brand that a thing belongs to."""
        return next(house for house in self.houses.values() if house.brand.name == target.brand)

    def one(self, name: str, parameter: str) -> str:
        """Return an id of a kind in the brand `name`."""
        brand = self.houses[name].brand.name
        return next(t.value for t in self.targets if t.brand == brand and t.parameter == parameter)

    def attempts(self) -> Iterator[Attempt]:
        """Generate the matrix: every route that names something, every caller, every id that is foreign to him."""
        for (method, route), principal, target in itertools.product(self.routes, self.principals, self.targets):
            names = set(_PARAMETER.findall(route))
            if names == {target.parameter, *target.beside} and _is_foreign(principal, target):
                yield Attempt(method, route, principal, target)

    def lists(self) -> Iterator[tuple[str, Principal]]:
        """Generate every list and every caller."""
        for (method, route), principal in itertools.product(self.routes, self.principals):
            if method == "get" and not _PARAMETER.search(route):
                yield route, principal


def _is_foreign(principal: Principal, target: Target) -> bool:
    if principal.brand != target.brand:
        return True
    return bool(principal.owner and target.owner and principal.owner != target.owner)


@pytest.fixture(scope="module")
async def street(product: Product, door: Door) -> Street:
    """Two brands whose people know nothing of each other."""
    document = (await ask(door, "GET", "/openapi.json")).json
    found = Street(routes=[(m, path) for path, item in document["paths"].items() for m in _METHODS if m in item])
    for name in ("isle", "royal"):
        await _settle(found, name, await found_house(door, product.demo, name))
    found.principals.append(Principal(_NOBODY, "", ""))
    return found


async def _settle(street: Street, name: str, house: House) -> None:
    brand = house.brand.name
    street.houses[name] = house
    for role in _ROLES:
        street.principals.append(Principal(role, brand, await house.hire(role)))
    street.principals += [
        Principal("full key", brand, house.api_key),
        Principal("narrow key", brand, await house.key("narrow", "staff:read")),
        Principal("player", brand, house.player("p-1"), owner="p-1"),
        Principal("other player", brand, house.player("p-2"), owner="p-2"),
        Principal("visitor", brand, await house.visitor(), owner="v-1"),
    ]
    targets = [target async for target in _things(house, street.principals[-1].token)]
    street.targets += targets
    street.marks[brand] = {target.value for target in targets if target.parameter != "brand"} | {f"{brand}-secret"}


async def _things(house: House, visitor: str) -> AsyncIterator[Target]:
    """Make one of everything; every text says whose it is."""
    door, brand = house.door, house.brand.name
    word = f"{brand}-secret"
    for player in ("p-1", "p-2"):
        opened = await house.ticket(player, f"{word} words", subject=f"{word} subject")
        yield Target("ticket_id", str(opened["id"]), brand, player)
        # Also as the other side of itself: whichever of the two is foreign, there is no such ticket.
        yield Target("ticket_id", str(opened["id"]), brand, player, beside={"other_id": str(opened["id"])})
        session = await made(door, "/v1/chat/sessions", {"message": {"text": word}}, token=house.player(player))
        yield Target("ticket_id", str(session["ticket_id"]), brand, player)
        said = await _first_words(house, str(session["ticket_id"]), player)
        yield Target("ticket_id", str(session["ticket_id"]), brand, player, beside={"message_id": said})
        yield Target("attachment_id", await _file(house, player, word), brand, player)
    session = await made(door, "/v1/chat/sessions", {"message": {"text": word}}, token=visitor)
    yield Target("ticket_id", str(session["ticket_id"]), brand, "v-1")
    async for target in _shared_things(house):
        yield target
    complaint = await made(
        door, f"/v1/tickets/{session['ticket_id']}/complaint", {"type": "other"}, token=house.api_key
    )
    yield Target("complaint_id", str(complaint["id"]), brand)
    async for promised in _promises(house, word):
        yield promised
    for decided in await _decisions(house, word):
        yield decided
    view = await made(door, "/v1/views", {"name": word}, token=await house.hire("lead"))
    yield Target("view_id", str(view["id"]), brand)
    yield Target("staff_id", house.ids["agent"], brand)
    yield Target("key_id", str((await house.made_key(word, "chat:read"))["id"]), brand)
    yield Target("kid", str(house.brand.player_key["kid"]), brand)
    yield Target("brand", brand, brand)
    endpoint = await house.endpoint("http://127.0.0.1:9/hook", description=word)
    yield Target("endpoint_id", str(endpoint["id"]), brand)
    test = await made(door, f"/v1/webhook-endpoints/{endpoint['id']}/test", None, token=house.api_key)
    yield Target("delivery_id", str(test["id"]), brand, beside={"endpoint_id": str(endpoint["id"])})
    # Nothing but a broken mail makes one of intake's; any id of that brand stands in for it.
    yield Target("delivery_id", str(test["id"]), brand)


async def _first_words(house: House, ticket_id: str, player: str) -> str:
    """Return the id of what a player said first in the chat."""
    page = await house.door.call("GET", f"/v1/chat/sessions/{ticket_id}/messages", token=house.player(player))
    return str(page["items"][0]["id"])


async def _file(house: House, player: str, word: str) -> str:
    """Return the id of a file that a player has uploaded."""
    headers = {"Authorization": f"Bearer {house.player(player)}"}
    url = f"{house.door.url}/v1/attachments?name={word}.txt"
    async with house.door.http.post(url, data=word.encode(), headers=headers) as answer:
        assert answer.status == 201, await answer.text()
        return str((await answer.json())["id"])


async def _promises(house: House, word: str) -> AsyncIterator[Target]:
    """Promise something."""
    door, brand = house.door, house.brand.name
    target = {"first_response": {"breach_seconds": 3600}}
    policy = await made(door, "/v1/sla/policies", {"name": word, "targets": target}, token=house.api_key)
    yield Target("policy_id", str(policy["id"]), brand)
    week = {"monday": [{"opens": "09:00", "closes": "17:00"}]}
    hours = {"name": word, "time_zone": "Europe/Malta", "week": week}
    calendar = await made(door, "/v1/sla/calendars", hours, token=house.api_key)
    yield Target("calendar_id", str(calendar["id"]), brand)
    opened = await house.ticket("p-1", f"{word} words", subject=f"{word} subject")
    yield Target("clock_id", await _clock(house, str(opened["id"])), brand)


async def _clock(house: House, ticket_id: str) -> str:
    """Return the id of a promise about a ticket, once sla has made it."""

    async def made_one() -> str:
        answer = await ask(house.door, "GET", f"/v1/tickets/{ticket_id}/sla", token=house.api_key)
        return str(answer.json["clocks"][0]["id"]) if answer.status == 200 and answer.json["clocks"] else ""

    return await eventually(made_one, every=0.2)


async def _decisions(house: House, word: str) -> list[Target]:
    """Decide something about the brand's tickets: a field and a contact reason."""
    door, brand = house.door, house.brand.name
    field = {"key": f"{brand.replace('-', '_')}_secret", "label": word, "type": "text"}
    made_field = await made(door, "/v1/ticket-fields", field, token=house.api_key)
    code = f"{brand.upper()}.SECRET"
    reason = {"name": word, "reason_class": "S", "severity": 5}
    path, headers = f"/v1/reasons/{code}", {"If-Match": '"0"'}
    assert (await ask(door, "PUT", path, token=house.api_key, body=reason, headers=headers)).status == 200
    return [Target("key", str(made_field["key"]), brand), Target("code", code, brand)]


async def _shared_things(house: House) -> AsyncIterator[Target]:
    """Make what people of the desk share about a ticket."""
    brand, staff_id = house.brand.name, house.ids["agent"]
    word = f"{brand}-secret"
    ticket_id = str((await house.ticket("p-1", f"{word} words", subject=f"{word} subject"))["id"])
    macro = await made(house.door, "/v1/macros", {"name": word, "texts": {"en": word}}, token=house.api_key)
    yield Target("macro_id", str(macro["id"]), brand)
    for beside in ({"macro_id": str(macro["id"])}, {"staff_id": staff_id}, {"tag": "vip"}):
        yield Target("ticket_id", ticket_id, brand, beside=beside)
    yield Target("ban_id", await _ban(house, word), brand)
    yield Target("mention_id", await _mention(house, ticket_id, staff_id), brand)
    yield Target("team_id", await _team(house), brand)
    # Its note has called the agent, so tickets knows him.
    path = f"/v1/agents/{staff_id}/players/p-1"
    assert (await ask(house.door, "PUT", path, token=house.tokens["lead"])).status == 204
    yield Target("staff_id", staff_id, brand, beside={"player_id": "p-1"})


async def _team(house: House) -> str:
    """Return the id of a team."""
    id_, first = f"{house.brand.name}-team", {"If-Match": '"0"'}
    team = await ask(
        house.door, "PUT", f"/v1/teams/{id_}", token=house.tokens["lead"], body={"name": id_}, headers=first
    )
    assert team.status == 200, team.body
    return id_


async def _ban(house: House, word: str) -> str:
    """Return the id of a ban of a player who does nothing else."""
    session = await made(house.door, "/v1/chat/sessions", {"message": {"text": word}}, token=house.player("p-3"))
    wish = {"ticket_id": session["ticket_id"], "reason": word}
    return str((await made(house.door, "/v1/chat/bans", wish, token=await house.hire("senior")))["id"])


async def _mention(house: House, ticket_id: str, staff_id: str) -> str:
    """Return the id of a note that calls a member of staff, once tickets knows him."""
    path, body = f"/v1/tickets/{ticket_id}/messages", {"text": f"@[{staff_id}]", "kind": "note"}

    async def noted() -> str:
        answer = await ask(
            house.door, "POST", path, token=house.api_key, body=body, headers={"Idempotency-Key": new_key()}
        )
        assert answer.status == 201, answer.body
        return str(answer.json["id"])

    return await eventually(noted, every=0.2)


async def _try(door: Door, attempt: Attempt) -> Answer:
    headers = {"Idempotency-Key": new_key(), "If-Match": '"1"'}
    body = _BODIES.get((attempt.method, attempt.route))
    return await ask(
        door, attempt.method.upper(), attempt.path(), token=attempt.principal.token, body=body, headers=headers
    )


async def _try_all(door: Door, attempts: list[Attempt]) -> list[tuple[Attempt, Answer]]:
    return list(zip(attempts, await asyncio.gather(*(_try(door, one) for one in attempts)), strict=True))


def _batches(attempts: list[Attempt]) -> Iterator[list[Attempt]]:
    for start in range(0, len(attempts), _AT_ONCE):
        yield attempts[start : start + _AT_ONCE]


def _shown(answer: Answer, street: Street, principal: Principal) -> set[str]:
    """Return what is in an answer although it belongs to another brand."""
    foreign = {mark for brand, marks in street.marks.items() if brand != principal.brand for mark in marks}
    text = answer.body.decode()
    return {mark for mark in foreign if mark in text}


def _is_refused(answer: Answer, attempt: Attempt) -> bool:
    return answer.status == 401 if attempt.principal.name == _NOBODY else answer.status in _HIDDEN


async def _photograph(street: Street) -> object:
    """Return every thing of both brands as its own brand sees it."""
    seen: dict[str, object] = {}
    for house in street.houses.values():
        for path in (
            "/v1/tickets",
            "/v1/sla/policies",
            "/v1/sla/calendars",
            "/v1/staff",
            "/v1/webhook-endpoints",
            "/v1/reasons",
            "/v1/ticket-fields",
        ):
            page = await house.door.call("GET", f"{path}?limit=100", token=house.api_key)
            seen[f"{house.brand.name} {path}"] = page["items"]
        teams = await ask(house.door, "GET", "/v1/teams", token=house.tokens["lead"])
        seen[f"{house.brand.name} teams"] = teams.json
        for path in ("/v1/api-keys", "/v1/player-keys", f"/v1/brands/{house.brand.name}"):
            seen[f"{house.brand.name} {path}"] = (await ask(house.door, "GET", path, token=house.founder)).json
        for target in street.targets:
            if target.parameter == "ticket_id" and target.brand == house.brand.name:
                path = f"/v1/tickets/{target.value}/timeline?limit=100"
                seen[path] = (await ask(house.door, "GET", path, token=house.api_key)).json
    return _without_use(seen)


def _without_use(seen: object) -> object:
    """Drop what legitimately moves: when a key was last used, how a delivery fares, what sla promises.

    A legal day is a second here: meanwhile the register notes in the ticket how much of a complaint's time is gone.
    """
    if isinstance(seen, dict):
        moving = {"last_used_at", "health", "next_due_at"} | ({"version", "updated_at"} if _complains(seen) else set())
        return {name: _without_use(value) for name, value in seen.items() if name not in moving}
    return [_without_use(value) for value in seen if not _is_noted(value)] if isinstance(seen, list) else seen


def _complains(seen: Json) -> bool:
    return seen.get("complaint_id") is not None


def _is_noted(seen: object) -> bool:
    author = seen.get("author") if isinstance(seen, dict) else None
    return isinstance(author, dict) and (author["kind"], author["id"]) == ("system", "complaints")


async def test_what_is_foreign_is_not_there(door: Door, street: Street) -> None:
    """Every route x every caller x every foreign id: 404 or 403, without credentials 401, and nothing has changed."""
    await eventually(lambda: _all_tickets_open(street), every=0.2)
    before = await _photograph(street)
    attempts = list(street.attempts())
    statuses: Counter[int] = Counter()
    wrong: list[str] = []
    for attempt, answer in [pair for some in _batches(attempts) for pair in await _try_all(door, some)]:
        statuses[answer.status] += 1
        named = {attempt.target.value, *attempt.target.beside.values()}
        if not _is_refused(answer, attempt) or _shown(answer, street, attempt.principal) - named:
            wrong.append(f"{attempt.principal} {attempt.method} {attempt.path()}: {answer.status} {answer.body!r:.300}")
    covered = {(a.method, a.route) for a in attempts}
    print(f"isolation: {len(attempts)} attempts on {len(covered)} routes, {dict(statuses)}")  # noqa: T201 - its size
    assert {route for route in street.routes if _PARAMETER.search(route[1])} - _BY_LINK == covered
    assert wrong == []
    assert await _photograph(street) == before


async def _all_tickets_open(street: Street) -> bool:
    for target in street.targets:
        if target.parameter == "ticket_id":
            house = street.house_of(target)
            answer = await ask(house.door, "GET", f"/v1/tickets/{target.value}/sla", token=house.api_key)
            assert answer.status == 200
    return True


async def test_lists_hold_nothing_foreign(door: Door, street: Street) -> None:
    """No list shows anything of another brand, also if one asks for foreign players and people."""
    checked = 0
    for route, principal in street.lists():
        other = next(house for house in street.houses.values() if house.brand.name != principal.brand)
        staff = other.ids["agent"]
        for query in ("", f"?player_id=p-1&assignee={staff}", f"?assignee={staff}&limit=100"):
            answer = await ask(door, "GET", route + query, token=principal.token)
            allowed = {401} if principal.name == _NOBODY else {200, 403, 422}
            assert answer.status in allowed or answer.code == "parameter-unknown", (route, principal)
            assert _shown(answer, street, principal) == set(), (route, principal)
            checked += 1
    print(f"isolation: {checked} lists")  # noqa: T201 - its size


async def test_foreign_people_cannot_be_given_work(door: Door, street: Street) -> None:
    """Ids of another brand are unknown in bodies as well as in paths."""
    isle, royal = street.houses["isle"], street.houses["royal"]
    ticket = street.one("isle", "ticket_id")
    for assignee in (royal.ids["agent"], royal.ids["lead"]):
        path = f"/v1/tickets/{ticket}/assignment"
        answer = await ask(door, "PUT", path, token=isle.tokens["lead"], body={"assignee_id": assignee})
        assert answer.status == 404
    delivery = street.one("royal", "delivery_id")
    endpoint = street.one("isle", "endpoint_id")
    path = f"/v1/webhook-endpoints/{endpoint}/replay"
    replayed = await made(door, path, {"delivery_ids": [delivery]}, token=isle.api_key)
    assert replayed["replayed"] == 0


@pytest.mark.parametrize("path", ["/v1/tickets", "/v1/sla/policies", "/v1/staff", "/v1/api-keys"])
async def test_a_cursor_of_another_brand_is_refused(door: Door, street: Street, path: str) -> None:
    """A cursor continues the list it was given for and no other."""
    isle, royal = street.houses["isle"], street.houses["royal"]
    page = await door.call("GET", f"{path}?limit=1", token=isle.founder)
    cursor = page["next_cursor"]
    assert cursor
    assert (await ask(door, "GET", f"{path}?limit=1&cursor={cursor}", token=isle.founder)).status == 200
    answer = await ask(door, "GET", f"{path}?limit=1&cursor={cursor}", token=royal.founder)
    assert (answer.status, answer.code) == (400, "cursor-invalid")


async def test_a_cursor_of_another_list_is_refused(door: Door, street: Street) -> None:
    """Lists of one service do not take each other's cursors."""
    house = street.houses["isle"]
    for given, used in itertools.permutations(("/v1/staff", "/v1/api-keys"), 2):
        cursor = (await door.call("GET", f"{given}?limit=1", token=house.founder))["next_cursor"]
        answer = await ask(door, "GET", f"{used}?cursor={cursor}", token=house.founder)
        assert (answer.status, answer.code) == (400, "cursor-invalid"), (given, used)


async def test_services_work_as_a_role_that_isolation_binds(product: Product) -> None:
    """The application role is no superuser, bypasses no row-level security, owns nothing and sees no row unscoped."""
    for name, urls in product.databases().items():
        role = (
            await rows(
                urls.app,
                "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, (SELECT count(*) FROM pg_class"
                " WHERE relowner = pg_roles.oid) AS owned FROM pg_roles WHERE rolname = current_user",
            )
        )[0]
        assert tuple(role)[1:] == (False, False, False, 0), name
        used = await rows(
            urls.owner,
            "SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name LIKE 'pitboss-' || $1",
            name,
        )
        assert {row[0] for row in used} <= {f"{name}_app", f"{name}_worker"}, name
        open_tables = await rows(
            urls.owner,
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'brand'"
            " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
            " AND NOT (c.relrowsecurity AND c.relforcerowsecurity)",
        )
        assert open_tables == [], name
        unscoped = await rows(urls.app, "SELECT count(*) FROM outbox")
        assert unscoped[0][0] == 0, name
