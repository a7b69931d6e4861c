"""Airflow's form for what migration.request declares, and the reading of what was filled in or sent to the API."""

from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk import Param


def form(
    fields: Mapping[str, Mapping[str, Any]],
    *,
    defaults: Mapping[str, Any] | None = None,
    choices: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Param]:
    """One Param per field and JSON schema; Airflow refuses what does not fit its JSON schema.

    `defaults` replace the fields' own; `choices` are all the values that a field may have.
    """
    defaults, choices = defaults or {}, choices or {}
    return {name: _param(dict(schema), name, defaults, choices) for name, schema in fields.items()}


def filled_in(context: Any) -> dict[str, Any]:
    """What this DAG run was asked for, unknown names included: Airflow checks values and lets any name through."""
    sent: Mapping[str, Any] = context["dag_run"].conf or {}
    return {**sent, **context["params"]}


def _param(
    schema: dict[str, Any], name: str, defaults: Mapping[str, Any], choices: Mapping[str, Sequence[str]]
) -> Param:
    own = schema.pop("default", None)
    value = defaults.get(name, own)
    if name in choices:
        schema["enum"] = list(choices[name])
    return Param(value, **schema)
