"""A short note beside every report: what the list of runs says of it, dry runs and rollbacks included, which the database does not keep."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from atlas_workflows.file_modes import for_owner_and_group

NOTE_NAME = "run.json"
DAG_RUNS_NAME = "dag_runs.json"


def note_run(folder: Path, note: Mapping[str, Any]) -> None:
    """Write the note of a run, whole or not at all."""
    _write(folder / NOTE_NAME, dict(note))


def note_dag_run(folder: Path, dag_id: str, dag_run_id: str) -> None:
    """Note which DAG run drives this run; one that is continued is driven by several, the latest one last."""
    file = folder / DAG_RUNS_NAME
    known = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    driver = {"dag_id": dag_id, "dag_run_id": dag_run_id}
    _write(file, [*(item for item in known if item != driver), driver])


def _write(file: Path, document: Any) -> None:
    unfinished = file.with_suffix(".json.part")
    with for_owner_and_group():
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(json.dumps(document, indent=1), encoding="utf-8")
    unfinished.replace(file)
