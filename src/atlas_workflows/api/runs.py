"""The list of phase runs, dry runs and rollbacks, as a page and as JSON; and from a DAG run to its report."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from atlas_workflows.api.pages import html_page
from atlas_workflows.api.run_notes import Note, driven_by, read_notes
from atlas_workflows.db.connect import connect
from atlas_workflows.db.rows import relation_exists, rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import AtlasError
from atlas_workflows.secrets.masking import mask

SHOWN_RUNS = 50
MOST_RUNS = 10_000  # of the database; a page shows fifty of all
REPORT = "report.html"


@dataclass(frozen=True, slots=True)
class PhaseRun:
    """A phase run as recorded."""

    id: UUID
    phase: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    actor: str
    problem: str | None
    scope: str
    has_shadow: bool
    has_schedules: bool


def runs_router(dsn: Callable[[], str], reports: Path) -> APIRouter:
    """Routes / (a page), /runs (JSON) and /dag-run (the report of a DAG run)."""
    router = APIRouter()

    @router.get("/")
    def page(page: int = Query(1, ge=1, le=MOST_RUNS)) -> HTMLResponse:
        try:
            runs, problem = read_runs(dsn(), reports), None
        except AtlasError as error:
            # Dry runs and rollbacks are found without the database.
            runs, problem = merged((), list(read_notes(reports)), reports), str(error)
        shown = runs[(page - 1) * SHOWN_RUNS : page * SHOWN_RUNS]
        pages = {"page": page, "pages": max(1, -(-len(runs) // SHOWN_RUNS)), "total": len(runs)}
        return html_page("runs.html", status=503 if problem else 200, runs=shown, problem=problem, **pages)

    @router.get("/runs")
    def runs() -> list[dict[str, Any]]:
        return read_runs(dsn(), reports)

    @router.get("/dag-run")
    def dag_run(dag_id: str, run_id: str) -> Response:
        driven = driven_by(reports, dag_id, run_id)
        with_report = [note for note in driven if (reports / note.id / REPORT).is_file()]
        if len(driven) == len(with_report) == 1:
            return RedirectResponse(f"reports/{driven[0].id}/{REPORT}", status_code=303)
        shown = [listed for listed in _listed(dsn, reports) if listed["id"] in {note.id for note in driven}]
        return html_page("dag_run.html", runs=shown, dag_id=dag_id, run_id=run_id)

    return router


def read_runs(dsn: str, reports: Path) -> list[dict[str, Any]]:
    """The runs of all phases with dry runs and rollbacks, the newest first; empty where nothing has run yet."""
    with connect(dsn, application_name="atlas-pages", autocommit=True) as connection:
        found: Sequence[PhaseRun] = ()
        if relation_exists(connection, "atlas.phase_runs"):
            found = rows(connection, PhaseRun, sql("api/phase_runs"), {"limit": MOST_RUNS})
    return merged(found, list(read_notes(reports)), reports)


def merged(found: Sequence[PhaseRun], notes: Sequence[Note], reports: Path) -> list[dict[str, Any]]:
    """What the database recorded, with what was noted beside it, and what was only noted."""
    by_id = {note.id: note for note in notes}
    listed = [
        shown(_recorded(run), by_id.pop(str(run.id), Note(str(run.id), {}, ())), reports) for run in found
    ]
    listed += [
        shown({"id": note.id}, note, reports) for note in by_id.values() if note.told.get("started_at")
    ]
    return sorted(listed, key=lambda run: datetime.fromisoformat(run["started_at"]), reverse=True)


def shown(recorded: Mapping[str, Any], note: Note, reports: Path) -> dict[str, Any]:
    """What the list says of a run; links are relative to the page and None where there is no file."""
    told = {"kind": "phase", "dry_run": False, **note.told, **recorded}
    names = (
        "phase",
        "status",
        "kind",
        "dry_run",
        "actor",
        "exit_code",
        "counts",
        "quarantined_rows",
        "scope",
    )
    rolled_back = {
        name: sum(note.told.get(name, {}).values()) for name in ("removed", "archived", "given_back")
    }
    return {
        "id": note.id,
        **{name: told.get(name) for name in names},
        "started_at": _to_the_second(told["started_at"]),
        "finished_at": _to_the_second(told.get("finished_at")),
        "problem": mask(told["problem"]) if told.get("problem") else None,
        "rolled_back": rolled_back if told["kind"] == "rollback" else None,
        "dag_run": _dag_run(note),
        **_links(reports, note.id, recorded),
    }


def _recorded(run: PhaseRun) -> dict[str, Any]:
    return {
        "id": str(run.id), "phase": run.phase, "status": run.status, "actor": run.actor, "problem": run.problem,
        "started_at": run.started_at.isoformat(), "finished_at": run.finished_at and run.finished_at.isoformat(),
        "scope": json.loads(run.scope), "has_shadow": run.has_shadow, "has_schedules": run.has_schedules,
    }  # fmt: skip


def _links(reports: Path, run_id: str, recorded: Mapping[str, Any]) -> dict[str, Any]:
    folder, base = reports / run_id, f"reports/{run_id}"

    def link(name: str) -> str | None:
        return f"{base}/{name}" if (folder / name).is_file() else None

    report = link(REPORT)
    certificates = sum(1 for _ in (folder / "certificates").glob("*.json"))
    return {
        "report": report,
        "report_json": link("report.json"),
        "shadow": f"{report}#shadow" if report and recorded.get("has_shadow") else None,
        "schedules": f"{report}#schedules" if report and recorded.get("has_schedules") else None,
        "data_docs": link("data_docs/index.html"),
        "certificates": certificates,
        "certificates_page": f"{report}#reconciliation" if report and certificates else None,
    }


def _dag_run(note: Note) -> dict[str, str] | None:
    if not note.dag_runs:
        return None
    driver = note.dag_runs[-1]
    address = f"../dags/{quote(driver['dag_id'], safe='')}/runs/{quote(driver['dag_run_id'], safe='')}"
    return {**driver, "address": address}


def _to_the_second(text: str | None) -> str | None:
    return datetime.fromisoformat(text).isoformat(timespec="seconds") if text else None


def _listed(dsn: Callable[[], str], reports: Path) -> list[dict[str, Any]]:
    try:
        return read_runs(dsn(), reports)
    except AtlasError:
        return merged((), list(read_notes(reports)), reports)
