"""What a process of intake works with when files come in: the store, the inspectors, the scanner, and who is busy."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final, cast

from services.intake.clients.inspector import Inspector
from services.intake.clients.scanner import Scanner
from services.intake.clients.store import FileStore
from services.intake.domain.attachments import TooManyUploads, UploadsBusy
from services.intake.settings import Settings
from shared.messaging.runtime import Ground

_NAME: Final = "files"


class Files:
    """Built once per process."""

    def __init__(self, settings: Settings) -> None:
        self.store = FileStore(settings.files_dir, settings.seal())
        self.inspector = Inspector(at_once=settings.inspectors, seconds=settings.inspect_timeout.total_seconds())
        self.scanner = (
            None
            if settings.scanner is None
            else Scanner(settings.scanner, seconds=settings.scan_timeout.total_seconds())
        )
        self._most = settings.uploads_at_once
        self._most_each = settings.uploads_per_person
        self._busy: Counter[tuple[str, ...]] = Counter()

    @contextmanager
    def upload_of(self, person: tuple[str, ...]) -> Iterator[None]:
        """Count an upload while it lasts; refuse one too many: slow ones must not hold up everybody else."""
        if self._busy.total() >= self._most:
            raise UploadsBusy(retry_after=2)
        if self._busy[person] >= self._most_each:
            raise TooManyUploads(f"at most {self._most_each} files at once", retry_after=2)
        self._busy[person] += 1
        try:
            yield
        finally:
            self._busy[person] -= 1
            self._busy += Counter()


@asynccontextmanager
async def files_open(ground: Ground) -> AsyncIterator[None]:
    """Put the files of this process on its ground."""
    ground.extras[_NAME] = Files(cast("Settings", ground.settings))
    yield


def files_of(ground: Ground) -> Files:
    """Return what `files_open` put there."""
    return cast("Files", ground.extras[_NAME])
