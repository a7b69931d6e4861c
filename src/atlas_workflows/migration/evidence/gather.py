"""Gathers the evidence for a phase run: surveyed once, stored, or handed on in memory where nothing may be written."""

from collections import Counter
from typing import Any

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.evidence.findings import counted_events, judged
from atlas_workflows.migration.evidence.store import rows_of, store
from atlas_workflows.migration.evidence.survey import survey_history

KIND = "evidence"  # the step, and what a dry run shares under this name
FOUND, EVENTS = "evidence_found", "evidence_events"


def gather(context: PhaseContext) -> dict[str, Any]:
    """Survey the history and keep what it says; returns how many workflows show what."""
    with context.connect("evidence", autocommit=True) as connection:
        survey = survey_history(connection, read_catalog(connection), context.now())
    found, events = judged(survey.observed), counted_events(survey.observed.days)
    if context.persistent:
        with context.connect("evidence", autocommit=True) as connection:
            act_as_migration(connection)
            store(connection, found, events, survey.observed.until)
    else:
        context.shared.update({KIND: rows_of(found), FOUND: found, EVENTS: events})
    return {
        "workflows": dict(Counter(str(item.seen) for item in found)),
        "executions": sum(item.executions for item in found),
        "events": sum(events.values()),
        "observed_until": survey.observed.until.isoformat() if survey.observed.until else None,
        "given_up": list(survey.given_up),
    }


def make_sure(context: PhaseContext) -> None:
    """Gather, unless a step of the phase does."""
    if KIND not in context.phase.steps:
        gather(context)
