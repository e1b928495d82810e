"""The metadata that all tables of intake share."""

from typing import Final

from shared.db.base import new_metadata

metadata: Final = new_metadata()
