"""The virus scanner: clamd, asked over its socket with INSTREAM (clamd(8))."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

_COMMAND: Final = b"zINSTREAM\0"
_LENGTH: Final = 4
_FOUND: Final = " FOUND"
_HARMLESS: Final = "stream: OK"
_LONGEST_ANSWER: Final = 4096
_PIECE: Final = 64 * 1024


class ScannerAway(RuntimeError):
    """The scanner does not answer, or cannot say; the file stays where it is."""


class Scanner:
    """Asks one clamd, at `tcp://host:port` or `unix:///path`."""

    def __init__(self, address: str, *, seconds: float) -> None:
        self._address = urlsplit(address)
        self._seconds = seconds

    async def scan(self, pieces: AsyncIterator[bytes]) -> str | None:
        """Return the name of what was found, None for a harmless file; raise `ScannerAway` if there is no verdict."""
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._ask(pieces)
        except (OSError, EOFError, asyncio.LimitOverrunError, TimeoutError) as error:
            raise ScannerAway(repr(error)) from error
        if answer == _HARMLESS:
            return None
        if answer.endswith(_FOUND):
            return answer.removeprefix("stream: ").removesuffix(_FOUND)
        raise ScannerAway(answer)

    async def _ask(self, pieces: AsyncIterator[bytes]) -> str:
        reader, writer = await self._connected()
        try:
            writer.write(_COMMAND)
            async for piece in pieces:
                for start in range(0, len(piece), _PIECE):
                    part = piece[start : start + _PIECE]
                    writer.write(len(part).to_bytes(_LENGTH) + part)
                    await writer.drain()
            writer.write(bytes(_LENGTH))
            await writer.drain()
            answer = await reader.readuntil(b"\0")
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        return answer[:-1].decode(errors="replace").strip()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._address.scheme == "unix":
            return await asyncio.open_unix_connection(self._address.path, limit=_LONGEST_ANSWER)
        return await asyncio.open_connection(self._address.hostname, self._address.port, limit=_LONGEST_ANSWER)
