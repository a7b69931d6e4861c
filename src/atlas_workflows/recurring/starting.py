"""Starts an occurrence of a recurring workflow: asks the gate, then begins its execution through the engine, once."""

from dataclasses import dataclass
from datetime import datetime

from atlas_workflows.db.connect import Connection
from atlas_workflows.integrations.crm.tables import read_crm
from atlas_workflows.recurring.entry import Entry
from atlas_workflows.recurring.occasion import Occasion, Recurring, Verdict
from atlas_workflows.recurring.settling import begin, judge, release_of, settle, wish
from atlas_workflows.recurring.survey import find_entries
from atlas_workflows.store.organizations import stopped_because
from atlas_workflows.time_zones import TZDATA_VERSION

__all__ = ["Outcome", "Recurring", "ask_gate", "start_occasion"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an occurrence: `started`, `enrolled` (it was before) or `refused`; the execution it is."""

    occurrence: str
    answer: str
    execution: str
    tzdata: str = TZDATA_VERSION


def ask_gate(connection: Connection, which: Recurring, occasion: Occasion, now: datetime) -> Verdict:
    """Whether it may start now, as the database stands; the session must act as the migration.

    An earlier one that waited its turn goes first. What does not start is kept, so that asked again it does not either.
    """
    with connection.transaction():
        entries = _entries(connection, which, now)
        release_of(connection, entries, which.workflow, now)
        (verdict,) = settle(connection, entries, [(which, occasion)], now)
    return verdict


def start_occasion(connection: Connection, which: Recurring, occasion: Occasion, now: datetime) -> Outcome:
    """Begin its execution, in one transaction with what has to go for it; the same occasion again begins nothing.

    A workflow that was paused, archived or given back since the gate is refused by the queue itself.
    """
    if stopped_because(connection, read_crm(connection), which.organization) is not None:
        return Outcome(occasion.key, "refused", wish(which, occasion).execution)
    with connection.transaction():
        entries, asked = _entries(connection, which, now), [(which, occasion)]
        (begun,) = begin(connection, entries, asked, judge(connection, entries, asked, now))
    return Outcome(occasion.key, begun.answer, begun.execution)


def _entries(connection: Connection, which: Recurring, now: datetime) -> dict[Recurring, Entry]:
    found = find_entries(connection, now, which.workflow)
    return {Recurring(e.organization, e.workflow, e.trigger): e for e in found}
