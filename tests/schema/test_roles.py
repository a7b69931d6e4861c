"""An owner without special rights: what the administrator's script gives, and what happens without it."""

from collections.abc import Callable, Iterator
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql as compose

from atlas_workflows.db import schema
from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import application_transaction, connect
from atlas_workflows.db.roles import migration_role, require_migration_role, roles_script
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import DatabaseError, InputError, PermissionMissing
from atlas_workflows.store.events import install_capture

ONE = "11111111-1111-4111-8111-111111111111"
WORKFLOW = f"INSERT INTO atlas.workflows (organization_id, name) VALUES ('{ONE}', 'hello')"


@pytest.fixture
def no_application_role(any_server: EmbeddedServer) -> Iterator[None]:
    """As on a server that never saw us: roles belong to the whole server, so it is renamed for a while."""
    with psycopg.connect(any_server.dsn(), autocommit=True) as connection:
        known = connection.execute("SELECT FROM pg_roles WHERE rolname = 'atlas_app'").fetchone() is not None
        if known:
            connection.execute("ALTER ROLE atlas_app RENAME TO atlas_app_aside")
        yield
        if known:
            databases = connection.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE 's\\_%'"
            ).fetchall()
            for (name,) in databases:
                with psycopg.connect(any_server.dsn(name), autocommit=True) as other:
                    if (
                        other.execute("SELECT FROM pg_roles WHERE rolname = 'atlas_app'").fetchone()
                        is not None
                    ):
                        other.execute("DROP OWNED BY atlas_app")
            connection.execute("DROP ROLE IF EXISTS atlas_app")
            connection.execute("ALTER ROLE atlas_app_aside RENAME TO atlas_app")


@pytest.mark.usefixtures("no_application_role")
def test_without_the_role_the_owner_is_told_what_to_run(
    owned: tuple[str, str], any_server: EmbeddedServer
) -> None:
    dsn, login = owned
    with pytest.raises(PermissionMissing, match="atlas_app") as caught:
        schema.upgrade(dsn)
    assert schema.current(dsn) is None
    script = caught.value.remedy
    assert "CREATE ROLE atlas_app NOLOGIN" in script
    assert f'ALTER ROLE "{login}" BYPASSRLS' in script
    with psycopg.connect(any_server.dsn(), autocommit=True) as administrator:
        for _ in range(2):
            administrator.execute(script[script.index("-- Prepares") :])
    schema.upgrade(dsn)
    with connect(dsn, application_name="test", autocommit=True) as connection:
        assert require_migration_role(connection).bypasses_row_security
        connection.execute(WORKFLOW)
        with connection.cursor().copy("COPY atlas.workflows (organization_id, name) FROM STDIN") as copy:
            copy.write_row((ONE, "copied"))
        assert connection.execute("SELECT count(*) FROM atlas.workflows").fetchone() == (2,)
        with application_transaction(connection, ONE):
            assert connection.execute("SELECT count(*) FROM atlas.workflows").fetchone() == (2,)
    schema.downgrade(dsn)
    schema.upgrade(dsn)


@pytest.mark.usefixtures("no_application_role")
def test_an_owner_who_may_create_roles_needs_no_script(
    any_server: EmbeddedServer, make_login: Callable[..., str], empty_dsn: str
) -> None:
    login = make_login("CREATEROLE")
    database = empty_dsn.rpartition("/")[2]
    with psycopg.connect(any_server.dsn(), autocommit=True) as administrator:
        administrator.execute(f"ALTER DATABASE {database} OWNER TO {login}")
    dsn = any_server.dsn(database, user=login, password="owner-secret")
    schema.upgrade(dsn)
    with (
        connect(dsn, application_name="test", autocommit=True) as connection,
        application_transaction(connection, ONE),
    ):
        assert connection.execute("SELECT current_user").fetchone() == ("atlas_app",)
    with psycopg.connect(any_server.dsn(), autocommit=True) as administrator:
        administrator.execute(
            f"ALTER DATABASE {database} OWNER TO {any_server.dsn().split('//')[1].split(':')[0]}"
        )
        with psycopg.connect(empty_dsn, autocommit=True) as inside:
            inside.execute("DROP SCHEMA atlas CASCADE")
        administrator.execute("DROP ROLE atlas_app")


@pytest.fixture
def plain_owner(owned: tuple[str, str], schema_template: str) -> str:
    """The role exists (the template made it), the owner has no BYPASSRLS, and the schema is up."""
    assert schema_template
    schema.upgrade(owned[0])
    return owned[0]


def test_forced_policies_raise_for_a_plain_owner_instead_of_hiding(plain_owner: str) -> None:
    with connect(plain_owner, application_name="test", autocommit=True) as connection:
        assert not migration_role(connection).passes_policies
        with pytest.raises(PermissionMissing, match="row-level security"):
            require_migration_role(connection)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            connection.execute("SELECT count(*) FROM atlas.workflows")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            connection.execute(WORKFLOW)


def test_a_plain_owner_writes_only_while_it_says_it_migrates(plain_owner: str) -> None:
    with connect(plain_owner, application_name="test", autocommit=True) as connection:
        with acting_as_migration(connection):
            connection.execute(WORKFLOW)
            assert connection.execute("SELECT count(*) FROM atlas.workflows").fetchone() == (1,)
        connection.execute("SET row_security = on")
        assert connection.execute("SELECT count(*) FROM atlas.workflows").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(WORKFLOW)
        made = connection.execute(
            "SELECT atlas.ensure_month_partitions('workflow_executions', '2026-01-15', '2026-03-01')"
        )
        assert made.fetchone() == (3,)


def test_where_nobody_may_give_bypassrls_the_owner_can_be_let_pass(plain_owner: str) -> None:
    with connect(plain_owner, application_name="test", autocommit=True) as connection:
        connection.execute("SELECT atlas.force_row_security(false, 'test', 'managed server')")
        assert require_migration_role(connection).owns_unforced_tables
        with connection.cursor().copy("COPY atlas.workflows (organization_id, name) FROM STDIN") as copy:
            copy.write_row((ONE, "copied"))
        assert connection.execute("SELECT count(*) FROM atlas.workflows").fetchone() == (1,)
        connection.execute("SELECT atlas.ensure_month_partitions('workflow_executions', now(), now())")
        assert require_migration_role(connection).owns_unforced_tables
        connection.execute("SELECT atlas.force_row_security(true, 'test', 'done')")
        assert not migration_role(connection).passes_policies
        with acting_as_migration(connection):
            audited = connection.execute("SELECT action FROM atlas.audit_log ORDER BY id").fetchall()
    assert audited == [("relax_row_security",), ("force_row_security",)]


def test_triggers_of_a_plain_owner_note_events_and_who_listens(plain_owner: str) -> None:
    trigger = '{"triggers": [{"id": "t", "type": "lead_created", "parameters": {}}]}'
    with connect(plain_owner, application_name="test", autocommit=True) as connection:
        connection.execute("CREATE TABLE public.leads (id text PRIMARY KEY, organization_id uuid)")
        install_capture(connection)
        connection.execute("INSERT INTO public.leads VALUES ('1', %s)", [ONE])
        with acting_as_migration(connection):
            connection.execute(WORKFLOW)
            connection.execute(
                "INSERT INTO atlas.workflow_versions (organization_id, workflow_id, version, definition, definition_hash) "
                "SELECT organization_id, id, 1, %s, '' FROM atlas.workflows", [trigger],
            )  # fmt: skip
            connection.execute("UPDATE atlas.workflows SET status = 'active', published_version = 1")
        with acting_as_migration(connection):
            found = [
                connection.execute(f"SELECT event_type FROM atlas.{table}").fetchall()
                for table in ("event_outbox", "listening_triggers")
            ]
            assert connection.execute("SELECT message FROM atlas.event_capture_warnings").fetchall() == []
        acting = connection.execute("SELECT coalesce(current_setting('atlas.acting', true), '')").fetchone()
    assert found == [[("lead_created",)], [("lead_created",)]]
    assert acting == ("",)


def test_the_schema_goes_up_and_down_under_a_plain_owner(plain_owner: str) -> None:
    schema.downgrade(plain_owner)
    assert schema.current(plain_owner) is None
    schema.upgrade(plain_owner)


def test_an_application_role_that_could_bypass_is_refused(empty_dsn: str, schema_template: str) -> None:
    assert schema_template
    with psycopg.connect(empty_dsn, autocommit=True) as administrator:
        administrator.execute("ALTER ROLE atlas_app BYPASSRLS")
        try:
            with pytest.raises(PermissionMissing, match="bypass") as caught:
                schema.upgrade(empty_dsn)
        finally:
            administrator.execute("ALTER ROLE atlas_app NOBYPASSRLS")
    assert "NOBYPASSRLS" in caught.value.remedy
    schema.upgrade(empty_dsn)


def test_a_login_without_create_on_the_database_is_told(
    any_server: EmbeddedServer, make_login: Callable[..., str], empty_dsn: str
) -> None:
    dsn = any_server.dsn(empty_dsn.rpartition("/")[2], user=make_login(), password="owner-secret")
    with pytest.raises(PermissionMissing, match="permission denied for database") as caught:
        schema.upgrade(dsn)
    assert "GRANT CREATE ON DATABASE" in caught.value.remedy


def test_names_in_the_script_are_quoted() -> None:
    script = roles_script("host=h dbname=crm", migration_role_name="odd\"name's; DROP")
    assert "'odd\"name''s; DROP'," in script
    assert 'ALTER ROLE "odd""name\'s; DROP" BYPASSRLS' in script
    assert 'ON DATABASE "crm"' in script
    with pytest.raises(InputError):
        roles_script("host=h dbname=crm")
    with pytest.raises(InputError, match=r"\$do\$"):
        roles_script("host=h dbname=crm", migration_role_name="a$do$b")


def test_a_login_that_may_not_look_is_told(
    any_server: EmbeddedServer, make_login: Callable[..., str], schema_dsn: str
) -> None:
    dsn = any_server.dsn(schema_dsn.rpartition("/")[2], user=make_login(), password="owner-secret")
    with pytest.raises(PermissionMissing, match="schema atlas"):
        schema.current(dsn)


def test_the_application_of_a_plain_owner_acts_for_its_members(
    plain_owner: str, owned: tuple[str, str], any_server: EmbeddedServer, make_login: Callable[..., str]
) -> None:
    """act_as runs as an owner who is no superuser, over legacy tables that are its own and have policies."""
    ana = "a0000000-0000-4000-8000-000000000001"
    with connect(plain_owner, application_name="test", autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE public.user_organizations (user_id uuid, organization_id uuid, role text)"
        )
        connection.execute("ALTER TABLE public.user_organizations ENABLE ROW LEVEL SECURITY")
        connection.execute(f"INSERT INTO public.user_organizations VALUES ('{ana}', '{ONE}', 'admin')")
        connection.execute("SELECT atlas.rebuild_principals()")
        with acting_as_migration(connection):
            connection.execute(WORKFLOW)
    api = make_login()
    with psycopg.connect(any_server.dsn(), autocommit=True) as administrator:
        administrator.execute(f"GRANT atlas_app TO {api}")
    database = owned[0].rpartition("/")[2]
    with psycopg.connect(any_server.dsn(database, user=api, password="owner-secret")) as connection:
        connection.execute("SET LOCAL ROLE atlas_app")
        permissions = connection.execute("SELECT atlas.act_as(%s, %s)", [ana, ONE]).fetchone()
        assert permissions
        assert "workflow:delete" in permissions[0]
        assert connection.execute("SELECT name FROM atlas.workflows").fetchall() == [("hello",)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="belong"):
            connection.execute("SELECT atlas.act_as(%s, %s)", [ana, "22222222-2222-4222-8222-222222222222"])


def test_a_login_whose_name_needs_quotes_may_make_the_schema(any_server: EmbeddedServer) -> None:
    login, database = 'Ann O\'Brien "x"', "s_quoted name"
    any_server.create_database(database)
    dsn = any_server.dsn("s_quoted%20name", user=quote(login, safe=""), password="pw")
    with psycopg.connect(any_server.dsn(), autocommit=True) as administrator:
        name = compose.Identifier(login)
        administrator.execute(compose.SQL("CREATE ROLE {} LOGIN SUPERUSER PASSWORD 'pw'").format(name))
    try:
        schema.upgrade(dsn)
        assert schema.current(dsn) is not None
    finally:
        any_server.drop_database(database)
        with psycopg.connect(any_server.dsn(), autocommit=True) as administrator:
            administrator.execute(compose.SQL("REVOKE atlas_app FROM {}").format(name))
            administrator.execute(compose.SQL("DROP ROLE {}").format(name))


def test_a_server_that_takes_no_writes_is_named_as_such(empty_dsn: str) -> None:
    with psycopg.connect(empty_dsn, autocommit=True) as owner:
        owner.execute(f'ALTER DATABASE "{owner.info.dbname}" SET default_transaction_read_only = on'.encode())
    with pytest.raises(DatabaseError, match="takes no writes") as caught:
        schema.upgrade(empty_dsn)
    assert "primary" in caught.value.remedy
