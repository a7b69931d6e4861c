"""The embedded server: starts, is reused, is ours, and leaves nothing behind."""

import stat
from pathlib import Path

import psycopg
import pytest

from atlas_workflows.cli.complaints import as_atlas_error
from atlas_workflows.db.connect import SESSION, application_transaction, connect
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import ConfigurationError, DatabaseUnreachable, PermissionMissing


def test_starts_twice_and_reuses_the_first(open_folder: Path) -> None:
    first = EmbeddedServer(open_folder / "data").start()
    try:
        second = EmbeddedServer(open_folder / "data").start()
        assert second.port == first.port
        assert stat.S_IMODE((open_folder / "data.password").stat().st_mode) == 0o600
    finally:
        first.stop()
    assert EmbeddedServer(open_folder / "data").running_port() is None


def test_two_data_directories_are_two_servers(open_folder: Path) -> None:
    one, two = EmbeddedServer(open_folder / "one").start(), EmbeddedServer(open_folder / "two").start()
    try:
        assert one.port != two.port
        assert one.running_port() == one.port
    finally:
        one.stop()
        two.stop()


def test_an_initdb_that_was_killed_is_begun_again(open_folder: Path) -> None:
    (open_folder / "data").mkdir()
    (open_folder / "data" / "base").mkdir()
    server = EmbeddedServer(open_folder / "data").start()
    try:
        assert server.has_database("postgres")
    finally:
        server.stop()


def test_a_wrong_password_is_refused(pg_server: EmbeddedServer) -> None:
    with pytest.raises(DatabaseUnreachable) as caught:
        connect(pg_server.dsn(password="wrong"), application_name="test")
    assert "wrong" not in str(caught.value)


def test_the_session_is_fixed(dsn: str) -> None:
    with connect(dsn, application_name="test") as connection:
        for name, value in SESSION.items():
            assert connection.execute("SELECT current_setting(%s)", [name]).fetchone() == (value,)


def test_what_an_application_set_for_itself_does_not_end_our_sessions(dsn: str) -> None:
    limits = (
        "statement_timeout",
        "lock_timeout",
        "idle_in_transaction_session_timeout",
        "idle_session_timeout",
    )
    newer = ("transaction_timeout",)
    with psycopg.connect(dsn, autocommit=True) as owner:
        for name in (*limits, *newer):
            owner.execute(f"ALTER DATABASE {owner.info.dbname} SET {name} = '7s'".encode())
        owner.execute(f"ALTER DATABASE {owner.info.dbname} SET client_encoding = 'LATIN1'".encode())
    with connect(dsn, application_name="test") as connection:
        for name in (*limits, *newer):
            assert connection.execute("SELECT current_setting(%s)", [name]).fetchone() == ("0",)
        assert connection.execute("SELECT 'Ł'").fetchone() == ("Ł",)


def test_an_older_server_is_asked_for_nothing_it_does_not_know(pg16_dsn: str) -> None:
    with connect(pg16_dsn, application_name="test") as connection:
        assert connection.execute("SELECT current_setting('idle_session_timeout')").fetchone() == ("0",)


def test_a_database_without_an_encoding_is_read_as_text(pg_server: EmbeddedServer) -> None:
    with psycopg.connect(pg_server.dsn(), autocommit=True) as server:
        server.execute(
            "CREATE DATABASE no_encoding TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'"
        )
    try:
        with connect(pg_server.dsn("no_encoding"), application_name="test") as connection:
            assert connection.execute("SELECT 'Łódź'::text").fetchone() == ("Łódź",)
            with pytest.raises(psycopg.errors.CharacterNotInRepertoire) as caught:
                connection.execute("SELECT chr(252)").fetchone()
            known = as_atlas_error(caught.value)
            assert known is not None
            assert "0xfc" in known.fact
    finally:
        pg_server.drop_database("no_encoding")


def test_a_policy_that_would_hide_rows_raises(dsn: str) -> None:
    with psycopg.connect(dsn) as owner:
        owner.execute("CREATE TABLE public.hidden (id int)")
        owner.execute("ALTER TABLE public.hidden ENABLE ROW LEVEL SECURITY")
        owner.execute("DROP ROLE IF EXISTS peeper")
        owner.execute("CREATE ROLE peeper LOGIN PASSWORD 'peeper'")
        owner.execute("GRANT SELECT ON public.hidden TO peeper")
    with (
        connect(
            dsn.replace(dsn.split("//")[1].split("@")[0], "peeper:peeper"), application_name="test"
        ) as peeper,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        peeper.execute("SELECT * FROM public.hidden")
    with psycopg.connect(dsn) as owner:
        owner.execute("DROP OWNED BY peeper")
        owner.execute("DROP ROLE peeper")


def test_an_unknown_application_role_says_what_to_do(dsn: str) -> None:
    with psycopg.connect(dsn) as owner:
        owner.execute("DROP ROLE IF EXISTS outsider")
        owner.execute("CREATE ROLE outsider LOGIN PASSWORD 'outsider'")
        exists = owner.execute("SELECT 1 FROM pg_roles WHERE rolname = 'atlas_app'").fetchone()
        if exists is None:
            owner.execute("CREATE ROLE atlas_app NOLOGIN")
    address = dsn.replace(dsn.split("//")[1].split("@")[0], "outsider:outsider")
    with (
        connect(address, application_name="test") as outsider,
        pytest.raises(PermissionMissing, match="roles-script"),
        application_transaction(outsider, "00000000-0000-0000-0000-000000000001"),
    ):
        pass


def test_a_missing_sql_file_is_named() -> None:
    with pytest.raises(ConfigurationError, match="no/such"):
        sql("no/such")
