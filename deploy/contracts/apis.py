"""OpenAPI of each service, of the whole product, and AsyncAPI, from the apps themselves."""

import base64
import importlib
from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI

from deploy.contracts.events import Documents, as_json
from shared.directory import SERVICES
from shared.messaging.asyncapi import asyncapi_document
from shared.messaging.inprocess import InprocessTransport
from shared.messaging.subscriptions import Subscription
from shared.web.actor import public_key_of

_NOWHERE: Final = "postgresql://nobody:nothing@127.0.0.1:1/nowhere"
_PRIVATE: Final = bytes(32)


def api_documents() -> Documents:
    """Return one OpenAPI document per service and the merged one that the gateway serves."""
    merge = importlib.import_module("services.gateway.domain.openapi").merge_openapi
    documents = {entry.name: app_of(entry.name).openapi() for entry in SERVICES}
    pages: Documents = {
        PurePosixPath("docs/api") / f"{name}.openapi.json": as_json(document) for name, document in documents.items()
    }
    pages[PurePosixPath("services/gateway/pages/openapi.json")] = as_json(merge(documents))
    return pages


def async_documents() -> Documents:
    """Return the AsyncAPI document of the whole system."""
    return {PurePosixPath("docs/events/asyncapi.json"): as_json(asyncapi_document(subscriptions()))}


def subscriptions() -> dict[str, tuple[Subscription, ...]]:
    """Return what each service listens to."""
    found: dict[str, tuple[Subscription, ...]] = {}
    for entry in SERVICES:
        try:
            events = importlib.import_module(f"services.{entry.name}.events")
        except ModuleNotFoundError as missing:
            if missing.name != f"services.{entry.name}.events":
                raise
            continue
        found[entry.name] = events.SUBSCRIPTIONS
    return found


def subscribers() -> dict[str, tuple[str, ...]]:
    """Return who handles each event type."""
    heard: dict[str, list[str]] = defaultdict(list)
    for service, handled in subscriptions().items():
        for subscription in handled:
            heard[subscription.event.type].append(service)
    return {type_: tuple(names) for type_, names in heard.items()}


def app_of(service: str) -> FastAPI:
    """Return a service's app, wired but not started: no address in it is ever called."""
    settings = importlib.import_module(f"services.{service}.settings").Settings
    main = importlib.import_module(f"services.{service}.main")
    secret = base64.urlsafe_b64encode(_PRIVATE).decode()
    values: dict[str, object] = {
        "database_url": _NOWHERE,
        "worker_database_url": _NOWHERE,
        "gateway_public_key": public_key_of(Ed25519PrivateKey.from_private_bytes(_PRIVATE).public_key()),
        "transport": "inprocess",
        "cursor_secret": "x" * 32,
        "development": True,
    }
    for name, field in settings.model_fields.items():
        if field.is_required() and name not in values:
            values[name] = secret
    values |= {"run_dir": Path()}
    app: FastAPI = main.create_app(settings(**values), transport=InprocessTransport())
    return app
