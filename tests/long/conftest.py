"""Two sites, published and served by the command line as anyone would; and who reads them."""

import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

import programs
import pytest
import yaml
from listening import Listened, listening
from truth import Document, document

_ROOT = Path(__file__).parents[2]
_SITES = {"examples": _ROOT, "awkward": Path(__file__).parent / "awkward"}
_OUTPUT = {"formats": ["atom", "rss", "json"], "entries": 10, "archive": "monthly"}
_AGGREGATOR = [sys.executable, "-m", "aggregator"]
_ENVIRONMENT = os.environ | {"PYTHONPATH": str(_ROOT)}


@pytest.fixture(scope="session")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Document]]:
    """Every document of both sites, while they are served on the loopback interface."""
    found: list[Document] = []
    with ExitStack() as stack:
        for name, origin in _SITES.items():
            site = tmp_path_factory.mktemp(name)
            address = stack.enter_context(_published(origin, site))
            found += _documents(name, site / "feeds", address)
        yield found


@pytest.fixture(scope="session")
def paged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The example with pages and archives: its folder, and the address where it is served."""
    site = tmp_path_factory.mktemp("paged")
    shown = {"formats": ["atom", "rss", "html"], "archive": "monthly", "entries": 10}
    with _published(_ROOT, site, **shown) as address:
        yield site / "feeds", address


@pytest.fixture(scope="session")
def reader_python(request: pytest.FixtureRequest) -> Path:
    folder = request.config.cache.mkdir("reader")
    return programs.environment(folder, programs.READER, "reader, sgmllib")


@pytest.fixture(scope="session")
def feed2exec_python(request: pytest.FixtureRequest) -> Path:
    folder = request.config.cache.mkdir("feed2exec")
    return programs.environment(folder, programs.FEED2EXEC, "feed2exec")


@pytest.fixture(scope="session")
def modules(request: pytest.FixtureRequest) -> Path:
    return programs.node_modules(request.config.cache.mkdir("node"))


@pytest.fixture(scope="session")
def newsboat() -> str:
    return programs.debian("newsboat")


@pytest.fixture(scope="session")
def sfeed() -> str:
    return programs.debian("sfeed")


@pytest.fixture(scope="session")
def rss2email() -> str:
    return programs.debian("r2e", package="rss2email")


@pytest.fixture(scope="session")
def liferea() -> str:
    """With a screen for it, which nobody sees."""
    return programs.debian("liferea", "xvfb", "xauth", "dbus", "dbus-bin")


@pytest.fixture(scope="session")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listened]:
    """A document of few entries, and what is said when somebody reads it."""
    site = tmp_path_factory.mktemp("asked")
    with _published(_SITES["awkward"], site) as address, listening(address) as listened:
        yield listened


def _documents(site: str, feeds: Path, address: str) -> Iterator[Document]:
    for path in sorted(feeds.rglob("*.atom")):
        name = path.relative_to(feeds).as_posix()
        yield document(path, name=f"{site}/{name}", address=address + quote(name))


@contextmanager
def _published(origin: Path, site: Path, **output: object) -> Iterator[str]:
    """`site` as a copy of `origin` with its feeds/, and the address where they are served."""
    port = _free_port()
    config = yaml.safe_load((origin / "config.yaml").read_text(encoding="utf-8"))
    config["serve"] = {"listen": f"127.0.0.1:{port}"}
    config["output"] = {**config.get("output", {}), **_OUTPUT, **output}
    (site / "config.yaml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    for source in (*origin.glob("*.xml"), *origin.glob("examples")):
        (shutil.copytree if source.is_dir() else shutil.copy)(source, site / source.name)
    subprocess.run([*_AGGREGATOR, "-q", "run"], cwd=site, env=_ENVIRONMENT, check=True)
    with _served(site, port):
        yield f"http://127.0.0.1:{port}/"


@contextmanager
def _served(site: Path, port: int) -> Iterator[None]:
    log = site / "serve.log"
    with log.open("wb") as stream:
        server = subprocess.Popen(
            [*_AGGREGATOR, "serve"], cwd=site, env=_ENVIRONMENT, stdout=stream, stderr=stream
        )
    try:
        if not _ready(server, port):
            pytest.fail(f"aggregator serve does not answer:\n{log.read_text(encoding='utf-8')}")
        yield
    finally:
        server.terminate()
        server.wait(30)


def _ready(server: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + 30
    while server.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return True
        except OSError:
            pass  # it does not listen yet
        finally:
            connection.close()
        time.sleep(0.1)
    return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as place:
        return int(place.getsockname()[1])
