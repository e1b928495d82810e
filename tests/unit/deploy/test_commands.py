"""The command line refuses what it does not know in one line, before anything is touched."""

from pathlib import Path

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


def test_that_nothing_runs_is_an_answer_and_no_failure(tmp_path: Path) -> None:
    """`make status` once ended with an error of make's own."""
    done = CliRunner(env={"PITBOSS_HOME": str(tmp_path)}).invoke(app, ["status"])

    assert (done.exit_code, done.output) == (0, "nothing runs; `make up` starts it\n")
