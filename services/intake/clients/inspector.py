"""Has files inspected by processes that may die of them."""

import asyncio
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Final, NamedTuple

from services.intake.domain.file_types import REFUSALS, FileTooComplex, FileUnreadable
from shared.telemetry import log

_PROGRAM: Final = "services.intake.clients.inspecting"
_ROOT: Final = Path(__file__).resolve().parents[3]
_KILLED: Final = -9
_OUT_OF_CPU: Final = -24
_logger = log(__name__)


class Inspected(NamedTuple):
    """What a file is (`found`) and what was kept of it (`kept`): a GIF becomes a PNG."""

    found: str
    kept: str
    width: int | None
    height: int | None


class Inspector:
    """Inspects a few files at a time; each gets a process, a time limit, and nothing of our environment."""

    def __init__(self, *, at_once: int, seconds: float) -> None:
        self._slots = asyncio.Semaphore(at_once)
        self._seconds = seconds

    async def inspect(self, source: IO[bytes], result: IO[bytes]) -> Inspected:
        """Write what is to be kept of `source` to `result`; raise why the file is refused."""
        source.seek(0)
        async with self._slots:
            report = await self._run(source, result)
        if "refused" in report:
            raise REFUSALS[str(report["refused"])](str(report["detail"]))
        return Inspected(
            str(report["found"]), str(report["kept"]), _number(report.get("width")), _number(report.get("height"))
        )

    async def _run(self, source: IO[bytes], result: IO[bytes]) -> dict[str, object]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", _PROGRAM,
            stdin=source, stdout=result, stderr=asyncio.subprocess.PIPE, cwd=_ROOT,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        try:
            async with asyncio.timeout(self._seconds):
                _, said = await process.communicate()
        except TimeoutError as error:
            raise FileTooComplex from error
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        last = said.decode(errors="replace").strip().rpartition("\n")[2]
        if process.returncode != 0 or not last.startswith("{"):
            _logger.warning("inspector_died", status=process.returncode, said=last[:200])
            raise FileTooComplex if process.returncode in {_KILLED, _OUT_OF_CPU} else FileUnreadable
        report: dict[str, object] = json.loads(last)
        return report


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None
