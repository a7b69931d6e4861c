"""A web server to call, and a CRM to act on."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from gym import Gym
from web_sink import Web, serving

from atlas_workflows.db.server import EmbeddedServer
from crm_world import build_crm


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as found:
        yield found


@pytest.fixture(scope="module", params=["l2"])
def crm_template(
    pg_server: EmbeddedServer, atlas_template: str, request: pytest.FixtureRequest
) -> Iterator[str]:
    """A template with schema atlas and the CRM's tables in one of their variants."""
    name = f"crm_{request.param}_{uuid4().hex[:8]}"
    build_crm(pg_server.create_database(name, template=atlas_template), request.param).close()
    yield name
    pg_server.drop_database(name)


@pytest.fixture
def gym(pg_server: EmbeddedServer, crm_template: str) -> Iterator[Gym]:
    """A CRM database of its own, and all performers on it."""
    name = f"t_{uuid4().hex[:12]}"
    found = Gym(pg_server.create_database(name, template=crm_template))
    yield found
    found.close()
    pg_server.drop_database(name)
