"""A virus scanner that speaks clamd's INSTREAM over a real socket and knows one virus: the EICAR test file."""

import asyncio
from contextlib import suppress
from typing import Final

EICAR: Final = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_LIMIT: Final = 25 * 1024 * 1024


class VirusScanner:
    """Can come and go on the same port; counts what it was shown."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.most = _LIMIT
        self.port = 0
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        """Where it is, or would be."""
        return f"tcp://127.0.0.1:{self.port}"

    async def come(self) -> "VirusScanner":
        """Begin to answer."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def go(self) -> None:
        """Refuse connections."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            command = await reader.readuntil(b"\0")
            writer.write((await self._answer(command, reader)) + b"\0")
            await writer.drain()
        writer.close()

    async def _answer(self, command: bytes, reader: asyncio.StreamReader) -> bytes:
        if command != b"zINSTREAM\0":
            return b"UNKNOWN COMMAND"
        content = bytearray()
        while length := int.from_bytes(await reader.readexactly(4)):
            content += await reader.readexactly(length)
            if len(content) > self.most:
                return b"INSTREAM size limit exceeded. ERROR"
        self.seen.append(bytes(content))
        return b"stream: Win.Test.EICAR_HDB-1 FOUND" if EICAR in content else b"stream: OK"
