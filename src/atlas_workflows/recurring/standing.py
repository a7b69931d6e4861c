"""How recurring schedules stand in the database: what is under way, what waits its turn, and what was passed over and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.recurring.occasion import Cause, Occasion, Recurring, Verdict
from atlas_workflows.store.executions import NOBODY
from atlas_workflows.time_zones import TZDATA_VERSION
from atlas_workflows.worker.messages import json_text

KEPT = timedelta(days=62)  # twice what a catch-up looks back at most

Asked = tuple[Recurring, Occasion]
FIRST = Recurring(NOBODY, NOBODY, "")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a schedule stands when an occasion comes.

    `under_way`: executions of other occurrences; `buffered`: the key of the one that waits its turn; `passed_over`: why
    this very one was.
    """

    number: int
    under_way: list[str]
    buffered: str | None
    passed_over: str | None
    is_started: bool


@dataclass(frozen=True, slots=True)
class Cursor:
    """How a schedule stands with the sweep; `version` is None where it has been let go of."""

    organization: str
    workflow: str
    trigger: str
    version: int | None
    active_since: datetime | None
    decided_through: datetime | None
    next_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Buffered:
    organization: str
    workflow: str
    trigger: str
    key: str
    due: datetime
    cause: str


def standings(connection: Connection, asked: Sequence[Asked]) -> list[Standing]:
    """How each stands, in the order asked."""
    given = [
        place(which) | {"number": number, "anchor": occasion.key, "subject": occasion.subject}
        for number, (which, occasion) in enumerate(asked)
    ]
    return rows(connection, Standing, sql("recurring/standings"), {"asked": json_text(given)})


def note(connection: Connection, decided: Iterable[tuple[Asked, Verdict]], now: datetime) -> None:
    """Keep what does not start: it waits its turn, or is passed over for good."""
    notes = [
        place(which)
        | {
            "anchor": occasion.key,
            "due_at": occasion.due.isoformat(),
            "cause": occasion.cause.value,
            "state": "buffered" if verdict.waits else "passed_over",
            "why": verdict.why,
            "tzdata": TZDATA_VERSION,
            "decided_at": now.isoformat(),
        }
        for (which, occasion), verdict in decided
    ]
    if notes:
        connection.execute(sql("recurring/note"), {"notes": json_text(notes)})


def buffered(
    connection: Connection, limit: int, after: Recurring = FIRST, only: str | None = None
) -> list[Asked]:
    """Occurrences that wait their turn, locked until the transaction ends; of one workflow where one is given."""
    given = {
        "organization": after.organization, "workflow": after.workflow, "trigger": after.trigger, "whose": only,
        "limit": limit,
    }  # fmt: skip
    found = rows(connection, _Buffered, sql("recurring/buffered"), given)
    return [
        (Recurring(b.organization, b.workflow, b.trigger), Occasion(Cause(b.cause), b.due, b.key))
        for b in found
    ]


def unbuffer(connection: Connection, started: Iterable[Asked]) -> None:
    """They have started."""
    gone = [place(which) | {"anchor": occasion.key} for which, occasion in started]
    if gone:
        connection.execute(sql("recurring/unbuffer"), {"started": json_text(gone)})


def cursors(connection: Connection) -> list[Cursor]:
    """Of every schedule that the sweep has or had in hand."""
    return rows(connection, Cursor, sql("recurring/cursors"))


def forget(connection: Connection, now: datetime) -> int:
    """Forget what was passed over long ago; how many."""
    return connection.execute(sql("recurring/forget_passed_over"), {"now": now, "kept": KEPT}).rowcount


def place(which: Recurring) -> dict[str, Any]:
    """A schedule as the statements take it."""
    return {
        "organization_id": which.organization, "workflow_id": which.workflow, "trigger_key": which.trigger,
    }  # fmt: skip
