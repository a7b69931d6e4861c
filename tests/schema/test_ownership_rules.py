"""Every trigger of a workflow has exactly one owner, the fence decides about events, and an organization sees its own."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors

from atlas_workflows.db import schema
from atlas_workflows.errors import DatabaseError

ONE = UUID("11111111-1111-4111-8111-111111111111")
TWO = UUID("22222222-2222-4222-8222-222222222222")
BEFORE, FENCE, AFTER = "2026-03-01T11:00Z", "2026-03-01T12:00Z", "2026-03-01T13:00Z"


@pytest.fixture
def admin(atlas_dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(atlas_dsn, autocommit=True) as connection:
        yield connection


def make(admin: psycopg.Connection, source: str | None = "workflows", organization: UUID = ONE) -> UUID:
    name = uuid4()
    admin.execute(
        "INSERT INTO atlas.workflows (id, organization_id, name, source_table, source_id) VALUES (%s, %s, 'W', %s, %s)",
        [name, organization, source, source and str(name)],
    )
    return name


def decide(
    admin: psycopg.Connection, workflow: UUID, owner: str, *, key: str = "", fence: str | None = None,
    drained: str | None = None,
) -> None:  # fmt: skip
    admin.execute(
        "INSERT INTO atlas.execution_owners (organization_id, workflow_id, trigger_key, owner, fenced_at, drained_at, "
        "decided_by, reason) VALUES (%s, %s, %s, %s, %s, %s, 'ana', 'trial') ON CONFLICT "
        "(organization_id, workflow_id, trigger_key) DO UPDATE SET owner = excluded.owner, "
        "fenced_at = excluded.fenced_at, drained_at = excluded.drained_at",
        [ONE, workflow, key, owner, fence, drained],
    )


def ask(connection: psycopg.Connection, call: str, *given: object) -> object:
    row = connection.execute(f"SELECT {call}", given).fetchone()
    assert row
    return row[0]


def owner(connection: psycopg.Connection, workflow: UUID, *key: str) -> object:
    return ask(connection, f"atlas.execution_owner(%s{', %s' * len(key)})", workflow, *key)


def accepts(connection: psycopg.Connection, workflow: UUID, at: str, *key: str) -> object:
    return ask(connection, f"atlas.accepts_event(%s, %s{', %s' * len(key)})", workflow, at, *key)


def test_without_a_decision_it_is_whose_it_was_born(admin: psycopg.Connection) -> None:
    assert owner(admin, make(admin)) == "legacy_app"
    born = make(admin, None)
    assert owner(admin, born) == "atlas_enhanced"
    assert accepts(admin, born, BEFORE) == "yes"
    assert accepts(admin, make(admin), AFTER) == "no"
    with pytest.raises(errors.CheckViolation, match="born_here_are_ours"):
        admin.execute("UPDATE atlas.workflows SET owner = 'legacy_app' WHERE id = %s", [born])


def test_events_from_before_the_fence_are_not_ours_and_later_ones_wait_for_the_drain(
    admin: psycopg.Connection,
) -> None:
    workflow = make(admin)
    decide(admin, workflow, "atlas_enhanced", fence=FENCE)
    assert [accepts(admin, workflow, at) for at in (BEFORE, FENCE, AFTER)] == ["no", "no", "later"]
    decide(admin, workflow, "atlas_enhanced", fence=FENCE, drained=AFTER)
    assert [accepts(admin, workflow, at) for at in (BEFORE, FENCE, AFTER)] == ["no", "no", "yes"]
    assert owner(admin, workflow) == "atlas_enhanced"
    assert admin.execute("SELECT owner FROM atlas.workflows WHERE id = %s", [workflow]).fetchone() == (
        "atlas_enhanced",
    )
    decide(admin, workflow, "legacy_app")
    assert accepts(admin, workflow, AFTER) == "no"


def noted(connection: psycopg.Connection, key: str) -> None:
    ask(connection, "atlas.emit_event(%s, 'lead_updated', 's', '{}', %s)", ONE, key)


def turn(admin: psycopg.Connection, workflow: UUID, owner: str) -> None:
    """As a cutover and its way back do it."""
    fence = FENCE if owner == "atlas_enhanced" else None
    decide(admin, workflow, owner, fence=fence, drained=fence)
    column = "taken_epoch" if fence else "returned_epoch"
    epoch = ask(admin, "atlas.change_owners(%s)", ONE)
    admin.execute(
        f"UPDATE atlas.execution_owners SET {column} = %s WHERE workflow_id = %s".encode(), [epoch, workflow]
    )


def test_the_order_of_commits_decides_about_events_and_not_the_clock(
    admin: psycopg.Connection, atlas_dsn: str
) -> None:
    """Events at the very instant of the fence and of the way back, in sessions of their own."""
    workflow = make(admin)
    with psycopg.connect(atlas_dsn) as under_way, psycopg.connect(atlas_dsn) as late:
        noted(under_way, "before")
        with pytest.raises(errors.LockNotAvailable):
            turn(admin, workflow, "atlas_enhanced")
        admin.execute("DELETE FROM atlas.execution_owners")
        admin.execute("UPDATE atlas.workflows SET owner = 'legacy_app'")
        assert owner(under_way, workflow) == "legacy_app", (
            "whoever asks along with the event is told the same"
        )
        under_way.commit()
        note_while_it_turns(admin, late, workflow, "atlas_enhanced", "between")
        assert said(admin, workflow) == {"before": "no", "between": "yes"}
        note_while_it_turns(admin, late, workflow, "legacy_app", "after")
    assert said(admin, workflow) == {"before": "no", "between": "owed", "after": "no"}


def note_while_it_turns(
    admin: psycopg.Connection, late: psycopg.Connection, workflow: UUID, to: str, key: str
) -> None:
    """An event that comes while the owner changes waits for the change, and its transaction sees it."""
    with ThreadPoolExecutor(1) as beside:
        with admin.transaction():
            turn(admin, workflow, to)
            waits = beside.submit(noted, late, key)
            with pytest.raises(TimeoutError):
                waits.result(timeout=0.1)
        waits.result(timeout=60)
    assert owner(late, workflow) == to
    late.commit()


def said(admin: psycopg.Connection, workflow: UUID) -> dict[str, str]:
    """What is said to the events noted, with clocks that say the contrary."""
    rows = admin.execute(
        "SELECT event_key, atlas.accepts_event(%s, CASE event_key WHEN 'before' THEN %s ELSE %s END::timestamptz, '', owner_epoch) "
        "FROM atlas.event_outbox",
        [workflow, AFTER, BEFORE],
    )
    return dict(rows.fetchall())


def test_a_trigger_may_differ_among_ours_and_never_stays_alone_with_the_old_application(
    admin: psycopg.Connection,
) -> None:
    workflow = make(admin)
    decide(admin, workflow, "atlas_enhanced", fence=FENCE, drained=FENCE)
    decide(admin, workflow, "atlas_legacy", key="t1")
    assert (owner(admin, workflow, "t1"), owner(admin, workflow, "t2")) == ("atlas_legacy", "atlas_enhanced")
    assert accepts(admin, workflow, BEFORE, "t1") == "no"
    assert accepts(admin, workflow, AFTER, "t1") == "yes"
    with pytest.raises(errors.CheckViolation, match="one_column_for_all_triggers"):
        decide(admin, workflow, "legacy_app", key="t2")
    with pytest.raises(errors.CheckViolation, match="legacy_app_has_no_fence"):
        decide(admin, workflow, "legacy_app", fence=FENCE)


def test_an_organization_is_told_about_its_own_workflows_only(admin: psycopg.Connection) -> None:
    ours, theirs = make(admin), make(admin, organization=TWO)
    admin.execute("SET ROLE atlas_app")
    admin.execute("SELECT set_config('atlas.organization_id', %s, false)", [str(ONE)])
    assert (owner(admin, ours), owner(admin, theirs)) == ("legacy_app", None)
    assert accepts(admin, theirs, AFTER) is None
    made = admin.execute(
        "INSERT INTO atlas.workflows (organization_id, name) VALUES (%s, 'Drawn') RETURNING owner", [ONE]
    ).fetchone()
    assert made == ("atlas_enhanced",)


def test_workflows_born_before_the_revision_become_ours(dsn: str) -> None:
    schema.upgrade(dsn, "0011")
    with psycopg.connect(dsn, autocommit=True) as admin:
        made = admin.execute(
            "INSERT INTO atlas.workflows (organization_id, name, updated_at) VALUES (%s, 'W', '2020-01-01Z') RETURNING id",
            [ONE],
        ).fetchone()
        schema.upgrade(dsn, "0012")
        kept = admin.execute("SELECT id, owner, updated_at = '2020-01-01Z' FROM atlas.workflows").fetchone()
    assert made
    assert kept == (made[0], "atlas_enhanced", True)


def test_the_way_down_is_refused_while_the_old_applications_column_is_not_put_back(atlas_dsn: str) -> None:
    with psycopg.connect(atlas_dsn, autocommit=True) as admin:
        admin.execute(
            "INSERT INTO atlas.legacy_writes (organization_id, source_table, source_id, column_name, prior_value, phase, "
            "actor) VALUES (%s, 'workflows', '1', 'status', 'active', 'p2_core', 'ana')",
            [ONE],
        )
        with pytest.raises(DatabaseError, match="1 values that a cutover wrote"):
            schema.downgrade(atlas_dsn, "0011")
        admin.execute("UPDATE atlas.legacy_writes SET restored_at = now()")
    schema.downgrade(atlas_dsn, "0011")
