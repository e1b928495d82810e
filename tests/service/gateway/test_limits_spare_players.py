"""Limits stop floods; they never punish real players for the address or the neighbours they have."""

from tests.service.gateway.conftest import Service, bearer, gates
from tests.service.gateway.test_door import player_token
from tests.support.database import Cluster


async def test_21_visitors_behind_one_proxy_do_not_share_a_bucket(postgres: Cluster, tickets: Service) -> None:
    """Elsewhere everybody behind one proxy shares one quota, and one of them can use it up for all."""
    async for gate in gates(postgres, {"tickets": (tickets.url,)}, requests_burst=3, requests_per_minute=6):
        made = [await gate.http.post("/v1/auth/visitor", json={"brand": "lucky"}) for _ in range(5)]
        visitors = [bearer(answer.json()["access_token"]) for answer in made]
        greedy, *others = visitors
        statuses = [(await gate.http.get("/v1/tickets", headers=greedy)).status_code for _ in range(5)]
        assert statuses == [200, 200, 200, 429, 429]
        for visitor in others:
            assert (await gate.http.get("/v1/tickets", headers=visitor)).status_code == 200


async def test_21_somebody_who_guesses_does_not_lock_out_the_visitors_of_his_address(postgres: Cluster) -> None:
    """One attacker in a mobile network must not cost its other customers their way in."""
    async for gate in gates(postgres, {}, anonymous_burst=2, anonymous_per_minute=6):
        guess = bearer("pbs_" + "x" * 43)
        assert [(await gate.http.get("/v1/tickets", headers=guess)).status_code for _ in range(3)][-1] == 429
        for _ in range(5):
            assert (await gate.http.post("/v1/auth/visitor", json={"brand": "lucky"})).status_code == 201


async def test_21_a_refusal_says_what_and_until_when(postgres: Cluster, tickets: Service) -> None:
    """Elsewhere the widget falls silent: the answer must tell a person and a program when to try again."""
    async for gate in gates(postgres, {"tickets": (tickets.url,)}, sends_burst=1, sends_per_minute=6):
        player = bearer(player_token(gate))
        answers = [await gate.http.post("/v1/tickets", json={}, headers=player) for _ in range(2)]
        refused = answers[1]
        assert refused.status_code == 429
        assert refused.headers["content-type"] == "application/problem+json"
        assert (refused.json()["code"], int(refused.headers["retry-after"])) == ("quota-exceeded", 10)
        assert refused.json()["detail"]
        # Reading goes on: nobody loses sight of a conversation because he wrote too fast.
        assert (await gate.http.get("/v1/tickets", headers=player)).status_code == 200
