"""Says that a recurring workflow has not started by its deadline, through Airflow's deadline alerts."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from atlas_workflows.orchestration.notify import tell

STARTS_WITHIN = timedelta(minutes=10)  # twice what is still on time


def starts_in_time() -> DeadlineAlert:
    """The alert of a DAG whose runs have to be over so long after they were due."""
    # By its path, so that a serialised DAG is the same in every process; run by the triggerer, which all executors have.
    late = AsyncCallback(f"{__name__}.tell_late")
    return DeadlineAlert(DeadlineReference.DAGRUN_LOGICAL_DATE, STARTS_WITHIN, late, name="starts in time")


async def tell_late(context: Mapping[str, Any]) -> bool:
    """Deadline callback: tells those who look after Airflow; True where somebody was told."""
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
    return await asyncio.to_thread(tell, subject, message, facts)


def _is_worth_telling(run: Mapping[str, Any]) -> bool:
    """An Airflow backfill is about times long past, a person sees his own DAG run, and what is caught up is late anyway."""
    if run["run_type"] != "scheduled" or run["logical_date"] is None:
        return False
    deadline = datetime.fromisoformat(run["logical_date"]) + STARTS_WITHIN
    return run["queued_at"] is None or datetime.fromisoformat(run["queued_at"]) <= deadline
