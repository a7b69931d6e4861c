"""A pooler that shares sessions is named before anything goes wrong in one; a pool in session mode is as good as none."""

import psycopg
import pytest
from pooler_stand_in import pooled

from atlas_workflows.db.connect import connect
from atlas_workflows.db.faults import explained, fault_while_connecting
from atlas_workflows.errors import DatabaseError


@pytest.mark.postgres
def test_a_pool_in_transaction_mode_is_refused_and_one_in_session_mode_is_not(dsn: str) -> None:
    with pooled(dsn, "transaction") as address:
        # What would come otherwise: a statement prepared in one session is sent to another.
        with psycopg.connect(address, autocommit=True, prepare_threshold=0) as one:
            one.execute("SELECT 1")
            with (
                psycopg.connect(address, autocommit=True, prepare_threshold=0) as two,
                pytest.raises(psycopg.errors.DuplicatePreparedStatement) as mixed,
            ):
                two.execute("SELECT 2")
        with pytest.raises(DatabaseError, match="in transaction or statement mode") as refused:
            connect(address, application_name="test")
        assert "pool_mode = session" in refused.value.remedy
        assert "pool_mode = session" in explained(mixed.value, str).remedy
    with (
        pooled(dsn, "session") as address,
        connect(address, application_name="test", autocommit=True) as connection,
    ):
        assert connection.execute("SHOW TimeZone").fetchone() == ("UTC",)


def test_a_pooler_that_refuses_an_option_is_told_by_what_it_says() -> None:
    fault = fault_while_connecting("FATAL: unsupported startup parameter: options")
    assert fault is not None
    assert "PostgreSQL itself" in fault.remedy
    assert not fault.passes
