"""Takes back what an effect wrote to the CRM, as far as nobody has changed it since; in one transaction, audited."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from atlas_workflows import audit, exact_json
from atlas_workflows.audit import Subject
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import named_rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import InputError
from atlas_workflows.integrations.crm.statements import condition, deleting, inserting, updating
from atlas_workflows.integrations.crm.tables import Crm, read_crm

_TOUCHED = "updated_at"  # changes with every write, also with ours


@dataclass(frozen=True, slots=True)
class Undone:
    """How many changes were taken back, and which ones were left because somebody changed the row since."""

    taken_back: int
    left: tuple[str, ...]


def undo_write(connection: Connection, organization: str, key: str, *, by: str, reason: str) -> Undone:
    """Take the changes of one effect back, the last one first. Raises InputError where there are none to take back."""
    given = {"organization": organization, "key": key}
    crm = read_crm(connection)
    with connection.transaction():
        found = named_rows(connection, sql("crm/changes_to_undo"), given)
        if not found:
            raise InputError(
                "There is no write to the CRM under this key to take back.",
                remedy="It may have been taken back before, or belong to another organization.",
            )
        changes = exact_json.loads(found[0].changes)
        left = [where for change in reversed(changes) if (where := _take_back(connection, crm, change))]
        connection.execute(sql("crm/mark_undone"), given | {"by": by})
        audit.record(
            connection,
            Subject("crm_writes", key),
            actor=by,
            action="undo_crm_write",
            reason=reason,
            organization_id=organization,
        )
    return Undone(len(changes) - len(left), tuple(left))


def _take_back(connection: Connection, crm: Crm, change: Mapping[str, Any]) -> str | None:
    """None where it was taken back, else which row has moved on."""
    table, key = crm.need(change["table"]), change["key"]
    named = ", ".join(f"{name} {value}" for name, value in key.items())
    if change["operation"] == "delete":
        # Nothing comes back where the row is there again, or another one with what has to be unique.
        is_back = scalar(connection, *inserting(table, change["before"])) is not None
        return None if is_back else f"{table.name} ({named}): {', '.join(change['before'])}"
    where, bound = condition(table, key)
    statement = sql("crm/read_by_key").format(table=table.identifier, condition=where)
    text = scalar(connection, statement, bound)
    now = None if text is None else exact_json.loads(text)
    if now is None or not _says(now, change["after"]):
        return f"{table.name} ({named}): {', '.join(change['after'])}"
    if change["operation"] == "insert":
        scalar(connection, *deleting(table, key))
    else:
        scalar(connection, *updating(table, key, change["before"]))
    return None


def _says(now: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return all(now.get(name) == value for name, value in after.items() if name != _TOUCHED)
