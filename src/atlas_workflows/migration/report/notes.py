"""A short note beside every report: what the list of runs says of it, dry runs and rollbacks included, which the database does not keep."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from atlas_workflows.errors import INTERRUPTED_STATUS, AtlasError
from atlas_workflows.file_locks import hold
from atlas_workflows.file_modes import ENTERED, for_owner_and_group
from atlas_workflows.secrets.masking import mask

NOTE_NAME = "run.json"
DAG_RUNS_NAME = "dag_runs.json"


def note_run(folder: Path, note: Mapping[str, Any]) -> None:
    """Write the note of a run, whole or not at all."""
    _write(folder / NOTE_NAME, dict(note))


@contextmanager
def noted(folder: Path, note: Mapping[str, Any], now: Callable[[], datetime]) -> Iterator[None]:
    """A run that the database does not keep: noted from its beginning, so that one that is killed is listed too.

    The folder is held while the block runs. What ends it by an error is noted; how else it ends is for the caller to note.
    """
    folder.mkdir(mode=ENTERED, parents=True, exist_ok=True)
    with hold(folder):
        note_run(folder, {**note, "status": "running"})
        try:
            yield
        except BaseException as error:  # whatever ends it, the list of runs says so
            note_run(folder, {**note, **ended_by(error), "finished_at": now().isoformat()})
            raise


def ended_by(error: BaseException) -> dict[str, Any]:
    """What the note of a run says that an error or Ctrl-C ended."""
    if isinstance(error, KeyboardInterrupt):
        return {"status": "interrupted", "exit_code": INTERRUPTED_STATUS, "problem": "Stopped by Ctrl-C."}
    exit_code = error.exit_code if isinstance(error, AtlasError) else AtlasError.exit_code
    return {"status": "failed", "exit_code": exit_code, "problem": mask(str(error) or type(error).__name__)}


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
