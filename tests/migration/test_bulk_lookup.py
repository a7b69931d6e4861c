"""What one session found in a pass over a table, lent to another."""

import psycopg
import pytest
from legacy_samples import clone_sample
from moving_phase import fetch

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.rows import rows
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.legacy.history.executions import SOURCE, TWINS
from atlas_workflows.migration.movement.bulk_lookup import LOOKED_AT, for_a_pass, is_prepared, lend

DOUBLED = """
INSERT INTO workflow_executions
SELECT copy.*
FROM workflow_executions AS execution
CROSS JOIN LATERAL jsonb_populate_record(execution, jsonb_build_object('id', md5(execution.id::text)::uuid)) AS copy
WHERE execution.trigger_data IS NOT NULL AND execution.workflow_id IS NOT NULL
LIMIT 7
"""


def found(connection: Connection) -> list[tuple[object, ...]]:
    statement = "SELECT to_jsonb(twin)::text, current_setting(%s) FROM pg_temp.atlas_twin_candidates AS twin ORDER BY 1"
    return rows(connection, lambda **row: tuple(row.values()), statement, [LOOKED_AT])


def test_what_is_lent_is_what_was_found(pg_server: EmbeddedServer) -> None:
    dsn = clone_sample(pg_server, "B")
    fetch(dsn, DOUBLED)
    with (
        connect(dsn, application_name="lender", autocommit=True) as lender,
        connect(dsn, application_name="borrower", autocommit=True) as borrower,
    ):
        lend(lender, borrower, SOURCE)  # nothing was found yet, so nothing is lent
        with pytest.raises(psycopg.errors.UndefinedTable):
            found(borrower)
        assert is_prepared(lender, TWINS)
        with lender.transaction(force_rollback=True):  # as in a batch, whatever becomes of it
            lend(lender, borrower, SOURCE)
            lend(lender, borrower, SOURCE)
        assert found(borrower) == found(lender)
        assert len(found(lender)) >= 14
        [twins] = [side for side in for_a_pass(borrower, SOURCE).sides if side.name == "twins"]
        assert twins.statement == TWINS.statement


def test_a_session_that_may_not_keep_anything_looks_row_by_row(pg_server: EmbeddedServer) -> None:
    dsn = clone_sample(pg_server, "B")
    with (
        connect(dsn, application_name="lender", autocommit=True) as lender,
        connect(dsn, application_name="borrower", autocommit=True) as borrower,
    ):
        assert is_prepared(lender, TWINS)
        borrower.execute("SET default_transaction_read_only = on")
        lend(lender, borrower, SOURCE)
        assert for_a_pass(borrower, SOURCE) == SOURCE


def test_a_look_that_failed_is_made_again(pg_server: EmbeddedServer) -> None:
    dsn = clone_sample(pg_server, "B")
    with connect(dsn, application_name="lender", autocommit=True) as lender:
        fetch(dsn, "ALTER TABLE workflow_executions RENAME trigger_data TO hidden")
        with pytest.raises(psycopg.errors.UndefinedColumn):
            is_prepared(lender, TWINS)
        fetch(dsn, "ALTER TABLE workflow_executions RENAME hidden TO trigger_data")
        assert is_prepared(lender, TWINS)
