"""Limits in PostgreSQL: on effects while they are taken to be sent, and set by a person, audited."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import InputError
from atlas_workflows.store.publication import read_workflow
from atlas_workflows.store.steering import By, audit
from atlas_workflows.worker.limits import ConnectorLimit, after, places
from atlas_workflows.worker.messages import json_text


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many effects of a limited organization and kind may be taken now."""

    limit: ConnectorLimit
    places: int


class Per(StrEnum):
    """The window of a limit on starts."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class StartLimit:
    """How many executions may start in a window; of all workflows where `workflow` is None."""

    workflow: str | None
    per: str
    limit_value: int
    count: int
    window_start: datetime | None
    exceeded_at: datetime | None
    reset_at: datetime | None


@dataclass(frozen=True, slots=True)
class AtOnce:
    """How many executions of a workflow may be under way at once, how many are, and how many wait for a place.

    The published version sets it (`settings.concurrency`).
    """

    workflow: str
    at_once: int
    under_way: int
    waiting: int


def allowances(connection: Connection, kinds: Sequence[str], now: datetime | None) -> list[Allowance]:
    """The limits that hold for what waits to be sent; locked until the transaction ends."""
    given = {"kinds": list(kinds), "now": now}
    limits = rows(connection, ConnectorLimit, sql("engine/lock_connector_limits"), given)
    if not limits:
        return []
    # In a statement of its own: what was taken before the lock was granted is not in the snapshot of the first one.
    asked = json_text([{"organization_id": each.organization, "kind": each.kind} for each in limits])
    found = connection.execute(sql("engine/effects_being_sent"), {"limits": asked}).fetchall()
    sent = {(organization, kind): many for organization, kind, many in found}
    return [Allowance(each, places(each, sent[each.organization, each.kind])) for each in limits]


def allowance_rows(found: Iterable[Allowance]) -> str:
    """As dispatch_effects takes them."""
    return json_text(
        [
            {"kind": each.limit.kind, "organization_id": each.limit.organization, "places": each.places}
            for each in found
        ]
    )


def charge(connection: Connection, found: Sequence[Allowance], taken: Iterable[tuple[str, str]]) -> None:
    """Count what was taken, by (organization, kind), against the limits."""
    counts = Counter(taken)
    charged = [
        {
            "organization_id": each.limit.organization,
            "kind": each.limit.kind,
            "next_at": after(each.limit, count).isoformat(),
        }
        for each in found
        if each.limit.per_minute is not None and (count := counts[each.limit.organization, each.limit.kind])
    ]
    if charged:
        connection.execute(sql("engine/charge_connector_limits"), {"charged": json_text(charged)})


def start_limits(connection: Connection, organization: str) -> list[StartLimit]:
    """The limits on starts of an organization and its workflows."""
    return rows(connection, StartLimit, sql("engine/start_limits"), {"organization": organization})


def at_once_limits(connection: Connection, organization: str) -> list[AtOnce]:
    """The limits on executions at once that an organization's published workflows set."""
    return rows(connection, AtOnce, sql("engine/at_once_limits"), {"organization": organization})


def connector_limits(connection: Connection, organization: str) -> list[ConnectorLimit]:
    """The limits on what an organization has sent, by kind."""
    given = {"organization": organization, "now": datetime.now(UTC)}
    return rows(connection, ConnectorLimit, sql("engine/connector_limits"), given)


def limit_starts(
    connection: Connection, organization: str, workflow: str | None, per: Per, limit: int | None, by: By
) -> None:
    """Set a limit on starts, or take it away (None); what is queued keeps the window it was given.

    Raises InputError where the organization has no such workflow, or no such limit to take away.
    """
    if limit is not None and workflow is not None:
        read_workflow(connection, organization, workflow)
    given = {
        "organization": organization, "workflow": workflow, "limit_type": f"executions_per_{per.value}",
        "limit": limit,
    }  # fmt: skip
    subject = ("workflow_rate_limits", workflow or organization)
    _set(connection, "start", organization, subject, given, by)


def limit_connector(
    connection: Connection,
    organization: str,
    kind: str,
    kinds: Iterable[str],
    *,
    at_once: int | None,
    per_minute: int | None,
    by: By,
) -> None:
    """Limit how many effects of a kind are sent at once and a minute; both None takes the limit away.

    Raises InputError for a kind that does not exist, and where there is no limit to take away.
    """
    if kind not in set(kinds):
        raise InputError(
            f"No step has effects of the kind {kind[:60]!r}.", remedy="Name a node type such as send_email."
        )
    given: dict[str, Any] = {"organization": organization, "kind": kind, "limit": at_once or per_minute}
    given |= {"at_once": at_once, "per_minute": per_minute}
    _set(connection, "connector", organization, ("connector_limits", kind), given, by)


def _set(
    connection: Connection,
    what: str,
    organization: str,
    subject: tuple[str, str],
    given: dict[str, Any],
    by: By,
) -> None:
    verb = "clear" if given["limit"] is None else "set"
    with connection.transaction():
        changed = connection.execute(sql(f"engine/{verb}_{what}_limit"), given).rowcount
        if not changed:
            raise InputError(
                "The organization has no such limit.", remedy="See `atlas limits list --organization ID`."
            )
        audit(connection, organization, subject, f"{verb}_{what}_limit", by)
