"""The project's own Python files, parsed once."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PRODUCT: Final = ("services/", "shared/", "deploy/")


@dataclass(frozen=True)
class SourceFile:
    """One parsed file; `path` is relative to the root, with forward slashes."""

    path: str
    text: str
    tree: ast.Module

    def calls(self) -> Iterator[ast.Call]:
        """Yield every call in the file."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def excuses(self, line: int, rule: str) -> bool:
        """True if `line` (or the one above) carries `house: <rule> - reason`."""
        lines = self.text.splitlines()
        nearby = lines[max(0, line - 2) : line]
        return any(f"house: {rule} - " in text for text in nearby)


def tracked() -> tuple[str, ...]:
    """Return the files that git tracks or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git is on every developer's path
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(sorted(name for name in listed.stdout.splitlines() if (ROOT / name).is_file()))


@lru_cache(maxsize=1)
def source_files() -> tuple[SourceFile, ...]:
    """Return every Python file of the repository."""
    found = []
    for name in tracked():
        if name.endswith(".py"):
            text = (ROOT / name).read_text(encoding="utf-8")
            found.append(SourceFile(name, text, ast.parse(text)))
    return tuple(found)


def product_files() -> tuple[SourceFile, ...]:
    """Return what is shipped: services, shared and deploy."""
    return tuple(file for file in source_files() if file.path.startswith(PRODUCT))


def name_of(node: ast.expr) -> str:
    """Return a dotted name such as `datetime.now`, or ''."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = name_of(node.value)
        return f"{inner}.{node.attr}" if inner else f".{node.attr}"
    return f"().{''}" if isinstance(node, ast.Call) else ""
