"""Signed cursors."""

import base64
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, Query, Request
from httpx import ASGITransport, AsyncClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from shared.web.pages import CursorInvalid, Cursors, PageParams, ParameterUnknown, check_parameters

CURSORS = Cursors(b"0123456789abcdef0123456789abcdef")
FILTERS = {"status": "open"}


def _params(limit: int, cursor: str | None = None) -> PageParams:
    return PageParams(CURSORS, limit, cursor)


@given(st.lists(st.text(), max_size=4))
def test_a_cursor_gives_back_the_key_it_was_made_of(key: list[str]) -> None:
    """Encoding and decoding are inverse for any sort key."""
    assert CURSORS.decode(CURSORS.encode(key, FILTERS), FILTERS) == tuple(key)


@given(st.text(max_size=80))
def test_a_made_up_cursor_is_refused(text: str) -> None:
    """No text that we did not sign is accepted."""
    with pytest.raises(CursorInvalid):
        CURSORS.decode(text, FILTERS)


@given(st.integers(min_value=0, max_value=200))
def test_a_changed_cursor_is_refused(position: int) -> None:
    """Any flipped bit is noticed."""
    raw = bytearray(base64.urlsafe_b64decode(CURSORS.encode(["2026", "x"], FILTERS) + "=="))
    raw[position % len(raw)] ^= 1
    with pytest.raises(CursorInvalid):
        CURSORS.decode(base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("="), FILTERS)


def test_a_cursor_of_another_list_is_refused() -> None:
    """A cursor is bound to the filters of its list."""
    with pytest.raises(CursorInvalid):
        CURSORS.decode(CURSORS.encode(["a"], FILTERS), {"status": "closed"})


def test_absent_filters_do_not_count() -> None:
    """A filter that is None is no filter."""
    assert CURSORS.decode(CURSORS.encode(["a"], FILTERS), FILTERS | {"channel": None}) == ("a",)


def test_the_last_page_has_no_cursor() -> None:
    """Exactly `limit` rows mean that nothing follows."""
    rows, following = _params(2).cut(["a", "b"], lambda row: (row,), FILTERS)
    assert (list(rows), following) == (["a", "b"], None)


def test_one_row_more_than_asked_for_makes_a_cursor() -> None:
    """The cursor continues after the last row shown."""
    rows, following = _params(2).cut(["a", "b", "c"], lambda row: (row,), FILTERS)
    assert list(rows) == ["a", "b"]
    assert following is not None
    assert _params(2, following).after(FILTERS) == ("b",)


def test_a_cursor_holds_for_its_place() -> None:
    """Another brand's list, or another list without filters, takes it for forged."""
    here = PageParams(CURSORS, 1, None, place={"brand": "lucky", "path": "/v1/staff"})
    _, following = here.cut(["a", "b"], lambda row: (row,), {})
    for place in ({"brand": "royal", "path": "/v1/staff"}, {"brand": "lucky", "path": "/v1/api-keys"}):
        with pytest.raises(CursorInvalid):
            PageParams(CURSORS, 1, following, place=place).after({})


class Narrowing(BaseModel):
    """What a list may be narrowed to."""

    status: list[str] = []
    owner: str | None = Field(None, alias="assignee")


async def _sorting(sort: str = "created") -> str:
    return sort


async def _listing(
    request: Request, narrowing: Annotated[Narrowing, Query()], sort: Annotated[str, Depends(_sorting)], q: str = ""
) -> list[str]:
    check_parameters(request)
    return [*narrowing.status, narrowing.owner or "", sort, q]


@pytest.mark.parametrize(
    ("query", "said"),
    [("", None), ("status=a&status=b&assignee=me&sort=due&q=x", None), ("assignee_id=me", "assignee_id"), ("z&a", "a")],
)
async def test_a_filter_that_the_list_does_not_know_is_refused(query: str, said: str | None) -> None:
    """Also next to known ones; the refusal names it and those that are known."""
    app = FastAPI()
    app.get("/list")(_listing)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://list") as http:
        if said is None:
            assert (await http.get(f"/list?{query}")).status_code == 200
            return
        with pytest.raises(ParameterUnknown, match="known are assignee, q, sort, status") as refusal:
            await http.get(f"/list?{query}")
        assert refusal.value.field == f"#query/{said}"
