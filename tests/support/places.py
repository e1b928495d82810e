"""Where the installations of a test run lie: in memory if there is room, for the disk is most of what they cost."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - each folder in it gets a name of its own
_ENOUGH: Final = 6 * 2**30
_ENTERED_BY_ALL: Final = 0o711


@contextmanager
def throw_away_folder(prefix: str) -> Iterator[Path]:
    """Give a folder that is deleted afterwards, whatever was left in it.

    Copying a migrated database takes a tenth of the time in memory. Containers have a small /dev/shm: they get the
    usual place. Accounts that servers run under as root can enter the folder but not list it.
    """
    with TemporaryDirectory(prefix=prefix, dir=_roomy(), ignore_cleanup_errors=True) as folder:
        path = Path(folder)
        path.chmod(_ENTERED_BY_ALL)
        yield path


def _roomy() -> Path | None:
    """Return the place in memory, None if it is missing or small."""
    if not os.access(_MEMORY, os.W_OK | os.X_OK):
        return None
    return _MEMORY if shutil.disk_usage(_MEMORY).free >= _ENOUGH else None
