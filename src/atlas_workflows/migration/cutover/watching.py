"""Measures what happened to organizations since their cutover, for the guardrails."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.cutover.drain import settle_drains
from atlas_workflows.migration.cutover.switch import Switch
from atlas_workflows.migration.cutover.take_back import Owned
from atlas_workflows.rollout.guardrails import Measured


@dataclass(frozen=True, slots=True)
class TakenOver:
    """What a phase run took over."""

    since: datetime
    organizations: list[str]


def taken_by(connection: Connection, run_id: UUID) -> TakenOver | None:
    """What this run took over; None where that is nothing."""
    return one(connection, TakenOver, sql("migration/cutover/taken_by_run"), {"run_id": run_id})


def rate_before(connection: Connection, taken: TakenOver) -> float:
    """The share of executions that failed while the old application had them."""
    given = {"organizations": taken.organizations, "since": taken.since}
    return float(scalar(connection, sql("migration/cutover/failed_before"), given) or 0.0)


def measure(connection: Connection, switch: Switch, taken: TakenOver, now: datetime) -> Measured:
    """What happened since; drains that are over are noted on the way."""
    given = {"organizations": taken.organizations, "since": taken.since, "now": now}
    found = one(connection, Measured, sql("migration/cutover/measured"), given)
    assert found is not None  # one row, whatever there is
    draining = settle_drains(connection, switch.catalog, taken.organizations, now)
    return replace(
        found, on_in_both=_on_in_both(connection, switch, taken.organizations), draining=len(draining)
    )


def _on_in_both(connection: Connection, switch: Switch, organizations: Sequence[str]) -> tuple[str, ...]:
    owned = rows(connection, Owned, sql("migration/cutover/owned"), {"organizations": list(organizations)})
    on = switch.read_on(connection, [item.source_id for item in owned])
    return tuple(item.workflow for item in owned if item.source_id in on)
