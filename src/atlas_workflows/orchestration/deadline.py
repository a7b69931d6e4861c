"""Says that a recurring workflow has not started by its deadline, through Airflow's deadline alerts."""

import asyncio
import logging
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from atlas_workflows.errors import AtlasError
from atlas_workflows.orchestration.notify import tell

log = logging.getLogger("atlas.recurring")

_RECURRING = re.compile(r"recurring\.(?P<workflow>[0-9a-f-]{36})\..+")
STARTS_WITHIN = timedelta(minutes=10)  # twice what is still on time


def starts_in_time() -> DeadlineAlert:
    """The alert of a DAG whose runs have to be over so long after they were due."""
    # By its path, so that a serialised DAG is the same in every process; run by the triggerer, which all executors have.
    late = AsyncCallback(f"{__name__}.tell_late")
    return DeadlineAlert(DeadlineReference.DAGRUN_LOGICAL_DATE, STARTS_WITHIN, late, name="starts in time")


async def tell_late(context: Mapping[str, Any]) -> bool:
    """Deadline callback: tells those who look after Airflow, and whom the workflow names for its errors; True if anybody."""
    run = context["dag_run"]
    if not _is_worth_telling(run):
        return False
    within = int(STARTS_WITHIN.total_seconds()) // 60
    facts = {
        "DAG": run.get("dag_display_name") or run["dag_id"],
        "DAG run": run["dag_run_id"],
        "due": run["logical_date"],
        "state": run["state"],
    }
    message = (
        "Its DAG run is not over. Look whether Airflow has room for it; after five minutes what is due starts only where "
        "the schedule catches up."
    )
    subject = f"{run['dag_id']} has not started within {within} minutes of its due time"
    told = await asyncio.to_thread(tell, subject, message, facts)
    return await asyncio.to_thread(_tell_its_own, run, facts) or told


def _tell_its_own(run: Mapping[str, Any], facts: Mapping[str, object]) -> bool:
    """Tell the people of the workflow; of what they cannot mend they hear nothing but that it is known."""
    name = run.get("dag_display_name") or run["dag_id"]
    addresses = _addresses(run["dag_id"])
    message = "What was due then has not begun. Those who look after Atlas Workflows can see why."
    return bool(addresses) and tell(f"{name} has not started", message, {"due": facts["due"]}, addresses)


def _addresses(dag_id: str) -> list[str]:
    """Whom the workflow of a DAG names for its errors; nobody where that cannot be asked now."""
    # A DAG's reading imports this file, and stays light.
    import psycopg

    from atlas_workflows.db.acting import act_as_migration
    from atlas_workflows.orchestration.connections import crm_site
    from atlas_workflows.recurring.survey import told_of_errors

    found = _RECURRING.fullmatch(dag_id)
    if found is None:
        return []
    try:
        with crm_site().connect("deadline", autocommit=True) as connection:
            act_as_migration(connection)
            return told_of_errors(connection, found["workflow"])
    except (AtlasError, psycopg.Error) as error:
        log.warning("Nobody of %s is told: %s", dag_id, type(error).__name__)
        return []


def _is_worth_telling(run: Mapping[str, Any]) -> bool:
    """An Airflow backfill is about times long past, a person sees his own DAG run, and what is caught up is late anyway."""
    if run["run_type"] != "scheduled" or run["logical_date"] is None:
        return False
    deadline = datetime.fromisoformat(run["logical_date"]) + STARTS_WITHIN
    return run["queued_at"] is None or datetime.fromisoformat(run["queued_at"]) <= deadline
