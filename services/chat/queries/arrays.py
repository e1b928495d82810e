"""Lists of values as one parameter: one prepared statement for any length."""

from collections.abc import Iterable
from typing import TypeVar

from sqlalchemy import Column, ColumnElement, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY

Value = TypeVar("Value")


def one_of(column: Column[Value], values: Iterable[Value]) -> ColumnElement[bool]:
    """Return the condition that `column` is one of `values`."""
    return column == any_(literal(list(values), ARRAY(column.type)))
