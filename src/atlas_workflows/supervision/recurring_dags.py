"""The DAGs of recurring workflows in a running Airflow: read anew when one is published, paused when one is, held by whom."""

import json
from collections.abc import Collection

from atlas_workflows.settings import Settings
from atlas_workflows.supervision.airflow_client import AirflowClient
from atlas_workflows.supervision.airflow_environment import BUNDLES
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.state import READY, read_state

SECONDS = 10.0  # whoever publishes waits for it
BUNDLE = str(BUNDLES[1]["name"])


def airflow_of(settings: Settings) -> AirflowClient | None:
    """The Airflow that ATLAS_AIRFLOW_URL names, else the local stack's; None where there is neither. Raises StackError."""
    if settings.airflow_url is not None:
        return AirflowClient(
            settings.airflow_url, settings.airflow_user, settings.airflow_password, seconds=SECONDS
        )
    paths = StackPaths.of(settings)
    state, passwords = read_state(paths.state), paths.secrets / "airflow-passwords.json"
    if state is None or state.stage != READY or state.url is None or not passwords.is_file():
        return None
    return AirflowClient(state.url, "admin", json.loads(passwords.read_text())["admin"], seconds=SECONDS)


def show_soon(airflow: AirflowClient) -> bool:
    """Ask for a new snapshot now; False where no recurring DAG was ever there to ask by: then it comes with the next refresh."""
    known = airflow.dags(bundle_name=BUNDLE, exclude_stale=False)
    if not known:
        return False
    airflow.ask_to_read(max(known, key=lambda dag: str(dag["last_parsed_time"]))["file_token"])
    return True


def dags_that_go(airflow: AirflowClient, workflow: str) -> list[str]:
    """The DAGs of a workflow that nobody has paused."""
    return [str(dag["dag_id"]) for dag in _dags_of(airflow, workflow) if not dag["is_paused"]]


def unpause_dags(airflow: AirflowClient, workflow: str, ours: Collection[str]) -> list[str]:
    """Let those of `ours` go on; returns the DAGs of the workflow that an operator holds."""
    known = _dags_of(airflow, workflow)
    for dag in known:
        if dag["dag_id"] in ours and dag["is_paused"]:
            airflow.unpause(str(dag["dag_id"]))
    return [str(dag["dag_id"]) for dag in known if dag["is_paused"] and dag["dag_id"] not in ours]


def paused_dags(airflow: AirflowClient) -> set[str]:
    """Every DAG of a recurring workflow that is paused in Airflow."""
    return {dag["dag_id"] for dag in airflow.dags(bundle_name=BUNDLE, paused=True)}


def _dags_of(airflow: AirflowClient, workflow: str) -> list[dict[str, object]]:
    """Also those that are not read any more: they keep their pause until they come back."""
    return airflow.dags(dag_id_prefix_pattern=f"recurring.{workflow}.", exclude_stale=False)
