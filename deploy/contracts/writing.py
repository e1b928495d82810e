"""Writes the generated documents, or says which of the committed ones are stale."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from deploy.contracts.apis import api_documents, async_documents, subscribers, subscriptions
from deploy.contracts.compatibility import breaks
from deploy.contracts.events import Documents, event_documents
from deploy.contracts.problems import problem_documents
from shared.directory import SERVICES

ROOT: Final = Path(__file__).resolve().parents[2]
_BEGIN: Final = "<!-- generated: events -->"
_END: Final = "<!-- /generated -->"


def all_documents() -> Documents:
    """Return every generated document by its path in the repository."""
    return {
        **event_documents(subscribers()),
        **problem_documents(),
        **api_documents(),
        **async_documents(),
        **dict(_readme_blocks()),
    }


def write() -> list[str]:
    """Write what differs and return the paths; refuse to overwrite the schema of an event with a breaking one."""
    stale = stale_documents()
    broken = [line for path, text in stale.items() for line in _broken(path, text)]
    if broken:
        sys.exit("a published event may only gain optional fields; declare a .v2 beside it:\n" + "\n".join(broken))
    for path, text in stale.items():
        target = ROOT / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return sorted(str(path) for path in stale)


def main(*, check: bool) -> None:
    """Write the documents, or with `check` only name the stale ones and exit 1 if there are any."""
    changed = sorted(str(path) for path in stale_documents()) if check else write()
    for path in changed:
        print(f"{'stale' if check else 'written'}: {path}")
    sys.exit(1 if check and changed else 0)


def stale_documents() -> Documents:
    """Return the documents whose committed text differs from what the code says now."""
    return {path: text for path, text in all_documents().items() if _current(path) != text}


def _broken(path: PurePosixPath, text: str) -> Iterator[str]:
    stored = _current(path)
    if stored is not None and path.parent.name == "schemas":
        yield from (f"{path.stem}: {line}" for line in breaks(json.loads(stored), json.loads(text)))


def _current(path: PurePosixPath) -> str | None:
    target = ROOT / path
    return target.read_text(encoding="utf-8") if target.exists() else None


def _readme_blocks() -> Iterator[tuple[PurePosixPath, str]]:
    handled = subscriptions()
    for entry in SERVICES:
        path = PurePosixPath("services") / entry.name / "README.md"
        text = _current(path)
        if text is None or _BEGIN not in text or _END not in text:
            continue
        before, rest = text.split(_BEGIN, 1)
        after = rest.split(_END, 1)[1]
        lines = "\n".join(_block(entry.name, [s.event.type for s in handled.get(entry.name, ())]))
        yield path, f"{before}{_BEGIN}\n{lines}\n{_END}{after}"


def _block(service: str, heard: list[str]) -> Iterator[str]:
    told = sorted({path.stem for path in event_documents({}) if path.name.startswith(f"{service}.")})
    yield "| told | heard |"
    yield "|---|---|"
    for index in range(max(len(told), len(heard), 1)):
        left = f"`{told[index]}`" if index < len(told) else ""
        right = f"`{heard[index]}`" if index < len(heard) else ""
        yield f"| {left} | {right} |"
