"""Where every table of the service is declared."""

from typing import Final

from shared.db.base import new_metadata

metadata: Final = new_metadata()
