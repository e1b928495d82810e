"""P3: creating and listing tickets beside django-helpdesk, the nearest open peer with a REST API on PostgreSQL.

It is installed into an environment of its own, `.local/bench-peer`, and runs on gunicorn with one process of four
threads on the core of the service under test, in turn with it. Its create does more (a follow-up, custom fields); ours
records two facts, checks an idempotency key and redacts.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import asyncpg

from deploy.home import CHECKOUT
from deploy.local.processes import StartError, free_port, port_is_free, tail, wait_until
from shared.ids import new_id
from tests.bench.load import MakeRequest, closed_loop
from tests.bench.machine import Watch, on
from tests.bench.report import Figure
from tests.bench.sizes import Sizes
from tests.bench.stand import Stand
from tests.bench.statements import BODY, OPENER, PATH

_PACKAGES: Final = ("django-helpdesk==2.6.1", "gunicorn>=23", "psycopg[binary]>=3.2")
_FOLDER: Final = CHECKOUT / ".local" / "bench-peer"
_WIDTH: Final = 4
_TICKETS: Final = 10_000
_FILL_WIDTH: Final = 16
_SECONDS: Final = 3.0
_INSTALL_SECONDS: Final = 300
_START_SECONDS: Final = 60
_SETTINGS: Final = """
import os
SECRET_KEY = "only for a benchmark on this machine"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.sites", "django.contrib.messages", "django.contrib.staticfiles", "django.contrib.humanize",
    "rest_framework", "rest_framework.authtoken", "helpdesk",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware", "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]},
}]
DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql", "NAME": "helpdesk", "USER": os.environ["PEER_USER"],
    "PASSWORD": os.environ["PEER_PASSWORD"], "HOST": "127.0.0.1", "PORT": os.environ["PEER_PORT"],
    "CONN_MAX_AGE": 600,
}}
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"]}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
ROOT_URLCONF = "peer_urls"
SITE_ID = 1
USE_TZ = True
STATIC_URL = "/static/"
HELPDESK_ACTIVATE_API_ENDPOINT = True
HELPDESK_TEAMS_MODE_ENABLED = False
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
"""
_URLS: Final = """
from django.urls import include, path
urlpatterns = [path("", include("helpdesk.urls", namespace="helpdesk"))]
"""
_PREPARE: Final = """
import django
django.setup()
from django.contrib.auth import get_user_model
from django.core.management import call_command
call_command("migrate", verbosity=0)
from helpdesk.models import Queue
from rest_framework.authtoken.models import Token
user = get_user_model().objects.create_superuser("bench", "bench@example.test", "bench")
Queue.objects.create(title="Support", slug="support")
print(Token.objects.create(user=user).key)
"""
_FILL: Final = """
import sys
import django
django.setup()
from helpdesk.models import Queue, Ticket
queue = Queue.objects.get(slug="support")
numbers = range(int(sys.argv[1]))
rows = [Ticket(queue=queue, title=f"Ticket {n}", description="words", secret_key=f"k{n}") for n in numbers]
Ticket.objects.bulk_create(rows, batch_size=1000)
"""


async def beside_django_helpdesk(stand: Stand, sizes: Sizes, watch: Watch) -> list[Figure]:
    """P3: how many times as many tickets a second, and how many times as many pages of 25 among 10,000."""
    _install()
    await _make_database(stand)
    environment = _environment(stand)
    token = _python(environment, _PREPARE)
    create, list_ = _peer_requests(token)
    with stand.serving("tickets") as ours, _gunicorn(stand, environment) as theirs:
        creates = [
            (await _rate(ours.port, _our_creates(stand)), await _rate(theirs, create)) for _ in _look(watch, sizes)
        ]
        _python(environment, _FILL, str(_TICKETS))
        await _fill(stand, ours.port)
        lists = [
            (await _rate(ours.port, _our_list(stand), width=1), await _rate(theirs, list_, width=1))
            for _ in _look(watch, sizes)
        ]
    return [
        *_figures("ticket create", creates, 10),
        *_figures(f"list of 25 among {_TICKETS:,} tickets", lists, 100),
    ]


def _figures(what: str, pairs: list[tuple[float, float]], bar: float) -> list[Figure]:
    ratios = tuple(ours / theirs for ours, theirs in pairs)
    return [
        Figure("P3", f"{what}: Pitboss / django-helpdesk", "x", ratios, bar=bar, sense="least"),
        Figure("P3", "  Pitboss", "/s", tuple(ours for ours, _ in pairs)),
        Figure("P3", "  django-helpdesk", "/s", tuple(theirs for _, theirs in pairs)),
    ]


def _look(watch: Watch, sizes: Sizes) -> Iterator[int]:
    for number in range(sizes.starts):
        watch.look()
        yield number


async def _rate(port: int, make: MakeRequest, *, width: int = _WIDTH) -> float:
    """Return the answers per second with so many requests under way; one that began in time may end later."""
    begun = time.perf_counter()
    load = await closed_loop(port, make, width=width, seconds=_SECONDS)
    load.insist()
    return load.done / (time.perf_counter() - begun)


async def _fill(stand: Stand, port: int) -> None:
    """Open tickets until there are as many as the peer has."""
    connection = await asyncpg.connect(stand.postgres.url("pitboss_tickets"))
    try:
        while await connection.fetchval("SELECT count(*) FROM tickets") < _TICKETS:
            (await closed_loop(port, _our_creates(stand), width=_FILL_WIDTH, seconds=_SECONDS)).insist()
    finally:
        await connection.close()


def _our_creates(stand: Stand) -> MakeRequest:
    run, token = new_id(), stand.token(OPENER, "tickets")
    return lambda n: _request("POST", PATH, {"x-pitboss-actor": token, "idempotency-key": f"{run}-{n}"}, BODY)


def _our_list(stand: Stand) -> MakeRequest:
    request = _request("GET", f"{PATH}?limit=25", {"x-pitboss-actor": stand.token(OPENER, "tickets")})
    return lambda _n: request


def _peer_requests(token: str) -> tuple[MakeRequest, MakeRequest]:
    headers = {"authorization": f"Token {token}"}
    words = {
        "title": BODY["subject"],
        "description": "words " * 40,
        "queue": 1,
        "priority": 3,
        "submitter_email": "player@example.test",
    }
    create = _request("POST", "/api/tickets/", headers, words)
    list_ = _request("GET", "/api/tickets/", headers)
    return lambda _n: create, lambda _n: list_


def _request(method: str, path: str, headers: Mapping[str, str], body: object | None = None) -> bytes:
    content = json.dumps(body).encode() if body is not None else b""
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    if content:
        lines += ["content-type: application/json", f"content-length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


def _install() -> None:
    """Install the peer where it was not installed before, with pip's own cache and index."""
    if (_FOLDER / "installed").exists():
        return
    try:
        subprocess.run([sys.executable, "-m", "venv", str(_FOLDER)], check=True, capture_output=True, text=True)
        command = [str(_FOLDER / "bin" / "python"), "-m", "pip", "install", "--quiet", *_PACKAGES]
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_INSTALL_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        message = f"django-helpdesk cannot be installed here, so there is nothing to compare with: {said[-500:]}"
        raise StartError(message) from error
    (_FOLDER / "installed").touch()


async def _make_database(stand: Stand) -> None:
    connection = await asyncpg.connect(stand.postgres.url())
    try:
        await connection.execute("CREATE DATABASE helpdesk")
    finally:
        await connection.close()


def _environment(stand: Stand) -> dict[str, str]:
    """Write the peer's project and return the environment to run it in."""
    site = stand.home.path / "peer"
    site.mkdir()
    (site / "peer_settings.py").write_text(_SETTINGS)
    (site / "peer_urls.py").write_text(_URLS)
    return os.environ | {
        "PYTHONPATH": str(site),
        "DJANGO_SETTINGS_MODULE": "peer_settings",
        "PEER_USER": stand.postgres.superuser,
        "PEER_PASSWORD": stand.postgres.password,
        "PEER_PORT": str(stand.postgres.port),
    }


def _python(environment: Mapping[str, str], code: str, *arguments: str) -> str:
    """Run code with the peer's interpreter and return the last line that it printed."""
    command = [str(_FOLDER / "bin" / "python"), "-c", code, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"django-helpdesk does not work here: {done.stderr[-1000:]}"
        raise StartError(message)
    return (done.stdout.strip().splitlines() or [""])[-1]


@contextmanager
def _gunicorn(stand: Stand, environment: Mapping[str, str]) -> Iterator[int]:
    """Serve the peer as its manual says for small sites: one process, four threads."""
    port, log = free_port(), Path(stand.home.log / "peer.log")
    application = "django.core.wsgi:get_wsgi_application()"
    options = ["--workers=1", "--worker-class=gthread", "--threads=4", "--keep-alive=75", "--timeout=120"]
    command = [str(_FOLDER / "bin" / "python"), "-m", "gunicorn", f"--bind=127.0.0.1:{port}", *options, application]
    with log.open("ab") as output, on(stand.layout.service):
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        if not wait_until(lambda: not port_is_free(port), within=_START_SECONDS):
            message = f"django-helpdesk did not start: {tail(log)}"
            raise StartError(message)
        yield port
    finally:
        server.terminate()
        server.wait(_START_SECONDS)
