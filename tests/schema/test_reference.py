"""The reference page names everything the schema holds, and is the one that is committed."""

import psycopg

from atlas_workflows.db.reference import SECTIONS, database_page, tables
from atlas_workflows.settings import load_settings


def test_the_committed_page_is_the_generated_one() -> None:
    committed = load_settings().root / "docs" / "reference" / "database.md"
    assert committed.read_text() == database_page()


def test_the_page_has_every_table_and_column_of_the_database(admin: psycopg.Connection) -> None:
    rows = admin.execute(
        "SELECT c.relname, array_agg(a.attname::text || ' ' || format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) "
        "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "WHERE c.relnamespace = 'atlas'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition "
        "AND c.relname <> 'schema_version' GROUP BY c.relname"
    ).fetchall()
    described = {
        table.name: [f"{column} {_spelled(kind)}" for column, kind in table.columns.items()]
        for _title, file in SECTIONS
        for table in tables(file)
    }
    assert described == dict(rows)


def test_the_page_names_every_view_and_function_that_can_be_called(admin: psycopg.Connection) -> None:
    page = database_page()
    names = admin.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'atlas'::regnamespace AND relkind = 'v' "
        "UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'atlas'::regnamespace "
        "AND prorettype <> 'trigger'::regtype"
    ).fetchall()
    assert len(names) > 10
    assert [name for (name,) in names if f"`{name}" not in page] == []


def _spelled(kind: str) -> str:
    """How PostgreSQL spells a type that the SQL files write short."""
    short = {"timestamptz": "timestamp with time zone", "char(1)": "character(1)"}
    return short.get(kind, kind.replace(", ", ","))
