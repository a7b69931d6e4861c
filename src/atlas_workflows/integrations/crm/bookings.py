"""Appointments and bookings: booked, cancelled, checked in, in whichever table this CRM keeps them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from atlas_workflows.integrations.crm.links import WHOSE, link_to, whose
from atlas_workflows.integrations.crm.people import Person
from atlas_workflows.integrations.crm.references import referred
from atlas_workflows.integrations.crm.refusal import CrmRefused
from atlas_workflows.integrations.crm.tables import Table
from atlas_workflows.integrations.crm.writing import Writing
from atlas_workflows.names import normal

TABLES = ("appointments", "bookings")
CANCELLED = frozenset({"cancelled", "canceled"})


def book(
    writing: Writing,
    person: Person,
    given: Mapping[str, Any],
    starts_at: datetime | None,
    minutes: int | None,
) -> dict[str, Any]:
    """Book; answers what the step is told. `given` has appointment_type, staff and options as the step gives them."""
    table = writing.crm.need(*TABLES)
    wanted = {"appointment_type": given.get("appointment_type"), "staff": given.get("staff")}
    values = {table.need(word): value for word, value in wanted.items() if value is not None}
    values |= _times(table, starts_at, minutes) | _options(writing, table, given.get("options") or {})
    row = writing.insert(table, {**whose(writing, table), **link_to(writing, table, person), **values})
    if row is None:
        raise CrmRefused("rejected", "The CRM has such a booking already.", "A unique key stands in the way.")
    return {"appointment_id": str(row["id"]), "table": table.name}


def cancel(writing: Writing, key: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Cancel; one that is cancelled stays as it is. `given` has reason, refund_policy and options."""
    table, row = _found(writing, key)
    if row.get("status") in CANCELLED or row.get(table.find("cancelled_at") or "") is not None:
        return {"appointment_id": key, "was_cancelled": True}
    wanted = {"cancel_reason": given.get("reason"), "refund_policy": given.get("refund_policy")}
    values = {table.need(word): value for word, value in wanted.items() if value is not None}
    at = table.find("cancelled_at")
    values |= {} if at is None else {at: writing.now}
    if "status" in table.columns or at is None:
        values[table.need("status")] = "cancelled"
    writing.update(table, row, values | _options(writing, table, given.get("options") or {}))
    return {"appointment_id": key, "was_cancelled": False}


def check_in(writing: Writing, key: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Check in; who is checked in stays so, who has cancelled is not."""
    table, row = _found(writing, key)
    if row.get("status") in CANCELLED:
        raise CrmRefused("data", "The appointment is cancelled.", "Book another one.")
    at, flag = table.find("checked_in_at"), table.find("checked_in")
    marks: dict[str, Any] = {} if at is None else {at: writing.now}
    marks |= {} if flag is None else {flag: True}
    if any(row.get(name) not in (None, False) for name in marks) or row.get("status") == "attended":
        return {"appointment_id": key, "was_checked_in": True}
    marks = marks or {table.need("status"): "attended"}
    writing.update(table, row, marks | _options(writing, table, options))
    return {"appointment_id": key, "was_checked_in": False}


def named(key: Any) -> str:
    """The id that a step names. Raises CrmRefused where it names none and was not started by an appointment."""
    if key in (None, ""):
        fact = "The step names no appointment, and the execution was not started by one."
        raise CrmRefused("data", fact, "Set appointment_id.")
    return str(key)


def _found(writing: Writing, key: str) -> tuple[Table, Mapping[str, Any]]:
    writing.crm.need(*TABLES)
    tables = [table for name in TABLES if (table := writing.crm.find(name)) is not None]
    for table in tables:
        row = writing.row(table, key)
        if row is not None:
            return table, row
    raise CrmRefused("data", "The organization has no appointment of this id.", "It may have been deleted.")


def _times(table: Table, starts_at: datetime | None, minutes: int | None) -> dict[str, Any]:
    if starts_at is None:
        return {}
    values: dict[str, Any] = {table.need("starts_at"): starts_at}
    if minutes is not None:
        length, end = table.find("duration_minutes"), table.find("ends_at")
        if length is None and end is None:
            table.need("duration_minutes")
        values |= {} if length is None else {length: minutes}
        values |= {} if end is None else {end: starts_at + timedelta(minutes=minutes)}
    return values


def _options(writing: Writing, table: Table, options: Mapping[str, Any]) -> dict[str, Any]:
    """Further columns by name; who and whose a booking is cannot be among them."""
    names = {normal(name): value for name, value in options.items()}
    fixed = WHOSE & names.keys()
    if fixed:
        raise CrmRefused("configuration", f"A workflow may not set {min(fixed)}.", "Take it out of options.")
    return {(column := table.need(name)): referred(writing, column, value) for name, value in names.items()}
