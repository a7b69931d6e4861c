"""The same world in memory and in PostgreSQL."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(
    str(Path(__file__).parents[1] / "engine")
)  # generators of workflows are shared with the interpreter's tests
from world import MemoryWorld, PostgresWorld, World


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Each store in turn, on a virtual clock."""
    if request.param == "memory":
        yield MemoryWorld()
        return
    postgres = PostgresWorld(request.getfixturevalue("atlas_dsn"))
    yield postgres
    postgres.close()


@pytest.fixture
def postgres(atlas_dsn: str) -> Iterator[PostgresWorld]:
    """PostgreSQL alone, on a virtual clock."""
    found = PostgresWorld(atlas_dsn)
    yield found
    found.close()
