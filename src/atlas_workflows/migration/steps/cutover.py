"""Step `cutover`: fence the old application, organization by organization, and execute here what it executed there."""

import time
from typing import Any

from atlas_workflows.audit import Subject, record
from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.cutover.drain import settle_drains
from atlas_workflows.migration.cutover.facts import read_candidates
from atlas_workflows.migration.cutover.switch import Switch
from atlas_workflows.migration.cutover.take_back import holdings, take_back
from atlas_workflows.migration.cutover.take_over import Author, take_over
from atlas_workflows.migration.movement.tenants import read_tenancy, resolve_scope
from atlas_workflows.migration.step import Skips, StepKind, StepResult
from atlas_workflows.migration.steps.decide import parity_of, rules_of, summary_of
from atlas_workflows.migration.undo import Rollback, Undo, Undone
from atlas_workflows.rollout.rollouts import read_rollout, require_going
from atlas_workflows.site import Progress
from atlas_workflows.store.events import captures, install_capture, require_captured

# What is not over by then goes on draining: the step `watch` and `atlas rollout status` look after it.
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
        found = read_candidates(
            connection, switch, organizations, parity_of(context, connection, organizations)
        )
        done = take_over(connection, switch, found, rules_of(context), author_of(context))
        connection.execute(sql("migration/cutover/wake_born"), {"organizations": organizations})
        draining = _drain(context, connection, switch, organizations)
    taken = summary_of([decision for _, decision in done])
    return StepResult(summary={**taken, "still_draining": draining, "events_from": captured})


def _capture_events(context: PhaseContext, connection: Connection) -> list[str]:
    """Make events of the CRM's changes: without them nothing starts what is taken over. Returns from which tables."""
    before = captures(connection)
    found = install_capture(connection)
    require_captured(found)
    if found != before:
        about, reason = Subject("event_outbox", ""), f"cutover of {context.phase.name}"
        record(connection, about, actor=context.options.actor, action="capture_events", reason=reason)
    return [each.table for each in found if each.is_captured]


def author_of(context: PhaseContext) -> Author:
    """Who writes what, for the record."""
    return Author(context.phase.name, context.options.actor, context.now(), context.run_id)


def _drain(context: PhaseContext, connection: Connection, switch: Switch, organizations: Any) -> int:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while waiting := settle_drains(connection, switch.catalog, organizations, context.now()):
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
