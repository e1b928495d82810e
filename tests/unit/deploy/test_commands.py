"""The command line refuses what it does not know in one line, before anything is touched."""

import pytest
from typer.testing import CliRunner

from deploy.cli import app

_USAGE = 2


@pytest.mark.parametrize(
    "command",
    [
        ["migrate", "nope"],
        ["migration", "nope", "add mood"],
        ["run", "nope"],
        ["serve", "nope"],
        ["events", "dead", "tickets", "nope"],
        ["events", "replay", "nope"],
        ["audit", "verify", "nope"],
    ],
    ids=" ".join,
)
def test_a_mistyped_service_is_refused(command: list[str]) -> None:
    """It once made a database of that name."""
    done = CliRunner().invoke(app, command)

    assert done.exit_code == _USAGE
    assert "there is no service nope" in done.output
    assert "notifications" in done.output
