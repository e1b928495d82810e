"""The anchor of the audit trail: how far each chain has come, kept where the database's owner does not reach."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

from services.tickets.domain.audit import Anchor

_PRIVATE: Final = 0o600
_logger = structlog.get_logger(module=__name__)


def keep_anchors(anchors: Sequence[Anchor], path: Path | None) -> None:
    """Append anchors to the log and, if there is a file for them, to that; they are on disk when this returns.

    Each line is written at once, so that several processes may share the file. Raises OSError.
    """
    for anchor in anchors:
        _logger.info(
            "audit_anchor",
            brand=anchor.brand, position=anchor.position, mac=anchor.mac.hex(), at=anchor.at.isoformat(),
        )  # fmt: skip
    if path is None or not anchors:
        return
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _PRIVATE)
    try:
        os.write(file, "".join(f"{anchor.line()}\n" for anchor in anchors).encode())
        os.fsync(file)
    finally:
        os.close(file)
