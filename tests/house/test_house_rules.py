"""House rules that no linter knows. Each names the accident it prevents; `house: <rule> - reason` excuses a line."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.source import ROOT, SourceFile, name_of, product_files, source_files, tracked

FILE_LIMITS = (("shared/", 300), ("services/", 400), ("deploy/", 400), ("tests/", 600))
MAIN_LIMIT = 120
FUNCTION_STATEMENTS = 30
CATCH_ALL_NAMES = {"utils", "util", "common", "misc", "helpers", "helper", "manager", "base_service", "handler_impl"}
EVENT_TYPE = re.compile(r"^[a-z]+\.[a-z_]+\.[a-z_]+\.v\d+$")


def _found(rule: str, sightings: Iterator[tuple[SourceFile, int]]) -> list[str]:
    return [f"{file.path}:{line}" for file, line in sightings if not file.excuses(line, rule)]


def test_only_the_ground_commits() -> None:
    """A commit deep inside makes it impossible to do two steps atomically."""

    def sightings() -> Iterator[tuple[SourceFile, int]]:
        for file in product_files():
            if not file.path.startswith("services/"):
                continue
            for call in file.calls():
                if isinstance(call.func, ast.Attribute) and call.func.attr in {"commit", "rollback"}:
                    yield file, call.lineno

    assert _found("commit", sightings()) == []


def test_only_the_clock_reads_the_time() -> None:
    """A rule that reads the clock cannot be tested at midnight, in March, or late."""

    def sightings() -> Iterator[tuple[SourceFile, int]]:
        for file in product_files():
            if file.path == "shared/clock.py":
                continue
            for call in file.calls():
                if name_of(call.func) in {"datetime.now", "datetime.utcnow", "datetime.datetime.now", "date.today"}:
                    yield file, call.lineno

    assert _found("clock", sightings()) == []


def test_nothing_asks_whether_it_is_being_tested() -> None:
    """A program that behaves otherwise under test proves nothing."""
    pattern = re.compile(r"\b(is_testing|TESTING|PYTEST_CURRENT_TEST)\b")
    assert [file.path for file in product_files() if pattern.search(file.text)] == []


def test_own_code_is_never_patched() -> None:
    """Patched tests agree with whatever was believed when they were written."""
    pattern = re.compile(r"""(mock\.patch|monkeypatch\.setattr)\(\s*["'](services|shared|deploy)\.""")
    assert [file.path for file in source_files() if pattern.search(file.text)] == []


def test_tests_do_not_sleep() -> None:
    """A sleep is either too short, and flaky, or too long."""

    def sightings() -> Iterator[tuple[SourceFile, int]]:
        for file in source_files():
            if not file.path.startswith("tests/") or file.path.startswith(("tests/support/", "tests/bench/")):
                continue
            for call in file.calls():
                if name_of(call.func) in {"asyncio.sleep", "time.sleep"}:
                    yield file, call.lineno

    assert _found("sleep", sightings()) == []


def test_rules_and_contracts_know_their_types() -> None:
    """`Any` in the rules hides the mistakes that types exist to find."""

    def sightings() -> Iterator[tuple[SourceFile, int]]:
        for file in product_files():
            if "/domain" not in file.path and not file.path.startswith(("shared/contracts/", "shared/errors")):
                continue
            for node in ast.walk(file.tree):
                if isinstance(node, ast.Name) and node.id == "Any":
                    yield file, node.lineno

    assert _found("any", sightings()) == []


def test_event_types_are_written_once() -> None:
    """A routing key typed twice is a routing key misspelt once."""

    def sightings() -> Iterator[tuple[SourceFile, int]]:
        for file in product_files():
            if file.path.startswith("shared/contracts/"):
                continue
            for node in ast.walk(file.tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and EVENT_TYPE.match(node.value):
                    yield file, node.lineno

    assert _found("event-type", sightings()) == []


def test_no_orm_sessions() -> None:
    """The unit of work costs three times the CPU and runs queries nobody wrote."""
    pattern = re.compile(r"sqlalchemy\.orm|AsyncSession\b")
    assert [file.path for file in product_files() if pattern.search(file.text)] == []


def test_files_stay_readable() -> None:
    """A room past its limit becomes a folder of the same name."""
    too_long = []
    for file in source_files():
        lines = len(file.text.splitlines())
        limit = next(most for prefix, most in FILE_LIMITS if file.path.startswith(prefix))
        if file.path.endswith("/main.py"):
            limit = MAIN_LIMIT
        if lines > limit:
            too_long.append(f"{file.path}: {lines} > {limit}")
    assert too_long == []


def test_no_catch_all_names() -> None:
    """`utils` is where code goes that nobody can find again."""
    parts = {(file.path, part.removesuffix(".py")) for file in source_files() for part in file.path.split("/")}
    assert [path for path, part in parts if part in CATCH_ALL_NAMES] == []


def test_every_error_says_what_happened() -> None:
    """The first docstring line of an error is its public title."""
    untitled = []
    for file in product_files():
        for node in ast.walk(file.tree):
            if isinstance(node, ast.ClassDef) and "DomainError" in {name_of(base) for base in node.bases}:
                title = (ast.get_docstring(node) or "").splitlines()
                if not title or not title[0].endswith("."):
                    untitled.append(f"{file.path}:{node.name}")
    assert untitled == []


@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME", "XX" + "X"])
def test_nothing_is_left_for_later(word: str) -> None:
    """What matters is an issue; what does not matter is noise."""
    pattern = re.compile(rf"(#|//|\")\s*{word}\b")
    assert [file.path for file in source_files() if pattern.search(file.text)] == []


def _files_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        name
        for name in tracked()
        if name != "tests/house/test_house_rules.py"
        and (ROOT / name).suffix not in {".png", ".ico", ".woff2"}
        and pattern.search((ROOT / name).read_text(encoding="utf-8", errors="ignore"))
    ]


def test_the_project_speaks_of_itself_alone() -> None:
    """No path of one machine and no registry address is committed."""
    pattern = re.compile(r"(/work/|/root/|\.\./shared|pypi\.org/simple|files\.pythonhosted|registry\.npmjs)")
    assert _files_with(pattern) == []


def test_nothing_is_merged_by_half() -> None:
    """No linter reads every sort of file: a script with the marks of a conflict is found by whoever opens the page."""
    assert _files_with(re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)) == []
