"""An organization that a flag holds back is left out of a run, and a run asked for it by name is refused."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from atlas_workflows.db.connect import connect
from atlas_workflows.errors import PhaseRefused
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.runs.hold_backs import without_held
from atlas_workflows.migration.runs.records import read_run
from atlas_workflows.migration.runs.run import start_run
from atlas_workflows.rollout.evaluation import declare_known_flags
from atlas_workflows.rollout.flags import Override
from atlas_workflows.rollout.known import P1_DATABASE
from atlas_workflows.rollout.postgres import PostgresFlags

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"


@pytest.fixture
def crm(atlas_dsn: str) -> str:
    with psycopg.connect(atlas_dsn) as connection:
        connection.execute("CREATE TABLE public.organizations (id uuid PRIMARY KEY)")
        connection.execute("INSERT INTO public.organizations VALUES (%s), (%s)", [ONE, TWO])
    return atlas_dsn


def hold(dsn: str, *organizations: str) -> None:
    with connect(dsn, application_name="test", autocommit=True) as connection:
        store = PostgresFlags(connection)
        declare_known_flags(store, actor="test")
        for organization in organizations:
            store.set_override(Override(P1_DATABASE.key, UUID(organization), False, "ana", "odd data", NOW))


def scope_of(dsn: str, scope: Scope, *, phase: str = "p1_database", now: datetime = NOW) -> Scope:
    with connect(dsn, application_name="test", autocommit=True) as connection:
        return without_held(connection, scope, phase, now)


def test_with_nobody_held_the_scope_stays_everything(crm: str) -> None:
    assert scope_of(crm, Scope()) == Scope()
    assert scope_of(crm, Scope(organizations=(ONE,))) == Scope(organizations=(ONE,))


def test_everything_becomes_the_others(crm: str) -> None:
    hold(crm, ONE)
    assert scope_of(crm, Scope()) == Scope(organizations=(TWO,))
    assert scope_of(crm, Scope(percent=100)) == Scope(organizations=(TWO,))
    assert scope_of(crm, Scope(organizations=(TWO,))) == Scope(organizations=(TWO,))
    assert scope_of(crm, Scope(), phase="p2_core") == Scope()


def test_a_held_organization_asked_for_by_name_is_refused(crm: str) -> None:
    hold(crm, ONE)
    with pytest.raises(PhaseRefused, match=ONE) as caught:
        scope_of(crm, Scope(organizations=(TWO, ONE.upper())))
    assert "flags clear" in caught.value.remedy


def test_with_everybody_held_there_is_nothing_to_run(crm: str) -> None:
    hold(crm, ONE, TWO)
    with pytest.raises(PhaseRefused, match="Every organization"):
        scope_of(crm, Scope())


def test_a_flag_that_has_expired_holds_nobody(crm: str) -> None:
    hold(crm, ONE)
    assert P1_DATABASE.expires_at is not None
    assert scope_of(crm, Scope(), now=P1_DATABASE.expires_at + timedelta(days=1)) == Scope()


def test_a_run_records_the_scope_without_them(crm: str) -> None:
    hold(crm, ONE)
    with connect(crm, application_name="test", autocommit=True) as connection:
        run_id = start_run(connection, phase_named("p1"), Scope(), RunOptions(), NOW)
        assert read_run(connection, run_id).scope == Scope(organizations=(TWO,))
