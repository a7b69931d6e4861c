"""What `atlas workflow publish|pause|resume|archive` tell Airflow afterwards, and what they say of it."""

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar, scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import StackError
from atlas_workflows.recurring.survey import is_ready
from atlas_workflows.settings import load_settings
from atlas_workflows.supervision.airflow_client import AirflowClient
from atlas_workflows.supervision.recurring_dags import (
    airflow_of,
    dags_that_go,
    paused_dags,
    show_soon,
    unpause_dags,
)

AFTERWARDS = {
    True: "It shows the DAG at its next refresh; one that was paused by `atlas workflow pause` has to be unpaused there.",
    False: "Nothing of it starts all the same; Airflow lists the DAG until its next refresh.",
}


def follow_in_airflow(connection: Connection, organization: str, workflow: str, status: str) -> str | None:
    """Tell Airflow of a workflow's new status; what came of it in a sentence, None where Airflow has nothing to do with it.

    The workflow's status counts whatever Airflow does, so one that is away is said and stops nothing.
    """
    given = {"organization": organization, "workflow": workflow}
    if not is_ready(connection):
        return None
    act_as_migration(connection)
    if not scalar(connection, sql("recurring/is_recurring"), given):
        return None
    try:
        airflow = airflow_of(load_settings())
        if airflow is None:
            return None
        change = _go_on if status == "active" else _stop
        return change(connection, airflow, given)
    except StackError as away:
        return f"Airflow was not told: {away.fact} {AFTERWARDS[status == 'active']}"


def held_in_airflow(connection: Connection) -> set[str]:
    """DAGs of recurring workflows that an operator has paused in Airflow; none where no Airflow answers."""
    try:
        airflow = airflow_of(load_settings())
        paused = set() if airflow is None else paused_dags(airflow)
    except StackError:
        return set()
    return paused - set(scalars(connection, sql("recurring/pauses"), {"workflow": None}))


def _stop(connection: Connection, airflow: AirflowClient, given: dict[str, str]) -> str | None:
    going = dags_that_go(airflow, given["workflow"])
    if not going:
        return None
    connection.execute(sql("recurring/note_pauses"), {**given, "dags": going})
    for dag_id in going:
        airflow.pause(dag_id)
    return f"Paused in Airflow: {', '.join(going)}."


def _go_on(connection: Connection, airflow: AirflowClient, given: dict[str, str]) -> str | None:
    ours = scalars(connection, sql("recurring/pauses"), {"workflow": given["workflow"]})
    held = unpause_dags(airflow, given["workflow"], ours)
    connection.execute(sql("recurring/forget_pauses"), given)
    asked = show_soon(airflow)
    if held:
        return f"An operator holds it in Airflow, so nothing is started: {', '.join(held)}."
    return "Airflow was asked to read it at once." if asked else None
