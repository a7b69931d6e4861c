"""The benchmark of the migration: what it measures is the whole work, not less of it."""

import importlib
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from atlas_workflows.exact_json import dumps_text, loads
from atlas_workflows.graph.codec import to_json
from atlas_workflows.legacy.source.tables import READERS
from atlas_workflows.legacy.translate import translate
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.runs.outcome import conclude
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.settings import ROOT
from atlas_workflows.site import Site


@pytest.fixture(scope="module")
def migration() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield importlib.import_module("migration")


@pytest.fixture(scope="module")
def loaded(migration: Any) -> Iterator[tuple[Any, str]]:
    """The benchmark's ground, and a database in which its own contestants have loaded workflows and history."""
    with migration.ground("S") as ground, ground.database() as dsn:
        assert migration.ours(ground, dsn) > 0
        history = importlib.import_module("history")
        with ground.worker(dsn) as worker:
            moved = [history.inside(worker, name) for name in history.HISTORY]
        assert all(each.rows > 0 and each.rest < 0.1 * each.rows for each in moved)
        yield ground, dsn


def test_the_translator_that_is_timed_gives_what_was_loaded(migration: Any, loaded: tuple[Any, str]) -> None:
    ground, dsn = loaded
    with psycopg.connect(dsn) as connection:
        found = dict(connection.execute("SELECT source_id, definition::text FROM atlas.workflows").fetchall())
    catalogue = load_catalogue()
    with ground.worker(dsn) as worker:
        reader, tenancy = READERS[worker.source.shape.letter], worker.source.tenancy
        rows = migration.source_rows(worker, "workflows")
        timed = {row.id: translate(reader.record(row), tenancy, catalogue).workflow for row in rows}
    written = {key: dumps_text(to_json(workflow)) for key, workflow in timed.items() if workflow is not None}
    assert len(written) > 150
    assert {key: named(text) for key, text in found.items()} == {
        key: named(text) for key, text in written.items()
    }


def named(definition: str) -> Any:
    """The definition without the ids of its secrets, which the loader makes with a key that the translator has not."""
    return loads(re.sub(r'(\{"\$secret": ?)"[0-9a-f-]{36}"', r'\1"a secret"', definition))


def test_the_prover_finds_nothing_amiss_in_what_was_loaded(loaded: tuple[Any, str]) -> None:
    ground, dsn = loaded
    with psycopg.connect(dsn) as connection:
        before = connection.execute("SELECT id, xmin::text FROM atlas.workflows ORDER BY id").fetchall()
    phase, scope = phase_named("p1"), Scope()
    options = RunOptions(throttle=False, backup=False, rehearse=False)
    settings = replace(ground.settings, crm_dsn=dsn)
    result = run_phase(phase, site=Site(dsn, settings), scope=scope, options=options)
    conclusion = conclude(result, phase, scope, options, site=Site(dsn, settings))
    # 3: the messy sample has rows to quarantine; 4 would be a difference or a failed check.
    assert (conclusion.status, conclusion.exit_code) == ("succeeded", 3)
    with psycopg.connect(dsn) as connection:
        assert (
            connection.execute("SELECT id, xmin::text FROM atlas.workflows ORDER BY id").fetchall() == before
        )
