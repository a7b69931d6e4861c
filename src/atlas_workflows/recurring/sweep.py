"""The sweep: starts what is due of schedules that have no DAG of their own, batch by batch, and what has waited its turn.

Each schedule's cursor is a row of atlas.recurring_schedules. A batch is one transaction: decisions, executions and cursors
together; its rows are locked and passed over by any other sweep. So two at once share the work, and a killed one is continued.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.recurring.enlisting import enlist, next_of, which_of
from atlas_workflows.recurring.entry import Entry
from atlas_workflows.recurring.occasion import Recurring, Verdict, due_occasion
from atlas_workflows.recurring.settling import Entries, begin, release, settle
from atlas_workflows.recurring.standing import FIRST, Asked, buffered, forget, place
from atlas_workflows.recurring.survey import find_entries
from atlas_workflows.schedule.decisions import ON_TIME
from atlas_workflows.worker.messages import json_text

BATCH = 100


@dataclass(slots=True)
class Swept:
    """What a sweep came to: occurrences by answer (started, enrolled, buffered, passed_over …), how many of them late."""

    answers: Counter[str] = field(default_factory=Counter)
    enlisted: int = 0
    dismissed: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class _Due:
    organization: str
    workflow: str
    trigger: str
    due: datetime

    @property
    def which(self) -> Recurring:
        return Recurring(self.organization, self.workflow, self.trigger)


def sweep(
    connection: Connection,
    now: Callable[[], datetime],
    *,
    until: datetime | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Swept:
    """Start all that is due, and what comes due before `until`; the session must act as the migration."""
    done = Swept()
    done.enlisted, done.dismissed = enlist(connection, now())
    forget(connection, now())
    done.answers["from_buffer"] = release_all(connection, now())
    while True:
        while sweep_batch(connection, now(), done):
            pass
        soon = scalar(connection, sql("recurring/next_due"))
        if until is None or soon is None or soon > until:
            return done
        sleep(max(0.0, (soon - now()).total_seconds()))


def release_all(connection: Connection, now: datetime, size: int = BATCH) -> int:
    """Start everything whose turn has come, of schedules with a DAG of their own too; how many."""
    begun, after = 0, FIRST
    while True:
        with connection.transaction():
            waiting = buffered(connection, size, after)
            if not waiting:
                return begun
            begun += len(release(connection, _entries(connection, waiting, now), waiting, now))
        after = waiting[-1][0]


def sweep_batch(connection: Connection, now: datetime, done: Swept, size: int = BATCH) -> int:
    """Decide and start one batch of what is due; how many schedules it was, 0 where nothing is due."""
    with connection.transaction():
        found = rows(connection, _Due, sql("recurring/due"), {"now": now, "limit": size})
        asked: list[Asked] = [(each.which, due_occasion(each.due)) for each in found]
        entries = _entries(connection, asked, now)
        verdicts = settle(connection, entries, asked, now)
        answers = _begin(connection, asked, verdicts)
        _advance(connection, asked, entries, now)
    done.answers.update(answers)
    done.late += sum(now - each.due > ON_TIME for each in found)
    return len(found)


def _begin(connection: Connection, asked: Sequence[Asked], verdicts: Sequence[Verdict]) -> list[str]:
    decided = list(zip(asked, verdicts, strict=True))
    may = [(each, verdict) for each, verdict in decided if verdict.may_start]
    begun = begin(connection, [each for each, _ in may], [verdict for _, verdict in may])
    left = ["buffered" if v.waits else "passed_over" for _, v in decided if not v.may_start]
    return [each.answer for each in begun] + left


def _advance(connection: Connection, asked: Sequence[Asked], entries: Entries, now: datetime) -> None:
    schedules = []
    for which, occasion in asked:
        entry = entries.get(which)
        soon = None if entry is None else next_of(entry, now, occasion.due)
        schedules.append(
            place(which)
            | {
                "decided_through": occasion.due.isoformat(),
                "next_due_at": soon and soon.isoformat(),
                "is_gone": entry is None,
            }
        )
    if schedules:
        connection.execute(sql("recurring/advance"), {"schedules": json_text(schedules)})


def _entries(connection: Connection, asked: Sequence[Asked], now: datetime) -> dict[Recurring, Entry]:
    workflows = {which.workflow for which, _ in asked}
    found = find_entries(connection, now, *workflows) if workflows else []
    return {which_of(entry): entry for entry in found}
