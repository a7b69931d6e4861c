"""What the tasks of a recurring workflow's DAG do: the occasion of their DAG run, the gate, and the start."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.errors import ConfigurationError
from atlas_workflows.orchestration.connections import crm_dsn, crm_site
from atlas_workflows.orchestration.failures import clear_failures
from atlas_workflows.orchestration.notify import tell
from atlas_workflows.recurring.occasion import Cause, Occasion, Verdict, due_occasion, occasion_by_hand
from atlas_workflows.recurring.starting import Recurring, ask_gate, start_occasion
from atlas_workflows.recurring.survey import is_ready
from atlas_workflows.recurring.sweep import Swept, sweep
from atlas_workflows.site import utc_now

log = logging.getLogger("atlas.recurring")


def occasion_of(run: Any) -> Occasion:
    """The occasion of a DAG run: its logical date, which is the due instant, or the run itself where a person made it."""
    kind = str(getattr(run.run_type, "value", run.run_type))
    if kind not in ("scheduled", "backfill"):
        return occasion_by_hand(run.run_id, run.run_after)
    return due_occasion(run.logical_date, Cause.DUE if kind == "scheduled" else Cause.BACKFILL)


def at_gate(organization: str, workflow: str, trigger: str, context: Any) -> Verdict:
    """Whether this DAG run's occasion may start now."""
    occasion = occasion_of(context["dag_run"])
    with _working() as connection:
        verdict = ask_gate(connection, Recurring(organization, workflow, trigger), occasion, utc_now())
    log.info("%s: %s", occasion.key, verdict.why or "may start")
    return verdict


def start_now(organization: str, workflow: str, trigger: str, context: Any) -> dict[str, Any]:
    """Start it; the summary."""
    occasion = occasion_of(context["dag_run"])
    with _working() as connection:
        outcome = start_occasion(connection, Recurring(organization, workflow, trigger), occasion, utc_now())
    log.info("%s: execution %s %s", outcome.occurrence, outcome.execution, outcome.answer)
    return asdict(outcome)


@contextmanager
def _working() -> Iterator[Connection]:
    with clear_failures(), crm_site().connect("recurring", autocommit=True) as connection:
        act_as_migration(connection)
        yield connection


def sweep_now(stays: timedelta) -> dict[str, Any]:
    """Start what is due of schedules without a DAG, and what comes due while it `stays`; nothing where there is no CRM yet."""
    try:
        crm_dsn()
    except ConfigurationError as missing:
        log.info("No recurring workflows: %s", missing.fact)
        return {}
    with _working() as connection:
        done = sweep(connection, utc_now, until=utc_now() + stays) if is_ready(connection) else Swept()
    log.info("%s", done)
    if done.late:
        found = {"late": done.late} | dict(done.answers)
        tell("Recurring workflows were due before the sweep came to them", "Did it stand still?", found)
    return asdict(done)
