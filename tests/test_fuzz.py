"""The fuzzer of benchmarks/fuzz.py, for seconds instead of minutes: everything that comes is a feed
or a ParseError, and what is published of it is valid and safe.
"""

import random
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import fuzz

SEEDS = {name: [text.encode() for text in made] for name, (_, made, _) in fuzz.CHECKS.items()}


@pytest.mark.parametrize("name", fuzz.CHECKS)
def test_what_is_not_damaged_passes(name: str) -> None:
    for seed in SEEDS[name]:
        fuzz.CHECKS[name][0](seed, random.Random(1))


@pytest.mark.parametrize("name", fuzz.CHECKS)
@settings(max_examples=40)
@given(number=st.integers(0, 2**32))
def test_what_is_damaged_is_read_or_refused(name: str, number: int) -> None:
    chance = random.Random(number)
    damage = fuzz.Damage(chance, SEEDS[name], largest=30_000)

    fuzz.CHECKS[name][0](damage(chance.choice(SEEDS[name])), chance)


def test_the_fuzzer_finds_what_is_wrong() -> None:
    """It is no use if it cannot: markup that is active, and a document that is not valid."""
    assert fuzz.active("<p><img src=x onerror=evil()></p>")
    assert fuzz.faults(b"<feed xmlns='http://www.w3.org/2005/Atom'><title>x</title></feed>")
