"""Where files lie: a folder that all processes of the service share. Everything in it is sealed.

The rest of the service knows four verbs: `room`, `keep`, `read` and `forget`; an object store needs no more.
"""

import asyncio
import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import IO, Final

from shared.sealing import Seal

_PIECE: Final = 256 * 1024
_LENGTH: Final = 4
_SEALED_MOST: Final = _PIECE + 1024
_PRIVATE: Final = 0o700


class FileLost(RuntimeError):
    """A stored file is not there, or not whole."""


class FileStore:
    """Keeps files under random keys, piece by piece sealed for their place and position.

    A piece that is changed, moved, repeated or left out does not open. A file is complete under its name or not there.
    """

    def __init__(self, folder: Path, seal: Seal) -> None:
        self._folder = folder
        self._seal = seal

    @staticmethod
    def new_key() -> str:
        """Return a key that says nothing."""
        return secrets.token_hex(24)

    def room(self) -> IO[bytes]:
        """Return a file without a name: it is gone with its process."""
        self._folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=self._folder)

    async def keep(self, key: str, place: Sequence[str], source: IO[bytes]) -> int:
        """Store what `source` holds, durably; return how many bytes it has."""
        return await asyncio.to_thread(self._write, key, place, source)

    async def read(self, key: str, place: Sequence[str]) -> AsyncIterator[bytes]:
        """Yield a file piece by piece; raise `FileLost` if it is not there or not whole, `SealBroken` if changed."""
        try:
            stored = await asyncio.to_thread(self._path(key).open, "rb")
        except FileNotFoundError as error:
            raise FileLost from error
        with stored:
            position, last = 0, False
            while not last:
                piece, last = await asyncio.to_thread(self._piece, stored, place, position)
                position += 1
                yield piece

    async def forget(self, key: str) -> None:
        """Delete a file, complete or not; one that is not there is no error."""
        path = self._path(key)
        for one in (path, path.with_suffix(".part")):
            await asyncio.to_thread(one.unlink, missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key[2:4] / key

    def _write(self, key: str, place: Sequence[str], source: IO[bytes]) -> int:
        path = self._path(key)
        path.parent.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        source.seek(0)
        size = 0
        with part.open("wb") as target:
            piece, position, last = source.read(_PIECE), 0, False
            while not last:
                following = source.read(_PIECE)
                last = not following
                sealed = self._seal.close(_marked(piece, last=last), (*place, str(position)))
                target.write(len(sealed).to_bytes(_LENGTH) + sealed)
                size += len(piece)
                piece, position = following, position + 1
            target.flush()
            os.fsync(target.fileno())
        part.replace(path)
        _sync(path.parent)
        return size

    def _piece(self, stored: IO[bytes], place: Sequence[str], position: int) -> tuple[bytes, bool]:
        length = int.from_bytes(stored.read(_LENGTH))
        sealed = stored.read(min(length, _SEALED_MOST))
        if not length or len(sealed) != length:
            raise FileLost
        plain = self._seal.open(sealed, (*place, str(position)))
        return plain[1:], plain[:1] == b"\x01"


def _marked(piece: bytes, *, last: bool) -> bytes:
    """Return a piece that says whether another one follows: a file cut short must not look whole."""
    return (b"\x01" if last else b"\x00") + piece


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
