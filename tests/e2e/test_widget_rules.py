"""The widget's rules in the engine that runs them: the life of the connection, the outbox, the transcript, links."""

from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page

from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

WIDGET: Final = "/assets/0000000000000000/widget"
_MACHINE: Final = """
    const { advance, initial } = await import("WIDGET/protocol.js");
    const world = { now: 0, random: () => 1, cursors: () => ({ t1: 7 }) };
    const run = (...events) => {
        let link = initial();
        const done = [];
        for (const { at, ...event } of events) {
            world.now = at ?? world.now;
            const [next, effects] = advance(link, event, world);
            link = next;
            done.push(effects.map((effect) => effect.t));
        }
        return { link, done };
    };
    const session = { socket_url: "ws://x", socket_ticket: "once" };
    const live = [
        { t: "start", at: 0 }, { t: "session", session }, { t: "opened" },
        { t: "frame", frame: { t: "welcome", ping_every: 25 } },
    ];
""".replace("WIDGET", WIDGET)


@pytest.fixture(scope="module")
async def page(browser: Browser, product: Product) -> AsyncIterator[Page]:
    """A page of the gateway's own origin, from which modules can be loaded."""
    page = await browser.new_page()
    await page.goto(f"{product.url}/docs")
    yield page
    await page.close()


async def _machine(page: Page, script: str) -> Any:
    return await page.evaluate(f"async () => {{ {_MACHINE} {script} }}")


async def test_a_connection_begins_with_a_session_then_hello_with_cursors(page: Page) -> None:
    script = """
        const { link, done } = run(...live);
        const [, effects] = advance({ ...initial(), phase: "opening", session }, { t: "opened" }, world);
        return [link.phase, done, effects[0].frame];
    """
    assert await _machine(page, script) == [
        "live",
        [["ask"], ["connect"], ["send"], ["deliver"]],
        {"t": "hello", "ticket": "once", "cursors": {"t1": 7}},
    ]


async def test_waits_double_up_to_thirty_seconds_and_are_forgotten_after_a_minute_of_health(page: Page) -> None:
    script = """
        let link = initial();
        const waits = [];
        for (let i = 0; i < 9; i += 1) {
            [link] = advance({ ...link, phase: "asking" }, { t: "refused", status: 503 }, { ...world, now: 0 });
            waits.push(link.due);
        }
        const healthy = run(...live.map((one) => one), { t: "closed", code: 1012, at: 61_000 }).link;
        const lucky = { ...world, now: 0, random: () => 0.5 };
        const spread = advance({ ...initial(), phase: "live" }, { t: "closed", code: 1006 }, lucky);
        return [waits, healthy.due, spread[0].due];
    """
    waits, healthy, spread = await _machine(page, script)
    assert waits == [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]
    assert (healthy, spread) == (61_500, 250)


@pytest.mark.parametrize(
    ("code", "phase", "reason"),
    [
        (1001, "waiting", "network"),
        (1012, "waiting", "network"),
        (1013, "waiting", "network"),
        (1009, "waiting", "unreadable"),
        (4400, "waiting", "unreadable"),
        (4401, "asking", None),
        (4403, "stopped", "forbidden"),
        (4408, "waiting", "network"),
        (4409, "stopped", "replaced"),
        (4429, "waiting", "rate"),
    ],
)
async def test_every_close_code_has_its_consequence(page: Page, code: int, phase: str, reason: str | None) -> None:
    script = f"""
        const {{ link }} = run(...live, {{ t: "closed", code: {code} }});
        return [link.phase, link.reason];
    """
    assert await _machine(page, script) == [phase, reason]


async def test_a_silent_socket_is_given_up_and_sleep_is_noticed_at_once(page: Page) -> None:
    script = """
        const early = run(...live, { t: "tick", at: 36_000 }).link.phase;
        const late = run(...live, { t: "tick", at: 37_000 });
        const pinged = { t: "frame", frame: { t: "ping", heads: {} }, at: 30_000 };
        const ping = run(...live, pinged, { t: "tick", at: 60_000 });
        const awake = run(...live, { t: "awake", at: 600_000 });
        const well = run(...live, { t: "awake", at: 10_000 });
        return [early, late.link.phase, late.done.at(-1), ping.link.phase, ping.done.at(-2), awake.link.phase,
            awake.done.at(-1), well.done.at(-1)];
    """
    assert await _machine(page, script) == [
        "live", "waiting", ["drop"], "live", ["send", "deliver"], "asking", ["drop", "ask"], [],
    ]  # fmt: skip


async def test_the_server_may_send_clients_away_and_refusals_say_whether_to_come_back(page: Page) -> None:
    script = """
        const away = run(...live, { t: "frame", frame: { t: "reconnect", after_ms: 3000 }, at: 1000 });
        const refusals = [[403], [404], [429, 7], [401], [0, 0, "identity"], [0, 0, "ended"], [503],
            [400, 0, "form-incomplete"], [0, 0, "site-not-listed"]].map(
            ([status, retryAfter, code]) => {
                const { link } = run({ t: "start", at: 0 }, { t: "refused", status, retryAfter, code });
                return [link.phase, link.reason, link.due];
            });
        return [away.link.due, away.done.at(-1), refusals];
    """
    due, effects, refusals = await _machine(page, script)
    assert (due, effects) == (4000, ["drop"])
    assert refusals == [
        ["stopped", "forbidden", float("inf")],
        ["stopped", "misconfigured", float("inf")],
        ["waiting", "rate", 7000],
        ["waiting", "identity", 500],
        ["waiting", "identity", 500],
        ["stopped", "ended", float("inf")],
        ["waiting", "network", 500],
        ["stopped", "form-incomplete", float("inf")],
        ["stopped", "misconfigured", float("inf")],
    ]


async def test_no_sequence_of_events_breaks_the_machine(page: Page) -> None:
    """Fifty thousand random events: it always has a known phase, never two sockets, and never waits without a time."""
    script = """
        let seed = 20261124;
        const dice = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
        const frames = ["welcome", "ping", "msg", "reconnect"];
        const working = new Set(["asking", "opening", "greeting", "live"]);
        const codes = [1000, 1001, 1006, 1012, 4400, 4401, 4403, 4408, 4409, 4429];
        const events = [
            () => ({ t: "start" }), () => ({ t: "session", session }), () => ({ t: "opened" }),
            () => ({ t: "refused", status: [0, 401, 429, 503][dice(4)] }),
            () => ({ t: "frame", frame: { t: frames[dice(4)], after_ms: dice(5000) } }),
            () => ({ t: "closed", code: codes[dice(codes.length)] }), () => ({ t: "awake" }), () => ({ t: "offline" }),
            () => ({ t: "tick" }), () => ({ t: "stop" }),
        ];
        let link = initial();
        let open = 0;
        const wrong = [];
        for (let i = 0; i < 50_000; i += 1) {
            world.now += dice(20_000);
            const event = events[dice(events.length)]();
            const [next, effects] = advance(link, event, world);
            for (const { t } of effects) {
                if (t === "connect" && (open += 1) > 1) wrong.push([i, event, "two sockets"]);
                if (t === "drop") open = 0;
            }
            if (event.t === "closed") open = 0;
            if (next.phase === "waiting" && !(next.due < Infinity)) wrong.push([i, event, "waits for nothing"]);
            if (working.has(next.phase) && !(next.due < Infinity)) wrong.push([i, event, "trusts"]);
            link = next;
        }
        return wrong.slice(0, 5);
    """
    assert await _machine(page, script) == []


async def test_the_outbox_keeps_order_and_words_across_tabs(page: Page) -> None:
    script = """async () => {
        const { Outbox } = await import("WIDGET/outbox.js");
        const { openStorage } = await import("WIDGET/storage.js");
        const storage = openStorage("localStorage", "test");
        const here = new Outbox(storage, "player:1");
        const there = new Outbox(openStorage("localStorage", "test"), "player:1");
        const foreign = new Outbox(storage, "player:2");
        for (const item of here.items()) here.settle(item.client_msg_id);
        here.add("one", 1000); here.add("two", 1000); there.add("three", 5000); here.add("four", 900);
        const order = there.items().map((item) => item.text);
        const ids = new Set(there.items().map((item) => item.client_msg_id)).size;
        const [one, two] = here.items();
        there.settle(one.client_msg_id);
        here.hold(two.client_msg_id, { code: "text-refused", status: 400 });
        const next = there.next().text;
        here.release(two.client_msg_id);
        const released = there.next().text;
        here.holdStale(1000 + 2 * 3600_000);
        const stale = there.next();
        foreign.adopt(here);
        const adopted = [here.items().length, foreign.items().length];
        for (const item of foreign.items()) foreign.settle(item.client_msg_id);
        return [order, ids, next, released, stale, adopted, foreign.items().length];
    }""".replace("WIDGET", WIDGET)
    order, ids, following, released, stale, adopted, left = await page.evaluate(script)
    assert order == ["one", "two", "four", "three"], "a clock that was set back turns nothing round"
    assert ids == 4
    assert following == "four"
    assert (released, stale, adopted, left) == ("two", None, [0, 3], 0)


async def test_the_transcript_puts_everything_in_its_place_once(page: Page) -> None:
    script = """async () => {
        const { Transcript, grouped } = await import("WIDGET/transcript.js");
        const transcript = new Transcript("t1");
        const at = (seq) => ({
            seq, id: `m${seq}`, author: { kind: seq < 4 ? "player" : "staff", id: "x" }, text: `${seq}`,
            sent_at: new Date(2026, 0, seq < 3 ? 1 : 2, 12, seq).toISOString(), client_msg_id: `c${seq}`,
        });
        const added = [2, 4, 1, 2].map((seq) => transcript.add(at(seq)));
        const { upto, head } = transcript;
        const before = [upto, head, transcript.hear(6), transcript.has("c4"), transcript.has("c3")];
        transcript.add(at(3));
        const messages = transcript.messages();
        return [added, before, messages.map((one) => one.seq), transcript.upto,
            grouped(messages).map(({ day, first, last }) => [day !== null, first, last])];
    }""".replace("WIDGET", WIDGET)
    assert await page.evaluate(script) == [
        [True, True, True, False],
        [2, 4, True, True, False],
        [1, 2, 3, 4],
        4,
        [[True, True, False], [False, False, True], [True, True, True], [False, True, True]],
    ]


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://a.example/x?y=1.", ["https://a.example/x?y=1"]),
        ("(http://a.example) and https://b.example/ü!", ["http://a.example/", "https://b.example/%C3%BC"]),
        ("javascript:alert(1) data:text/html,x ftp://a.example //a.example www.a.example", []),
        ("https:// http://", []),
        ('https://a.example/"onmouseover=alert(1)', ["https://a.example/"]),
        ("xhttps://a.example", []),
    ],
)
async def test_only_addresses_of_the_web_become_links(page: Page, text: str, links: list[str]) -> None:
    script = """async (text) => {
        const { linked } = await import("WIDGET/views/text.js");
        const { html, render } = await import("VENDOR/lit.js");
        const box = document.createElement("div");
        render(html`${linked(text)}`, box);
        return [box.textContent, Array.from(box.querySelectorAll("a"), (one) => one.href), box.children.length];
    }""".replace("WIDGET", WIDGET).replace("VENDOR", WIDGET.replace("widget", "vendor"))
    assert await page.evaluate(script, text) == [text, links, len(links)]


@pytest.mark.parametrize(
    ("size", "english", "french"),
    [
        (20, "20 bytes", "20 octets"),
        (999, "999 bytes", "999 octets"),
        (1000, "1 kB", "1 ko"),
        (1_500_000, "1.5 MB", "1,5 Mo"),
    ],
)
async def test_sizes_of_files_are_never_nothing(page: Page, size: int, english: str, french: str) -> None:
    script = f"""async () => {{
        const {{ Words }} = await import("{WIDGET}/words.js");
        return ["en", "fr"].map((locale) => new Words(locale, {{}}).size({size}).replace(/\\s/, " "));
    }}"""
    assert await page.evaluate(script) == [english, french]
