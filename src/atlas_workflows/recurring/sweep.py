"""The sweep: starts what is due of schedules that have no DAG of their own, batch by batch, and what has waited its turn.

Each schedule's cursor is a row of atlas.recurring_schedules. A batch is one transaction: decisions, executions and cursors
together; its rows are locked and passed over by any other sweep. So two at once share the work, and a killed one is continued.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.recurring.audience.enrol import enrol_unfinished
from atlas_workflows.recurring.enlisting import enlist, next_of, which_of
from atlas_workflows.recurring.entry import Entry
from atlas_workflows.recurring.occasion import Recurring, Verdict, due_occasion
from atlas_workflows.recurring.settling import Entries, begin, release, settle
from atlas_workflows.recurring.standing import FIRST, Asked, buffered, forget, note, place
from atlas_workflows.recurring.survey import find_entries
from atlas_workflows.schedule.decisions import ON_TIME
from atlas_workflows.worker.messages import json_text

log = logging.getLogger("atlas.recurring")
BATCH = 100
BESIDE_ANOTHER = 0.1  # seconds, where what is due is in the hands of another sweep


@dataclass(slots=True)
class Swept:
    """What a sweep came to: occurrences by answer (started, enrolled, asked, buffered, passed_over, failed), how many of them late."""

    answers: Counter[str] = field(default_factory=Counter)
    enlisted: int = 0
    dismissed: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class _Row:
    organization: str
    workflow: str
    trigger: str
    due: datetime


def sweep(
    connection: Connection,
    now: Callable[[], datetime],
    reading: Connection,
    *,
    until: datetime | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Swept:
    """Start all that is due, and what comes due before `until`; the session must act as the migration.

    `reading` enrols audiences: a session from which no policy of the CRM's own tables hides rows.
    """
    done = Swept()
    done.enlisted, done.dismissed = enlist(connection, now())
    forget(connection, now())
    done.answers["from_buffer"] = release_all(connection, now())
    while True:
        _start_due(connection, now, done)
        _enrol(connection, now, reading, done)
        soon = scalar(connection, sql("recurring/next_due"))
        if until is None or soon is None or soon > until or now() > until:
            return done
        sleep(max(BESIDE_ANOTHER, (soon - now()).total_seconds()))


def _start_due(connection: Connection, now: Callable[[], datetime], done: Swept) -> None:
    while sweep_batch(connection, now(), done):
        pass


def _enrol(connection: Connection, now: Callable[[], datetime], reading: Connection, done: Swept) -> None:
    """Go on with every enrolment that began, whoever began it; what comes due meanwhile is started between two pages."""
    for asking, found in enrol_unfinished(reading, now, lambda _run: _start_due(connection, now, done)):
        if isinstance(found, Exception):
            log.error("The audience of %s cannot be enrolled", asking, exc_info=found)
        done.answers["failed" if isinstance(found, Exception) else "enrolments"] += 1


def release_all(connection: Connection, now: datetime, size: int = BATCH) -> int:
    """Start everything whose turn has come, of schedules with a DAG of their own too; how many."""
    total = 0
    begun, last = _release(connection, now, FIRST, size)
    while last is not None:
        total += begun
        begun, last = _release(connection, now, last, size)
    return total


def _release(
    connection: Connection, now: datetime, after: Recurring, size: int
) -> tuple[int, Recurring | None]:
    """The same for one batch; how many began, and which schedule was the last of it, None where there was none."""
    try:
        with connection.transaction():
            waiting = buffered(connection, size, after)
            begun = release(connection, _entries(connection, waiting, now), waiting, now)
        return len(begun), waiting[-1][0] if waiting else None
    except psycopg.OperationalError:
        raise
    except Exception as failure:
        if size > 1:
            return _release(connection, now, after, 1)
        log.exception("An occurrence that waited its turn cannot be started")
        with connection.transaction():
            waiting = buffered(connection, 1, after)
            note(connection, [(each, _failed(failure)) for each in waiting], now)
        return 0, waiting[-1][0] if waiting else None


def sweep_batch(connection: Connection, now: datetime, done: Swept, size: int = BATCH) -> int:
    """Decide and start one batch of what is due; how many schedules it was, 0 where nothing is due.

    Where one of them cannot be started, for whatever reason, it is passed over and the others start.
    """
    try:
        return _batch(connection, now, done, size)
    except psycopg.OperationalError:  # the server's matter: the next sweep continues
        raise
    except Exception as failure:
        if size > 1:
            return sum(sweep_batch(connection, now, done, 1) for _ in range(size))
        log.exception("A recurring workflow cannot be started")
        return _pass_over(connection, now, done, failure)


def _batch(connection: Connection, now: datetime, done: Swept, size: int) -> int:
    with connection.transaction():
        asked = _due(connection, now, size)
        entries = _entries(connection, asked, now)
        verdicts = settle(connection, entries, asked, now)
        answers = _begin(connection, entries, asked, verdicts)
        _advance(connection, asked, entries, now)
    done.answers.update(answers)
    done.late += sum(now - occasion.due > ON_TIME for _, occasion in asked)
    return len(asked)


def _pass_over(connection: Connection, now: datetime, done: Swept, failure: Exception) -> int:
    with connection.transaction():
        asked = _due(connection, now, 1)
        note(connection, [(each, _failed(failure)) for each in asked], now)
        _advance(connection, asked, _entries(connection, asked, now), now)
    done.answers["failed"] += len(asked)
    return len(asked)


def _failed(failure: Exception) -> Verdict:
    return Verdict(False, f"It could not be started: {type(failure).__name__}; the log says more.")


def _due(connection: Connection, now: datetime, size: int) -> list[Asked]:
    found = rows(connection, _Row, sql("recurring/due"), {"now": now, "limit": size})
    return [(Recurring(e.organization, e.workflow, e.trigger), due_occasion(e.due)) for e in found]


def _begin(
    connection: Connection, entries: Entries, asked: Sequence[Asked], verdicts: Sequence[Verdict]
) -> list[str]:
    decided = list(zip(asked, verdicts, strict=True))
    may = [(each, verdict) for each, verdict in decided if verdict.may_start]
    begun = begin(connection, entries, [each for each, _ in may], [verdict for _, verdict in may])
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
    found = find_entries(connection, now, *workflows, with_names=False) if workflows else []
    return {which_of(entry): entry for entry in found}
