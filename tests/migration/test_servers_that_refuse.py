"""Servers that take no writes or no more connections: one clear message, and the same command goes on afterwards."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from moving_phase import OPTIONS, fetch, migrate
from plain_source import settings_at
from psycopg.conninfo import make_conninfo

from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import DatabaseError, DatabaseUnreachable
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import SampleSpec, Shape, Size
from atlas_workflows.site import Site
from roomy_memory import roomy_memory

SMALL = SampleSpec(Shape.A, Size(organizations=2, workflows=12, executions=30, people=5), seed=3)


@pytest.fixture
def standby() -> Iterator[str]:
    """A hot standby: a copy of a server's data that goes on recovering."""
    folder = Path(tempfile.mkdtemp(prefix="atlas-test-standby-", dir=roomy_memory()))
    folder.chmod(0o755)
    server = EmbeddedServer(folder / "data", settings={"shared_buffers": "64MB", "fsync": "off"})
    try:
        create_sample(server.start().create_database("crm"), SMALL)
        server.stop()
        (server.data_dir / "standby.signal").touch()
        server.start()
        yield server.dsn("crm")
    finally:
        server.stop(mode="immediate")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.postgres
def test_a_hot_standby_is_named_as_what_it_is(standby: str, tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="takes no writes") as refused:
        run_phase(phase_named("p1"), site=Site(standby, settings_at(tmp_path)))
    assert "primary" in refused.value.remedy
    assert fetch(standby, "SELECT to_regnamespace('atlas')") == [(None,)]


def test_a_limit_of_connections_leaves_the_run_to_be_continued(dsn: str, tmp_path: Path) -> None:
    create_sample(dsn, SMALL)
    role = f"narrow_{uuid4().hex[:8]}"
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {role} LOGIN SUPERUSER PASSWORD 'pw'".encode())
        # Superusers pass the limit of a role, so the role is none; it owns what it works on.
        owner.execute(f"ALTER ROLE {role} NOSUPERUSER BYPASSRLS CREATEROLE CONNECTION LIMIT 2".encode())
        owner.execute(f"GRANT CREATE ON DATABASE {dsn.rpartition('/')[2]} TO {role}".encode())
        owner.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}".encode())
        owner.execute(
            b"DO $$ BEGIN IF EXISTS (SELECT FROM pg_namespace WHERE nspname = 'auth') THEN "
            + f"GRANT USAGE ON SCHEMA auth TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA auth TO {role};".encode()
            + b" END IF; IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'atlas_app') THEN "
            + f"GRANT atlas_app TO {role};".encode()
            + b" END IF; END $$"
        )
    narrow = make_conninfo(dsn, user=role, password="pw")
    with pytest.raises(DatabaseUnreachable, match="too many connections") as refused:
        migrate(narrow, tmp_path)
    assert "limit of this role" in refused.value.remedy
    [(run_id, status)] = fetch(dsn, "SELECT id::text, status FROM atlas.phase_runs")
    assert status == "running"
    fetch(dsn, f"ALTER ROLE {role} CONNECTION LIMIT -1")
    conclusion = migrate(narrow, tmp_path, options=replace(OPTIONS, batch_rows=10))
    assert (conclusion.run_id, conclusion.status) == (run_id, "succeeded")
