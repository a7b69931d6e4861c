"""Who may do what: read from whichever membership tables exist, and from nothing a user can edit."""

from uuid import UUID

import psycopg
import pytest
from psycopg import errors

from atlas_workflows.db.connect import application_transaction

ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"
ANA, BOB, CLEO = (f"a0000000-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))
ALL = [
    "system:admin", "template:manage", "workflow:analytics", "workflow:create", "workflow:delete", "workflow:edit",
    "workflow:execute",
]  # fmt: skip


def rebuild(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT atlas.rebuild_principals()").fetchone()
    assert row
    return int(row[0])


def principals(connection: psycopg.Connection) -> dict[tuple[str, str], tuple[str, list[str]]]:
    rows = connection.execute(
        "SELECT user_id::text, organization_id::text, role, permissions FROM atlas.principals"
    )
    return {(user, organization): (role, permissions) for user, organization, role, permissions in rows}


def test_without_membership_tables_there_are_no_principals(admin: psycopg.Connection) -> None:
    assert rebuild(admin) == 0
    assert principals(admin) == {}


def test_every_variant_is_read(admin: psycopg.Connection) -> None:
    admin.execute(f"""
        CREATE TYPE public.staff_role AS ENUM ('owner', 'manager', 'staff', 'trainer');
        CREATE TABLE public.organizations (id uuid, name text, owner_id uuid);
        CREATE TABLE public.user_organizations (user_id uuid, organization_id uuid, role text, is_active boolean);
        CREATE TABLE public.organization_members (user_id uuid, org_id uuid, role text, permissions jsonb);
        CREATE TABLE public.organization_staff (user_id text, organization_id uuid, role public.staff_role);
        CREATE TABLE public.auth_users (auth_id uuid, organization_id uuid);
        CREATE TABLE public.users (id uuid, organization_id uuid);
        INSERT INTO public.organizations VALUES ('{ONE}', 'One', '{ANA}');
        INSERT INTO public.user_organizations VALUES ('{BOB}', '{ONE}', 'admin', true);
        INSERT INTO public.organization_members VALUES ('{CLEO}', '{ONE}', 'coach', '["template:manage", "system:admin"]');
        INSERT INTO public.organization_staff VALUES ('pending', '{ONE}', 'owner'), ('{ANA}', '{TWO}', 'manager'),
            ('', '{ONE}', 'staff'), (NULL, '{ONE}', 'staff');
        INSERT INTO public.auth_users VALUES ('{BOB}', '{TWO}'), (NULL, '{TWO}');
        INSERT INTO public.users VALUES ('{CLEO}', '{TWO}'), ('{ANA}', NULL);
    """)
    assert rebuild(admin) == 6
    found = principals(admin)
    assert set(found) == {(ANA, ONE), (BOB, ONE), (CLEO, ONE), (ANA, TWO), (BOB, TWO), (CLEO, TWO)}
    assert found[(ANA, ONE)] == ("owner", ALL)
    assert found[(BOB, ONE)] == ("admin", ALL)
    assert found[(ANA, TWO)] == ("manager", [name for name in ALL if name != "system:admin"])
    assert found[(CLEO, TWO)] == ("member", ["workflow:analytics"])
    # A permission column adds what the contract names, but makes nobody an administrator.
    assert found[(CLEO, ONE)][0] == "coach"
    assert "template:manage" in found[(CLEO, ONE)][1]
    assert "system:admin" not in found[(CLEO, ONE)][1]


def test_several_memberships_add_up_and_one_turned_off_ends_them(admin: psycopg.Connection) -> None:
    admin.execute(f"""
        CREATE TABLE public.user_organizations (user_id uuid, organization_id uuid, role text, is_active boolean);
        CREATE TABLE public.users (id uuid, organization_id uuid);
        INSERT INTO public.users VALUES ('{ANA}', '{ONE}'), ('{BOB}', '{ONE}');
        INSERT INTO public.user_organizations VALUES ('{ANA}', '{ONE}', 'Manager', true), ('{BOB}', '{ONE}', 'owner', false),
            ('{CLEO}', '{ONE}', 'visitor', true), ('{CLEO}', '{TWO}', 'admin', NULL);
    """)
    rebuild(admin)
    found = principals(admin)
    assert found[(ANA, ONE)][0] == "manager"
    assert (BOB, ONE) not in found
    assert found[(CLEO, ONE)] == ("visitor", [])
    assert (CLEO, TWO) not in found


@pytest.mark.parametrize("grantee", ["PUBLIC", "authenticated"])
def test_a_table_users_may_write_proves_no_membership(admin: psycopg.Connection, grantee: str) -> None:
    if grantee == "authenticated":
        admin.execute(
            "DO $$ BEGIN CREATE ROLE authenticated; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
    admin.execute(
        f"CREATE TABLE public.users (id uuid, organization_id uuid); INSERT INTO public.users VALUES ('{ANA}', '{TWO}')"
    )
    assert rebuild(admin) == 1
    assert (ANA, TWO) in principals(admin)
    admin.execute(f"GRANT UPDATE (organization_id) ON public.users TO {grantee}")
    assert rebuild(admin) == 0
    assert principals(admin) == {}


def test_the_old_application_may_still_change_its_tables(admin: psycopg.Connection) -> None:
    admin.execute(
        "CREATE TABLE public.user_organizations (user_id uuid, organization_id uuid, role varchar(10))"
    )
    rebuild(admin)
    admin.execute("ALTER TABLE public.user_organizations ALTER COLUMN role TYPE text")
    admin.execute("ALTER TABLE public.user_organizations DROP COLUMN role")
    rebuild(admin)
    admin.execute("INSERT INTO public.user_organizations VALUES (%s, %s)", [ANA, ONE])
    assert principals(admin)[(ANA, ONE)][0] == "member"
    admin.execute("DROP TABLE public.user_organizations")
    assert rebuild(admin) == 0


def test_acting_needs_a_membership_and_ends_with_the_transaction(
    admin: psycopg.Connection, schema_dsn: str
) -> None:
    admin.execute(f"""
        CREATE TABLE public.user_organizations (user_id uuid, organization_id uuid, role text);
        INSERT INTO public.user_organizations VALUES ('{ANA}', '{ONE}', 'staff');
        INSERT INTO atlas.workflows (organization_id, name) VALUES ('{ONE}', 'one'), ('{TWO}', 'two');
    """)
    rebuild(admin)
    nowhere = UUID(int=0)
    with psycopg.connect(schema_dsn, autocommit=True) as connection:
        with application_transaction(connection, nowhere):
            connection.execute("SELECT atlas.act_as(%s, %s)", [ANA, ONE])
            assert connection.execute("SELECT name FROM atlas.workflows").fetchall() == [("one",)]
            can = connection.execute(
                "SELECT atlas.has_permission('workflow:edit'), atlas.has_permission('workflow:delete')"
            )
            assert can.fetchone() == (True, False)
        for user, organization in ((ANA, TWO), (BOB, ONE), (None, ONE), (ANA, None)):
            with (
                application_transaction(connection, nowhere),
                pytest.raises(errors.InsufficientPrivilege, match="belong"),
            ):
                connection.execute("SELECT atlas.act_as(%s, %s)", [user, organization])
        settings = connection.execute(
            "SELECT current_setting('atlas.user_id', true), current_setting('atlas.permissions', true)"
        ).fetchone()
        assert settings in {("", ""), (None, None)}


def test_objects_of_the_session_do_not_stand_in_for_ours(admin: psycopg.Connection, schema_dsn: str) -> None:
    """act_as runs as the owner: nothing it names may be found in a schema its caller can write."""
    rebuild(admin)
    with psycopg.connect(schema_dsn, autocommit=True) as connection, application_transaction(connection, ONE):
        connection.execute(
            f"CREATE TEMPORARY TABLE principals AS SELECT '{ANA}'::uuid AS user_id, '{TWO}'::uuid AS organization_id"
        )
        connection.execute("SELECT set_config('search_path', 'pg_temp, atlas, public', true)")
        with pytest.raises(errors.InsufficientPrivilege, match="belong"):
            connection.execute("SELECT atlas.act_as(%s, %s)", [ANA, TWO])


def test_a_search_for_one_user_reaches_the_membership_tables(admin: psycopg.Connection) -> None:
    admin.execute("CREATE TABLE public.user_organizations (user_id uuid, organization_id uuid, role text)")
    rebuild(admin)
    plan = admin.execute(f"EXPLAIN SELECT * FROM atlas.principals WHERE user_id = '{ANA}'").fetchall()
    text = "\n".join(line[0] for line in plan)
    assert "Seq Scan on user_organizations" in text
    assert "Function Scan" not in text
    scan = text[text.index("Seq Scan on user_organizations") :]
    assert ANA in scan
