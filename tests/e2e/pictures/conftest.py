"""A product of their own, on which one day of the demo casino was played before anybody looks."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from deploy.demo.clients import Brand, Door
from tests.e2e.asking import Json, ask
from tests.e2e.house import PASSWORD, House, sign_in_to
from tests.e2e.pictures.day import Day
from tests.support.past import Past
from tests.support.pictures import FOLDER, Camera
from tests.support.product import Product, running_product

# They take minutes and prove little: only who wants new ones takes them.
collect_ignore_glob = [] if os.environ.get(FOLDER) else ["test_*.py"]
NAMES: Final = {
    "admin": "Ada Kaya",
    "lead": "Lea Lindqvist",
    "senior": "Sam Okafor",
    "agent": "Ann Weber",
    "bob": "Bob Martin",
}
HIRED: Final = {"mia": "Mia Novak", "noah": "Noah Silva"}


@pytest.fixture(scope="package")
def product() -> Iterator[Product]:
    """The product as `make up` runs it, with nothing shortened or loosened."""
    with running_product("up") as running:
        yield running


@pytest.fixture(scope="package")
async def door(product: Product) -> AsyncIterator[Door]:
    """The way in."""
    async with Door.open(product.url) as opened:
        yield opened


@pytest.fixture(scope="package")
async def lucky(product: Product, door: Door) -> House:
    """The demo brand; its people have whole names and one password, and two more work with them."""
    brand = product.brand
    admin = await sign_in_to(door, product.staff("admin"), brand.name)
    house = House(door, Brand(brand.name, brand.api_key, brand.player_key), admin)
    for person in product.demo["staff"]:
        who = "bob" if person["email"].startswith("bob") else person["role"]
        house.ids[who] = str(person["id"])
        await _rename(house, who)
        house.tokens[who] = await _with_our_password(house, person)
        if who == "admin":
            house.founder = house.tokens[who]
    for who, name in HIRED.items():
        body = {"email": f"{who}@lucky.example", "name": name, "role": "agent", "password": PASSWORD}
        house.ids[who] = str((await door.call("POST", "/v1/staff", token=house.founder, body=body, key=who))["id"])
        house.tokens[who] = await sign_in_to(door, body, brand.name)
    return house


@pytest.fixture(scope="package")
async def day(product: Product, lucky: House) -> AsyncIterator[Day]:
    """The day, until now."""
    async with Past.of(product) as past:
        day = Day(lucky, past, product)
        await day.play()
        yield day
        await day.end()


@pytest.fixture(scope="package")
def camera() -> Iterator[Camera]:
    """Takes the pictures, and keeps them when all are taken."""
    camera = Camera(Path(os.environ[FOLDER]))
    yield camera
    camera.develop()


async def _rename(house: House, who: str) -> None:
    path = f"/v1/staff/{house.ids[who]}"
    version = (await ask(house.door, "GET", path, token=house.founder)).headers["ETag"]
    headers, body = {"If-Match": version}, {"name": NAMES[who]}
    renamed = await ask(house.door, "PATCH", path, token=house.founder, body=body, headers=headers)
    assert renamed.status == 200, renamed.body


async def _with_our_password(house: House, person: dict[str, Any]) -> str:
    body: Json = {"current_password": person["password"], "new_password": PASSWORD}
    token = await sign_in_to(house.door, person, house.brand.name)
    changed = await ask(house.door, "PUT", "/v1/staff/me/password", token=token, body=body)
    assert changed.status == 204, changed.body
    return await sign_in_to(house.door, {**person, "password": PASSWORD}, house.brand.name)
