"""Databases for the schema's tests: every server version, an owner without special rights, two organizations."""

from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import psycopg
import pytest

from atlas_workflows.db import schema
from atlas_workflows.db.server import EmbeddedServer

ONE = UUID("11111111-1111-4111-8111-111111111111")
TWO = UUID("22222222-2222-4222-8222-222222222222")
PASSWORD = "owner-secret"


@pytest.fixture(scope="session")
def any_server(every_server: EmbeddedServer) -> EmbeddedServer:
    """PostgreSQL 18, then 16, then 15 and 17 where they are installed."""
    return every_server


@pytest.fixture(scope="session")
def schema_template(any_server: EmbeddedServer) -> str:
    """A database with the whole schema, to copy from."""
    name = f"schema_template_{uuid4().hex[:8]}"
    schema.upgrade(any_server.create_database(name))
    return name


@pytest.fixture
def empty_dsn(any_server: EmbeddedServer) -> Iterator[str]:
    """A fresh, empty database."""
    name = f"s_{uuid4().hex[:12]}"
    yield any_server.create_database(name)
    any_server.drop_database(name)


@pytest.fixture
def schema_dsn(any_server: EmbeddedServer, schema_template: str) -> Iterator[str]:
    """A fresh database with the whole schema, owned by a superuser."""
    name = f"s_{uuid4().hex[:12]}"
    yield any_server.create_database(name, template=schema_template)
    any_server.drop_database(name)


@pytest.fixture
def admin(schema_dsn: str) -> Iterator[psycopg.Connection]:
    """A superuser's connection to `schema_dsn`."""
    with psycopg.connect(schema_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def make_login(any_server: EmbeddedServer) -> Iterator[Callable[..., str]]:
    """Makes a login role, plain but for the given attributes; dropped with what it owns at the end."""
    made: list[str] = []

    def make(*attributes: str) -> str:
        name = f"login_{uuid4().hex[:10]}"
        with psycopg.connect(any_server.dsn(), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {name} LOGIN {' '.join(attributes)} PASSWORD '{PASSWORD}'")
        made.append(name)
        return name

    yield make
    with psycopg.connect(any_server.dsn(), autocommit=True) as connection:
        for name in made:
            connection.execute(f"DROP OWNED BY {name}")
            connection.execute(f"DROP ROLE {name}")


@pytest.fixture
def owned(any_server: EmbeddedServer, make_login: Callable[..., str]) -> Iterator[tuple[str, str]]:
    """An empty database owned by a login that is no superuser and may not create roles: (its dsn, the login)."""
    login, name = make_login(), f"s_{uuid4().hex[:12]}"
    any_server.create_database(name, owner=login)
    yield any_server.dsn(name, user=login, password=PASSWORD), login
    any_server.drop_database(name)
