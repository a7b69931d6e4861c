"""Every error code has a fact and a remedy of its own kind, and what passes by itself is told from what does not."""

from uuid import uuid4

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import make_conninfo

from atlas_workflows.cli.complaints import as_atlas_error
from atlas_workflows.db.connect import connect
from atlas_workflows.db.faults import AGAIN, FAULTS, GONE, explained, fault_of, fault_while_connecting
from atlas_workflows.errors import DatabaseUnreachable, PermissionMissing
from atlas_workflows.secrets.masking import mask

CODES = sorted(code for code in errors._sqlcodes if len(code) == 5)  # type: ignore[attr-defined]


@pytest.mark.parametrize("code", CODES)
def test_only_a_lost_connection_is_called_one(code: str) -> None:
    error = errors.lookup(code)("it said this")
    lost = (code[:2] == "08" and code != "08P01") or code in {"57P01", "57P02"}  # 08P01 is a pooler's refusal
    assert (fault_of(error) is GONE) is lost
    shown = explained(error, mask)
    assert "it said this" in shown.fact
    assert shown.remedy.endswith(AGAIN)


def test_a_connection_that_breaks_without_a_code_is_a_lost_one() -> None:
    assert fault_of(psycopg.OperationalError("server closed the connection unexpectedly")) is GONE
    assert not fault_of(psycopg.DataError("odd")).passes


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("FATAL:  sorry, too many clients already", "max_connections"),
        ('FATAL:  too many connections for role "crm"', "max_connections"),
        (
            "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
            "max_connections",
        ),
        ("FATAL:  the database system is starting up", "started"),
        ('FATAL:  password authentication failed for user "crm"', "password"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1"', "pg_hba"),
    ],
)
def test_a_refused_connection_says_what_to_do(words: str, part: str) -> None:
    fault = fault_while_connecting(words)
    assert fault is not None
    assert part in fault.remedy


def test_words_that_say_nothing_known_are_left_alone() -> None:
    assert fault_while_connecting("Verbindung verweigert") is None


def test_a_publication_of_all_tables_is_named_for_what_it_is(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE keyless (n int)")
        connection.execute("CREATE PUBLICATION everything FOR ALL TABLES")
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState) as refused:
            connection.execute("DELETE FROM keyless")
    shown = as_atlas_error(refused.value)
    assert shown is not None
    assert "keyless" in shown.fact
    assert "answering" not in shown.fact
    assert "REPLICA IDENTITY" in shown.remedy


def test_a_limit_of_connections_is_one_clear_message(dsn: str) -> None:
    role = f"narrow_{uuid4().hex[:8]}"
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 1 PASSWORD 'pw'".encode())
    narrow = make_conninfo(dsn, user=role, password="pw")
    try:
        with (
            connect(narrow, application_name="first"),
            pytest.raises(DatabaseUnreachable, match="too many connections") as refused,
        ):
            connect(narrow, application_name="second")
        assert "limit of this role" in refused.value.remedy
        assert refused.value.attributes["passes"]
    finally:
        with psycopg.connect(dsn, autocommit=True) as owner:
            owner.execute(f"DROP ROLE {role}".encode())


def test_a_missing_right_is_no_matter_of_waiting() -> None:
    shown = explained(errors.InsufficientPrivilege("permission denied for table workflows"), mask)
    assert isinstance(shown, PermissionMissing)
    assert not shown.attributes["passes"]


def test_every_key_of_the_table_is_a_code_or_a_class() -> None:
    assert [key for key in FAULTS if not any(code.startswith(key) for code in CODES)] == []
