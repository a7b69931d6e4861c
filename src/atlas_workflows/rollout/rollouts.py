"""How far a phase is rolled out: its cohort, whether it is halted, and who executes what, in schema atlas; audited."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from atlas_workflows.audit import Subject, record
from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, rows, scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import PhaseRefused
from atlas_workflows.rollout.cohorts import PHASES, Cohort, membership
from atlas_workflows.rollout.postgres import PostgresFlags


@dataclass(frozen=True, slots=True)
class Halt:
    """Nobody new gets the phase until somebody lets it go on."""

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rollout:
    """A phase, to whom it goes, and its halt."""

    phase: str
    cohort: Cohort
    halt: Halt | None = None

    def included(self, organizations: Iterable[str]) -> tuple[str, ...]:
        """Which of these organizations are in the cohort, in the order of their ids."""
        return tuple(sorted(item for item in organizations if membership(self.cohort, UUID(item)).included))


@dataclass(frozen=True, slots=True)
class Owners:
    """How many workflows of an organization an owner executes, how many of them are on, how many wait for the drain."""

    organization: str
    owner: str
    workflows: int
    live: int
    draining: int


def widened(
    rollout: Rollout, percent: Decimal | None, allow: Iterable[UUID], deny: Iterable[UUID]
) -> Rollout:
    """The rollout with a larger cohort: an organization that is allowed is not denied any more, and the reverse. Pure."""
    allowed, denied = frozenset(allow), frozenset(deny)
    cohort = replace(
        rollout.cohort,
        percentage=rollout.cohort.percentage if percent is None else percent,
        allow=(rollout.cohort.allow | allowed) - denied,
        deny=(rollout.cohort.deny | denied) - allowed,
    )
    return replace(rollout, cohort=cohort)


def left_behind(now: Rollout, wider: Rollout, here: Iterable[str]) -> tuple[str, ...]:
    """Which organizations that are executed here the cohort would leave out from now on. Pure."""
    denied = wider.cohort.deny - now.cohort.deny
    kept = frozenset(here)
    dropped = frozenset(now.included(kept)) - frozenset(wider.included(kept))
    return tuple(sorted(dropped | {item for item in kept if UUID(item) in denied}))


def hold(connection: Connection, phase: str) -> None:
    """Until the caller's transaction ends nobody else halts, resumes or widens the rollout, or takes anything over."""
    connection.execute(sql("rollout/hold"), {"phase": phase})


def hold_going(connection: Connection, phase: str) -> None:
    """Until the caller's transaction ends the rollout is not halted. Raises PhaseRefused where it is."""
    connection.execute(sql("rollout/hold_shared"), {"phase": phase})
    require_going(read_rollout(connection, phase))


def executed_here(connection: Connection, phase: str, *, cuts_over: bool) -> list[str]:
    """Organizations that the phase is applied to, or, where it cuts over, that a cutover took over."""
    with acting_as_migration(connection):
        return scalars(connection, sql("rollout/executed_here"), {"phase": phase, "cuts_over": cuts_over})


def read_rollout(connection: Connection, phase: str) -> Rollout:
    """How the phase stands; nobody is in the cohort of one that was never begun."""
    with acting_as_migration(connection):
        found = one(connection, _rollout, sql("rollout/rollout"), {"phase": phase})
    return found or Rollout(phase, Cohort(phase, salt=PHASES))


def put_rollout(connection: Connection, rollout: Rollout, *, actor: str, reason: str, at: datetime) -> None:
    """Note the cohort of a phase."""
    PostgresFlags(connection).put_cohort(rollout.cohort, actor=actor, reason=reason)
    given = {"phase": rollout.phase, "cohort": rollout.cohort.name, "at": at}
    with acting_as_migration(connection):
        connection.execute(sql("rollout/put_rollout"), given)


def halt(connection: Connection, phase: str, *, actor: str, reason: str, at: datetime) -> None:
    """Nobody new gets the phase from now on: what is being taken over is waited for."""
    with connection.transaction():
        hold(connection, phase)
        put_rollout(connection, read_rollout(connection, phase), actor=actor, reason=reason, at=at)
        _set_halt(connection, phase, actor, "halt_rollout", reason, at)


def let_go_on(connection: Connection, phase: str, *, actor: str, reason: str, at: datetime) -> None:
    """Take a halt back."""
    with connection.transaction():
        hold(connection, phase)
        _set_halt(connection, phase, actor, "resume_rollout", reason, at)


def require_going(rollout: Rollout) -> None:
    """Raise PhaseRefused where the rollout is halted."""
    if rollout.halt is not None:
        raise PhaseRefused(
            f"The rollout of {rollout.phase} was halted by {rollout.halt.by}: {rollout.halt.reason}",
            remedy=f"Remove the cause, then `atlas rollout resume {rollout.phase}`.",
        )


def read_owners(connection: Connection) -> list[Owners]:
    """Who executes how many workflows, by organization."""
    with acting_as_migration(connection):
        return rows(connection, Owners, sql("rollout/owners"))


def _set_halt(connection: Connection, phase: str, actor: str, action: str, reason: str, at: datetime) -> None:
    halts = action == "halt_rollout"
    given = {"phase": phase, "by": actor if halts else None, "reason": reason, "at": at}
    with acting_as_migration(connection):
        connection.execute(sql("rollout/halt"), given)
        record(connection, Subject("rollouts", phase), actor=actor, action=action, reason=reason)


def _rollout(
    phase: str, cohort: str, percentage: Decimal, salt: str, allow: list[UUID], deny: list[UUID],
    halted_at: datetime | None, halted_by: str | None, halt_reason: str | None,
) -> Rollout:  # fmt: skip
    stopped = None if halted_at is None else Halt(halted_at, halted_by or "", halt_reason or "")
    return Rollout(phase, Cohort(cohort, percentage, salt, frozenset(allow), frozenset(deny)), stopped)
