"""Takes a phase back and leaves a report of it, also of one that only counts and of one that is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from atlas_workflows.file_modes import for_owner_and_group
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.report.files import HTML_NAME, prepare_folder
from atlas_workflows.migration.report.notes import ended_by, note_run, noted
from atlas_workflows.migration.report.page import template
from atlas_workflows.migration.request import RollbackRequest
from atlas_workflows.migration.rollback import RolledBack, roll_back
from atlas_workflows.secrets.masking import mask
from atlas_workflows.site import Site


def roll_back_and_report(
    phase: Phase,
    asked: RollbackRequest,
    site: Site,
    *,
    actor: str,
    began: Callable[[Path], None] = lambda _: None,
) -> tuple[RolledBack, Path]:
    """What `roll_back` does, and raises; and the folder with report.html and run.json, of which `began` hears.

    `asked.dry_run`: only count.
    """
    folder = site.settings.home / "reports" / str(uuid4())
    prepare_folder(folder)
    began(folder)
    note: dict[str, Any] = {
        "kind": "rollback", "phase": phase.name, "run_id": folder.name, "dry_run": asked.dry_run,
        "started_at": site.now().isoformat(), "scope": asked.scope.to_json(), "actor": actor, "reason": mask(asked.reason or ""),
    }  # fmt: skip
    with noted(folder, note, site.now):
        try:
            done = roll_back(
                phase, asked.scope, dsn=site.dsn, execute=not asked.dry_run, actor=actor, reason=asked.reason or "",
                parked=asked.parked, now=site.now,
            )  # fmt: skip
        except BaseException as error:
            _leave_page(folder, note | ended_by(error) | _finished(site))
            raise
        ended = note | {"status": "succeeded", "exit_code": 0, **done.to_json()} | _finished(site)
        _leave_page(folder, ended)
        note_run(folder, ended)
    return done, folder


def _finished(site: Site) -> dict[str, str]:
    return {"finished_at": site.now().isoformat()}


def _leave_page(folder: Path, note: dict[str, Any]) -> None:
    with for_owner_and_group():
        (folder / HTML_NAME).write_text(template("rollback.html.j2").render(note=note), encoding="utf-8")
