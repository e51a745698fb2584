from collections.abc import Iterator
from pathlib import Path

import places
import pytest
from hypothesis import HealthCheck, settings
from world import World

# How long an example takes says how busy the machine is, not whether the program is right.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


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
