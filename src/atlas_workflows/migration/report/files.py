"""Writes report.json (streamed row by row, however many there are) and report.html into the report folder."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from atlas_workflows.errors import ConfigurationError
from atlas_workflows.exact_json import dumps
from atlas_workflows.file_modes import ENTERED, close_to_others, for_owner_and_group
from atlas_workflows.migration.evidence.shown import classes_of
from atlas_workflows.migration.report.collect import ReportData
from atlas_workflows.migration.report.page import Shown, page
from atlas_workflows.migration.runs.records import StepRow
from atlas_workflows.secrets.masking import mask, mask_values
from atlas_workflows.validation.key_files import FOLDER as KEYS_FOLDER

LINKED = ("differences.json", "owners.json", "schedules.json", "data_docs/index.html")
JSON_NAME = "report.json"
HTML_NAME = "report.html"


@dataclass(frozen=True, slots=True)
class Places:
    """Where a report is written, where the run it is about left its files, and where all runs leave theirs."""

    folder: Path
    run: Path
    reports: Path

    @staticmethod
    def alone(folder: Path) -> "Places":
        """Everything is in one folder."""
        return Places(folder, folder, folder.parent)

    def link(self, file: Path) -> str | None:
        """An address of the file from the report, whoever serves both; None where there is no such file."""
        if not file.is_file():
            return None
        return quote(Path(os.path.relpath(file.resolve(), self.folder.resolve())).as_posix())


def prepare_folder(folder: Path) -> None:
    """Make the report folder. Raises ConfigurationError where it cannot be written, before any work is done for it."""
    probe = folder / f".{JSON_NAME}.probe"
    try:
        folder.mkdir(mode=ENTERED, parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as cause:
        raise ConfigurationError(
            f"The report folder {folder} cannot be written: {cause.strerror}.",
            remedy="Give --report a folder of yours, or point ATLAS_HOME at one.",
        ) from cause


def write_report(places: Places, data: ReportData) -> dict[str, Any]:
    """Write both files and return the head of the report (without rows). The folder is made if need be."""
    folder = places.folder
    prepare_folder(folder)
    with for_owner_and_group():
        return _write(places, data)


def _write(places: Places, data: ReportData) -> dict[str, Any]:
    folder = places.folder
    head = report_head(data, places)
    shown = Shown(data.organizations)
    target = folder / JSON_NAME
    unfinished = target.with_suffix(".json.part")
    with unfinished.open("wb") as file:
        _write_json(file, head, data, shown)
    unfinished.replace(target)
    for row in data.standing:
        shown.standing += 1
        shown.workflow(_workflow_row(row, data))
    (folder / HTML_NAME).write_text(page(head, data, shown), encoding="utf-8")
    close_to_others(folder / HTML_NAME)
    return head


def report_head(data: ReportData, places: Places) -> dict[str, Any]:
    """Everything but the rows."""
    run = data.run
    return {
        "phase": run.phase,
        "run_id": str(run.id),
        "status": run.status,
        "dry_run": run.options.dry_run,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "scope": run.scope.to_json(),
        "actor": run.actor,
        "problem": None if run.problem is None else mask(run.problem),
        "counts": data.counts,
        "quarantined_rows": data.quarantined,
        "evidence": classes_of(data.evidence),
        "shadow": data.shadow.to_json() if data.shadow.is_there else None,
        "schedules": data.schedules.to_json() if data.schedules.rows else None,
        "tables": {
            table: {**outcomes, "total": sum(outcomes.values())} for table, outcomes in data.totals.items()
        },
        "steps": [_step(step) for step in data.steps],
        "checklist": mask_values(list(data.checklist)),
        "validation": [_rule(rule, places) for rule in data.validation],
        "organizations": dict(data.organizations),
        "certificates": [_certificate(item, places) for item in data.certificates],
        "files": {name: places.link(places.run / name) for name in LINKED},
    }


def _rule(rule: Mapping[str, Any], places: Places) -> dict[str, Any]:
    """A rule as it was checked; `failing_keys` is where its keys lie, seen from the report."""
    file = rule["failing_keys_file"]
    link = None if file is None else places.link(places.run / KEYS_FOLDER / Path(file).name)
    return {**mask_values(dict(rule)), "first_keys": list(rule["first_keys"]), "failing_keys": link}


def _certificate(item: Mapping[str, Any], places: Places) -> dict[str, Any]:
    """Its file lies with the run that issued it."""
    own = places.run / "certificates" / f"{item['organization_id']}.json"
    other = places.reports / item["run_id"] / "certificates" / own.name
    issued = item["issued_at"].isoformat()
    is_own = item["run_id"] == places.run.name
    return {**item, "issued_at": issued, "file": (places.link(own) if is_own else None) or places.link(other)}


def _write_json(file: IO[bytes], head: Mapping[str, Any], data: ReportData, shown: Shown) -> None:
    opening = dumps(head)
    file.write(opening[:-1] + b',"rows":[')
    _write_rows(file, (_workflow_row(row, data) for row in data.workflows), shown.workflow)
    file.write(b'],"other_rows":[')
    _write_rows(file, data.others, shown.other)
    file.write(b'],"shadow_rows":[')
    _write_rows(file, (mask_values(row.to_json()) for row in data.shadow.workflows), shown.shadow)
    file.write(b'],"schedule_rows":[')
    _write_rows(file, (mask_values(row.to_json()) for row in data.schedules.rows), shown.schedule)
    file.write(b"]}\n")


def _write_rows(file: IO[bytes], rows: Iterable[Mapping[str, Any]], show: Any) -> None:
    separator = b"\n"
    for row in rows:
        file.write(separator + dumps(row))
        separator = b",\n"
        show(row)


def _workflow_row(row: Mapping[str, Any], data: ReportData) -> Mapping[str, Any]:
    source = str(row["id"])
    evidence = mask_values(list(data.evidence.get(source, ())))
    return {**row, "name": data.names.get(source), "owner": data.owners.get(source), "evidence": evidence}


def _step(step: StepRow) -> dict[str, Any]:
    return {
        "kind": step.kind,
        "status": step.status,
        "started_at": step.started_at.isoformat() if step.started_at else None,
        "finished_at": step.finished_at.isoformat() if step.finished_at else None,
        "summary": mask_values(step.summary),
        "problem": None if step.problem is None else mask(step.problem),
    }
