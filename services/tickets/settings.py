"""What tickets is configured with, and the taxonomy it ships."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import ClassVar

import yaml

from services.tickets.domain.reasons import Reason, read_taxonomy
from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Tickets needs no knobs beyond those of every service."""

    service: ClassVar[str] = "tickets"


@cache
def taxonomy() -> Mapping[str, Reason]:
    """Return the contact reasons by code; read once, from the file that comes with the service."""
    text = files("services.tickets").joinpath("data", "taxonomy.yaml").read_text(encoding="utf-8")
    return read_taxonomy(yaml.safe_load(text))
