"""Made-up odd workflows in a database: phase 1 moves them, the prover agrees, and the database refuses none."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, find, settings
from legacy_samples import clone_sample
from moving_phase import fetch, migrate
from test_every_shape import certain, reconciled

from atlas_workflows.db.server import EmbeddedServer

sys.path.append(str(Path(__file__).parent / "reconciliation"))
from odd_rows import workflow_rows

ROWS = 60
GRAPH = {
    "A": ("nodes", "edges", "variables"),
    "B": ("workflow_data",),
    "C": ("actions", "conditions"),
    "F": ("actions",),
}
JSON = frozenset(
    {"nodes", "edges", "variables", "workflow_data", "actions", "conditions", "settings", "trigger_config"}
)


@pytest.fixture
def legacy(request: pytest.FixtureRequest, pg_server: EmbeddedServer) -> Iterator[tuple[str, str]]:
    dsn = clone_sample(pg_server, request.param, workflows=ROWS, executions=60, messy=False)
    rules = fetch(
        dsn,
        "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE conrelid = 'workflows'::regclass AND contype = 'c'",
    )
    for table, name in rules:
        fetch(dsn, f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    yield request.param, dsn
    pg_server.drop_database(dsn.rpartition("/")[2])


def drawn(shape: str) -> list[dict[str, str | None]]:
    """As many rows as there are workflows, the same every time."""
    rows: list[dict[str, str | None]] = []

    def take(made: tuple[str, object]) -> bool:
        rows.append(dict(made[1].columns))  # type: ignore[attr-defined]
        return len(rows) >= ROWS

    quick = settings(
        max_examples=ROWS * 3,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],  # the last of them is no counterexample that wants to be small
    )
    find(workflow_rows(shape), take, settings=quick)
    return rows[:ROWS]


@pytest.mark.parametrize("legacy", ["A", "B", "C"], indirect=True)
def test_a_sample_of_odd_rows_migrates_and_is_proved(legacy: tuple[str, str], tmp_path: Path) -> None:
    shape, dsn = legacy
    ids = [row[0] for row in fetch(dsn, "SELECT id::text FROM workflows ORDER BY id")]
    written = 0
    for key, columns in zip(ids, drawn(shape), strict=False):
        for name in (*GRAPH[shape], "name", "trigger_type", "settings"):
            value = columns.get(name)
            if value is None or "\\u0000" in value or "\x00" in value:
                continue
            there = fetch(
                dsn,
                "SELECT 1 FROM information_schema.columns WHERE table_name = 'workflows' AND column_name = %s",
                name,
            )
            if there:
                cast = "::jsonb" if name in JSON else ""
                fetch(dsn, f"UPDATE workflows SET {name} = %s{cast} WHERE id::text = %s", value, key)
                written += 1
    assert written > ROWS
    assert migrate(dsn, tmp_path).status == "succeeded"
    certain(dsn, reconciled(dsn, tmp_path))
