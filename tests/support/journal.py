"""What the product writes into its log, as whoever is on duty would read it."""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog
from structlog.testing import capture_logs

from shared.telemetry import configure_logging


@contextmanager
def written(level: str = "warning") -> Iterator[list[MutableMapping[str, Any]]]:
    """Yield the lines of the block from `level` on, as they come; afterwards logging is what it was before."""
    before = structlog.get_config()
    configure_logging(level, "json")
    try:
        with capture_logs() as lines:
            yield lines
    finally:
        structlog.configure(**before)
