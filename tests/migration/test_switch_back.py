"""What goes back into an on/off column is what stood there, and what runs over there is waited for, dated or not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.migration.cutover.drain import settle_drains
from atlas_workflows.migration.cutover.switch import Switch
from atlas_workflows.migration.cutover.take_back import GivenBack, take_back
from atlas_workflows.migration.cutover.take_over import Author

pytestmark = pytest.mark.postgres
ONE = "11111111-1111-4111-8111-111111111111"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LEGACY = """
CREATE TABLE public.workflows (
    id uuid PRIMARY KEY, name text, status text CHECK (status IN ('enabled', 'published', 'paused')), is_active boolean
);
CREATE TABLE public.workflow_executions (
    id uuid PRIMARY KEY, workflow_id uuid, status text, started_at timestamptz, completed_at timestamptz, created_at timestamptz
);
"""


@pytest.fixture
def crm(atlas_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(atlas_dsn, autocommit=True) as connection:
        connection.execute(LEGACY.encode())
        act_as_migration(connection)
        yield connection


def ours(crm: psycopg.Connection[Any], status: str = "paused", **owner: Any) -> str:
    """A workflow that was taken over and is on here; over there it is off, in a column that knows no `active`."""
    name = str(uuid4())
    crm.execute("INSERT INTO public.workflows VALUES (%s, 'W', %s, NULL)", [name, status])
    crm.execute(
        "INSERT INTO atlas.workflows (id, organization_id, name, status, owner, source_table, source_id) "
        "VALUES (%s, %s, 'W', 'active', 'atlas_enhanced', 'workflows', %s)",
        [name, ONE, name],
    )
    crm.execute(
        "INSERT INTO atlas.execution_owners (organization_id, workflow_id, owner, fenced_at, decided_by, reason) "
        "VALUES (%s, %s, 'atlas_enhanced', %s, 't', 't')",
        [ONE, name, owner.get("fenced_at")],
    )
    return name


def back(crm: psycopg.Connection[Any]) -> GivenBack:
    with crm.transaction():
        return take_back(
            crm, Switch(read_catalog(crm)), None, "finish", Author("p2_core", "ana", NOW), "trial"
        )


def over_there(crm: psycopg.Connection[Any], name: str) -> tuple[Any, ...] | None:
    return crm.execute("SELECT status, is_active FROM public.workflows WHERE id = %s", [name]).fetchone()


def test_what_was_switched_on_here_goes_on_there_in_the_word_that_stood_there(
    crm: psycopg.Connection[Any],
) -> None:
    kept, new = ours(crm), ours(crm)
    crm.execute(
        "INSERT INTO atlas.legacy_writes (organization_id, source_table, source_id, column_name, kind, prior_value, "
        "written_value, phase, actor, restored_at) VALUES (%s, 'workflows', %s, 'status', 'projected', 'published', 'paused', 'p', 't', now())",
        [ONE, kept],
    )
    back(crm)
    assert (over_there(crm, kept), over_there(crm, new)) == (("published", None), ("enabled", None))


def test_a_row_whose_rules_keep_it_off_is_named_and_holds_nobody_up(crm: psycopg.Connection[Any]) -> None:
    crm.execute("ALTER TABLE public.workflows ADD CHECK (status = 'paused')")
    name = ours(crm)
    (sentence,) = back(crm).kept
    assert f"Workflow {name} " in sentence
    assert "nobody executes it" in sentence
    assert crm.execute("SELECT owner FROM atlas.workflows").fetchone() == ("legacy_app",)


@pytest.mark.parametrize(
    ("started", "created", "fenced", "waits"),
    [
        (None, 10, 5, True),
        (None, 90, 5, False),
        (None, None, 5, True),
        (None, None, 90, False),
        (10, 90, 5, True),
        (90, 10, 5, False),
    ],
)
def test_what_waits_to_begin_over_there_is_waited_for(
    crm: psycopg.Connection[Any], started: int | None, created: int | None, fenced: int, waits: bool
) -> None:
    """Minutes ago; an hour is the longest that anything may take."""
    ago = [
        None if minutes is None else NOW - timedelta(minutes=minutes)
        for minutes in (started, created, fenced)
    ]
    name = ours(crm, fenced_at=ago[2])
    crm.execute(
        "INSERT INTO public.workflow_executions VALUES (gen_random_uuid(), %s, 'pending', %s, NULL, %s)",
        [name, *ago[:2]],
    )
    found = settle_drains(crm, read_catalog(crm), None, NOW)
    assert [item.source_id for item in found] == ([name] if waits else [])
