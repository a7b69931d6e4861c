"""What came of those whom an audience found: whether anything is left to do, the suite that holds it to account, the summary."""

from typing import Any

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql_text
from atlas_workflows.errors import InputError
from atlas_workflows.integrations.crm.tables import read_crm
from atlas_workflows.recurring.audience.enrol import cancel_run
from atlas_workflows.recurring.audience.run import (
    MARGIN,
    Asking,
    AudienceRun,
    count_outcomes,
    find_run,
    is_due,
)
from atlas_workflows.site import Site
from atlas_workflows.store.organizations import stopped_because
from atlas_workflows.validation.data import Queries, filled_in
from atlas_workflows.validation.results import ExpectationResult
from atlas_workflows.validation.subprocess_runner import run_in_subprocess
from atlas_workflows.validation.suites import load_suite

SUITE = "recurring_audience"


def is_left(connection: Connection, asking: Asking) -> bool:
    """Whether anything of its executions is due. Where the organization was stopped meanwhile, they are cancelled."""
    run = find_run(connection, asking)
    if run is None:
        return False
    why = stopped_because(connection, read_crm(connection), asking.organization)
    if why is not None:
        cancel_run(connection, asking, run, why)
    return is_due(connection, asking, run)


def check_run(site: Site, asking: Asking) -> list[ExpectationResult]:
    """Count what came of it, and hold it against the suite."""
    suite = load_suite(site.settings.expectations, SUITE)
    with site.connect("check", autocommit=True) as connection:
        run = _need(connection, asking)
        count_outcomes(connection, asking, run)
        given = asking.given | {"run": run.id, "since": run.begun_at - MARGIN}
        texts = {
            batch.name: filled_in(connection, sql_text(f"validation/{SUITE}/{batch.name}"), given)
            for batch in suite.batches
        }
    return run_in_subprocess(suite, Queries(site.dsn, texts))


def summary_of(connection: Connection, asking: Asking) -> dict[str, Any]:
    """How many there were, and how many of them had which outcome by now."""
    run = _need(connection, asking)
    return {
        "occurrence": asking.occurrence,
        "audience": run.audience,
        "matched": run.matched,
        "outcomes": dict(count_outcomes(connection, asking, run)),
        "stopped": run.stopped,
    }


def _need(connection: Connection, asking: Asking) -> AudienceRun:
    run = find_run(connection, asking)
    if run is None:
        raise InputError(
            f"No audience was asked at {asking.occurrence}.",
            remedy="Clear the DAG run from its first task on.",
        )
    return run
