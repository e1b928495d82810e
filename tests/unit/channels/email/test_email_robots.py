"""Robots are recognised by each of their marks, people by none (RFC 3834)."""

import pytest

from shared.channels.email import is_automatic, parse

OWN = ("support@lucky.example",)
PERSON = "From: Kim <kim@example.org>\r\nSubject: Payout\r\nMessage-ID: <a@example.org>\r\n"


def automatic(headers: str = "", *, sender: str = "kim@example.org", person: str = PERSON) -> bool:
    return is_automatic(parse(f"{person}{headers}\r\nHello".encode()), sender, OWN)


def test_a_person_is_no_robot() -> None:
    assert not automatic("Auto-Submitted: no\r\nPrecedence: normal\r\nX-Loop: other@example.org\r\n")


@pytest.mark.parametrize(
    "headers",
    [
        "Auto-Submitted: auto-replied (vacation)\r\n",
        "Auto-Submitted: auto-generated; owner-email=x\r\n",
        "auto-submitted: AUTO-NOTIFIED\r\n",
        "Precedence: bulk\r\n",
        "Precedence: Junk\r\n",
        "Precedence: list\r\n",
        "X-Precedence: auto_reply\r\n",
        "List-Id: <news.example.org>\r\n",
        "List-Unsubscribe: <mailto:u@example.org>\r\n",
        "X-Autoreply: yes\r\n",
        "X-Autorespond: vacation\r\n",
        "X-Autoresponder: 1\r\n",
        "X-Auto-Response-Suppress: All\r\n",
        "X-Loop: support@lucky.example\r\n",
        "X-Loop: SUPPORT+t-abc@lucky.example\r\n",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n',
    ],
)
def test_each_mark_of_a_robot_is_enough(headers: str) -> None:
    assert automatic(headers)


@pytest.mark.parametrize("sender", ["", "<>", " <> ", "MAILER-DAEMON@example.org", "support+t-x.y@lucky.example"])
def test_null_and_robot_envelope_senders_are_enough(sender: str) -> None:
    assert automatic(sender=sender)


@pytest.mark.parametrize(
    "address",
    ["mailer-daemon@x.example", "Postmaster@x.example", "no-reply@x.example", "noreply+1@x.example",
     "do_not_reply@x.example",
     "support@lucky.example", "support+t-a@LUCKY.example", "bounce-7@x.example"],
)  # fmt: skip
def test_mail_from_robots_or_ourselves_is_automatic(address: str) -> None:
    assert automatic(person=f"From: {address}\r\n")


@pytest.mark.parametrize("address", ["noreplyguy@x.example", "postmasters@x.example", "bouncer@x.example"])
def test_names_that_only_look_alike_are_people(address: str) -> None:
    assert not automatic(person=f"From: {address}\r\n", sender=address)
