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
    problem: str | None,
    console: Console,
) -> None:
    """Rows by outcome, reconciliation, where everything is, how to log in."""
    report = read_report(settings, phase_run)
    console.rule(f"{phase.title}: {'failed' if problem else 'done'}")
    if problem:
        console.print(problem, markup=False, highlight=False)
    if report is not None:
        console.print(outcome_table(report))
        for line in step_lines(report):
            console.print(line, markup=False, highlight=False)
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
    """Rows by outcome for every source table, workflows first."""
    outcomes = ("migrated", "migrated_with_warnings", "quarantined", "skipped", "archived")
    table = Table(box=None, pad_edge=False)
    table.add_column("rows of", no_wrap=True)
    for heading in ("total", *(outcome.replace("_", " ") for outcome in outcomes)):
        table.add_column(heading, justify="right", min_width=6)
    for name, counts in sorted(report["tables"].items(), key=lambda item: (item[0] != "workflows", item[0])):
        table.add_row(name, f"{counts['total']:,}", *(f"{counts.get(outcome, 0):,}" for outcome in outcomes))
    return table


def step_lines(report: Mapping[str, Any]) -> list[str]:
    """How the proving steps ended, with their summaries in short."""
    shown = [step for step in report["steps"] if step["kind"] in ("validate", "reconcile")]
    return [f"{step['kind']:<14} {step['status']} {_short(step['summary'])}" for step in shown]


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


def _short(summary: Mapping[str, Any]) -> str:
    plain = {name: value for name, value in summary.items() if isinstance(value, int | float | str | bool)}
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in plain.items())


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
