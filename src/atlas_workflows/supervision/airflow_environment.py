"""Airflow's whole configuration as environment variables; nothing is read from an airflow.cfg of the user's."""

import json
import os
from collections.abc import Mapping
from typing import Any

from atlas_workflows.file_modes import ENTERED, READABLE
from atlas_workflows.interpreter import SAFE_PATH
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.secret_files import USERS, StackSecrets

CONNECTION_VARIABLE = "AIRFLOW_CONN_ATLAS_CRM"
# Beside the folder of DAG files: the recurring workflows, of which a snapshot is taken every so many seconds.
BUNDLES = (
    {"name": "dags-folder", "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle", "kwargs": {}},
    {
        "name": "atlas_recurring",
        "classpath": "atlas_workflows.orchestration.recurring_bundle.RecurringBundle",
        "kwargs": {"refresh_interval": 20},
    },
)
# Left out of what the processes inherit: other Airflow settings (not AIRFLOW_CONN_…, which somebody means for us), and
# what slows Python's start fourfold.
DROPPED_PREFIXES = (
    "AIRFLOW__",
    "AIRFLOW_HOME",
    "AIRFLOW_CONFIG",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHOME",
    "PYTHONPATH",
)
NO_TELEMETRY = {
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "SCARF_ANALYTICS": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
}


def airflow_environment(
    paths: StackPaths,
    secrets: StackSecrets,
    *,
    metadata_dsn: str,
    port: int,
    crm_dsn: str | None,
    inherited: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The environment every Airflow process gets. `metadata_dsn` is Airflow's own database, never the CRM's."""
    source = os.environ if inherited is None else inherited
    env = {name: value for name, value in source.items() if not name.startswith(DROPPED_PREFIXES)}
    env |= SAFE_PATH | NO_TELEMETRY | _atlas(paths) | _core(paths, secrets, port) | _api(secrets, port)
    env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = metadata_dsn.replace(
        "postgresql://", "postgresql+psycopg2://", 1
    )
    env["NO_PROXY"] = env["no_proxy"] = ",".join(
        filter(None, (source.get("NO_PROXY"), "127.0.0.1", "localhost"))
    )
    if crm_dsn:
        env[CONNECTION_VARIABLE] = airflow_connection(crm_dsn)
    return env


def airflow_connection(dsn: str) -> str:
    """An Airflow Connection as JSON from a PostgreSQL address; what has no field of its own goes to `extra`."""
    from psycopg.conninfo import conninfo_to_dict

    parts: dict[str, Any] = dict(conninfo_to_dict(dsn))
    document = {
        "conn_type": "postgres",
        "host": parts.pop("host", "127.0.0.1"),
        "port": int(parts.pop("port", 5432)),
        "login": parts.pop("user", None),
        "password": parts.pop("password", None),
        "schema": parts.pop("dbname", None),
        "extra": parts,
    }
    return json.dumps(document)


def _atlas(paths: StackPaths) -> dict[str, str]:
    # One zone database for everything: an empty PYTHONTZPATH makes zoneinfo use the tzdata package, not the system's.
    return {"ATLAS_HOME": str(paths.home), "ATLAS_ROOT": str(paths.root), "PYTHONTZPATH": ""}


def _core(paths: StackPaths, secrets: StackSecrets, port: int) -> dict[str, str]:
    return {
        "AIRFLOW_HOME": str(paths.airflow),
        "AIRFLOW_CONFIG": str(paths.airflow / "airflow.cfg"),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__FERNET_KEY": secrets.airflow_fernet,
        "AIRFLOW__CORE__DAGS_FOLDER": str(paths.root / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(paths.root / "plugins"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(
            f"{name}:{role}" for name, role in USERS.items()
        ),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(secrets.passwords_file),
        "AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS": "False",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(BUNDLES),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(paths.airflow / "bundles"),
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "60",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(paths.logs / "tasks"),
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": oct(ENTERED),
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": oct(READABLE),
    }


def _api(secrets: StackSecrets, port: int) -> dict[str, str]:
    return {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__SECRET_KEY": secrets.api_secret,
        "AIRFLOW__API__INSTANCE_NAME": "Atlas Workflows",
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.jwt,
    }
