"""The rules tables keep by themselves: append-only logs, immutable versions, drafts, timestamps, keys, rates."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from atlas_workflows.db.connect import application_transaction
from atlas_workflows.db.faults import explained
from atlas_workflows.secrets.masking import mask
from atlas_workflows.store.secret_references import REMEDY

ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"
LONG_AGO = datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=UTC)


def new_workflow(connection: psycopg.Connection, **columns: object) -> str:
    given = {"organization_id": ONE, "name": "w"} | columns
    names, values = ", ".join(given), ", ".join(["%s"] * len(given))
    row = connection.execute(
        f"INSERT INTO atlas.workflows ({names}) VALUES ({values}) RETURNING id::text", list(given.values())
    ).fetchone()
    assert row
    return str(row[0])


def test_history_is_append_only_even_for_a_superuser(admin: psycopg.Connection) -> None:
    admin.execute("INSERT INTO atlas.audit_log (actor, action) VALUES ('a', 'b')")
    admin.execute(
        "INSERT INTO atlas.consents (subject_table, subject_id, channel, state, basis, evidence_hash) "
        "VALUES ('contacts', '1', 'email', 'granted', 'x', 'h')"
    )
    for mode in ("origin", "replica"):
        admin.execute(f"SET session_replication_role = {mode}")
        for table in ("audit_log", "consents"):
            for statement in (
                f"UPDATE atlas.{table} SET organization_id = NULL",
                f"UPDATE atlas.{table} SET organization_id = NULL WHERE false",
                f"DELETE FROM atlas.{table}",
                f"TRUNCATE atlas.{table}",
            ):
                with pytest.raises(errors.RestrictViolation, match="append-only"):
                    admin.execute(statement)
            assert admin.execute(f"SELECT count(*) FROM atlas.{table}").fetchone() == (1,)


def test_a_published_version_never_changes_and_a_legacy_one_only_by_migration(
    admin: psycopg.Connection, schema_dsn: str
) -> None:
    workflow = new_workflow(admin)
    insert = (
        "INSERT INTO atlas.workflow_versions (workflow_id, organization_id, version, definition, definition_hash, origin) "
        "VALUES (%s, %s, %s, '{}', 'h', %s)"
    )
    admin.execute(insert, [workflow, ONE, 1, "legacy"])
    admin.execute(insert, [workflow, ONE, 2, "atlas"])
    change = "UPDATE atlas.workflow_versions SET definition = '{\"a\": 1}' WHERE version = %s"
    assert admin.execute(change, [1]).rowcount == 1
    with pytest.raises(errors.RestrictViolation, match="published"):
        admin.execute(change, [2])
    with pytest.raises(errors.RestrictViolation):
        admin.execute("UPDATE atlas.workflow_versions SET origin = 'legacy' WHERE version = 2")
    with (
        psycopg.connect(schema_dsn) as connection,
        application_transaction(connection, ONE),
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute(change, [1])
    assert admin.execute("DELETE FROM atlas.workflow_versions").rowcount == 2


def test_the_same_version_number_is_published_once(admin: psycopg.Connection) -> None:
    workflow = new_workflow(admin)
    insert = (
        "INSERT INTO atlas.workflow_versions (workflow_id, organization_id, version, definition, definition_hash) "
        f"VALUES ('{workflow}', '{ONE}', 1, '{{}}', 'h')"
    )
    admin.execute(insert)
    with pytest.raises(errors.UniqueViolation):
        admin.execute(insert)


def test_a_stale_draft_is_refused(admin: psycopg.Connection, schema_dsn: str) -> None:
    workflow = new_workflow(admin)
    save = "SELECT atlas.save_draft(%s, %s, %s, NULL)"
    with psycopg.connect(schema_dsn, autocommit=True) as connection:
        with application_transaction(connection, ONE):
            assert connection.execute(save, [workflow, 1, '{"by": "first"}']).fetchone() == (2,)
        with (
            application_transaction(connection, ONE),
            pytest.raises(errors.SerializationFailure, match="moved on"),
        ):
            connection.execute(save, [workflow, 1, '{"by": "second"}'])
        with application_transaction(connection, ONE), pytest.raises(errors.NoDataFound):
            connection.execute(save, [str(uuid4()), 1, "{}"])
        with application_transaction(connection, TWO), pytest.raises(errors.NoDataFound):
            connection.execute(save, [workflow, 2, "{}"])
    assert admin.execute("SELECT definition, revision FROM atlas.workflows").fetchone() == (
        {"by": "first"},
        2,
    )


def test_a_blind_write_of_a_draft_is_refused(admin: psycopg.Connection, schema_dsn: str) -> None:
    new_workflow(admin)
    with psycopg.connect(schema_dsn, autocommit=True) as connection:
        for assignment in (
            "definition = '{\"x\": 1}'",
            "definition = '{\"x\": 1}', revision = 7",
            "revision = 0",
        ):
            with application_transaction(connection, ONE), pytest.raises(errors.SerializationFailure):
                connection.execute(f"UPDATE atlas.workflows SET {assignment}")


def test_migration_writes_a_definition_over_without_counting_a_revision(admin: psycopg.Connection) -> None:
    new_workflow(admin)
    admin.execute("UPDATE atlas.workflows SET definition = '{\"legacy\": 2}'")
    assert admin.execute("SELECT revision FROM atlas.workflows").fetchone() == (1,)


def test_a_change_is_touched_unless_the_statement_sets_the_time_itself(admin: psycopg.Connection) -> None:
    workflow = new_workflow(admin, updated_at=LONG_AGO)
    read = "SELECT updated_at FROM atlas.workflows"
    assert admin.execute(read).fetchone() == (LONG_AGO,)
    # The same value stated again counts as stated: a repeated load leaves the last-modified order alone.
    admin.execute("UPDATE atlas.workflows SET name = 'x', updated_at = %s", [LONG_AGO])
    assert admin.execute(read).fetchone() == (LONG_AGO,)
    admin.execute(
        "INSERT INTO atlas.workflows (id, organization_id, name, updated_at) VALUES (%s, %s, 'y', %s) "
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name, updated_at = excluded.updated_at",
        [workflow, ONE, LONG_AGO],
    )
    assert admin.execute(read).fetchone() == (LONG_AGO,)
    admin.execute("UPDATE atlas.workflows SET name = 'z'")
    row = admin.execute(read).fetchone()
    assert row
    assert row[0] > LONG_AGO


def test_one_statement_that_sets_the_time_does_not_spare_the_next(admin: psycopg.Connection) -> None:
    first, second = new_workflow(admin, updated_at=LONG_AGO), new_workflow(admin, updated_at=LONG_AGO)
    with admin.transaction():
        admin.execute("UPDATE atlas.workflows SET updated_at = %s WHERE id = %s", [LONG_AGO, first])
        admin.execute("UPDATE atlas.workflows SET name = 'changed' WHERE id = %s", [second])
    old = admin.execute("SELECT id::text FROM atlas.workflows WHERE updated_at = %s", [LONG_AGO]).fetchall()
    assert old == [(first,)]


def test_rates_survive_counters_that_contradict_each_other(admin: psycopg.Connection) -> None:
    cases = {
        (0, 0): (0, 0), (0, 9): (0, 0), (1, 10**9): (1, 0), (10, 3): (0.3, 70), (9, 0): (0, 0), (10**12, 1): (0, 100),
        (10, 20): (1, 0),
    }  # fmt: skip
    for (total, failed), expected in cases.items():
        workflow = new_workflow(admin, total_executions=total, failed_executions=failed)
        row = admin.execute(
            "SELECT error_rate::float, performance_score FROM atlas.workflows WHERE id = %s", [workflow]
        ).fetchone()
        assert row == expected


def test_an_unsigned_workflow_cannot_be_active(admin: psycopg.Connection) -> None:
    new_workflow(admin, awaiting_sign_off=True, status="draft", intended_status="active")
    with pytest.raises(errors.CheckViolation, match="unsigned"):
        admin.execute("UPDATE atlas.workflows SET status = 'active'")


def test_organization_wide_variables_are_unique_too(admin: psycopg.Connection) -> None:
    insert = (
        "INSERT INTO atlas.workflow_variables (organization_id, workflow_id, name) VALUES (%s, NULL, 'gym')"
    )
    admin.execute(insert, [ONE])
    admin.execute(insert, [TWO])
    with pytest.raises(errors.UniqueViolation):
        admin.execute(insert, [ONE])


def test_a_secret_variable_holds_no_clear_value(admin: psycopg.Connection) -> None:
    insert = "INSERT INTO atlas.workflow_variables (organization_id, name, is_secret, default_value) VALUES (%s, %s, true, %s)"
    admin.execute(insert, [ONE, "sealed", '{"$secret": "5d0f"}'])
    admin.execute(insert, [ONE, "empty", None])
    with pytest.raises(errors.CheckViolation, match="sealed"):
        admin.execute(insert, [ONE, "clear", '"hunter2"'])


@pytest.mark.parametrize("kind", ["action", "trigger"])
def test_one_tenants_type_name_does_not_block_anothers(admin: psycopg.Connection, kind: str) -> None:
    insert = (
        f"INSERT INTO atlas.workflow_{kind}_definitions (organization_id, {kind}_type, category, name) "
        "VALUES (%s, 'custom_ping', 'external', 'Ping')"
    )
    for organization in (None, ONE, TWO):
        admin.execute(insert, [organization])
    for organization in (None, ONE):
        with pytest.raises(errors.UniqueViolation):
            admin.execute(insert, [organization])


def test_a_large_value_is_compressed_as_the_server_can(admin: psycopg.Connection) -> None:
    has_lz4 = admin.execute(
        "SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"
    ).fetchone()
    used = admin.execute(
        "SELECT DISTINCT attcompression::text FROM pg_attribute WHERE attrelid = 'atlas.workflows'::regclass "
        "AND attname IN ('definition', 'legacy_reported')"
    ).fetchall()
    assert used == [("l",)] if has_lz4 == (True,) else used == [("",)]


def test_the_queue_is_narrow(admin: psycopg.Connection) -> None:
    kinds = admin.execute(
        "SELECT DISTINCT format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = 'atlas.workflow_execution_queue'::regclass AND attnum > 0 "
        "AND attname <> 'waits_for'"  # one of a few words, by its CHECK
    ).fetchall()
    assert kinds
    assert not {"json", "jsonb", "text"} & {kind[0] for kind in kinds}


def test_what_the_engine_keys_by_an_organization_can_be_distributed(admin: psycopg.Connection) -> None:
    """organization_id in every primary and unique key of the engine's tables."""
    tables = ("workflow_execution_queue", "execution_states", "execution_inbox", "enrolments", "effects")
    keys = admin.execute(
        "SELECT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
        "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
        "WHERE i.indisunique AND c.relnamespace = 'atlas'::regnamespace AND c.relname = ANY (%s)",
        [list(tables)],
    ).fetchall()
    assert sorted(keys) == sorted((name, "organization_id") for name in tables)


OWN, FOREIGN, CREDENTIAL = (str(uuid4()) for _ in range(3))
DOCUMENT = '{"nodes": [{"parameters": {"headers": [{"value": {"$secret": "%s"}}]}}]}'
# Every place where a reference can be set: statement, and how the reference is written there.
REFERRING = (
    ("INSERT INTO atlas.workflows (organization_id, name, definition) VALUES (%(org)s, 'w', %(told)s)", DOCUMENT),
    ("UPDATE atlas.workflows SET definition = %(told)s, revision = revision + 1 WHERE id = %(workflow)s", DOCUMENT),
    ("INSERT INTO atlas.workflow_versions (organization_id, workflow_id, version, definition, definition_hash) VALUES (%(org)s, %(workflow)s, 1, %(told)s, 'h')", DOCUMENT),
    ("INSERT INTO atlas.workflow_templates (organization_id, name, definition) VALUES (%(org)s, 't', %(told)s)", DOCUMENT),
    ("INSERT INTO atlas.workflow_templates (organization_id, name, required_variables) VALUES (%(org)s, 't', %(told)s)", '[{"default": {"$secret": "%s"}}]'),
    ("INSERT INTO atlas.workflow_triggers (organization_id, workflow_id, trigger_key, trigger_type, trigger_name, trigger_config) VALUES (%(org)s, %(workflow)s, 'k', 't', 'n', %(told)s)", '{"secret": {"$secret": "%s"}}'),
    ("INSERT INTO atlas.workflow_triggers (organization_id, workflow_id, trigger_key, trigger_type, trigger_name, webhook_secret_id) VALUES (%(org)s, %(workflow)s, 'k', 't', 'n', %(told)s)", "%s"),
    ("INSERT INTO atlas.workflow_variables (organization_id, name, default_value) VALUES (%(org)s, 'v', %(told)s)", '{"$secret": "%s"}'),
    ("INSERT INTO atlas.workflow_variables (organization_id, name, current_value) VALUES (%(org)s, 'v', %(told)s)", '{"a": [{"$secret": "%s", "b": 1}]}'),
    ("INSERT INTO atlas.workflow_variables (organization_id, name, secret_id) VALUES (%(org)s, 'v', %(told)s)", "%s"),
    ("INSERT INTO atlas.workflow_webhooks (organization_id, name, endpoint_id, secret_id) VALUES (%(org)s, 'w', 'e', %(told)s)", "%s"),
    ("INSERT INTO atlas.workflow_webhooks (organization_id, name, endpoint_id, transform_payload) VALUES (%(org)s, 'w', 'e', %(told)s)", '{"a": {"$secret": "%s"}}'),
)  # fmt: skip
PLACES = (
    "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped "
    "WHERE c.relnamespace = 'atlas'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname ~ '^(definition|trigger_config|default_value|headers|.*secret_id)$' "
    "AND EXISTS (SELECT FROM pg_attribute o WHERE o.attrelid = c.oid AND o.attname = 'organization_id') AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'refuse_foreign_secrets') ORDER BY 1"
)  # fmt: skip


def seal(
    connection: psycopg.Connection, secret: str, organization: str, connector: str | None = None
) -> None:
    connection.execute(
        "INSERT INTO atlas.secrets (id, organization_id, sealed, key_id, connector) VALUES (%s, %s, 'x', 'k', %s)",
        [secret, organization, connector],
    )


def test_another_organizations_secret_is_refused_wherever_a_reference_can_be_set(
    admin: psycopg.Connection, schema_dsn: str
) -> None:
    for secret, organization, connector in (
        (OWN, ONE, None),
        (FOREIGN, TWO, None),
        (CREDENTIAL, ONE, "twilio"),
    ):
        seal(admin, secret, organization, connector)
    workflow = new_workflow(admin)
    with psycopg.connect(schema_dsn) as application:
        for statement, form in REFERRING:
            for secret in (FOREIGN, FOREIGN.upper(), CREDENTIAL):
                given = {"org": ONE, "workflow": workflow, "told": form.replace("%s", secret)}
                with pytest.raises(errors.CheckViolation, match="not its organization's") as refused:
                    admin.execute(statement, given)
                told = explained(refused.value, mask)
                assert told.fact.endswith("refers to a secret that is not its organization's."), told.fact
                assert told.remedy == REMEDY
                with pytest.raises(errors.CheckViolation), application_transaction(application, ONE):
                    application.execute(statement, given)
            for secret in (OWN, str(uuid4())):
                given = {"org": ONE, "workflow": workflow, "told": form.replace("%s", secret)}
                with admin.transaction(force_rollback=True):
                    assert admin.execute(statement, given).rowcount == 1
    listened = "INSERT INTO atlas.listening_triggers VALUES (%s, 'x', '', %s, 't', 1, 'e', %s)"  # the application writes none
    with pytest.raises(errors.CheckViolation, match="not its organization's"):
        admin.execute(listened, [ONE, workflow, json.dumps({"X-Shop": {"$secret": FOREIGN}})])
    admin.execute(listened, [ONE, workflow, json.dumps({"X-Shop": {"$secret": OWN}})])
    with pytest.raises(errors.CheckViolation, match="does not move"):
        admin.execute("UPDATE atlas.secrets SET organization_id = %s WHERE id = %s", [TWO, OWN])
    assert admin.execute(PLACES).fetchall() == []


def test_what_a_draft_was_is_kept_for_a_while_and_goes_with_its_workflow(admin: psycopg.Connection) -> None:
    workflow, other = new_workflow(admin), new_workflow(admin)
    for revision in range(1, 61):
        admin.execute(
            "SELECT atlas.save_draft(%s, %s, %s, NULL)", [workflow, revision, json.dumps({"n": revision})]
        )
    admin.execute("SELECT atlas.save_draft(%s, 1, '{}', NULL)", [other])
    kept = admin.execute(
        "SELECT revision, definition ->> 'n' FROM atlas.draft_revisions WHERE workflow_id = %s ORDER BY revision", [workflow]
    ).fetchall()  # fmt: skip
    assert [revision for revision, _ in kept] == list(range(11, 61))
    assert kept[-1] == (60, "59"), "revision 60 was what the save at 59 made"
    admin.execute(
        "UPDATE atlas.draft_revisions SET replaced_at = now() - INTERVAL '31 days' WHERE revision < 60"
    )
    admin.execute("SELECT atlas.save_draft(%s, 61, '{}', NULL)", [workflow])
    left = "SELECT array_agg(revision ORDER BY revision) FROM atlas.draft_revisions WHERE workflow_id = %s"
    assert admin.execute(left, [workflow]).fetchone() == ([60, 61],)
    admin.execute("UPDATE atlas.workflows SET name = 'renamed' WHERE id = %s", [workflow])
    assert admin.execute(left, [workflow]).fetchone() == ([60, 61],)
    admin.execute(
        "INSERT INTO atlas.draft_presence SELECT organization_id, id, 'ana', '1', now() FROM atlas.workflows"
    )
    admin.execute(
        "INSERT INTO atlas.v1_documents (workflow_id, organization_id, of_draft, document)"
        " SELECT id, organization_id, 'x', '{}' FROM atlas.workflows"
    )
    admin.execute("DELETE FROM atlas.workflows WHERE id = %s", [workflow])
    assert admin.execute(left, [workflow]).fetchone() == (None,)
    assert admin.execute("SELECT array_agg(workflow_id::text) FROM atlas.v1_documents").fetchone() == (
        [other],
    )
    assert admin.execute(left, [other]).fetchone() == ([1],)
    assert admin.execute("SELECT array_agg(workflow_id::text) FROM atlas.draft_presence").fetchone() == (
        [other],
    )


def test_an_earlier_draft_refers_to_no_foreign_secret(admin: psycopg.Connection) -> None:
    for secret, organization in ((OWN, ONE), (FOREIGN, TWO)):
        seal(admin, secret, organization, None)
    workflow = new_workflow(admin)
    keep = "INSERT INTO atlas.draft_revisions VALUES (%s, %s, %s, %s)"
    admin.execute(keep, [ONE, workflow, 7, DOCUMENT % OWN])
    with pytest.raises(errors.CheckViolation, match="not its organization's"):
        admin.execute(keep, [ONE, workflow, 8, DOCUMENT % FOREIGN])
