"""What the demo shows of its recurring workflow: what was published, and how it was carried out when it was due."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from atlas_workflows.cli.demo_recurring import Appointment, Fired
from atlas_workflows.supervision.state import StackState


def show_appointment(made: Appointment, console: Console) -> None:
    """What recurs, and when it is due first."""
    console.print(
        f"Published: {made.entry.title}, every day at {made.local:%H:%M:%S} ({made.entry.schedule['timezone']}); due first at "
        f"{made.local:%H:%M:%S %z}.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def show_fired(fired: Fired, state: StackState, console: Console) -> None:
    """When it was due, when it began, what the execution came to and where to look."""
    made = fired.appointment
    console.rule("On schedule")
    if fired.problem:
        console.print(fired.problem, markup=False, highlight=False)
    console.print(_table(fired))
    for mail in fired.mails:
        console.print(f"{mail.to} got {mail.subject!r}.", markup=False, highlight=False)
    if fired.story is not None:
        execution = fired.story.execution
        command = f"./atlas execution show {execution.execution} --organization {execution.organization}"
        console.print(command, highlight=False, soft_wrap=True)
    links = {"DAG": f"dags/{made.entry.dag_id}", "Calendar": "plugin/atlas/atlas/calendar"}
    for name, path in links.items():
        console.print(f"{name:<14} {state.url}/{path}", highlight=False, soft_wrap=True)


def _table(fired: Fired) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("what", "at (UTC)", "seconds after due", "state"):
        table.add_column(heading, justify="right" if heading.startswith("seconds") else "left")
    for what, at, state in _lines(fired):
        seconds = "" if at is None else f"{(at - fired.appointment.due).total_seconds():.1f}"
        table.add_row(what, "" if at is None else f"{at:%H:%M:%S}", seconds, state)
    return table


def _lines(fired: Fired) -> list[tuple[str, datetime | None, str]]:
    lines: list[tuple[str, datetime | None, str]] = [("due", fired.appointment.due, "")]
    if fired.dag_run is not None:
        lines.append(("DAG run", _at(fired.dag_run, "start_date"), str(fired.dag_run["state"])))
    if fired.story is not None:
        execution = fired.story.execution
        lines.append(("execution", execution.started_at.astimezone(UTC), execution.outcome))
    lines += [("mail", mail.arrived_at.astimezone(UTC), "arrived") for mail in fired.mails]
    return lines


def _at(run: Mapping[str, Any], name: str) -> datetime | None:
    return None if run[name] is None else datetime.fromisoformat(run[name]).astimezone(UTC)
