"""The API over two organizations, once per file of tests."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from api_world import World, build_world

from atlas_workflows.db.server import EmbeddedServer


@pytest.fixture(scope="module")
def world(pg_server: EmbeddedServer, atlas_template: str) -> Iterator[World]:
    """The API on a database of its own; tests of a file share what is in it."""
    name = f"api_{uuid4().hex[:12]}"
    found = build_world(pg_server.create_database(name, template=atlas_template))
    yield found
    found.app.state.v1.counter.close()
    found.app.state.doors.database.close()
    pg_server.drop_database(name)
