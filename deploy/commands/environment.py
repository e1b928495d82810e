"""environment: the secrets of a new installation, for compose's `.env` or a Kubernetes secret."""

import secrets
from typing import Final

from sqlalchemy import URL, make_url

from deploy.keys import new_keys
from deploy.local.databases import service_urls
from shared.directory import SERVICES

_BYTES: Final = 24


def show() -> None:
    """Print fresh secrets as NAME=value lines; the roles' passwords follow from the administrator's."""
    password = secrets.token_urlsafe(_BYTES)
    admin = URL.create("postgresql", "pitboss", password, "postgres", 5432, "postgres")
    lines = {"POSTGRES_PASSWORD": password, "RABBITMQ_PASSWORD": secrets.token_urlsafe(_BYTES)} | new_keys()
    lines.pop("PITBOSS_PROVISIONING_SECRET")
    for entry in SERVICES:
        urls = service_urls(admin.render_as_string(hide_password=False), entry.name)
        lines[f"{entry.name.upper()}_APP_PASSWORD"] = str(make_url(urls.app).password)
        lines[f"{entry.name.upper()}_WORKER_PASSWORD"] = str(make_url(urls.worker).password)
    for name, value in lines.items():
        print(f"{name}={value}")
