"""Fixtures for everything that needs PostgreSQL: one server per worker and version, a fresh database per test."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql

from atlas_workflows.db.server import SUPERUSER, EmbeddedServer
from roomy_memory import roomy_memory

# Durability is not under test here, and the first three make the suite about twice as fast; the last bounds what lies in memory.
SPEED = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_wal_size": "256MB",
}

# Fixtures by version; 16 and 18 come with the environment, 15 and 17 from the system.
SERVERS = ("pg_server", "pg16_server", "pg15_server", "pg17_server")

pytest_plugins = ["cost", "live_stack", "order"]

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
# Whom a shell starts in the background is deaf to Ctrl-C, and so is every program that it starts: tests press it too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# How long an example takes depends on the machine's other work; no property here is about time.
settings.register_profile("atlas", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("atlas")


def installed_binaries(version: int) -> Path | None:
    """Programs of a version that the package does not bring: ATLAS_TEST_PG15_BIN and the like, else Debian's place."""
    named = os.environ.get(f"ATLAS_TEST_PG{version}_BIN")
    folder = Path(named) if named else Path(f"/usr/lib/postgresql/{version}/bin")
    return folder if (folder / "initdb").exists() else None


def _serve_installed(version: int) -> Iterator[EmbeddedServer]:
    binaries = installed_binaries(version)
    if binaries is None:
        pytest.skip(f"no PostgreSQL {version} here: install it, or set ATLAS_TEST_PG{version}_BIN")
    yield from _serve(version, binaries)


@contextmanager
def _open_folder() -> Iterator[Path]:
    """A folder that every account may enter; pytest's own are private, and made so again by any other pytest."""
    folder = Path(tempfile.mkdtemp(prefix="atlas-test-pg-", dir=roomy_memory()))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """An empty folder that the server's account may enter, also as root."""
    with _open_folder() as folder:
        yield folder


def _serve(version: int, binaries: Path | None = None) -> Iterator[EmbeddedServer]:
    with _open_folder() as folder:
        server = EmbeddedServer(folder / "data", version=version, settings=SPEED, binaries=binaries)
        try:
            server.start()
            if version >= 16:
                _forgo_stretching(server)
            yield server
        finally:
            server.stop(mode="immediate")


def _forgo_stretching(server: EmbeddedServer) -> None:
    """Its generated password needs no 4 096 rounds of hashing at each connect: 4 of 6 ms of a client's processor time."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("SET scram_iterations = 1")
        stated = sql.SQL("ALTER ROLE {} PASSWORD {}").format(
            sql.Identifier(SUPERUSER), sql.Literal(server.password)
        )
        connection.execute(stated)


@pytest.fixture(scope="session")
def pg_server() -> Iterator[EmbeddedServer]:
    """PostgreSQL 18, one per test process."""
    yield from _serve(18)


@pytest.fixture(scope="session")
def pg16_server() -> Iterator[EmbeddedServer]:
    """PostgreSQL 16, one per test process."""
    yield from _serve(16)


@pytest.fixture(scope="session")
def pg15_server() -> Iterator[EmbeddedServer]:
    """PostgreSQL 15 where its programs are installed."""
    yield from _serve_installed(15)


@pytest.fixture(scope="session")
def pg17_server() -> Iterator[EmbeddedServer]:
    """PostgreSQL 17 where its programs are installed."""
    yield from _serve_installed(17)


@pytest.fixture(scope="session", params=SERVERS)
def every_server(request: pytest.FixtureRequest) -> EmbeddedServer:
    """Each version we test in turn; those that are not here are skipped with a word."""
    server: EmbeddedServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture(scope="session")
def atlas_template(pg_server: EmbeddedServer) -> str:
    """The name of a template database with the atlas schema at its newest revision."""
    from atlas_workflows.db.schema import upgrade

    name = "atlas_template"
    upgrade(pg_server.create_database(name))
    return name


def _database(server: EmbeddedServer, template: str | None = None) -> Iterator[str]:
    name = f"t_{uuid4().hex[:12]}"
    yield server.create_database(name, template=template)
    server.drop_database(name)


@pytest.fixture
def dsn(pg_server: EmbeddedServer) -> Iterator[str]:
    """A fresh, empty database on PostgreSQL 18."""
    yield from _database(pg_server)


@pytest.fixture
def pg16_dsn(pg16_server: EmbeddedServer) -> Iterator[str]:
    """A fresh, empty database on PostgreSQL 16."""
    yield from _database(pg16_server)


@pytest.fixture
def atlas_dsn(pg_server: EmbeddedServer, atlas_template: str) -> Iterator[str]:
    """A fresh database with the atlas schema."""
    yield from _database(pg_server, atlas_template)


@pytest.fixture
def every_dsn(every_server: EmbeddedServer) -> Iterator[str]:
    """A fresh, empty database on each version."""
    yield from _database(every_server)
