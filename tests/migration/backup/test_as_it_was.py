"""What a backup gives back is what was there, whatever the catalog holds: generated catalogs, with pg_dump and without."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given, settings

from atlas_workflows.db.connect import connect
from atlas_workflows.db.server import EmbeddedServer, server_binaries
from atlas_workflows.errors import BackupError
from atlas_workflows.migration.backup import copy_dump
from atlas_workflows.migration.backup.dump import BackupPlan, make_backup
from atlas_workflows.migration.backup.manifest import read_manifest
from atlas_workflows.migration.backup.needs import write_needs
from atlas_workflows.migration.backup.sequences import SequenceState, behind, read_sequences
from atlas_workflows.migration.backup.tables import TableName, table_state, tables_to_keep
from atlas_workflows.migration.backup.verify import verify_backup
from atlas_workflows.settings import Settings, load_settings
from untidy_catalogs import Catalog, catalogs

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TOUCHED = ("public.workflows",)
# Every kind of thing that a table can be made of, beyond names and types.
FURNISHED = """
CREATE SEQUENCE numbers AS int INCREMENT 5 MINVALUE -10 MAXVALUE 1000000 START 20 CACHE 1 CYCLE;
CREATE SEQUENCE tickets;
CREATE DOMAIN short_text AS text DEFAULT 'x' NOT NULL CHECK (length(VALUE) < 40);
CREATE TYPE mood AS ENUM ('sad', 'o''k');
CREATE TYPE visit AS (at timestamptz, "100% mood" mood, note short_text);
CREATE TABLE organizations (id bigint GENERATED ALWAYS AS IDENTITY (START 7 INCREMENT 3) PRIMARY KEY, name text);
CREATE TABLE workflows (
    gone int, id bigint PRIMARY KEY DEFAULT nextval('tickets'), organization_id bigint REFERENCES organizations,
    serial_number int DEFAULT nextval('numbers'), name short_text, visits visit[],
    shout text GENERATED ALWAYS AS (upper(name)) STORED, code text COLLATE "C", at timestamptz DEFAULT 'infinity'
);
ALTER TABLE workflows DROP COLUMN gone;
ALTER SEQUENCE tickets OWNED BY workflows.id;
CREATE TABLE old_workflows (extra text) INHERITS (workflows);
CREATE TABLE past (at_year int, id bigint, workflow_id bigint) PARTITION BY RANGE (at_year);
CREATE TABLE past_2020 (workflow_id bigint, id bigint, at_year int);
ALTER TABLE past ATTACH PARTITION past_2020 FOR VALUES FROM (2020) TO (2021);
CREATE TABLE past_rest PARTITION OF past DEFAULT PARTITION BY HASH (id);
CREATE TABLE past_rest_0 PARTITION OF past_rest FOR VALUES WITH (MODULUS 1, REMAINDER 0);
ALTER TABLE past ADD PRIMARY KEY (id, at_year);
CREATE INDEX past_by_workflow ON past (workflow_id);
CREATE INDEX only_here ON past_2020 (workflow_id, id);
CREATE UNLOGGED TABLE scratch (n int);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER "touch%" BEFORE UPDATE ON workflows FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE workflows ENABLE ALWAYS TRIGGER "touch%";
CREATE VIEW counted WITH (security_invoker = true) AS SELECT id, name, count(*) AS n FROM workflows GROUP BY id;
CREATE FUNCTION names() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC SELECT name FROM counted; END;
INSERT INTO organizations (name) SELECT 'Gym ' || n FROM generate_series(1, 3) AS n;
INSERT INTO workflows (organization_id, name, visits)
    SELECT 7, 'w' || n, ARRAY[ROW('12026-01-01', 'o''k', 'a,"b\\')::visit, NULL] FROM generate_series(1, 20) AS n;
INSERT INTO old_workflows (name, extra) VALUES ('old', 'e'), ('older', NULL);
INSERT INTO past VALUES (2020, 1, 1), (2021, 2, 1), (1999, 3, 2);
"""
# What pg_dump itself says of a database, but for what differs by design: order of statements, comments, settings.
OBJECTS = """
SELECT 'column', attrelid::regclass::text, attname, format_type(atttypid, atttypmod), attnotnull::text, attidentity::text,
    attgenerated::text, coalesce(pg_get_expr(adbin, adrelid), '')
FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'c'))
    AND attnum > 0 AND NOT attisdropped
UNION ALL SELECT 'class', oid::regclass::text, relkind::text, relpersistence::text, relispartition::text,
    coalesce(pg_get_expr(relpartbound, oid), ''), coalesce(array_to_string(reloptions, ','), ''), ''
FROM pg_class WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT 'inherits', inhrelid::regclass::text, inhparent::regclass::text, '', '', '', '', '' FROM pg_inherits
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), coninhcount::text, '', '', ''
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
UNION ALL SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid::text, '', '', '', ''
FROM pg_index WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), tgenabled::text, '', '', ''
FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function', oid::regprocedure::text, pg_get_functiondef(oid), '', '', '', '', ''
FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'type', typname, typtype::text, coalesce(typdefault, ''), typnotnull::text, '', '', ''
FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd', 'c')
UNION ALL SELECT 'sequence', schemaname || '.' || sequencename, data_type::text, start_value::text, min_value::text || ' ' || max_value,
    increment_by::text, cycle::text, coalesce(last_value::text, '')
FROM pg_sequences
UNION ALL SELECT 'owned', objid::regclass::text, refobjid::regclass::text, refobjsubid::text, deptype::text, '', '', ''
FROM pg_depend WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')
    AND objid IN (SELECT seqrelid FROM pg_sequence)
ORDER BY 1, 2, 3, 4, 5
"""


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    return replace(load_settings({}), home=tmp_path, secret_keys=(Fernet.generate_key().decode(),))


def objects(dsn: str) -> list[tuple[str, ...]]:
    with psycopg.connect(dsn) as connection:
        return [
            # A dropped column leaves a gap in the numbers, which no copy has.
            row[:3] + row[4:] if row[0] == "owned" else row
            for row in connection.execute(OBJECTS).fetchall()
        ]


def copied(server: EmbeddedServer, dsn: str, folder: Path) -> tuple[str, list[str]]:
    """A copy by COPY in another database of the server: its dsn, and what is not as it was."""
    with connect(dsn, application_name="test") as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        kept = tables_to_keep(connection, TOUCHED)
        copy_dump.dump(connection, kept, folder / "data", read_sequences(connection))
        write_needs(connection, folder)
    target = server.create_database(f"t_{uuid4().hex[:12]}")
    with connect(target, application_name="test", autocommit=True) as connection:
        return target, copy_dump.restore(connection, folder / "data")


def test_a_copy_is_furnished_as_the_original(
    every_server: EmbeddedServer, every_dsn: str, tmp_path: Path
) -> None:
    with psycopg.connect(every_dsn) as connection:
        connection.execute(FURNISHED.encode())
    target, lost = copied(every_server, every_dsn, tmp_path)
    try:
        assert lost == []
        assert objects(target) == objects(every_dsn)
        for dsn in (every_dsn, target):
            with psycopg.connect(dsn) as connection:
                assert connection.execute(
                    "SELECT count(*), (SELECT count(*) FROM ONLY workflows) FROM workflows"
                ).fetchone() == (22, 20)
                assert connection.execute("SELECT nextval('tickets'), nextval('numbers')").fetchone() == (
                    23,
                    130,
                )
    finally:
        every_server.drop_database(target.rpartition("/")[2])


def test_client_tools_newer_than_the_server_serve_too(
    every_server: EmbeddedServer, every_dsn: str, here: Settings, tmp_path: Path
) -> None:
    """pg_restore 17 and newer begins with a setting that 15 and 16 do not know."""
    with psycopg.connect(every_dsn) as connection:
        connection.execute(FURNISHED.encode())
    newest = replace(here, pg_bin=server_binaries(18))
    folder = make_backup(BackupPlan(every_dsn, TOUCHED, tmp_path / "backups"), newest, now=NOW)
    assert read_manifest(folder).made_with.startswith("pg_dump 18")
    proof = verify_backup(folder, every_dsn, newest)
    assert (proof.restored.faults, proof.restored.refused) == ((), ())
    assert every_server.has_database(every_dsn.rpartition("/")[2])


def test_a_copy_with_a_subscription_can_be_dropped_again(dsn: str, here: Settings, tmp_path: Path) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE workflows (id int PRIMARY KEY)")
        connection.execute(
            "CREATE SUBSCRIPTION fed CONNECTION 'host=nowhere' PUBLICATION p WITH (connect = false)"
        )
        try:
            folder = make_backup(BackupPlan(dsn, TOUCHED, tmp_path / "backups"), here, now=NOW)
            assert verify_backup(folder, dsn, here).passed
        finally:
            connection.execute("ALTER SUBSCRIPTION fed SET (slot_name = NONE)")
            connection.execute("DROP SUBSCRIPTION fed")


def test_virtual_columns_stay_virtual(pg_server: EmbeddedServer, dsn: str, tmp_path: Path) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "CREATE TABLE workflows (id int PRIMARY KEY, n int GENERATED ALWAYS AS (id * 2) VIRTUAL)"
        )
        connection.execute("INSERT INTO workflows VALUES (1), (2)")
    target, lost = copied(pg_server, dsn, tmp_path)
    assert lost == []
    assert objects(target) == objects(dsn)
    pg_server.drop_database(target.rpartition("/")[2])


@pytest.mark.parametrize(
    ("change", "needed"),
    [
        (
            "CREATE TYPE span AS RANGE (subtype = int); ALTER TABLE workflows ADD COLUMN s span",
            "range type public.span",
        ),
        (
            "CREATE TYPE span AS RANGE (subtype = int); ALTER TABLE workflows ADD COLUMN s span[]",
            "range type public.span",
        ),
        (
            "CREATE COLLATION upside (provider = libc, locale = 'C'); ALTER TABLE workflows ADD COLUMN s text COLLATE upside",
            "collation public.upside",
        ),
    ],
)
def test_what_a_copy_cannot_carry_is_refused_by_name(
    dsn: str, tmp_path: Path, change: str, needed: str
) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE workflows (id int PRIMARY KEY)")
        connection.execute(change.encode())
    with connect(dsn, application_name="test") as connection, pytest.raises(BackupError, match=needed):
        copy_dump.dump(connection, tables_to_keep(connection, TOUCHED), tmp_path / "data")


def test_what_no_table_needs_is_told_as_left_out(pg_server: EmbeddedServer, dsn: str, tmp_path: Path) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE workflows (id int PRIMARY KEY)")
        connection.execute('CREATE MATERIALIZED VIEW "Sum\'s" AS SELECT count(*) FROM workflows')
        connection.execute("CREATE AGGREGATE total (int) (sfunc = int4pl, stype = int)")
    target, lost = copied(pg_server, dsn, tmp_path)
    assert [line.partition(":")[0] for line in lost] == [
        "aggregate total(integer)",
        'materialized view public."Sum\'s"',
    ]
    pg_server.drop_database(target.rpartition("/")[2])


def test_a_proof_finds_a_column_that_lost_its_meaning_and_a_sequence_that_starts_over(
    dsn: str, here: Settings, tmp_path: Path
) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(FURNISHED.encode())
    folder = make_backup(BackupPlan(dsn, TOUCHED, tmp_path / "backups"), here, now=NOW)
    assert verify_backup(folder, dsn, here).passed
    manifest = read_manifest(folder)
    assert {str(state): state.value for state in manifest.sequences}["public.tickets"] == 22
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(
        text.replace('"value": 22', '"value": 99').replace("shout text f  s t", "shout text f  v t")
    )
    proof = verify_backup(folder, dsn, here)
    assert not proof.passed
    assert "public.workflows" in proof.restored.faults
    assert "sequence public.tickets stands at 22, not at 99" in proof.restored.faults


@pytest.mark.parametrize(
    ("step", "value", "found", "late"),
    [(1, 5, 5, False), (1, 5, 6, False), (1, 5, 4, True), (-1, 5, 6, True), (-1, 5, 4, False)],
)
def test_a_sequence_may_have_gone_on_but_never_back(step: int, value: int, found: int, late: bool) -> None:
    assert SequenceState("public", "s", value, True, step, cycles=False).is_reached_by(found) is not late


def test_a_sequence_that_cannot_be_read_is_named(dsn: str) -> None:
    role = f"blind_{uuid4().hex[:8]}"
    with connect(dsn, application_name="test", autocommit=True) as connection:
        connection.execute("CREATE SEQUENCE public.hidden")
        connection.execute(f"CREATE ROLE {role}".encode())
        connection.execute(f"SET ROLE {role}".encode())
        with pytest.raises(BackupError, match=r"public\.hidden"):
            read_sequences(connection)
        connection.execute("RESET ROLE")
        connection.execute(f"DROP ROLE {role}".encode())
        assert list(behind(connection, [SequenceState("public", "none", 1, True, 1, cycles=False)])) == [
            "sequence public.none is missing"
        ]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(catalog=catalogs())
def test_whatever_a_catalog_holds_comes_back(
    catalog: Catalog, pg_server: EmbeddedServer, here: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    dsn = pg_server.create_database(f"t_{uuid4().hex[:12]}")
    folder = tmp_path_factory.mktemp("copied")
    with connect(dsn, application_name="test", autocommit=True) as connection:
        catalog.make(connection)
        before = table_state(connection, TableName("public", "workflows"))
    target, lost = copied(pg_server, dsn, folder)
    assert lost == []
    with connect(target, application_name="test", autocommit=True) as connection:
        assert table_state(connection, TableName("public", "workflows")) == before
    assert objects(target) == objects(dsn)
    for database in (dsn, target):
        pg_server.drop_database(database.rpartition("/")[2])
