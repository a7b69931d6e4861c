"""A phase that requires another starts only for organizations for which that one stands."""

from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest

from atlas_workflows.db.connect import connect
from atlas_workflows.errors import PhaseRefused
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.runs.run import start_run

ONE, TWO = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
LATER = replace(phase_named("p1"), name="p2_core", requires=(phase_named("p1"),))
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def crm(atlas_dsn: str) -> str:
    with psycopg.connect(atlas_dsn) as connection:
        connection.execute("CREATE TABLE public.organizations (id uuid PRIMARY KEY, name text)")
        connection.execute("INSERT INTO public.organizations VALUES (%s, 'One'), (%s, 'Two')", [ONE, TWO])
        connection.execute(
            "INSERT INTO atlas.organization_phases (organization_id, phase, status) VALUES"
            " (%s, 'p1_database', 'applied'), (%s, 'p1_database', 'rolled_back')",
            [ONE, TWO],
        )
    return atlas_dsn


def test_it_is_refused_with_the_organizations_that_lack_it(crm: str) -> None:
    with (
        connect(crm, application_name="test", autocommit=True) as connection,
        pytest.raises(PhaseRefused, match=TWO) as caught,
    ):
        start_run(connection, LATER, Scope(), RunOptions(), NOW)
    assert ONE not in caught.value.fact


def test_it_starts_where_the_required_phase_stands(crm: str) -> None:
    with connect(crm, application_name="test", autocommit=True) as connection:
        run_id = start_run(connection, LATER, Scope((ONE,)), RunOptions(), NOW)
        row = connection.execute("SELECT phase FROM atlas.phase_runs WHERE id = %s", [run_id]).fetchone()
    assert row == ("p2_core",)
