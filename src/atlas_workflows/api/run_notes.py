"""What lies beside reports: the note of each run, dry run and rollback, and which DAG runs it was driven by."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from atlas_workflows.file_locks import is_held

NOTHING_DONE = "A dry run changes nothing."
NOBODY_KNOWS = "A rollback is one transaction; run it again, only counting, to see whether it took place."


@dataclass(frozen=True, slots=True)
class Note:
    """A run's folder, what is noted of the run (nothing before its first end), and its DAG runs, the latest one last."""

    id: str
    told: Mapping[str, Any]
    dag_runs: tuple[Mapping[str, str], ...]


def read_notes(reports: Path) -> Iterator[Note]:
    """Of every run that left a note below `reports`; what cannot be read is passed over."""
    if not reports.is_dir():
        return
    for folder in reports.iterdir():
        told, drivers = _read(folder / "run.json"), _read(folder / "dag_runs.json")
        if _is_id(folder.name) and (told or drivers):
            yield Note(folder.name, _as_it_stands(told or {}, folder), tuple(drivers or ()))


def driven_by(reports: Path, dag_id: str, dag_run_id: str) -> list[Note]:
    """The runs that a DAG run drove: one, but for a rollout, which has one per stage."""
    driver = {"dag_id": dag_id, "dag_run_id": dag_run_id}
    return [note for note in read_notes(reports) if driver in note.dag_runs]


def _as_it_stands(told: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """A run that is noted as running and that nobody holds any more was killed."""
    if told.get("status") != "running" or is_held(folder):
        return told
    problem = NOTHING_DONE if told.get("dry_run") else NOBODY_KNOWS
    return {**told, "status": "interrupted", "problem": f"Its process is gone. {problem}"}


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _is_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
