"""Live conversations over bad connections: nothing lost, doubled or out of order, nobody slowed down."""

import asyncio
import random
import socket as sockets
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing, suppress
from typing import Any, Final
from uuid import uuid4

import aiohttp
import pytest

from deploy.demo.clients import ChatSocket, Door, NoAnswer, Refused
from tests.e2e.asking import Json, ask, made, rows
from tests.e2e.house import House, found_house
from tests.support.eventually import eventually
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

FAST: Final = 20
CUTS: Final = 50
WORDS: Final = 150
_SOCKETS_EACH: Final = 10
_AGENTS: Final = 12
_TICKET_SECONDS: Final = 30
_EXPIRED: Final = 4401
_SMALL_BUFFER: Final = 4096
_LONGEST_CLOSE_FRAME: Final = 127
_PATIENCE: Final = 30


@pytest.fixture(scope="module")
async def talkative(product: Product, door: Door) -> House:
    """A brand with agents enough for a hundred sockets."""
    house = await found_house(door, product.demo, "talk")
    for number in range(_AGENTS):
        await house.hire("agent", f"agent{number}")
    return house


def _heard(socket: ChatSocket, ticket: str) -> list[Json]:
    return [frame for frame in socket.messages if frame["ticket_id"] == ticket]


def _texts(frames: Sequence[Json]) -> list[str]:
    return [str(frame["text"]) for frame in frames]


async def _transcript(house: House, ticket: str) -> list[Json]:
    items: list[Json] = []
    while True:
        after = items[-1]["seq"] if items else 0
        path = f"/v1/chat/sessions/{ticket}/messages?limit=100&after_seq={after}"
        page = await house.door.call("GET", path, token=house.api_key)
        items += page["items"]
        if page["next_after_seq"] is None:
            return items


async def _opened(house: House, ticket: str) -> None:
    """Wait until tickets has heard of the conversation, so that an agent can answer it."""

    async def there() -> bool:
        return (await ask(house.door, "GET", f"/v1/tickets/{ticket}", token=house.api_key)).status == 200

    await eventually(there)


@asynccontextmanager
async def _pair(house: House, agent: str = "agent0") -> AsyncIterator[tuple[ChatSocket, ChatSocket, str]]:
    """A player and the agent who watches."""
    player = await ChatSocket.of_player(house.door, house.player(f"p-{uuid4().hex[:8]}"), subject="Talk")
    desk = await ChatSocket.of_staff(house.door, house.tokens[agent])
    await desk.watch(player.ticket_id)
    try:
        yield player, desk, player.ticket_id
    finally:
        await asyncio.gather(player.close(), desk.close())


async def test_twenty_fast_messages_reach_the_agent_in_order_and_the_answer_comes_back(talkative: House) -> None:
    """All at once over the socket: each one once, in the order of sending; the agent's answer reaches the player."""
    async with _pair(talkative) as (player, desk, ticket):
        words = [f"fast {number}" for number in range(FAST)]
        started = time.perf_counter()
        acks = await asyncio.gather(*(player.say(word, client_msg_id=word) for word in words))
        await eventually(lambda: len(_heard(desk, ticket)) >= FAST)
        assert _texts(_heard(desk, ticket)) == words
        assert [frame["seq"] for frame in _heard(desk, ticket)] == [ack["seq"] for ack in acks] == list(range(1, 21))
        print(f"chat: {FAST} messages with the agent after {time.perf_counter() - started:.3f} s")  # noqa: T201 - figures

        await _opened(talkative, ticket)
        reply = await talkative.reply(ticket, "Hello, one at a time.", token=talkative.tokens["agent0"])
        answers = await eventually(lambda: [f for f in player.messages if f["author"]["kind"] == "staff"])
        assert [(one["id"], one["seq"], one["text"]) for one in answers] == [
            (reply["id"], FAST + 1, "Hello, one at a time.")
        ]


class Stubborn:
    """A client as the widget is: resends what was not acknowledged, resumes after the last `seq` it has."""

    def __init__(self, socket: ChatSocket, dice: random.Random) -> None:
        self.socket = socket
        self.dice = dice
        self.cuts = 0

    async def say(self, word: str) -> None:
        """Send until acknowledged, whatever happens to the connection."""
        async with asyncio.timeout(60):
            while True:
                try:
                    await self.socket.say(word, client_msg_id=word)
                except (NoAnswer, Refused):
                    await self.reconnect()
                else:
                    return

    async def cut_in_mid_sentence(self, word: str) -> None:
        """Send, and break the connection a random moment later: before, while or after the message is written."""
        sending = asyncio.create_task(self.socket.say(word, client_msg_id=word))
        for _ in range(self.dice.randrange(0, 60)):
            await asyncio.sleep(0)  # house: sleep - long enough for the other side to get there first
        await self.socket.cut()
        self.cuts += 1
        with suppress(NoAnswer, Refused):
            await sending
        await self.reconnect()
        await self.say(word)

    async def reconnect(self) -> None:
        """Come back with the cursors; a door that is not ready yet is asked again."""

        async def attempt() -> bool:
            await self.socket.close()
            try:
                await self.socket.connect({})
            except (NoAnswer, Refused):
                return False
            return True

        await eventually(attempt, every=0.05)


async def test_fifty_cut_connections_lose_double_and_reorder_nothing(talkative: House) -> None:
    """Player and agent are cut at random moments while both speak: all three records are the same."""
    dice = random.Random(20261122)  # noqa: S311 - a repeatable test, no secret
    async with _pair(talkative) as (player_socket, desk_socket, ticket):
        player, desk = Stubborn(player_socket, dice), Stubborn(desk_socket, dice)
        await player.say("word 0")
        await _opened(talkative, ticket)
        words = [f"word {number}" for number in range(1, WORDS)]
        answers = [f"answer {number}" for number in range(CUTS // 2)]
        await asyncio.gather(_speak(player, words), _answer(talkative, desk, ticket, answers))
        said = ["word 0", *words]
        whole = len(said) + len(answers)
        await eventually(lambda: len(_heard(desk_socket, ticket)) >= whole)
        transcript = await _transcript(talkative, ticket)
        print(f"chat: {player.cuts + desk.cuts} cuts, {len(transcript)} messages")  # noqa: T201 - the figures
        assert [message["seq"] for message in transcript] == list(range(1, whole + 1))
        assert _by(transcript, "player") == said
        assert _by(transcript, "staff") == answers
        heard = [(frame["seq"], frame["id"]) for frame in _heard(desk_socket, ticket)]
        assert heard == [(message["seq"], message["id"]) for message in transcript]
        await eventually(lambda: len(_by(player_socket.messages, "staff")) >= len(answers))
        assert _by(player_socket.messages, "staff") == answers


def _by(messages: Sequence[Json], kind: str) -> list[str]:
    return [str(message["text"]) for message in messages if message["author"]["kind"] == kind]


async def _speak(player: Stubborn, words: Sequence[str]) -> None:
    cut_here = set(player.dice.sample(words, CUTS // 2))
    for word in words:
        await (player.cut_in_mid_sentence(word) if word in cut_here else player.say(word))


async def _answer(house: House, desk: Stubborn, ticket: str, answers: Sequence[str]) -> None:
    for answer in answers:
        await house.reply(ticket, answer, token=house.tokens["agent0"])
        await desk.socket.cut()
        desk.cuts += 1
        await desk.reconnect()


class SlowReader:
    """A socket that says hello, asks for a conversation, and never reads again."""

    def __init__(self, door: Door, token: str) -> None:
        self._door = door
        self._token = token
        self.stream: sockets.socket | None = None

    async def connect(self, ticket: str) -> None:
        """Shake hands by hand: only a raw socket can refuse to read."""
        granted = await made(self._door, "/v1/desk/socket-tickets", None, token=self._token)
        self.stream = await _upgraded(self._door, receive_buffer=_SMALL_BUFFER)
        hello = f'{{"t":"hello","ticket":"{granted["socket_ticket"]}","cursors":{{"{ticket}":0}}}}'
        await asyncio.get_running_loop().sock_sendall(self.stream, _masked(hello))

    def close(self) -> None:
        """Give the connection up."""
        if self.stream is not None:
            self.stream.close()

    async def ended(self) -> int:
        """Read what was left unread to the end: the close code, 1006 without one, 0 if it goes on for too long."""
        assert self.stream is not None
        return await _how_it_ends(self.stream)


async def _upgraded(door: Door, *, receive_buffer: int = 1 << 16) -> sockets.socket:
    """Shake hands by hand."""
    loop = asyncio.get_running_loop()
    stream = sockets.socket()
    stream.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, receive_buffer)
    stream.settimeout(0)
    host, _, port = door.url.rpartition("//")[2].partition(":")
    await loop.sock_connect(stream, (host, int(port)))
    upgrade = (
        f"GET /v1/chat/socket HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await loop.sock_sendall(stream, upgrade.encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += await loop.sock_recv(stream, 1)
    assert b" 101 " in head.split(b"\r\n")[0]
    return stream


async def _how_it_ends(stream: sockets.socket) -> int:
    last = b""
    try:
        async with asyncio.timeout(_PATIENCE):
            while read := await asyncio.get_running_loop().sock_recv(stream, 1 << 20):
                last = (last + read)[-_LONGEST_CLOSE_FRAME:]
    except TimeoutError:
        return 0
    except OSError:
        return 1006
    code = last.rpartition(b"\x88")[2][1:3]
    return int.from_bytes(code, "big") or 1006


def _masked(text: str) -> bytes:
    """Return a client's text frame (RFC 6455, section 5.2) under the mask 0."""
    payload = text.encode()
    assert len(payload) < 1 << 16
    return b"\x81" + bytes([0x80 | 126]) + len(payload).to_bytes(2, "big") + b"\0\0\0\0" + payload


async def _latencies(house: House, player: ChatSocket, desk: ChatSocket, count: int) -> list[float]:
    """Say `count` things one after another and return how long each one took to the agent's socket."""
    took = []
    for _ in range(count):
        word = uuid4().hex
        started = time.perf_counter()
        await made(house.door, f"/v1/chat/sessions/{player.ticket_id}/messages", {"text": word}, token=player.token)
        frames = await eventually(lambda: [f for f in desk.messages[-5:] if f["text"] == word], every=0.002)  # noqa: B023 - awaited
        took.append(frames[0]["received"] - started)
    return took


def _p99(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


async def test_a_hundred_slow_readers_delay_nobody_and_are_ended(talkative: House) -> None:
    """A hundred sockets that never read a busy conversation: others' messages keep their pace, the slow are dropped."""
    async with _pair(talkative) as (player, desk, _), _pair(talkative, "agent1") as (loud, _, loud_ticket):
        quiet = await _latencies(talkative, player, desk, 60)
        readers = [
            SlowReader(talkative.door, talkative.tokens[f"agent{number}"])
            for number in range(2, _AGENTS)  # the first two have sockets that read
            for _ in range(_SOCKETS_EACH)
        ]
        try:
            for start in range(0, len(readers), _SOCKETS_EACH):
                await asyncio.gather(*(one.connect(loud_ticket) for one in readers[start : start + _SOCKETS_EACH]))
            flood = asyncio.create_task(_flood(talkative, loud_ticket, loud.token))
            busy = await _latencies(talkative, player, desk, 60)
            await flood
            after = await _latencies(talkative, player, desk, 60)
            ended = Counter(await asyncio.gather(*(reader.ended() for reader in readers)))
        finally:
            for reader in readers:
                reader.close()
        print(  # noqa: T201 - the figures are the point of this test
            f"chat: p99 quiet {_p99(quiet) * 1000:.0f} ms, while flooding {len(readers)} slow readers "
            f"{_p99(busy) * 1000:.0f} ms, after {_p99(after) * 1000:.0f} ms; ended with {dict(ended)}"
        )
        assert 0 not in ended
        assert _p99(after) <= 5 * _p99(quiet) + 0.25
        assert _p99(busy) <= 10 * _p99(quiet) + 1.0


async def _flood(house: House, ticket: str, token: str) -> None:
    for number in range(120):
        words = f"{number} " + "x" * 15_000
        await made(house.door, f"/v1/chat/sessions/{ticket}/messages", {"text": words}, token=token)


async def _close_code(door: Door, ticket: str) -> int:
    """Return how a socket that says hello with `ticket` ends; 0 if it is welcome."""
    async with door.http.ws_connect(f"{door.url}/v1/chat/socket") as socket:
        await socket.send_json({"t": "hello", "ticket": ticket, "cursors": {}})
        message = await socket.receive(timeout=10)
        return 0 if message.type is aiohttp.WSMsgType.TEXT else int(socket.close_code or message.data)


async def test_a_socket_ticket_works_once_for_its_owner(talkative: House) -> None:
    """Used, made up, or taken from another brand or another conversation: the socket is not opened."""
    door = talkative.door
    granted = await made(door, "/v1/chat/sessions", {}, token=talkative.player("ticket-holder"))
    ticket = str(granted["socket_ticket"])
    assert await _close_code(door, ticket) == 0
    assert await _close_code(door, ticket) == _EXPIRED
    assert await _close_code(door, "made-up") == _EXPIRED
    fresh = str((await made(door, "/v1/chat/sessions", {}, token=talkative.player("ticket-holder")))["socket_ticket"])
    brand = talkative.brand.name
    assert brand in fresh
    assert await _close_code(door, fresh.replace(brand, "lucky")) == _EXPIRED
    assert await _close_code(door, fresh[:-2] + "aa") == _EXPIRED


async def test_a_socket_ticket_opens_only_its_own_conversation(talkative: House) -> None:
    """With a good ticket nobody hears another player's conversation by naming it among the cursors."""
    door = talkative.door
    async with _pair(talkative) as (player, _, ticket):
        granted = await made(door, "/v1/chat/sessions", {}, token=talkative.player("curious"))
        async with door.http.ws_connect(f"{door.url}/v1/chat/socket") as curious:
            await curious.send_json({"t": "hello", "ticket": granted["socket_ticket"], "cursors": {ticket: 0}})
            welcome = await curious.receive_json(timeout=10)
            assert ticket not in welcome["heads"]
            await player.say("between us")
            await curious.send_json({"t": "watch", "ticket_id": ticket, "after_seq": 0})
            await curious.send_json({"t": "send", "client_msg_id": "x", "text": "Hello?", "ticket_id": ticket})
            frames = await _until_answered(curious)
            assert all("between us" not in str(frame) for frame in frames)
            assert all(m["text"] == "between us" for m in await _transcript(talkative, ticket))


async def test_whoever_sends_too_much_at_once_learns_why_his_socket_ends(talkative: House) -> None:
    """Reset in the middle of his words instead, an honest client would say them again for ever."""
    loop, piece = asyncio.get_running_loop(), b"x" * 40 * 1024
    with closing(await _upgraded(talkative.door)) as stream:
        await loop.sock_sendall(
            stream, b"\x81" + bytes([0x80 | 127]) + (5 * len(piece)).to_bytes(8, "big") + b"\0\0\0\0"
        )
        for _ in range(5):
            await made(talkative.door, "/v1/chat/sessions", {}, token=talkative.player("patient"))
            await loop.sock_sendall(stream, piece)
        assert await _how_it_ends(stream) == 1009


async def _until_answered(socket: aiohttp.ClientWebSocketResponse) -> list[Any]:
    """Return what comes until the send is answered or the socket is closed."""
    frames: list[Any] = []
    while True:
        message = await socket.receive(timeout=10)
        if message.type is not aiohttp.WSMsgType.TEXT:
            return frames
        frames.append(message.json())
        if frames[-1]["t"] in {"ack", "nack"}:
            return frames


async def test_a_socket_ticket_expires(product: Product, talkative: House) -> None:
    """A ticket is good for thirty seconds and no longer."""
    granted = await made(talkative.door, "/v1/chat/sessions", {}, token=talkative.player("late"))
    age = "UPDATE socket_tickets SET expires_at = expires_at - $1 * interval '1 second' WHERE brand = $2"
    await rows(product.databases()["chat"].worker, age, _TICKET_SECONDS, talkative.brand.name)
    assert await _close_code(talkative.door, str(granted["socket_ticket"])) == _EXPIRED
