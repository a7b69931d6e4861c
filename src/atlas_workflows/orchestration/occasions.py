"""What the tasks of a recurring workflow's DAG do: the occasion of their DAG run, the gate, the start, and its audience."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import Any

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.errors import ConfigurationError
from atlas_workflows.orchestration.connections import crm_dsn, crm_site
from atlas_workflows.orchestration.failures import clear_failures
from atlas_workflows.orchestration.notify import tell
from atlas_workflows.orchestration.said import say
from atlas_workflows.recurring.audience.check import check_run, is_left, summary_of
from atlas_workflows.recurring.audience.run import Asking
from atlas_workflows.recurring.enrolling import asking_of, enrol_occasion, may_enrol
from atlas_workflows.recurring.occasion import Cause, Occasion, Verdict, due_occasion, occasion_by_hand
from atlas_workflows.recurring.starting import Recurring, start_occasion
from atlas_workflows.recurring.survey import is_ready
from atlas_workflows.recurring.sweep import Swept, sweep
from atlas_workflows.site import utc_now
from atlas_workflows.validation.results import stopping
from atlas_workflows.worker.shares import shares_of_entrants

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
        verdict = may_enrol(connection, Recurring(organization, workflow, trigger), occasion, utc_now())
    log.info("%s: %s", occasion.key, verdict.why or "may start")
    return verdict


def start_now(organization: str, workflow: str, trigger: str, context: Any) -> dict[str, Any]:
    """Start it; the summary."""
    occasion = occasion_of(context["dag_run"])
    with _working() as connection:
        outcome = start_occasion(connection, Recurring(organization, workflow, trigger), occasion, utc_now())
    log.info("%s: execution %s %s", outcome.occurrence, outcome.execution, outcome.answer)
    return asdict(outcome)


def enrol_now(organization: str, workflow: str, trigger: str, context: Any) -> list[int]:
    """Enrol its audience; the numbers of the tasks that execute them. Skips the rest where it may not start any more."""
    from airflow.sdk.exceptions import AirflowSkipException

    occasion = occasion_of(context["dag_run"])
    with _reading() as connection:
        done = enrol_occasion(connection, Recurring(organization, workflow, trigger), occasion, utc_now())
    say("Enrolled", asdict(done))
    if not done.has_begun:
        raise AirflowSkipException(done.stopped)
    return list(range(shares_of_entrants(done.started)))


def execute_now(organization: str, workflow: str, trigger: str, context: Any, most: timedelta) -> float:
    """Work until nothing of it is due, or its organization was stopped and what was under way is cancelled."""
    from atlas_workflows.wiring import work_until_done

    asking = _asking(organization, workflow, trigger, context)
    with clear_failures():
        return work_until_done(crm_site(), partial(is_left, asking=asking), most)


def check_now(organization: str, workflow: str, trigger: str, context: Any) -> dict[str, Any]:
    """Count what came of it and hold it against the suite. Raises what fails the task where a critical rule is broken."""
    from airflow.sdk.exceptions import AirflowFailException

    asking = _asking(organization, workflow, trigger, context)
    with clear_failures():
        results = check_run(crm_site(), asking)
    for result in results:
        log.info("%s: %s", result.status, result.why)
    broken = [result.sentence for result in stopping(results)]
    if broken:
        raise AirflowFailException("; ".join(broken))
    return {"rules": len(results), "broken": [r.sentence for r in results if r.status != "passed"]}


def summary_now(organization: str, workflow: str, trigger: str, context: Any) -> dict[str, Any]:
    """How many had which outcome by now."""
    with _reading() as connection:
        summary = summary_of(connection, _asking(organization, workflow, trigger, context))
    say("Outcomes", summary)
    return summary


def _asking(organization: str, workflow: str, trigger: str, context: Any) -> Asking:
    return asking_of(Recurring(organization, workflow, trigger), occasion_of(context["dag_run"]))


@contextmanager
def _working() -> Iterator[Connection]:
    with clear_failures(), crm_site().connect("recurring", autocommit=True) as connection:
        act_as_migration(connection)
        yield connection


@contextmanager
def _reading() -> Iterator[Connection]:
    """A session that no policy of the CRM's own tables hides rows from: where one would, it is an error, as for workers."""
    with clear_failures(), crm_site().connect("recurring", autocommit=True) as connection:
        yield connection


def sweep_now(stays: timedelta) -> dict[str, Any]:
    """Start what is due of schedules without a DAG, and what comes due while it `stays`; nothing where there is no CRM yet."""
    try:
        crm_dsn()
    except ConfigurationError as missing:
        log.info("No recurring workflows: %s", missing.fact)
        return {}
    with _working() as connection, _reading() as reading:
        if is_ready(connection):
            done = sweep(connection, utc_now, reading, until=utc_now() + stays)
        else:
            done = Swept()
    found = dict(done.answers) | {"enlisted": done.enlisted, "dismissed": done.dismissed, "late": done.late}
    say("Swept", found)
    if done.late:
        tell("Recurring workflows were due before the sweep came to them", "Did it stand still?", found)
    return found
