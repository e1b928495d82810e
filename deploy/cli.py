"""The `pitboss` command: names, arguments and help; the work is imported only when it is asked for."""

import importlib
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.directory import SERVICES

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
topology = typer.Typer(no_args_is_help=True, help="The broker's exchanges and queues.")
events = typer.Typer(no_args_is_help=True, help="Events that wait or failed: look, replay, reconcile.")
sla = typer.Typer(no_args_is_help=True, help="Measures of tickets.")
audit = typer.Typer(no_args_is_help=True, help="The trail of who saw and changed players' data.")
app.add_typer(topology, name="topology")
app.add_typer(events, name="events")
app.add_typer(audit, name="audit")
app.add_typer(sla, name="sla")

_NAMES = [entry.name for entry in SERVICES]


def _known(given: str) -> str:
    """Return the name of a service; a mistyped one is refused before anything is touched."""
    if given not in _NAMES:
        message = f"there is no service {given}; there are {', '.join(_NAMES)}"
        raise typer.BadParameter(message)
    return given


def _all_known(given: list[str] | None) -> list[str] | None:
    return None if given is None else [_known(name) for name in given]


ServiceName = Annotated[str, typer.Argument(help="gateway, tickets, ...", metavar="SERVICE", callback=_known)]
AnyServices = Annotated[
    list[str] | None,
    typer.Argument(help="all of them if none is named", metavar="[SERVICE]...", callback=_all_known),
]
Brand = Annotated[str | None, typer.Option(help="only events of this brand")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="at most so many rows")]


def _work(module: str) -> Any:  # noqa: ANN401 - a module of deploy.commands
    return importlib.import_module(f"deploy.commands.{module}")


@app.callback()
def pitboss() -> None:
    """Run Pitboss, the 24/7 player-support backend of online casinos."""


@app.command()
def up() -> None:
    """Start everything in one process; needs nothing but this checkout."""
    _work("stack").up()


@app.command()
def cluster(*, replicas: Annotated[int, typer.Option("--replicas", "-n", min=1, max=8)] = 1) -> None:
    """Start every service as a process of its own (or several), over RabbitMQ."""
    _work("stack").cluster(replicas)


@app.command()
def down() -> None:
    """Stop everything that `up` or `cluster` started; the data stays."""
    _work("stack").down()


@app.command()
def status() -> None:
    """Show what runs and whether it is ready."""
    _work("stack").status()


@app.command()
def logs(names: Annotated[list[str] | None, typer.Argument(help="process names; all if none")] = None) -> None:
    """Follow the logs of the local installation."""
    _work("stack").logs(names or [])


@app.command()
def hold(name: Annotated[str, typer.Argument(help="a process, `postgres` or `rabbitmq`")]) -> None:
    """Keep the supervisor from starting something again that you are about to stop."""
    _work("stack").hold(name)


@app.command()
def release(name: Annotated[str, typer.Argument(help="a process, `postgres` or `rabbitmq`")]) -> None:
    """Undo `hold`."""
    _work("stack").release(name)


@app.command()
def serve(names: Annotated[list[str], typer.Argument(help="services, or `all`", metavar="SERVICE...")]) -> None:
    """Serve services in the foreground, configured by the environment."""
    chosen = _NAMES if names == ["all"] else [_known(name) for name in names]
    sys.exit(importlib.import_module("deploy.serving").main(chosen))


@app.command()
def run(name: ServiceName) -> None:
    """Serve one service in the foreground against the databases of the local installation."""
    _work("stack").run(name)


@app.command()
def migrate(names: AnyServices = None) -> None:
    """Bring databases to their newest revision."""
    _work("databases").migrate(names or [])


@app.command()
def migration(name: ServiceName, title: Annotated[str, typer.Argument(help="what it does: `add ticket mood`")]) -> None:
    """Write a migration with a dated name: the differences between the declared tables and the local database."""
    _work("databases").migration(name, title)


@app.command()
def seed() -> None:
    """Set up the demo brand again in the local databases."""
    _work("stack").seed()


@app.command()
def environment() -> None:
    """Print fresh secrets for a new installation in containers: `pitboss environment > deploy/.env`."""
    _work("environment").show()


@topology.command("apply")
def topology_apply() -> None:
    """Declare what is missing on the broker at PITBOSS_AMQP_URL; repeating it changes nothing."""
    _work("topology").apply()


@topology.command("check")
def topology_check() -> None:
    """Fail if something is missing on the broker, or a queue has no leader."""
    _work("topology").check()


@events.command("parked")
def events_parked(names: AnyServices = None, brand: Brand = None, limit: Limit = 50) -> None:
    """List the events that wait for their next try."""
    _work("events").listed(names or [], "parked", brand=brand, limit=limit)


@events.command("dead")
def events_dead(names: AnyServices = None, brand: Brand = None, limit: Limit = 50) -> None:
    """List the events that were given up, with the reason."""
    _work("events").listed(names or [], "dead", brand=brand, limit=limit)


@events.command("replay")
def events_replay(
    name: ServiceName,
    event_id: Annotated[list[str] | None, typer.Option("--id", help="only this event (repeatable)")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="only events of this type")] = None,
    brand: Brand = None,
) -> None:
    """Try the dead events of a service again; those it has handled already are skipped."""
    _work("events").replay(name, event_ids=event_id or [], type_=type_, brand=brand)


@events.command("release")
def events_release(names: AnyServices = None) -> None:
    """Let relays go on with events the broker had no place for, after `topology apply`."""
    _work("events").release(names or [])


@events.command("reconcile")
def events_reconcile(
    names: AnyServices = None,
    hours: Annotated[float, typer.Option(min=0.01, max=168, help="how far back to look")] = 24,
) -> None:
    """Publish again what a consumer never saw: after the broker was lost."""
    _work("events").reconcile(names or [], hours=hours)


@audit.callback()
def audit_trail() -> None:
    """Look after the trail of who saw and changed players' data."""


@audit.command("verify")
def audit_verify(
    name: ServiceName,
    brand: Annotated[str | None, typer.Option(help="only this brand's chain")] = None,
    anchor: Annotated[
        Path | None, typer.Option(help="file of anchors, or a log with `audit_anchor` lines; else the service's own")
    ] = None,
) -> None:
    """Fail with status 1, and say where, if the audit trail was edited, cut or computed anew."""
    _work("audit").verify(name, brand=brand, anchor=anchor)


@sla.callback()
def sla_measures() -> None:
    """Look after what sla counts."""


@sla.command("rebuild-measures")
def sla_rebuild_measures(brand: Annotated[str, typer.Option(help="whose measures")]) -> None:
    """Make the measures of a brand anew from the facts that sla keeps of its tickets."""
    _work("measures").rebuild(brand)


@app.command()
def contracts(*, check: Annotated[bool, typer.Option("--check", help="only say what differs")] = False) -> None:
    """Write the documents that derive from code: OpenAPI, AsyncAPI, schemas, catalogues."""
    importlib.import_module("deploy.contracts.writing").main(check=check)


@app.command()
def demo() -> None:
    """Run a scripted day against the running system and print the timeline as it happens."""
    _work("demo").demo()


if __name__ == "__main__":
    app()
