"""Who is behind a DAG run, for the audit log."""

from typing import Any


def actor_of(context: Any) -> str:
    """The user who triggered it, or `airflow` where it was no person."""
    return str(getattr(context["dag_run"], "triggering_user_name", None) or "airflow")
