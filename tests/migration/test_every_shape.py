"""Every shape and variant, messy and tidy, through the movement and its proof: nothing refused, nothing differs."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from moving_phase import fetch, migrate
from plain_source import settings_at

from atlas_workflows.db.connect import connect
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.migration.reconciliation.reconcile import Reconciliation, reconcile
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import ALLOWED, Shape, make_spec
from atlas_workflows.secrets.sealing import Sealer

CASES = [
    pytest.param((shape.value, variant, messy), id=f"{shape}-{variant or 'plain'}-{'messy' if messy else 'tidy'}")
    for shape in Shape
    for variant in (None, *(variant.value for variant, shapes in ALLOWED.items() if shape in shapes))
    for messy in (True, False)
]  # fmt: skip
NEVER = re.compile("LOAD_REFUSED|TRANSLATION_FAILED")


@pytest.fixture
def sample(request: pytest.FixtureRequest, pg_server: EmbeddedServer) -> Iterator[str]:
    shape, variant, messy = request.param
    spec = make_spec(shape, "S", messy=messy, seed=2, variants=(variant,) if variant else ())
    # A messy sample needs so many workflows to hold every kind of dirt.
    small = replace(spec.size, workflows=140 if messy else 25, executions=700 if messy else 50, people=10)
    dsn = pg_server.create_database(f"t_{uuid4().hex[:12]}")
    create_sample(dsn, replace(spec, size=small))
    yield dsn
    pg_server.drop_database(dsn.rpartition("/")[2])


def reconciled(dsn: str, home: Path) -> Reconciliation:
    with connect(dsn, application_name="test", autocommit=True) as connection:
        return reconcile(connection, Sealer(settings_at(home).secret_keys))


def refused(dsn: str) -> list[tuple[Any, ...]]:
    rows = fetch(dsn, "SELECT source_table, source_id, reasons::text FROM atlas.migration_ledger")
    return [row for row in rows if NEVER.search(row[2])]


def certain(dsn: str, found: Reconciliation) -> None:
    """Nothing differs, every row of every table has one outcome, and none was refused by the database."""
    assert [(str(item.kind), item.table, item.column, item.detail) for item in found.differences] == []
    assert found.is_clean
    assert refused(dsn) == []
    totals: dict[str, int] = {}
    for tables in found.tallies.values():
        for table, tally in tables.items():
            totals[table] = totals.get(table, 0) + sum(tally.outcomes.values())
    assert totals["workflows"] > 0
    assert totals == {table: fetch(dsn, f"SELECT count(*) FROM public.{table}")[0][0] for table in totals}


@pytest.mark.parametrize("sample", CASES, indirect=True)
def test_every_shape_and_variant_migrates(sample: str, tmp_path: Path) -> None:
    conclusion = migrate(sample, tmp_path)
    assert conclusion.status == "succeeded"
    certain(sample, reconciled(sample, tmp_path))
