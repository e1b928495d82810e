"""The knobs of chat; the figures are those of the socket protocol unless a reason says otherwise."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Limits and times of sessions and sockets."""

    service: ClassVar[str] = "chat"

    socket_ticket_life: timedelta = timedelta(seconds=30)
    socket_life: Annotated[
        timedelta, Field(description="then the client fetches a new socket ticket, so that a revoked player leaves")
    ] = timedelta(hours=1)
    first_frame_within: timedelta = timedelta(seconds=10)
    ping_every: timedelta = timedelta(seconds=25)
    pong_within: timedelta = timedelta(seconds=10)
    write_within: timedelta = timedelta(seconds=5)
    largest_frame: Annotated[int, Field(description="bytes")] = 64 * 1024
    frames_per_second: float = 10
    frame_burst: float = 20
    signals_per_second: Annotated[
        float, Field(description="receipts and pongs: an agent confirms many conversations")
    ] = 50
    signal_burst: float = 100
    queue_frames: int = 256
    queue_bytes: int = 1024 * 1024
    resync_beyond: Annotated[int, Field(description="a longer gap is reloaded over HTTP")] = 500
    page: Annotated[int, Field(ge=1, le=250, description="messages per read while catching up")] = 100
    sockets_per_player: int = 5
    sockets_per_person: int = 10
    most_sockets: Annotated[int, Field(description="per process; more are closed 1013")] = 20_000
    typing_every: timedelta = timedelta(seconds=3)
    presence_lease: timedelta = timedelta(seconds=60)
    silences_every: Annotated[timedelta, Field(description="how late a silent player may be warned")] = timedelta(
        seconds=5
    )
    unread_every: Annotated[timedelta, Field(description="how late unread answers may be sent by e-mail")] = timedelta(
        seconds=5
    )
    drain_within: timedelta = timedelta(seconds=5)
    reconnect_spread: Annotated[timedelta, Field(description="clients come back spread over this time at most")] = (
        timedelta(seconds=4)
    )
    greetings: Annotated[
        int, Field(ge=1, description="sockets let in at once, per process; a crowd that comes back queues behind them")
    ] = 6
    writers: Annotated[int, Field(ge=1, description="transactions that write messages at once, per process")] = 3
    writer_patience: Annotated[
        timedelta, Field(description="without a commit for so long, another writer helps those at work")
    ] = timedelta(milliseconds=20)
    messages_per_write: Annotated[int, Field(ge=1, le=200, description="messages that share one commit under load")] = (
        64
    )
    most_waiting: Annotated[int, Field(description="messages that may wait for a writer, per process")] = 2_000
