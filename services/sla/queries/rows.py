"""A row, as SQLAlchemy or the driver gives it."""

from typing import Any, Protocol


class Row(Protocol):
    """Columns by their names."""

    def __getitem__(self, name: str, /) -> Any:  # noqa: ANN401 - as the column has it
        """Return a column."""
