"""Proven in the database or compared row by row: the same is found, and no column of a plain row is blind."""

import re
from collections.abc import Iterator
from itertools import count
from types import SimpleNamespace
from typing import Any, ClassVar
from uuid import UUID

import psycopg
import pytest
from as_found import told
from psycopg.sql import Composable

from atlas_workflows.db.connect import connect
from atlas_workflows.db.sql_files import sql_text
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.migration.ledger.fingerprint import (
    FINGERPRINTED,
    content_digest,
    original_content,
    stored_fingerprint,
)
from atlas_workflows.migration.reconciliation.carried import MAIN_ROW, columns_that_differ
from atlas_workflows.migration.reconciliation.columns import AT_REST
from atlas_workflows.migration.reconciliation.our_side import read_target_tables, read_targets
from atlas_workflows.migration.reconciliation.reconcile import reconcile
from atlas_workflows.migration.reconciliation.set_wise import CARRY, HISTORY, Proven, Question, total_of
from atlas_workflows.migration.reconciliation.snapshots import MAX_AGE_SECONDS
from atlas_workflows.migration.reconciliation.source_side import Keys, read_keys, read_shelves
from atlas_workflows.secrets.sealing import Sealer

COLUMNS = """
SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, NULL)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
    AND (n.nspname = 'atlas' OR n.nspname = 'public') AND c.relname = ANY(%s)
ORDER BY 1, 2, a.attnum
"""
# Another value than the one that is there, by type.
OTHERWISE = {
    "uuid": "gen_random_uuid()",
    "text": "coalesce({c}, '') || 'x'",
    "character varying": "coalesce({c}, '') || 'x'",
    "jsonb": """'{"planted": 1.10}'""",
    "integer": "coalesce({c}, 0) + 1",
    "bigint": "coalesce({c}, 0) + 1",
    "smallint": "coalesce({c}, 0) + 1",
    "timestamp with time zone": "coalesce({c}, '2020-01-01') + interval '1 us'",
    "text[]": "ARRAY['planted']",
    "boolean": "NOT coalesce({c}, false)",
    "date": "{c} + 3650",
}
DAYS = "workflow_analytics"
STATUS = "CASE {c} WHEN 'failed' THEN 'cancelled' ELSE 'failed' END"
# What decides nothing of a migrated row: who wrote it, and when; and what can be no other in a row of its kind.
FREE = {
    "migration_ledger": {"phase", "phase_run_id", "migrated_at", "inputs_hash"},
    "originals": {"first_seen_run", "updated_run", "sealed"},
    "workflow_execution_steps": {"updated_at"},
    "workflow_executions": set(),
    DAYS: {"updated_at"},
}


def proven(dsn: str, table: str) -> tuple[int, set[str]]:
    """How many rows of a legacy table the database proves, and the keys of the others."""
    with connect(dsn, application_name="test", autocommit=True) as connection:
        shelves, targets = read_shelves(connection), read_target_tables(connection)
        question = Question(shelves, shelves[table], targets, targets)
        with connection.transaction():
            parts: list[Proven] | None = question.ask(connection, Keys())
    assert parts is not None
    holds = sum(part.rows for part in parts if part.organization)
    return holds, {str(key) for part in parts for key in part.others or ()}


def test_both_ways_find_the_same(migrated: Any, copy: str) -> None:
    by_sets = migrated.reconciled(copy)
    assert by_sets.is_clean
    assert told(by_sets) == told(migrated.reconciled(copy, set_wise=False))


def test_most_of_history_is_proven_by_sets(migrated: Any, copy: str) -> None:
    """Messy as it is. What has a reason, or a secret, is looked at."""
    for table in sorted(HISTORY):
        holds, others = proven(copy, table)
        with psycopg.connect(copy) as connection:
            rows = connection.execute(
                "SELECT count(*) FROM atlas.migration_ledger AS l JOIN atlas.originals AS o USING (source_table, source_id)"
                " WHERE l.source_table = %s AND l.outcome = 'migrated' AND o.sealed IS NULL",
                [table],
            ).fetchone()
        assert rows is not None
        assert holds == rows[0] > 1_000
        assert others


def changes(connection: Any, table: str) -> Iterator[tuple[str, str]]:
    """Every compared column of the table's rows on both sides and in the control tables, and the statement that changes it."""
    ours = {*FINGERPRINTED[table], *AT_REST[table], "organization_id", "source_table"}
    for schema, name, column, kind in connection.execute(
        COLUMNS, [[table, "migration_ledger", "originals"]]
    ).fetchall():
        if column in FREE[name] or (schema == "atlas" and name == table and column not in ours):
            continue
        key = "id = %(id)s::uuid" if name == table else "source_table = %(table)s AND source_id = %(id)s"
        value = (STATUS if column in ("status", "outcome") else OTHERWISE[kind]).replace("{c}", column)
        if name == "migration_ledger" and column == "outcome":
            value = "'quarantined'"
        if column == "origin":
            value = "'atlas'"
        if name == "migration_ledger" and kind == "jsonb":
            value = """'[{"code": "PLANTED"}]'"""
        yield f"{schema}.{name}.{column}", f"UPDATE {schema}.{name} SET {column} = {value} WHERE {key}"


@pytest.mark.parametrize("table", sorted(HISTORY | {DAYS}))
def test_no_column_of_a_plain_row_is_blind(migrated: Any, copy: str, table: str) -> None:
    """In each column of one plain row each, on both sides and in the control tables: each row is named."""
    _, others = proven(copy, table)
    victims: dict[str, str] = {}
    with psycopg.connect(copy, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(f"ALTER TABLE public.{table} DISABLE TRIGGER ALL".encode())
        plain = [
            row[0]
            for row in connection.execute(
                "SELECT source_id FROM atlas.migration_ledger WHERE source_table = %s ORDER BY source_id",
                [table],
            )
            if row[0] not in others
        ]
        for (place, statement), victim in zip(list(changes(connection, table)), plain, strict=False):
            done = connection.execute(statement.encode(), {"table": table, "id": victim})
            assert done.rowcount == 1, place
            victims[place] = victim
    assert len(victims) > 40
    now = proven(copy, table)[1]
    assert {place for place, victim in victims.items() if victim not in now} - lost(victims) == set()
    found = migrated.reconciled(copy)
    named = {difference.id for difference in found.differences}
    assert {place for place, victim in victims.items() if victim not in named} == set()
    assert told(found) == told(migrated.reconciled(copy, set_wise=False))


def lost(victims: dict[str, str]) -> set[str]:
    """Where the change took the source row itself away, there is no row to look at; the strays name it."""
    return {place for place in victims if place.startswith("public.") and place.endswith(".id")}


def plain_keys(dsn: str, table: str, count: int) -> list[str]:
    """Some rows that the database proves."""
    others = proven(dsn, table)[1]
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "SELECT source_id FROM atlas.migration_ledger WHERE source_table = %s ORDER BY source_id", [table]
        ).fetchall()
    return [key for (key,) in found if key not in others][:count]


def forge(dsn: str, table: str, *keys: str) -> None:
    """Original and ledger say of these rows what both sides hold now, as one would leave it who wrote them."""
    with connect(dsn, application_name="test", autocommit=True) as connection:
        shelves, targets = read_shelves(connection), read_target_tables(connection)
        made = read_targets(connection, targets, table, keys)
        for row in read_keys(connection, shelves, shelves[table], [UUID(key) for key in keys]):
            content = original_content(row.columns)
            connection.execute(
                "UPDATE atlas.originals SET content = %s, content_hash = %s WHERE source_table = %s AND source_id = %s",
                [content, content_digest(content), table, row.id],
            )
            connection.execute(
                "UPDATE atlas.migration_ledger SET source_hash = %s, target_hash = %s WHERE source_table = %s AND source_id = %s",
                [content_digest(content), stored_fingerprint(made[row.id]), table, row.id],
            )


TOLD = '[{"nodeId": "a", "nodeType": "action", "status": "completed"}]'
LINE = """
INSERT INTO atlas.workflow_execution_steps (id, execution_id, organization_id, started_at, position, node_id, node_type,
    status, source_table, source_id)
SELECT gen_random_uuid(), id, organization_id, started_at, 0, 'a', 'action', 'completed', source_table, source_id
FROM atlas.workflow_executions WHERE id = ANY(%s::uuid[])
"""


def test_a_step_written_twice_or_not_at_all_is_looked_at(migrated: Any, copy: str) -> None:
    """Also where the fingerprint is one of what was written, and whatever type the column has."""
    table = "workflow_executions"
    fine, twice, lost, quoted, bare = plain_keys(copy, table, 5)
    with psycopg.connect(copy, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "ALTER TABLE public.workflow_executions DISABLE TRIGGER ALL, ADD execution_steps jsonb"
        )
        for key, told in ((fine, TOLD), (twice, TOLD), (lost, TOLD), (quoted, dumps_text(TOLD))):
            connection.execute(
                "UPDATE public.workflow_executions SET execution_steps = %s WHERE id = %s", [told, key]
            )
        connection.execute(LINE, [[fine, twice]])
        connection.execute(LINE, [[twice]])
        forge(copy, table, fine, twice, lost, quoted, bare)
        assert proven(copy, table)[0] == 2
        named = {difference.id for difference in migrated.reconciled(copy).differences}
        assert named & {fine, twice, lost, quoted, bare} == {twice, lost, quoted}
        for kind in ("json", "text"):
            connection.execute(
                f"ALTER TABLE public.workflow_executions ALTER execution_steps TYPE {kind} USING execution_steps::{kind}".encode()
            )
            holds, others = proven(copy, table)
            assert (holds, bare in others) == (1, False)


def test_a_day_that_was_moved_otherwise_than_it_is_told_is_named(copy: str) -> None:
    """One who writes a row and its fingerprint from one reading would prove himself: each column is held against its source."""
    carried = MAIN_ROW[DAYS][1]
    columns = [column.target for column in carried if column.target != "id"]
    fine, odd, *victims = plain_keys(copy, DAYS, 2 + len(columns))
    expected = {victim: [column] for victim, column in zip(victims, columns, strict=True)}
    with psycopg.connect(copy, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        more = "ADD hour integer DEFAULT 7, ADD created_at timestamptz DEFAULT now()"
        connection.execute(f"ALTER TABLE public.{DAYS} DISABLE TRIGGER ALL, {more}".encode())
        # No count, so translation puts none in its place.
        connection.execute(f"UPDATE public.{DAYS} SET executions_count = -5 WHERE id = %s".encode(), [odd])
        connection.execute(
            f"UPDATE atlas.{DAYS} AS ours SET hour = 7, created_at = told.created_at, executions_count = greatest(0, told.executions_count)"
            f" FROM public.{DAYS} AS told WHERE ours.id = told.id".encode()
        )
        types = dict(connection.execute(TYPES, [DAYS]).fetchall())
        for victim, [column] in expected.items():
            value = OTHERWISE[types[column]].replace("{c}", column)
            connection.execute(f"UPDATE atlas.{DAYS} SET {column} = {value} WHERE id = %s".encode(), [victim])
    forge(copy, DAYS, fine, odd, *victims)
    holds, others = proven(copy, DAYS)
    assert (holds, fine in others, {odd, *victims} <= others) == (1, False, True)
    assert days_that_differ(copy, fine, odd, *victims) == {fine: [], odd: [], **expected}


def days_that_differ(dsn: str, *keys: str) -> dict[str, list[str]]:
    """The columns of each of these days that do not hold what its source holds, compared row by row."""
    with connect(dsn, application_name="test", autocommit=True) as connection:
        shelves, targets = read_shelves(connection), read_target_tables(connection)
        ours = read_targets(connection, targets, DAYS, keys)
        told = read_keys(connection, shelves, shelves[DAYS], [UUID(key) for key in keys])
    return {
        row.id: list(
            columns_that_differ(row.columns, ours[row.id][DAYS][0], MAIN_ROW[DAYS][1], is_sealed=False)
        )
        for row in told
    }


def test_a_day_that_tells_nothing_is_held_against_just_that(copy: str) -> None:
    """Where a column is NULL in the source, or is not there at all, a mover has nothing to read, and may not read another."""
    silent = (
        "executions_count",
        "success_count",
        "failure_count",
        "unique_triggers",
        "total_execution_time_ms",
    )
    written = {
        "executions_count": "5", "successful_count": "1", "failed_count": "1", "unique_triggers": "1",
        "total_execution_time_ms": "coalesce(avg_execution_time_ms, 3)", "hour": "7", "created_at": "now()",
    }  # fmt: skip
    fine, *victims = plain_keys(copy, DAYS, 1 + len(written))
    expected = {victim: [column] for victim, column in zip(victims, written, strict=True)}
    with psycopg.connect(copy, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(f"ALTER TABLE public.{DAYS} DISABLE TRIGGER ALL".encode())
        for name in silent:
            connection.execute(f"ALTER TABLE public.{DAYS} ALTER {name} DROP NOT NULL".encode())
        nothing = ", ".join(f"{name} = NULL" for name in silent)
        connection.execute(
            f"UPDATE public.{DAYS} SET {nothing} WHERE id = ANY(%s)".encode(), [[fine, *victims]]
        )
        connection.execute(
            f"UPDATE atlas.{DAYS} SET executions_count = 0, successful_count = 0, failed_count = 0, unique_triggers = 0,"
            " total_execution_time_ms = NULL, hour = NULL, created_at = NULL WHERE id = ANY(%s)".encode(),
            [[fine, *victims]],
        )
        for victim, [column] in expected.items():
            statement = f"UPDATE atlas.{DAYS} SET {column} = {written[column]} WHERE id = %s"
            connection.execute(statement.encode(), [victim])
    forge(copy, DAYS, fine, *victims)
    others = proven(copy, DAYS)[1]
    assert (fine in others, set(victims) - others) == (False, set())
    assert days_that_differ(copy, fine, *victims) == {fine: [], **expected}


def test_a_length_of_eighteen_digits_is_held_against_its_source() -> None:
    """As long as translation takes one."""
    carried = MAIN_ROW[DAYS][1]
    for length, arrived, differs in (
        ("9" * 18, "5", ["avg_execution_time_ms"]),
        ("9" * 18, "9" * 18, []),
        ("-" + "9" * 17, "5", ["avg_execution_time_ms"]),
        ("9" * 19, "0", []),
        ("-" + "9" * 18, "0", []),
    ):
        source = {"avg_execution_time_ms": length}
        ours = {column.target: column.untold.text for column in carried} | {"avg_execution_time_ms": arrived}
        assert list(columns_that_differ(source, ours, carried, is_sealed=False)) == differs, length


TYPES = "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'atlas' AND table_name = %s"


def test_neither_collations_nor_many_columns_stand_in_the_way(migrated: Any, copy: str) -> None:
    """Texts are compared by their bytes whatever their columns say, and wide tables are asked as narrow ones are."""
    table = "workflow_execution_steps"
    wide = ", ".join(f'ADD "odd % {number}" text' for number in range(100))
    collations = 'ALTER error TYPE text COLLATE "POSIX", ADD error_message text COLLATE "C"'
    fine, changed, bare = plain_keys(copy, table, 3)
    with psycopg.connect(copy, autocommit=True) as connection:
        connection.execute(f"ALTER TABLE public.{table} DISABLE TRIGGER ALL, {collations}, {wide}".encode())
        connection.execute(
            f"UPDATE atlas.{table} SET node_id = upper(node_id) || 'X' WHERE id = %s".encode(), [changed]
        )
        forge(copy, table, fine, changed)
        holds, others = proven(copy, table)
        assert (holds, fine in others, bare in others) == (1, False, True)


ENTRIES, SOURCE = sql_text("reconciliation/ledger"), re.compile(r'^SELECT s\..+ FROM "public"\.', re.DOTALL)


class Noted(psycopg.Cursor[Any]):
    """Notes what it is asked, snapshot by snapshot."""

    asked: ClassVar[list[list[str]]] = [[]]

    def execute(self, query: Any, *given: Any, **options: Any) -> Any:
        text = query.as_string(self) if isinstance(query, Composable) else str(query)
        if text.startswith("BEGIN"):
            self.asked.append([])
        self.asked[-1].append(text)
        return super().execute(query, *given, **options)


def test_both_sides_of_a_row_are_read_in_one_snapshot(
    migrated: Any, copy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However old the snapshot has become since the last question."""
    clock = SimpleNamespace(monotonic=count(0, 2 * MAX_AGE_SECONDS).__next__)
    monkeypatch.setattr("atlas_workflows.migration.reconciliation.snapshots.time", clock)
    with connect(copy, application_name="test", autocommit=True, cursor_factory=Noted) as connection:
        assert reconcile(connection, Sealer(migrated.settings.secret_keys)).is_clean
    compared = [texts for texts in Noted.asked if any(ENTRIES in text for text in texts)]
    assert len(compared) > 10
    assert [texts for texts in compared if not any(SOURCE.search(text) for text in texts)] == []


def test_a_sum_of_digests_is_that_of_its_rows() -> None:
    for rows in (1, 2, 3, 7, 4096, 4099):
        digests = [bytes([at % 256]) * 32 for at in range(255, 255 + rows)]
        assert total_of(CARRY.join(digests)) == sum(int.from_bytes(one) for one in digests)
    highest = [bytes([255]) * 32] * 1001
    assert total_of(CARRY.join(highest)) == 1001 * int.from_bytes(highest[0])
    assert total_of(None) == 0
