"""Ramps a phase: widens its cohort and runs the phase for those who are new in it, stage by stage, until something stops it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import InputError
from atlas_workflows.migration.movement.tenants import read_tenancy, resolve_scope
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.request import RolloutRequest, RunOptions, Scope
from atlas_workflows.migration.runs.conclusion import run_to_conclusion
from atlas_workflows.migration.runs.hold_backs import held_back
from atlas_workflows.migration.runs.outcome import Conclusion
from atlas_workflows.rollout.rollouts import (
    Rollout,
    executed_here,
    hold,
    left_behind,
    put_rollout,
    read_rollout,
    require_going,
    widened,
)
from atlas_workflows.site import Site


@dataclass(frozen=True, slots=True)
class Stage:
    """One widening of the cohort: who was new in it, and how the phase went for them; None where nobody was new.

    `held_back` are in the cohort too, and a flag leaves them out.
    """

    percent: int | None
    organizations: tuple[str, ...]
    conclusion: Conclusion | None = None
    held_back: tuple[str, ...] = ()

    @property
    def share(self) -> str:
        """For people."""
        return "the cohort as it is" if self.percent is None else f"{self.percent} %"

    @property
    def went_well(self) -> bool:
        return self.conclusion is None or self.conclusion.status == "succeeded"

    @property
    def status(self) -> str:
        """How the phase went for those who are new; a dry run cuts nobody over."""
        if self.conclusion is not None:
            return self.conclusion.status
        return "dry run" if self.organizations else "nobody new"

    def to_json(self) -> dict[str, Any]:
        ended = self.conclusion
        return {
            "percent": self.percent, "organizations": list(self.organizations),
            "status": self.status, "problem": ended and ended.problem,
            "remedy": ended and ended.remedy, "run_id": ended and ended.run_id, "held_back": list(self.held_back),
        }  # fmt: skip


def ramp(phase: Phase, site: Site, asked: RolloutRequest, options: RunOptions) -> Iterator[Stage]:
    """Each stage in turn; none follows one that did not succeed. In a dry run nobody is cut over and nothing is noted.

    Raises PhaseRefused where the rollout is halted or the phase cuts nobody over, and InputError for an organization that
    does not exist, and where the last stage leaves somebody out who is executed here.
    """
    require_cutover(phase)
    _require_wider(phase, site, asked)
    stages: Sequence[int | None] = asked.percents or (None,)
    for percent in stages:
        stage = _stage(phase, site, percent, asked, options)
        yield stage
        if not stage.went_well:
            return


def require_cutover(phase: Phase) -> None:
    """Raise InputError for the first phase: it lays the ground for everybody, and is run, not rolled out."""
    if phase.is_first:
        raise InputError(
            f"Phase {phase.name} cuts nobody over, so it has no rollout.",
            remedy=f"`atlas migrate run {phase.name}` runs it, `atlas migrate rollback {phase.name}` takes it back.",
        )


def _require_wider(phase: Phase, site: Site, asked: RolloutRequest) -> None:
    """Raise InputError where the record would say less than what is executed here: a ramp gives nobody back."""
    with site.connect("rollout", autocommit=True) as connection:
        now = read_rollout(connection, phase.name)
        wanted = _widened(now, asked.percents[-1] if asked.percents else None, asked)
        left = left_behind(now, wanted, _reached(connection, phase))
    if not left:
        return
    share = f" at {wanted.cohort.percentage} %" if wanted.cohort.percentage < now.cohort.percentage else ""
    raise InputError(
        f"{len(left)} organizations that are executed here would be left out{share} ({', '.join(left[:5])}); "
        f"a ramp gives nobody back. The rollout of {phase.name} stands at {now.cohort.percentage} %.",
        remedy=f"Give them back first: `atlas rollout back --organization {left[0]} --execute`; or ramp to "
        f"{now.cohort.percentage} % or more.",
        organizations=left,
    )


def _stage(
    phase: Phase, site: Site, percent: int | None, asked: RolloutRequest, options: RunOptions
) -> Stage:
    with site.connect("rollout", autocommit=True) as connection:
        resolve_scope(Scope((*asked.allow, *asked.deny)), read_tenancy(connection, None).organizations)
        waiting = _widen(connection, phase, site, percent, asked, options)
        held = held_back(connection, waiting, phase.name, site.now())
    new = tuple(item for item in waiting if item not in held)
    stage = Stage(percent, new, held_back=tuple(sorted(held)))
    if asked.dry_run or not new:
        return stage
    ended = run_to_conclusion(phase, site, scope=Scope(new), options=replace(options, dry_run=False))
    return replace(stage, conclusion=ended)


def _widen(
    connection: Connection,
    phase: Phase,
    site: Site,
    percent: int | None,
    asked: RolloutRequest,
    options: RunOptions,
) -> tuple[str, ...]:
    """Note the wider cohort, unless this is a dry run; returns who is new in it. A halt comes before or after, whole.

    A stage below what is executed here already is passed over without lowering what is on record.
    """
    with connection.transaction():
        hold(connection, phase.name)
        now = read_rollout(connection, phase.name)
        require_going(now)
        stage = _widened(now, percent, asked)
        passed = bool(left_behind(now, stage, _reached(connection, phase)))
        if not asked.dry_run:
            noted = _widened(now, None, asked) if passed else stage
            put_rollout(connection, noted, actor=options.actor, reason=asked.reason or "", at=site.now())
        return _new_in(connection, phase, stage)


def _reached(connection: Connection, phase: Phase) -> list[str]:
    return executed_here(connection, phase.name, cuts_over="cutover" in phase.steps)


def _widened(now: Rollout, percent: int | None, asked: RolloutRequest) -> Rollout:
    share = None if percent is None else Decimal(percent)
    return widened(now, share, map(UUID, asked.allow), map(UUID, asked.deny))


def _new_in(connection: Connection, phase: Phase, rollout: Rollout) -> tuple[str, ...]:
    given = {"phase": phase.name, "earlier": [before.name for before in phase.earlier]}
    return rollout.included(scalars(connection, sql("rollout/waiting_for"), given))
