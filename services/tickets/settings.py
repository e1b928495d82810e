"""What tickets is configured with, and the taxonomy it ships."""

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final

import yaml
from pydantic import Field, SecretStr

from services.tickets.domain import complaints, letters, phrases
from services.tickets.domain.reasons import Reason, read_taxonomy
from shared.settings import ServiceSettings

_DAY: Final = timedelta(days=1)


class Settings(ServiceSettings):
    """Knobs of tickets; the environment names them `TICKETS_…` or `PITBOSS_…`."""

    service: ClassVar[str] = "tickets"

    audit_secret: Annotated[
        SecretStr,
        Field(min_length=16, description="seals the audit trail; the same in every replica, never in the database"),
    ]
    audit_anchor_file: Annotated[
        Path | None,
        Field(description="where anchors of the audit trail are appended; by default a file in `run_dir`, if set"),
    ] = None

    drafts_kept: Annotated[timedelta, Field(ge=_DAY, description="how long a draft waits to be gone on with")] = (
        90 * _DAY
    )
    macro_uses_kept: Annotated[
        timedelta, Field(ge=90 * _DAY, description="how long uses of macros are kept; the API shows 90 days of them")
    ] = 400 * _DAY

    def anchor_file(self) -> Path | None:
        """Return the file of anchors; None: the log alone keeps them."""
        if self.audit_anchor_file is not None:
            return self.audit_anchor_file
        return self.run_dir / "tickets-audit-anchor.jsonl" if self.run_dir is not None else None


@cache
def taxonomy() -> Mapping[str, Reason]:
    """Return the contact reasons by code; read once, from the file that comes with the service."""
    return read_taxonomy(_taxonomy())


@cache
def reason_groups() -> Mapping[str, str]:
    """Return what the groups of contact reasons are called, by the first level of their codes."""
    return {str(code): str(name) for code, name in _taxonomy()["groups"].items()}


@cache
def complaint_rules() -> complaints.Rules:
    """Return the steps, moves and types of the complaints register."""
    return complaints.read_rules(_data("complaints.yaml"))


@cache
def licences() -> Mapping[str, complaints.Jurisdiction]:
    """Return what each licence says about handling complaints."""
    return complaints.read_jurisdictions(_data("jurisdictions.yaml"))


@cache
def complaint_lexicon() -> re.Pattern[str]:
    """Return what recognises a player's complaint."""
    return phrases.read_phrases(_data("complaint-phrases.yaml"))


@cache
def complaint_texts() -> letters.Texts:
    """Return the fixed texts of the complaints register."""
    return letters.read_texts(_data("complaint-texts.yaml"))


@cache
def _taxonomy() -> Mapping[str, Any]:
    return _data("taxonomy.yaml")


def _data(name: str) -> dict[str, Any]:
    text = files("services.tickets").joinpath("data", name).read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return document
