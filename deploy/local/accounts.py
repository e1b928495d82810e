"""Who runs a server that refuses root, and where it may keep its files."""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

_ACCOUNTS: Final = ("postgres", "nobody")
_FALLBACK: Final = Path("/var/tmp")  # noqa: S108 - the folder inside gets a name of its own, mode 0700 and an owner
_WANTED: Final = "wanted"
_OPEN_FOLDER: Final = 0o755
_PRIVATE_FOLDER: Final = 0o700


class Credentials(TypedDict, total=False):
    """The part of `subprocess.Popen`'s arguments that changes the account."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """An account to run as; without ids it is the one we are."""

    uid: int | None = None
    gid: int | None = None

    def credentials(self) -> Credentials:
        """Return the keyword arguments for `subprocess`."""
        if self.uid is None or self.gid is None:
            return Credentials()
        return Credentials(user=self.uid, group=self.gid, extra_groups=[])

    def own(self, path: Path) -> None:
        """Hand a file or folder to this account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can(self, test: str, path: Path) -> bool:
        """True if the account passes `test(1)` with this letter on this path."""
        if self.uid is None:
            return True
        return subprocess.run(["/usr/bin/test", test, path], check=False, cwd="/", **self.credentials()).returncode == 0


def unprivileged() -> Account:
    """Return the account for servers that refuse root: ourselves, unless we are root."""
    if os.geteuid() != 0:
        return Account()
    for name in _ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    message = f"root needs one of the accounts {', '.join(_ACCOUNTS)} to run PostgreSQL, which refuses root"
    raise RuntimeError(message)


def private_folder(wanted: Path, account: Account) -> Path:
    """Create a folder of mode 0700 for `account` and return it.

    It is `wanted`, unless the account cannot reach that (a checkout below /root): then it lies under /var/tmp with a
    name derived from `wanted`, and `wanted.place` says so.
    """
    wanted.parent.mkdir(parents=True, exist_ok=True)
    folder = wanted if account.can("-x", wanted.parent) else _fallback(wanted)
    folder.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
    _refuse_strangers(folder, account)
    if folder != wanted:
        wanted.with_suffix(".place").write_text(f"{folder}\n")
        (folder / _WANTED).write_text(f"{wanted}\n")
        _sweep()
    account.own(folder)
    folder.chmod(_PRIVATE_FOLDER)
    return folder


def reachable_copy(programs: Path, beside: Path, account: Account) -> Path:
    """Return `programs`, or a copy next to `beside` if the account cannot read the original (a venv below /root)."""
    if account.can("-r", programs / "share"):
        return programs
    copy = _fallback(beside).with_name(f"{_fallback(beside).name}-programs")
    if not copy.exists():
        unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(programs, unfinished, symlinks=True)
        unfinished.chmod(_OPEN_FOLDER)
        unfinished.replace(copy)
    _refuse_strangers(copy, account)
    return copy


def _sweep() -> None:
    """Delete what lies under /var/tmp for installations that were deleted since; only root gets here."""
    for mark in _FALLBACK.glob(f"pitboss-*/{_WANTED}"):
        place = mark.parent
        if place.is_symlink() or (place / "data" / "postmaster.pid").exists():
            continue
        if not Path(mark.read_text().strip()).parent.exists():
            shutil.rmtree(place, ignore_errors=True)


def _refuse_strangers(folder: Path, account: Account) -> None:
    """Raise `PermissionError` for a folder that somebody else, or a link, put where everybody may write."""
    found = folder.lstat()
    ours = {0, os.geteuid(), account.uid}
    if stat.S_ISLNK(found.st_mode) or found.st_uid not in ours:
        message = f"{folder} belongs to somebody else"
        raise PermissionError(message)


def _fallback(wanted: Path) -> Path:
    key = hashlib.sha256(str(wanted.resolve()).encode()).hexdigest()[:12]
    return _FALLBACK / f"pitboss-{wanted.name}-{key}"
