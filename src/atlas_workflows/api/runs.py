"""The list of phase runs, as a page and as JSON."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from atlas_workflows.api.pages import render
from atlas_workflows.db.connect import connect
from atlas_workflows.db.rows import relation_exists, rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import AtlasError
from atlas_workflows.secrets.masking import mask

SHOWN_RUNS = 50
# Where a run's folder may hold its Data Docs.
DATA_DOCS = ("data_docs/index.html", "data-docs/index.html")


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
    has_shadow: bool
    has_schedules: bool


def runs_router(dsn: Callable[[], str], reports: Path) -> APIRouter:
    """Routes / (a page) and /runs (JSON)."""
    router = APIRouter()

    @router.get("/")
    def page() -> HTMLResponse:
        try:
            runs, problem = read_runs(dsn(), reports), None
        except AtlasError as error:
            runs, problem = [], str(error)
        return HTMLResponse(
            render("runs.html", runs=runs, problem=problem), status_code=503 if problem else 200
        )

    @router.get("/runs")
    def runs() -> list[dict[str, Any]]:
        return read_runs(dsn(), reports)

    return router


def read_runs(dsn: str, reports: Path) -> list[dict[str, Any]]:
    """The newest runs of all phases; empty where no phase has run on this database yet."""
    with connect(dsn, application_name="atlas-pages", autocommit=True) as connection:
        if not relation_exists(connection, "atlas.phase_runs"):
            return []
        found = rows(connection, PhaseRun, sql("api/phase_runs"), {"limit": SHOWN_RUNS})
    return [shown(run, reports) for run in found]


def shown(run: PhaseRun, reports: Path) -> dict[str, Any]:
    """What the list says of a run; links are relative to the page and None where there is no file."""
    folder = reports / str(run.id)
    present = {
        name: f"reports/{run.id}/{name}"
        for name in ("report.html", "report.json")
        if (folder / name).is_file()
    }
    docs = next((name for name in DATA_DOCS if (folder / name).is_file()), None)
    return {
        "id": str(run.id),
        "phase": run.phase,
        "status": run.status,
        "started_at": run.started_at.isoformat(timespec="seconds"),
        "finished_at": run.finished_at.isoformat(timespec="seconds") if run.finished_at else None,
        "actor": run.actor,
        "problem": None if run.problem is None else mask(run.problem),
        "report": present.get("report.html"),
        "report_json": present.get("report.json"),
        "shadow": f"{present['report.html']}#shadow" if run.has_shadow and "report.html" in present else None,
        "schedules": f"{present['report.html']}#schedules"
        if run.has_schedules and "report.html" in present
        else None,
        "data_docs": f"reports/{run.id}/{docs}" if docs else None,
    }
