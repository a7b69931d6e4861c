"""Runs a phase and concludes it; a run that an error ends leaves a report too."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.runs.outcome import Conclusion, conclude, leave_report
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.site import Site


def run_to_conclusion(
    phase: Phase,
    site: Site,
    *,
    scope: Scope,
    options: RunOptions,
    left: Callable[[Path | None], None] = lambda _place: None,
) -> Conclusion:
    """What `run_phase` and `conclude` do, and raise. Where an error ends a run that had begun, `left` hears where its
    report is, or None where it could not be written.
    """
    begun: list[UUID] = []
    try:
        result = run_phase(phase, site, scope=scope, options=options, began=begun.append)
        return conclude(result, phase, scope, options, site)
    except Exception as error:
        for run_id in () if options.dry_run else begun:  # a dry run's note says all there is
            left(leave_report(run_id, phase, scope, options, site, error))
        raise
