"""Step `cutover`: fence the old application, organization by organization, and execute here what it executed there."""

import json
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from atlas_workflows.audit import Subject, record
from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.cutover.drain import settle_drains
from atlas_workflows.migration.cutover.facts import (
    Candidate,
    read_candidates,
    scheduled_here,
    with_old_versions,
)
from atlas_workflows.migration.cutover.switch import Switch
from atlas_workflows.migration.cutover.take_back import holdings, take_back
from atlas_workflows.migration.cutover.take_over import Author, author_of, take_over
from atlas_workflows.migration.in_flight import InFlight, counted
from atlas_workflows.migration.movement.source import survey_for
from atlas_workflows.migration.movement.tenants import read_tenancy, resolve_scope
from atlas_workflows.migration.step import Skips, StepKind, StepResult
from atlas_workflows.migration.steps.decide import parity_of, rules_of, summary_of
from atlas_workflows.migration.undo import Rollback, Undo, Undone
from atlas_workflows.rollout.evaluation import evaluations
from atlas_workflows.rollout.known import FALLBACK
from atlas_workflows.rollout.ownership import Owner
from atlas_workflows.rollout.postgres import PostgresFlags
from atlas_workflows.rollout.rollouts import read_rollout, require_going
from atlas_workflows.site import Progress
from atlas_workflows.store.events import captures, install_capture, require_captured

# What is not over by then goes on draining: the step `watch` and `atlas rollout status` look after it.
_OURS = (Owner.ATLAS_LEGACY, Owner.ATLAS_ENHANCED)
PATIENCE_SECONDS = 600.0
POLL_SECONDS = 1.0


def run(context: PhaseContext) -> StepResult:
    """Take over what may be taken, and wait for what the old application had begun. Refused while the rollout is halted."""
    with context.connect("cutover", autocommit=True) as connection:
        tenancy = read_tenancy(connection, context.options.assume_organization)
        covered = resolve_scope(context.scope, tenancy.organizations).covered
        organizations = None if covered is None else sorted(covered)
        switch = Switch(read_catalog(connection))
        act_as_migration(connection)
        require_going(read_rollout(connection, context.phase.name))
        captured = _capture_events(context, connection)
        scheduled = scheduled_here(connection, tenancy.organizations, context.now())
        parity = parity_of(context, connection, organizations)
        found = read_candidates(connection, switch, organizations, parity, scheduled)
        done = take_over(
            connection, switch, _as_chosen(context, found), rules_of(context), author_of(context)
        )
        connection.execute(sql("migration/cutover/wake_born"), {"organizations": organizations})
        in_flight = _account_for(context, connection, [item for item, owned in done if owned.owner in _OURS])
        draining = _drain(context, connection, switch, organizations)
    taken = summary_of([decision for _, decision in done])
    return StepResult(
        summary={**taken, "still_draining": draining, "events_from": captured, "in_flight": in_flight}
    )


def _account_for(context: PhaseContext, writer: Connection, taken: Sequence[Candidate]) -> dict[str, int]:
    """What becomes of executions that the old application had begun; waits.json has a line for each."""
    stopped_at = context.options.old_application_stopped_at
    with context.connect("in-flight", autocommit=True) as reader:
        found = InFlight(
            reader,
            writer,
            survey_for(context, reader),
            author_of(context),
            context.now(),
            None if stopped_at is None else datetime.fromisoformat(stopped_at),
        )
        accounts = list(found.account_for(taken))
    context.report_dir.mkdir(parents=True, exist_ok=True)
    (context.report_dir / "waits.json").write_text(
        json.dumps([item.to_json() for item in accounts], indent=1)
    )
    return counted(accounts)


def _as_chosen(context: PhaseContext, found: list[Candidate]) -> list[Candidate]:
    """The same, with versions in the old format where that executor was chosen for what is not ready, or as a fallback."""
    with context.connect("old-format", autocommit=True) as reader:
        falling_back = _falling_back(context, reader, {item.facts.organization for item in found})
        if not (rules_of(context).has_legacy_executor or falling_back):
            return found
        return with_old_versions(reader, survey_for(context, reader), found, falling_back)


def _falling_back(
    context: PhaseContext, connection: Connection, organizations: Iterable[str]
) -> frozenset[str]:
    asked = [UUID(organization) for organization in organizations]
    found = evaluations(PostgresFlags(connection), FALLBACK.key, asked, now=context.now())
    return frozenset(str(organization) for organization, answer in found.items() if answer.value is True)


def _capture_events(context: PhaseContext, connection: Connection) -> list[str]:
    """Make events of the CRM's changes: without them nothing starts what is taken over. Returns from which tables."""
    before = captures(connection)
    found = install_capture(connection)
    require_captured(found)
    if found != before:
        about, reason = Subject("event_outbox", ""), f"cutover of {context.phase.name}"
        record(connection, about, actor=context.options.actor, action="capture_events", reason=reason)
    return [each.table for each in found if each.is_captured]


def _drain(context: PhaseContext, connection: Connection, switch: Switch, organizations: Any) -> int:
    deadline = time.monotonic() + PATIENCE_SECONDS
    is_stopped = context.options.old_application_stopped_at is not None
    while waiting := settle_drains(
        connection, switch.catalog, organizations, context.now(), is_stopped=is_stopped
    ):
        context.progress(
            Progress("cutover", "draining workflows", 0, message=f"{len(waiting)} still run over there")
        )
        if time.monotonic() > deadline:
            break
        time.sleep(POLL_SECONDS)
    return len(waiting)


def count_owned(rollback: Rollback) -> Undone:
    """What `give_back` would give back, row for row."""
    found = holdings(rollback.connection, rollback.organizations).given_back(rollback.parked)
    return Undone(given_back=found.counts, kept=found.kept)


def give_back(rollback: Rollback) -> Undone:
    """Every workflow goes back to the old application; nothing that was made here is removed."""
    switch = Switch(read_catalog(rollback.connection))
    author = Author(rollback.phase.name, rollback.actor, rollback.at)
    found = take_back(
        rollback.connection,
        switch,
        rollback.organizations,
        rollback.parked,
        author,
        rollback.reason or "rolled back",
    )
    return Undone(given_back=found.counts, kept=found.kept)


STEP = StepKind(
    "cutover",
    "Take workflows over from the old application",
    run,
    undo=Undo(count_owned, give_back),
    dry_run=Skips("a dry run takes nothing over; owners.json says what would be"),
    continues=True,
    after=("decide",),
)
