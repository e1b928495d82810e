"""What a process of intake works with when files come in: the store, the inspectors, the scanner, and who is busy."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import IO, Final, cast

from services.intake.clients.inspector import Inspector
from services.intake.clients.scanner import Scanner
from services.intake.clients.store import FileStore
from services.intake.domain.attachments import Attachment, Found, TooManyUploads, UploadsBusy
from services.intake.domain.file_names import shown_name
from services.intake.domain.file_types import TYPES, check_agreement
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

    async def keep(
        self, source: IO[bytes], attachment: Attachment, *, name: str, declared: str | None, digest: bytes
    ) -> Found:
        """Inspect a file and seal what is to be kept of it; raise why it is refused. All files come in this way."""
        with self.store.room() as result:
            seen = await self.inspector.inspect(source, result)
            was, kept = TYPES[seen.found], TYPES[seen.kept]
            check_agreement(was, name=name, declared=declared)
            size = await self.store.keep(str(attachment.file_key), attachment.place, result)
        return Found(shown_name(name, was=was, kind=kept), kept.media_type, size, seen.width, seen.height, digest)

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
