"""Tenants are kept apart: every table, every verb, every trick an application session could try."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from atlas_workflows.db.connect import application_transaction
from atlas_workflows.db.server import EmbeddedServer

ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"
USER = "33333333-3333-4333-8333-333333333333"
SAMPLES: dict[str, Any] = {
    "smallint": lambda: 1,
    "boolean": lambda: True,
    "uuid": lambda: str(uuid4()),
    "text": lambda: uuid4().hex,
    "text[]": lambda: "{}",
    "json": lambda: "{}",
    "jsonb": lambda: "{}",
    "bytea": lambda: uuid4().bytes,
    "integer": lambda: 1,
    "bigint": lambda: 1,
    "date": lambda: "2026-01-01",
    "timestamp with time zone": lambda: "2026-01-01T00:00:00Z",
}
CHOICES = {
    ("migration_ledger", "outcome"): "migrated",
    ("organization_phases", "status"): "applied",
    ("workflow_executions", "status"): "completed",
    ("workflow_execution_logs", "log_level"): "info",
    ("workflow_rate_limits", "limit_type"): "executions_per_hour",
    ("workflow_performance_metrics", "metric_type"): "daily",
    ("workflow_performance_metrics", "period_end"): "2026-01-02T00:00:00Z",
    ("consents", "channel"): "email",
    ("consents", "state"): "granted",
    ("execution_owners", "owner"): "atlas_enhanced",
    ("enrolment_refusals", "reason"): "filter",
    ("connector_limits", "at_once"): 1,
    ("audience_members", "answer"): "started",
    ("schedule_activations", "standing"): "off",
    ("draft_presence", "page"): "1",
    ("recurring_occurrences", "cause"): "due",
    ("recurring_occurrences", "state"): "passed_over",
}
REQUIRED = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND a.attnotnull AND d.oid IS NULL AND a.attidentity = ''
"""
TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'
WHERE c.relnamespace = 'atlas'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
"""
# What only the engine and the migration may read.
HIDDEN = {
    "api_answers", "archive", "deferred_events", "execution_inbox", "execution_states", "originals", "wait_subscriptions", "secrets", "validation_failing_keys",
}  # fmt: skip


TRICKS = (
    "SET ROLE {owner}",
    "SET SESSION AUTHORIZATION {owner}",
    "ALTER TABLE atlas.workflows DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE atlas.workflows NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY own_organization ON atlas.workflows",
    "CREATE POLICY mine ON atlas.workflows USING (true)",
    "SELECT atlas.force_row_security(false, 'me', 'because')",
    "SELECT atlas.secure('atlas.workflows')",
    "SELECT * FROM atlas.principals",
    "SELECT * FROM atlas.memberships()",
    "SELECT atlas.rebuild_principals()",
    "SELECT atlas.record_legacy_consents('contacts')",
    "SELECT atlas.ensure_month_partitions('workflow_executions', now(), now())",
    "SELECT * FROM atlas.workflow_executions_default",
    "SELECT * FROM atlas.phase_runs",
    "UPDATE atlas.flags SET default_value = 'false'",
    "UPDATE atlas.workflows SET owner = 'atlas_enhanced'",
    "UPDATE atlas.execution_owners SET owner = 'atlas_enhanced'",
    "DELETE FROM atlas.legacy_writes",
    "UPDATE atlas.workflows SET awaiting_sign_off = false",
    "DELETE FROM atlas.workflows",
    "UPDATE atlas.workflow_versions SET definition = '{}'",
    "DELETE FROM atlas.audit_log",
    "TRUNCATE atlas.workflows",
    (
        "INSERT INTO atlas.sign_offs (organization_id, workflow_id, code, source_hash, signed_by, reason) "
        f"VALUES ('{ONE}', gen_random_uuid(), 'c', 'h', 'me', 'r')"
    ),
    "CREATE TABLE atlas.mine (id int)",
    "CREATE FUNCTION atlas.current_organization() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
)


def insert_sample(admin: psycopg.Connection, table: str, organization: str, parents: dict[str, str]) -> None:
    """One row with every required column filled."""
    chosen = {name: value for (where, name), value in CHOICES.items() if where == table}
    columns = {"organization_id": organization, **chosen}
    for name, kind in admin.execute(REQUIRED, [f"atlas.{table}"]).fetchall():
        columns.setdefault(name, parents.get(name) or SAMPLES[kind]())
    names, values = ", ".join(columns), ", ".join(["%s"] * len(columns))
    admin.execute(f"INSERT INTO atlas.{table} ({names}) VALUES ({values})", list(columns.values()))


@pytest.fixture
def filled(admin: psycopg.Connection) -> list[str]:
    """One row per organization in every tenant table; the names of the tables."""
    tables = [row[0] for row in admin.execute(TABLES).fetchall()]
    admin.execute(
        "INSERT INTO atlas.flags (key, type, default_value, owner, reason) VALUES ('f', 'boolean', 'true', 'o', 'r')"
    )
    run = admin.execute("INSERT INTO atlas.phase_runs (phase) VALUES ('p1_database') RETURNING id").fetchone()
    result = admin.execute(
        "INSERT INTO atlas.validation_results (suite, expectation, status) VALUES ('s', 'e', 'passed') RETURNING id"
    ).fetchone()
    assert run
    assert result
    for table in tables:
        for organization in (ONE, TWO):
            insert_sample(
                admin, table, organization, {"flag_key": "f", "phase_run_id": run[0], "result_id": result[0]}
            )
    return tables


@pytest.fixture
def application(
    any_server: EmbeddedServer, schema_dsn: str, make_login: Callable[..., str]
) -> Iterator[psycopg.Connection]:
    """A session as the product's API opens it: a login that is a member of atlas_app and of nothing else."""
    login = make_login()
    with psycopg.connect(schema_dsn, autocommit=True) as administrator:
        administrator.execute(f"GRANT atlas_app TO {login}")
    dsn = any_server.dsn(schema_dsn.rpartition("/")[2], user=login, password="owner-secret")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET ROLE atlas_app")
        yield connection


def count(connection: psycopg.Connection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM atlas.{table}").fetchone()
    assert row
    return int(row[0])


def act_for(connection: psycopg.Connection, organization: str) -> None:
    connection.execute("SELECT set_config('atlas.organization_id', %s, false)", [organization])


def test_every_tenant_table_forces_row_security(admin: psycopg.Connection) -> None:
    admin.execute("SELECT atlas.ensure_month_partitions('workflow_executions', '2026-01-01', '2026-02-01')")
    rows = admin.execute(
        "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, "
        "EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'own_organization') "
        "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id' "
        "WHERE c.relnamespace = 'atlas'::regnamespace AND c.relkind IN ('r', 'p')"
    ).fetchall()
    assert len(rows) > 25
    assert [name for name, forced, policy in rows if not (forced and policy)] == []


def test_every_table_with_rows_of_tenants_names_the_tenant(admin: psycopg.Connection) -> None:
    """Whatever has no organization_id is listed here on purpose: it holds nothing of a tenant's content."""
    without = admin.execute(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'atlas'::regnamespace AND c.relkind IN ('r', 'p') "
        "AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'organization_id')"
    ).fetchall()
    assert {row[0] for row in without} == {
        "api_rates", "backfill_cursors", "captured_changes", "checklist_items", "cohorts", "event_capture_warnings", "flags", "phase_run_steps", "phase_runs",
        # When servers counted calls of v1; whose they were stands in v1_usage.
        "v1_watches",
        # Of all organizations, for Airflow's components alone: the application role has no right on it.
        "recurring_snapshots",
        "rollouts", "schema_version", "validation_results",
    }  # fmt: skip
    assert not admin.execute(
        "SELECT has_table_privilege('atlas_app', 'atlas.recurring_snapshots', 'SELECT')"
    ).fetchall()[0][0]


@pytest.mark.parametrize("setting", [None, "", "not a uuid", "99999999-9999-4999-8999-999999999999"])
def test_a_missing_or_wrong_setting_sees_nothing(
    filled: list[str], application: psycopg.Connection, setting: str | None
) -> None:
    if setting is not None:
        act_for(application, setting)
    assert {table: count(application, table) for table in filled if table not in HIDDEN} == {
        table: 0 for table in filled if table not in HIDDEN
    }


def test_an_organization_sees_its_own_rows_only(filled: list[str], application: psycopg.Connection) -> None:
    act_for(application, ONE)
    for table in filled:
        if table in HIDDEN:
            with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
                count(application, table)
            continue
        owners = application.execute(f"SELECT DISTINCT organization_id::text FROM atlas.{table}").fetchall()
        assert owners == [(ONE,)], table


def test_nothing_is_written_for_another_organization(
    filled: list[str], application: psycopg.Connection, admin: psycopg.Connection
) -> None:
    assert filled
    act_for(application, ONE)
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        application.execute(
            "INSERT INTO atlas.workflows (organization_id, name) VALUES (%s, 'planted')", [TWO]
        )
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        application.execute("UPDATE atlas.workflow_conditions SET organization_id = %s", [TWO])
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
        application.execute("UPDATE atlas.workflows SET organization_id = %s", [TWO])
    assert application.execute("UPDATE atlas.workflows SET name = 'mine'").rowcount == 1
    assert application.execute("DELETE FROM atlas.workflow_triggers").rowcount == 1
    names = admin.execute("SELECT name FROM atlas.workflows WHERE organization_id = %s", [TWO]).fetchall()
    assert names != [("mine",)]
    assert admin.execute("SELECT count(*) FROM atlas.workflow_triggers").fetchone() == (1,)


def test_a_row_cannot_point_at_another_organizations_workflow(
    filled: list[str], application: psycopg.Connection, admin: psycopg.Connection
) -> None:
    assert filled
    ids = dict(admin.execute("SELECT organization_id::text, id FROM atlas.workflows").fetchall())
    act_for(application, ONE)
    insert = (
        "INSERT INTO atlas.workflow_triggers (organization_id, workflow_id, trigger_key, trigger_type, trigger_name) "
        "VALUES (%s, %s, 't', 'manual', 't')"
    )
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        application.execute(insert, [ONE, ids[TWO]])
    application.execute(insert, [ONE, ids[ONE]])


def test_a_token_cannot_wake_another_organizations_execution(
    filled: list[str], application: psycopg.Connection, admin: psycopg.Connection
) -> None:
    assert filled
    ids = dict(admin.execute("SELECT organization_id::text, id FROM atlas.workflow_executions").fetchall())
    act_for(application, ONE)
    insert = "INSERT INTO atlas.workflow_execution_queue (organization_id, execution_id) VALUES (%s, %s)"
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        application.execute(insert, [ONE, ids[TWO]])
    application.execute(insert, [ONE, ids[ONE]])


def test_the_application_publishes_and_keeps_records_but_not_as_somebody_else(
    filled: list[str], application: psycopg.Connection, admin: psycopg.Connection
) -> None:
    assert filled
    workflow = admin.execute("SELECT id FROM atlas.workflows WHERE organization_id = %s", [ONE]).fetchone()
    assert workflow
    act_for(application, ONE)
    application.execute(
        "INSERT INTO atlas.workflow_versions (workflow_id, organization_id, version, definition, definition_hash) "
        "VALUES (%s, %s, 7, '{}', 'h')",
        [workflow[0], ONE],
    )
    application.execute("INSERT INTO atlas.audit_log (organization_id, action) VALUES (%s, 'x')", [ONE])
    for statement in (
        "INSERT INTO atlas.workflow_versions (organization_id, origin) VALUES (%s, 'legacy')",
        "INSERT INTO atlas.audit_log (organization_id, actor, action) VALUES (%s, 'ana', 'x')",
        "INSERT INTO atlas.audit_log (organization_id, action, at) VALUES (%s, 'b', '2020-01-01')",
        "INSERT INTO atlas.consents (organization_id, recorded_by) VALUES (%s, 'somebody')",
    ):
        with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
            application.execute(statement, [ONE])
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        application.execute("INSERT INTO atlas.audit_log (action) VALUES ('for nobody')")


def test_an_audit_entry_is_in_the_name_of_who_acts(
    application: psycopg.Connection, admin: psycopg.Connection
) -> None:
    """The user whom act_as named while the membership tables say so, else the login; a setting alone is nobody's name."""
    admin.execute("CREATE TABLE public.user_organizations (user_id uuid, organization_id uuid, role text)")
    admin.execute("INSERT INTO public.user_organizations VALUES (%s, %s, 'manager')", [USER, ONE])
    admin.execute("SELECT atlas.rebuild_principals()")
    act_for(application, ONE)
    insert = "INSERT INTO atlas.audit_log (organization_id, action) VALUES (%s, 'x') RETURNING actor"
    login = application.info.user
    assert application.execute(insert, [ONE]).fetchone() == (login,)
    for somebody in (TWO, "ana", ""):
        application.execute("SELECT set_config('atlas.user_id', %s, false)", [somebody])
        assert application.execute(insert, [ONE]).fetchone() == (login,)
    with application.transaction():
        application.execute("SELECT atlas.act_as(%s, %s)", [USER, ONE])
        assert application.execute(insert, [ONE]).fetchone() == (USER,)


def test_the_application_says_of_no_row_where_it_came_from_and_arms_none(
    filled: list[str], application: psycopg.Connection, admin: psycopg.Connection
) -> None:
    """Column by column over the catalog, so that a table of a later phase is asked too."""
    allowed = admin.execute(
        "SELECT c.relname || '.' || a.attname, verb FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid"
        " CROSS JOIN unnest(ARRAY['INSERT', 'UPDATE']) AS verb WHERE c.relnamespace = 'atlas'::regnamespace"
        " AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped"
        " AND has_column_privilege('atlas_app', c.oid, a.attnum, verb)"
    ).fetchall()
    assert ("workflow_triggers.trigger_name", "INSERT") in allowed
    assert ("workflow_executions.status", "UPDATE") in allowed
    named = {place for place, _ in allowed}
    assert {place for place in named if place.endswith((".source_table", ".source_id"))} == set()
    armed = {f"workflow_{name}.is_active" for name in ("triggers", "schedules", "webhooks")}
    assert named & (armed | {"audit_log.actor", "workflows.owner", "workflows.awaiting_sign_off"}) == set()
    told = (
        "sign_offs",
        "certificates",
        "migration_ledger",
        "execution_owners",
        "quarantine",
        "organization_phases",
    )
    assert {place for place in named if place.startswith(tuple(f"{table}." for table in told))} == set()
    act_for(application, ONE)
    for statement in (
        "UPDATE atlas.workflow_triggers SET is_active = true",
        "UPDATE atlas.workflow_executions SET source_table = 'workflows', source_id = '1'",
        "INSERT INTO atlas.workflow_conditions (organization_id, name, source_table) VALUES (%s, 'n', 'workflows')",
    ):
        with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
            application.execute(statement, [ONE] if "%s" in statement else None)
    assert application.execute("UPDATE atlas.workflow_conditions SET name = 'mine'").rowcount == 1


def test_an_upsert_does_not_reach_across(
    filled: list[str], application: psycopg.Connection, admin: psycopg.Connection
) -> None:
    assert filled
    theirs = admin.execute(
        "SELECT id FROM atlas.workflow_conditions WHERE organization_id = %s", [TWO]
    ).fetchone()
    assert theirs
    act_for(application, ONE)
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        application.execute(
            "INSERT INTO atlas.workflow_conditions (id, organization_id, name) VALUES (%s, %s, 'taken') "
            "ON CONFLICT (id) DO UPDATE SET name = excluded.name, organization_id = excluded.organization_id",
            [theirs[0], ONE],
        )


def test_tricks_are_refused(
    filled: list[str], application: psycopg.Connection, admin: psycopg.Connection
) -> None:
    assert filled
    owner = admin.info.user
    act_for(application, ONE)
    for statement in TRICKS:
        try:
            application.execute(statement.replace("{owner}", owner))
        except errors.InsufficientPrivilege:
            continue
        pytest.fail(f"allowed: {statement}")


def test_settings_and_claims_a_user_can_write_change_nothing(
    filled: list[str], application: psycopg.Connection
) -> None:
    assert filled
    act_for(application, ONE)
    claims = json.dumps(
        {"user_metadata": {"organization_id": TWO}, "organization_id": TWO, "role": "service_role"}
    )
    for name, value in (
        ("request.jwt.claims", claims), ("request.jwt.claim.sub", TWO), ("atlas.acting", "migration"),
        ("atlas.user_role", "owner"), ("atlas.permissions", "system:admin"), ("search_path", "pg_temp, public"),
    ):  # fmt: skip
        application.execute("SELECT set_config(%s, %s, false)", [name, value])
    owners = application.execute("SELECT DISTINCT organization_id::text FROM atlas.workflows").fetchall()
    assert owners == [(ONE,)]


def test_with_row_security_off_the_application_gets_an_error_not_everything(
    filled: list[str], application: psycopg.Connection
) -> None:
    assert filled
    act_for(application, ONE)
    application.execute("SET row_security = off")
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        count(application, "workflows")


def test_a_function_of_a_user_cannot_look_through_the_policy(
    filled: list[str], application: psycopg.Connection
) -> None:
    """A cheap function in WHERE would see the rows first, were it not for the security barrier of policies."""
    assert filled
    act_for(application, ONE)
    application.execute("CREATE TEMPORARY TABLE seen (organization_id uuid)")
    application.execute(
        "CREATE FUNCTION pg_temp.peek(uuid) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS "
        "$$ BEGIN INSERT INTO pg_temp.seen VALUES ($1); RETURN true; END $$"
    )
    application.execute("SELECT id FROM atlas.workflows WHERE pg_temp.peek(organization_id)")
    seen = application.execute("SELECT DISTINCT organization_id::text FROM pg_temp.seen").fetchall()
    assert seen == [(ONE,)]


def test_system_and_public_templates_are_readable_and_not_writable(
    admin: psycopg.Connection, application: psycopg.Connection
) -> None:
    admin.execute(
        "INSERT INTO atlas.workflow_templates (organization_id, name, is_public) VALUES "
        "(NULL, 'system', false), (%s, 'public', true), (%s, 'private', false)",
        [TWO, TWO],
    )
    act_for(application, ONE)
    names = application.execute("SELECT name FROM atlas.workflow_templates ORDER BY name").fetchall()
    assert names == [("public",), ("system",)]
    assert application.execute("UPDATE atlas.workflow_templates SET name = 'changed'").rowcount == 0
    assert application.execute("DELETE FROM atlas.workflow_templates").rowcount == 0


def test_the_application_may_call_these_functions_and_no_others(admin: psycopg.Connection) -> None:
    callable_ = admin.execute(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'atlas'::regnamespace AND prorettype <> 'trigger'::regtype "
        "AND has_function_privilege('atlas_app', oid, 'EXECUTE') ORDER BY 1"
    ).fetchall()
    assert [row[0] for row in callable_] == [
        "accepts_event", "act_as", "acting_name", "announce_events", "current_organization", "emit_event", "execution_owner",
        "has_permission", "hold_owners", "is_migration_role", "is_uuid", "owners_lock", "save_draft", "webhook_door",
    ]  # fmt: skip


def test_functions_that_run_as_the_owner_fix_their_search_path(admin: psycopg.Connection) -> None:
    definers = admin.execute(
        "SELECT proname, proconfig FROM pg_proc WHERE pronamespace = 'atlas'::regnamespace AND prosecdef"
    ).fetchall()
    assert definers
    for name, settings in definers:
        assert "search_path=pg_catalog, pg_temp" in settings, name


def test_nothing_of_the_acting_organization_outlives_its_transaction(
    filled: list[str], schema_dsn: str
) -> None:
    assert filled
    with psycopg.connect(schema_dsn, autocommit=True) as connection:
        with application_transaction(connection, ONE):
            assert count(connection, "workflows") == 1
        assert connection.execute("SELECT current_setting('atlas.organization_id', true)").fetchone() in {
            ("",),
            (None,),
        }
        assert count(connection, "workflows") == 2


def test_the_policy_is_found_by_index_and_asked_once(
    filled: list[str], application: psycopg.Connection
) -> None:
    assert filled
    act_for(application, ONE)
    application.execute("SET enable_seqscan = off")
    lines = application.execute(
        "EXPLAIN SELECT name FROM atlas.workflows ORDER BY updated_at DESC LIMIT 25"
    ).fetchall()
    plan = "\n".join(line[0] for line in lines)
    assert "Index Scan using workflows_by_organization" in plan
    assert "InitPlan" in plan
    assert "Sort" not in plan
