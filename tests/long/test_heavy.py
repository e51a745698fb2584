"""Documents as large as a source may send, made to take a reader long: seconds, and little memory."""

import multiprocessing
import resource
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from heavy import HEAVY

from aggregator.errors import ParseError
from aggregator.inspection import inspect

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

MOST = 9_900_000  # bytes, of the ten million that fetch.max_size lets in
SECONDS = 8.0  # of work; 5 where nothing else goes on
MEMORY = 400_000  # kB, with the document itself, the interpreter and what it has loaded


def _read(name: str, answer: Connection) -> None:
    body = HEAVY[name](MOST)[:10_000_000]
    started = time.process_time()
    try:
        inspect(body, url="https://a.example/feed", headers={})
    except ParseError as error:
        assert "Error:" not in str(error)
    took = time.process_time() - started
    answer.send((took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


@pytest.mark.parametrize("name", HEAVY)
def test_a_heavy_document_is_read_in_time_and_in_little_memory(name: str) -> None:
    answer, other = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_read, args=(name, other))
    process.start()
    other.close()
    try:
        assert answer.poll(120), "no end in two minutes"
        took, most = answer.recv()
    finally:
        process.kill()
        process.join()

    assert took < SECONDS
    assert most < MEMORY
