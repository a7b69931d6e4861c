"""Which phase run a DAG run drives, when the note of it was cleaned away while an approval waited."""

from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from atlas_workflows.errors import PhaseRefused
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.orchestration.phase_run import NO_NOTE, run_id_of

PHASE = phase_named("p1")
INSERT = "INSERT INTO atlas.phase_runs (id, phase, status, started_at) VALUES (%s, %s, %s, %s)"


def test_a_note_is_taken_at_its_word(tmp_path: Path) -> None:
    noted = uuid4()
    assert run_id_of(str(noted), PHASE.dag_id, dsn=f"host={tmp_path}") == noted


@pytest.mark.parametrize("noted", NO_NOTE)
@pytest.mark.parametrize("status", ["running", "waiting"])
def test_without_a_note_the_open_run_is_the_one(atlas_dsn: str, noted: str, status: str) -> None:
    older, open_run = uuid4(), uuid4()
    with psycopg.connect(atlas_dsn) as connection:
        connection.execute(INSERT, [older, PHASE.name, "succeeded", "2026-01-01"])
        connection.execute(INSERT, [open_run, PHASE.name, status, "2026-01-02"])
    assert run_id_of(noted, PHASE.dag_id, dsn=atlas_dsn) == open_run


@pytest.mark.parametrize("status", [None, "succeeded", "rolled_back", "cancelled", "failed"])
def test_without_a_note_and_an_open_run_it_is_one_clear_message(atlas_dsn: str, status: str | None) -> None:
    if status:
        with psycopg.connect(atlas_dsn) as connection:
            connection.execute(INSERT, [uuid4(), PHASE.name, status, "2026-01-01"])
    with pytest.raises(PhaseRefused, match="XComs of this DAG run were cleaned") as refused:
        run_id_of("None", PHASE.dag_id, dsn=atlas_dsn)
    assert "Trigger the DAG again" in refused.value.remedy
