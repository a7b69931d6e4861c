"""Upgrade, downgrade and what goes wrong: nothing is left behind, nothing happens twice, every refusal says what next."""

import itertools
import threading

import psycopg
import pytest

from atlas_workflows.db import schema
from atlas_workflows.errors import DatabaseError, DatabaseUnreachable, HalfAppliedAttempt, InputError

REVISIONS = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0013",
    "0014",
    "0015",
    "0016",
    "0017",
    "0018",
    "0019",
    "0021",
    "0022",
    "0023",
    "0024",
    "0025",
    "0026",
    "0027",
    "0028",
    "0029",
    "0030",
    "0031",
    "0032",
    "0033",
    "0034",
    "0035",
    "0036",
    "0037",
    "0038",
    "0039",
)

STRUCTURE = """
SELECT 'class', c.relname, c.relkind::text || c.relreplident::text, coalesce(c.relacl, acldefault('r', c.relowner))::text, c.relrowsecurity::text, c.relforcerowsecurity::text,
    coalesce(pg_get_expr(c.relpartbound, c.oid), '')
FROM pg_class c WHERE c.relnamespace = to_regnamespace('atlas') AND c.relname NOT LIKE 'schema_version%'
UNION ALL SELECT 'column', a.attrelid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod),
    a.attnotnull::text, coalesce(nullif(a.attacl::text, '{}'), ''), coalesce(pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relnamespace = to_regnamespace('atlas') AND a.attnum > 0 AND NOT a.attisdropped AND c.relname NOT LIKE 'schema_version%'
UNION ALL SELECT 'index', tablename, indexname, indexdef, '', '', ''
FROM pg_indexes WHERE schemaname = 'atlas' AND tablename NOT LIKE 'schema_version%'
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', '', ''
FROM pg_constraint WHERE connamespace = to_regnamespace('atlas') AND conname NOT LIKE 'schema_version%'
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), tgenabled::text, '', ''
FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = to_regnamespace('atlas')) AND NOT tgisinternal
UNION ALL SELECT 'function', proname, pg_get_functiondef(oid), coalesce(proacl, acldefault('f', proowner))::text, '', '', ''
FROM pg_proc WHERE pronamespace = to_regnamespace('atlas')
UNION ALL SELECT 'policy', polrelid::regclass::text, polname, polcmd::text, pg_get_expr(polqual, polrelid),
    pg_get_expr(polwithcheck, polrelid), polroles::regrole[]::text
FROM pg_policy
UNION ALL SELECT 'schema', nspname, coalesce(nspacl, acldefault('n', nspowner))::text, '', '', '', ''
FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
ORDER BY 1, 2, 3, 4
"""

LEGACY = """
CREATE TABLE public.workflows (id uuid PRIMARY KEY, name text);
CREATE TABLE public.workflow_triggers (id uuid PRIMARY KEY, workflow_id uuid REFERENCES public.workflows);
INSERT INTO public.workflows VALUES (gen_random_uuid(), 'kept');
"""


def structure(dsn: str) -> list[tuple[str, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(STRUCTURE).fetchall()


def everything(dsn: str) -> list[tuple[str, ...]]:
    """Every object of the database that is not the server's own."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "SELECT 'class', oid::regclass::text, xmin::text FROM pg_class WHERE oid >= 16384 "
            "UNION ALL SELECT 'proc', oid::regprocedure::text, xmin::text FROM pg_proc WHERE oid >= 16384 "
            "UNION ALL SELECT 'type', oid::regtype::text, xmin::text FROM pg_type WHERE oid >= 16384 "
            "UNION ALL SELECT 'namespace', nspname, xmin::text FROM pg_namespace WHERE oid >= 16384 "
            "UNION ALL SELECT 'default acl', oid::text, xmin::text FROM pg_default_acl ORDER BY 1, 2"
        ).fetchall()


def test_up_and_down_leaves_nothing_behind(empty_dsn: str) -> None:
    with psycopg.connect(empty_dsn) as connection:
        connection.execute(LEGACY)
    before = everything(empty_dsn)
    schema.upgrade(empty_dsn)
    assert schema.current(empty_dsn) == REVISIONS[-1]
    schema.downgrade(empty_dsn)
    assert schema.current(empty_dsn) is None
    assert everything(empty_dsn) == before
    schema.downgrade(empty_dsn)
    schema.upgrade(empty_dsn)
    assert schema.current(empty_dsn) == REVISIONS[-1]


def test_a_second_upgrade_changes_nothing(schema_dsn: str) -> None:
    before = everything(schema_dsn)
    assert len(before) > 100
    schema.upgrade(schema_dsn)
    assert everything(schema_dsn) == before


def test_each_revision_goes_up_and_back_to_where_it_was(empty_dsn: str) -> None:
    schema.upgrade(empty_dsn, REVISIONS[0])
    for lower, upper in itertools.pairwise(REVISIONS):
        before = structure(empty_dsn)
        schema.upgrade(empty_dsn, upper)
        after = structure(empty_dsn)
        assert after != before
        schema.downgrade(empty_dsn, lower)
        assert structure(empty_dsn) == before, f"{upper} leaves something behind"
        schema.upgrade(empty_dsn, upper)
        assert structure(empty_dsn) == after


def test_upgrades_at_the_same_time_wait_for_each_other(empty_dsn: str) -> None:
    problems: list[BaseException] = []

    def upgrade() -> None:
        try:
            schema.upgrade(empty_dsn, lock_timeout_seconds=60)
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=upgrade) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert schema.current(empty_dsn) == REVISIONS[-1]


def test_a_lock_that_is_not_free_ends_in_a_message(empty_dsn: str) -> None:
    with psycopg.connect(empty_dsn) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [schema.ADVISORY_LOCK])
        with pytest.raises(DatabaseError, match="lock") as caught:
            schema.upgrade(empty_dsn, lock_timeout_seconds=0.2)
    assert "again" in caught.value.remedy
    schema.upgrade(empty_dsn)


def test_an_unknown_revision_is_named(empty_dsn: str) -> None:
    with pytest.raises(InputError, match="9999"):
        schema.upgrade(empty_dsn, "9999")
    assert schema.current(empty_dsn) is None


def test_objects_without_a_version_are_not_guessed_at(empty_dsn: str) -> None:
    with psycopg.connect(empty_dsn, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA atlas")
        connection.execute("CREATE TABLE atlas.workflows (mine text)")
        before = everything(empty_dsn)
        with pytest.raises(HalfAppliedAttempt, match="workflows"):
            schema.upgrade(empty_dsn)
        assert everything(empty_dsn) == before
        connection.execute("DROP SCHEMA atlas CASCADE")
    schema.upgrade(empty_dsn)


def test_an_address_nobody_answers_at_is_one_message() -> None:
    with pytest.raises(DatabaseUnreachable):
        schema.upgrade("postgresql://nobody:pw@127.0.0.1:1/none")


def test_a_table_of_somebody_else_in_the_schema_stops_the_way_down(schema_dsn: str) -> None:
    with psycopg.connect(schema_dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE atlas.not_ours (id int)")
        with pytest.raises(DatabaseError, match="schema atlas"):
            schema.downgrade(schema_dsn)
    assert schema.current(schema_dsn) == REVISIONS[-1]


def test_every_table_function_and_view_says_what_it_is_for(admin: psycopg.Connection) -> None:
    silent = admin.execute(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'atlas'::regnamespace AND c.relkind IN ('r', 'p', 'v') "
        "AND NOT c.relispartition AND c.relname <> 'schema_version' AND obj_description(c.oid, 'pg_class') IS NULL "
        "UNION ALL SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'atlas'::regnamespace "
        "AND obj_description(p.oid, 'pg_proc') IS NULL"
    ).fetchall()
    assert silent == []


def test_there_is_no_foreign_key_out_of_the_schema(admin: psycopg.Connection) -> None:
    keys = admin.execute(
        "SELECT f.relnamespace::regnamespace::text FROM pg_constraint c JOIN pg_class f ON f.oid = c.confrelid "
        "WHERE c.contype = 'f' AND c.connamespace = 'atlas'::regnamespace"
    ).fetchall()
    assert keys
    assert {key[0] for key in keys} == {"atlas"}


def test_a_publication_of_all_tables_lets_every_table_of_ours_change(admin: psycopg.Connection) -> None:
    """Also those that are made on demand."""
    admin.execute("SELECT atlas.ensure_month_partitions('workflow_executions', '2026-01-01', '2026-02-01')")
    nameless = admin.execute(
        "SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'atlas'::regnamespace AND c.relkind IN ('r', 'p') "
        "AND c.relreplident <> 'f' AND NOT EXISTS "
        "(SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary)"
    ).fetchall()
    assert nameless == []
    admin.execute("CREATE PUBLICATION everything FOR ALL TABLES")
    admin.execute(
        "INSERT INTO atlas.captured_changes (source_table, source_id, operation) VALUES ('t', '1', 'U')"
    )
    assert admin.execute("DELETE FROM atlas.captured_changes").rowcount == 1
