from collections.abc import Iterator
from pathlib import Path

import places
import pytest
from world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture(params=places.PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> places.Place:
    """Of every kind that a store can be in, a new one."""
    return places.PLACES[request.param](tmp_path)


@pytest.fixture
def postgres(tmp_path: Path) -> places.PostgresPlace:
    return places.PostgresPlace(tmp_path)


@pytest.fixture(scope="session", autouse=True)
def no_server_stays() -> Iterator[None]:
    yield
    places.stop_servers()
