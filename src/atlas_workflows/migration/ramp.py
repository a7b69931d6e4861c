"""Ramps a phase: widens its cohort and runs the phase for those who are new in it, stage by stage, until something stops it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.request import RolloutRequest, RunOptions, Scope
from atlas_workflows.migration.runs.outcome import Conclusion, conclude
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.rollout.rollouts import Rollout, put_rollout, read_rollout, require_going, widened
from atlas_workflows.site import Site


@dataclass(frozen=True, slots=True)
class Stage:
    """One widening of the cohort: who was new in it, and how the phase went for them; None where nobody was new."""

    percent: int | None
    organizations: tuple[str, ...]
    conclusion: Conclusion | None = None

    @property
    def went_well(self) -> bool:
        return self.conclusion is None or self.conclusion.status == "succeeded"

    def to_json(self) -> dict[str, Any]:
        ended = self.conclusion
        return {
            "percent": self.percent, "organizations": list(self.organizations),
            "status": "nobody new" if ended is None else ended.status, "problem": ended and ended.problem,
            "remedy": ended and ended.remedy, "run_id": ended and ended.run_id,
        }  # fmt: skip


def ramp(phase: Phase, site: Site, asked: RolloutRequest, options: RunOptions) -> Iterator[Stage]:
    """Each stage in turn; none follows one that did not succeed. In a dry run nobody is cut over and nothing is noted.

    Raises PhaseRefused where the rollout is halted.
    """
    stages: Sequence[int | None] = asked.percents or (None,)
    for percent in stages:
        stage = _stage(phase, site, percent, asked, options)
        yield stage
        if not stage.went_well:
            return


def _stage(
    phase: Phase, site: Site, percent: int | None, asked: RolloutRequest, options: RunOptions
) -> Stage:
    with site.connect("rollout", autocommit=True) as connection:
        now = read_rollout(connection, phase.name)
        require_going(now)
        wider = widened(
            now, None if percent is None else Decimal(percent), map(UUID, asked.allow), map(UUID, asked.deny)
        )
        if not asked.dry_run:
            put_rollout(connection, wider, actor=options.actor, reason=asked.reason, at=site.now())
        new = _new_in(connection, phase, wider)
    if asked.dry_run or not new:
        return Stage(percent, new)
    scope, chosen = Scope(new), replace(options, dry_run=False)
    ended = conclude(run_phase(phase, site, scope=scope, options=chosen), phase, scope, chosen, site)
    return Stage(percent, new, ended)


def _new_in(connection: Connection, phase: Phase, rollout: Rollout) -> tuple[str, ...]:
    given = {"phase": phase.name, "earlier": [before.name for before in phase.earlier]}
    return rollout.included(scalars(connection, sql("rollout/waiting_for"), given))
