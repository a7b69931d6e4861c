"""Where a task finds the CRM database: Airflow Connection `atlas_crm`, else ATLAS_CRM_DSN."""

from typing import Any

from atlas_workflows.errors import ConfigurationError
from atlas_workflows.settings import load_settings
from atlas_workflows.site import ProgressSink, Site, silent

CONNECTION_ID = "atlas_crm"


def crm_dsn() -> str:
    """The CRM database's address. Raises ConfigurationError where neither the Connection nor the variable exists."""
    from airflow.sdk.bases.hook import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return dsn_of(BaseHook.get_connection(CONNECTION_ID))
    except AirflowNotFoundException:
        given = load_settings().crm_dsn
    if given is None:
        raise ConfigurationError(
            "No CRM database is named.",
            remedy=f"Create the Airflow Connection {CONNECTION_ID} (type Postgres), or set ATLAS_CRM_DSN.",
        )
    return given


def crm_site(progress: ProgressSink = silent) -> Site:
    """Where a task works."""
    return Site(crm_dsn(), load_settings(), progress)


def dsn_of(connection: Any) -> str:
    """A PostgreSQL address from an Airflow Connection; `extra` holds further libpq settings such as sslmode."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    parts = {
        "host": connection.host,
        "port": connection.port,
        "user": connection.login,
        "password": connection.password,
        "dbname": connection.schema,
    }
    known = {name: value for name, value in connection.extra_dejson.items() if isinstance(value, str | int)}
    text = make_conninfo(
        "", **{name: value for name, value in {**known, **parts}.items() if value not in (None, "")}
    )
    conninfo_to_dict(text)
    return text
