"""What happened: the executions of a workflow, before any table shape."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from atlas_workflows.sample.dice import END, Dice
from atlas_workflows.sample.draft import Draft
from atlas_workflows.sample.people import Lead

FAILURES = (
    "SMTP 550: mailbox unavailable",
    "Twilio 21610: recipient has unsubscribed",
    "Request timed out after 30000 ms",
    "Lead not found",
    "Cannot read properties of undefined (reading 'email')",
)


@dataclass(slots=True)
class Execution:
    """One execution: `reached` nodes of the draft's trail were entered, the last of them failed where status says so."""

    id: str
    status: str
    started_at: datetime
    completed_at: datetime | None
    lead: Lead
    reached: int
    error: str | None
    step_ms: int
    # What dirt sets: statuses of the steps, a document that replaces the output, a missing begin or workflow.
    step_statuses: tuple[str, ...] = ()
    note: str | None = None
    start_lost: bool = False
    detached: bool = False


# What the application's own doors wrote down; every other workflow was started by people.
DOORS = ("lead_created", "form_submitted", "webhook")

# A workflow with its executions.
History = tuple[Draft, list[Execution]]


def make_executions(draft: Draft, leads: tuple[Lead, ...], seed: int) -> list[Execution]:
    """The executions that `draft.counts` asks for, in order of time; sets the draft's last_run_at."""
    counts = draft.counts
    if counts.total == 0:
        return []
    dice = Dice(seed, f"executions/{draft.number}")
    statuses = (
        ["completed"] * counts.completed + ["failed"] * counts.failed + ["cancelled"] * counts.cancelled
    )
    dice.random.shuffle(statuses)
    starts = sorted(dice.instant(draft.created_at, END - timedelta(hours=2)) for _ in statuses)
    executions = [
        _execution(dice, status, start, leads, len(draft.trail))
        for status, start in zip(statuses, starts, strict=True)
    ]
    if draft.spoil_history is not None:
        draft.history_shows = draft.spoil_history(executions, dice)
    draft.last_run_at = _last_counted(executions)
    return executions


def starter_of(draft: Draft) -> str:
    """What started the workflow's executions: the event that its column names letter by letter, else people."""
    return draft.trigger_type if draft.trigger_type in DOORS else "manual"


def _last_counted(executions: list[Execution]) -> datetime | None:
    ends = (e.completed_at for e in executions if e.completed_at and e.status != "cancelled")
    return max(ends, default=None)


def _execution(
    dice: Dice, status: str, started_at: datetime, leads: tuple[Lead, ...], nodes: int
) -> Execution:
    step_ms = dice.number(3, 900)
    reached = nodes if status == "completed" else dice.number(1, max(1, nodes))
    took = timedelta(milliseconds=step_ms * reached, microseconds=dice.number(0, 999))
    error = dice.pick(FAILURES) if status == "failed" else None
    return Execution(
        dice.uuid(), status, started_at, started_at + took, dice.pick(leads), reached, error, step_ms
    )


def step_times(execution: Execution) -> Iterator[tuple[datetime, datetime]]:
    """Begin and end of each entered step."""
    length = timedelta(milliseconds=execution.step_ms)
    begin = execution.started_at
    for _ in range(execution.reached):
        yield begin, begin + length
        begin += length


def step_status(execution: Execution, number: int) -> str:
    """The status of the step with this number."""
    if number < len(execution.step_statuses):
        return execution.step_statuses[number]
    return "failed" if number == execution.reached - 1 and execution.error else "completed"
