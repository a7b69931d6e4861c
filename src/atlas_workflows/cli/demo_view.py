"""What the demo shows: a live table of tasks, then the outcome and where to look."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from atlas_workflows import exact_json
from atlas_workflows.cli.stack_view import show_logins
from atlas_workflows.migration.phase import Phase
from atlas_workflows.settings import Settings
from atlas_workflows.supervision.airflow_client import AirflowClient, TaskState
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.state import StackState

COLOURS = {
    "success": "green",
    "failed": "red",
    "running": "yellow",
    "up_for_retry": "yellow",
    "skipped": "dim",
}


def progress_table(client: AirflowClient, phase: Phase, dag_run: str) -> Table:
    """One line per task, with what a running one says of its progress."""
    table = Table(box=None, pad_edge=False)
    for heading in ("task", "state", "seconds", "progress"):
        table.add_column(heading)
    for task in sorted(
        client.tasks(phase.dag_id, dag_run), key=lambda item: (item.started_at or "~", item.task_id)
    ):
        colour = COLOURS.get(task.state or "", "dim")
        seconds = _seconds(task)
        table.add_row(
            task.task_id if task.map_index < 0 else f"{task.task_id}[{task.map_index}]",
            f"[{colour}]{task.state or 'waiting'}[/]",
            "" if seconds is None else f"{seconds:.1f}",
            _progress_of(client, phase, dag_run, task) if task.state == "running" else "",
        )
    return table


def show_summary(
    settings: Settings,
    state: StackState,
    phase: Phase,
    phase_run: str | None,
    failed_task: str | None,
    console: Console,
) -> None:
    """Rows by outcome, reconciliation, where everything is, how to log in."""
    report = read_report(settings, phase_run)
    console.rule(f"{phase.title}: {'failed in ' + failed_task if failed_task else 'done'}")
    if report is not None:
        console.print(outcome_table(report))
    folder = report_folder(settings, phase_run)
    lines = {"Report": folder / "report.html", "Report (JSON)": folder / "report.json"} if folder else {}
    for name, file in lines.items():
        if file.is_file():
            console.print(f"{name:<14} {file}", highlight=False, soft_wrap=True)
    console.print(f"{'Airflow':<14} {state.url}/dags/{phase.dag_id}", highlight=False, soft_wrap=True)
    console.print(
        f"{'Data Docs':<14} {state.url}/plugin/atlas (page Atlas in Airflow)", highlight=False, soft_wrap=True
    )
    show_logins(settings, console)


def outcome_table(report: Mapping[str, Any]) -> Table:
    """Workflows and rows of other tables by outcome, and what the steps say of reconciliation."""
    table = Table(box=None, pad_edge=False)
    table.add_column("outcome")
    table.add_column("workflows", justify="right")
    for outcome, count in report["counts"].items():
        table.add_row(outcome, f"{count:,}")
    return table


def report_folder(settings: Settings, phase_run: str | None) -> Path | None:
    """Where the files of a phase run are."""
    return StackPaths.of(settings).reports / phase_run if phase_run else None


def read_report(settings: Settings, phase_run: str | None) -> dict[str, Any] | None:
    """report.json of a phase run, or None where there is none."""
    folder = report_folder(settings, phase_run)
    if folder is None or not (folder / "report.json").is_file():
        return None
    document: dict[str, Any] = exact_json.loads((folder / "report.json").read_text())
    return document


def _seconds(task: TaskState) -> float | None:
    if task.seconds is not None or task.started_at is None:
        return task.seconds
    return (datetime.now(UTC) - datetime.fromisoformat(task.started_at)).total_seconds()


def _progress_of(client: AirflowClient, phase: Phase, dag_run: str, task: TaskState) -> str:
    said = client.xcom(phase.dag_id, dag_run, task.task_id, "progress", task.map_index)
    if not isinstance(said, dict):
        return ""
    total = f" of {said['total']:,}" if said.get("total") else ""
    rest = f", {said['eta_seconds']:.0f} s to go" if said.get("eta_seconds") else ""
    return f"{said.get('subject', '')} {said.get('done', 0):,}{total}{rest} {said.get('message', '')}".strip()
