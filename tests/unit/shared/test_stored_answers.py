"""What is remembered of requests, and who can read it."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.idempotency import AnswerLost, Answers

ANSWERS = Answers(b"the secret of the tests")
IDENTITY = {"brand": "lucky", "principal": "staff:1", "route": "POST /v1/api-keys", "key": "one"}


@given(st.binary(max_size=300))
def test_an_answer_comes_back_to_the_byte(body: bytes) -> None:
    """Also in another replica, and also an empty one."""
    stored = ANSWERS.close(body, IDENTITY)
    assert Answers(b"the secret of the tests").open(stored, IDENTITY) == body


@pytest.mark.parametrize("part", list(IDENTITY))
def test_an_answer_belongs_to_one_caller_route_and_key(part: str) -> None:
    """A row copied to another brand, caller, route or key says nothing there."""
    stored = ANSWERS.close(b'{"secret": "whsec_"}', IDENTITY)
    assert b"whsec_" not in stored
    with pytest.raises(AnswerLost):
        ANSWERS.open(stored, IDENTITY | {part: "another"})


def test_an_answer_does_not_outlive_its_secret() -> None:
    """The caller is told that the request was carried out; it is not repeated."""
    with pytest.raises(AnswerLost) as caught:
        Answers(b"another secret").open(ANSWERS.close(b"{}", IDENTITY), IDENTITY)
    assert caught.value.code() == "answer-lost"


def test_a_fingerprint_recognises_and_tells_nothing() -> None:
    """Bodies hold passwords: a plain hash of one could be tried against a dictionary."""
    request = b'POST /v1/staff?\n{"password": "a long enough one"}'
    assert ANSWERS.fingerprint(request) == Answers(b"the secret of the tests").fingerprint(request)
    assert ANSWERS.fingerprint(request) != ANSWERS.fingerprint(request + b" ")
    assert ANSWERS.fingerprint(request) not in {hashlib.sha256(request).digest(), Answers(b"x").fingerprint(request)}
