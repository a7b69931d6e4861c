"""Starts an occurrence of a recurring workflow: asks the gate, then begins its execution through the engine, once."""

from dataclasses import dataclass, replace
from datetime import datetime

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.engine.events import Cancelled
from atlas_workflows.integrations.crm.tables import read_crm
from atlas_workflows.recurring.entry import Entry
from atlas_workflows.recurring.occasion import Occasion, Verdict, decide
from atlas_workflows.recurring.survey import find_entries
from atlas_workflows.store.intake import PostgresIntake
from atlas_workflows.store.organizations import stopped_because
from atlas_workflows.time_zones import TZDATA_VERSION
from atlas_workflows.worker.model import Start


@dataclass(frozen=True, slots=True)
class Recurring:
    """Which schedule of which workflow."""

    organization: str
    workflow: str
    trigger: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an occurrence: `started`, `enrolled` (it was before) or `refused`; the execution it is."""

    occurrence: str
    answer: str
    execution: str
    tzdata: str = TZDATA_VERSION


def ask_gate(connection: Connection, which: Recurring, occasion: Occasion, now: datetime) -> Verdict:
    """Whether it may start now, as the database stands; the session must act as the migration."""
    entry = _entry(connection, which, now)
    verdict = decide(entry, occasion, _under_way(connection, which, occasion), now)
    why = stopped_because(connection, read_crm(connection), which.organization)
    return verdict if why is None or not verdict.may_start else replace(verdict, may_start=False, why=why)


def start_occasion(connection: Connection, which: Recurring, occasion: Occasion, now: datetime) -> Outcome:
    """Begin its execution, in one transaction with what has to go for it; the same occasion again begins nothing.

    A workflow that was paused, archived or given back since the gate is refused by the queue itself.
    """
    if stopped_because(connection, read_crm(connection), which.organization) is not None:
        return Outcome(occasion.key, "refused", _wish(which, occasion).execution)
    with connection.transaction():
        intake = PostgresIntake(connection)
        verdict = decide(
            _entry(connection, which, now), occasion, _under_way(connection, which, occasion), now
        )
        for execution in verdict.cancels:
            gone = Cancelled(f"Its schedule came due again at {occasion.due:%Y-%m-%d %H:%M:%S} UTC.")
            intake.tell(which.organization, execution, gone)
        (begun,) = intake.start([_wish(which, occasion)])
    return Outcome(occasion.key, begun.answer, begun.execution)


def _wish(which: Recurring, occasion: Occasion) -> Start:
    facts = {
        "event": "schedule",
        "occurred_at": occasion.due.isoformat(),
        "occurrence": occasion.key,
        "cause": occasion.cause.value,
        "tzdata": TZDATA_VERSION,
    }
    return Start(
        which.organization,
        which.workflow,
        occasion.subject,
        occasion.key,
        which.trigger,
        {"trigger": facts, "organization": {"id": which.organization}},
        triggered_by="schedule",
    )


def _entry(connection: Connection, which: Recurring, now: datetime) -> Entry | None:
    found = find_entries(connection, now, which.workflow)
    return next(
        (e for e in found if (e.organization, e.trigger) == (which.organization, which.trigger)), None
    )


def _under_way(connection: Connection, which: Recurring, occasion: Occasion) -> list[str]:
    given = {
        "organization": which.organization, "workflow": which.workflow, "subject": occasion.subject,
        "occurrence": occasion.key,
    }  # fmt: skip
    return scalars(connection, sql("recurring/under_way"), given)
