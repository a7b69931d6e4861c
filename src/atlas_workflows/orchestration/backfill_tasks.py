"""The backfill as mapped tasks: a plan of as many shares as there are workers, and the work on one share."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from atlas_workflows.migration.movement.planning import RangeProgress
from atlas_workflows.site import Site

Share = list[list[Any]]
"""Ranges as [table, number], in the order they are taken up; JSON-able, since it travels as XCom."""


def shares(ranges: Iterable[RangeProgress], workers: int) -> list[Share]:
    """The unfinished ranges dealt out so that no share is much larger than another; never an empty share."""
    dealt: list[tuple[int, Share]] = [(0, []) for _ in range(max(1, workers))]
    for each in (each for each in ranges if not each.is_finished):
        index = min(range(len(dealt)), key=lambda number: dealt[number][0])
        rows, share = dealt[index]
        dealt[index] = (
            rows + each.range.rows - each.rows_done,
            [*share, [each.range.table, each.range.number]],
        )
    return [share for _, share in dealt if share]


def plan_shares(run_id: UUID, site: Site) -> list[Share]:
    """Cut the source tables into ranges (once per run) and deal them out to the run's workers."""
    from atlas_workflows.migration.movement.planning import planned_ranges
    from atlas_workflows.migration.movement.source import survey
    from atlas_workflows.migration.recorded import opened_run

    with opened_run(run_id, site) as (context, connection):
        source = survey(connection, context.scope, context.options)
        workers = context.options.workers
        return shares(planned_ranges(connection, source, run_id, workers, context.now()), workers)


def work_share(run_id: UUID, share: Sequence[Sequence[Any]], site: Site) -> dict[str, Any]:
    """Work through a share; one that was begun before goes on at its cursors."""
    from atlas_workflows.migration.movement.planning import read_range_progress
    from atlas_workflows.migration.movement.workers import work_here
    from atlas_workflows.migration.pace.progress import Tracker
    from atlas_workflows.migration.recorded import opened_run

    with opened_run(run_id, site) as (context, connection):
        tracker = Tracker(context, connection)
        spans = {
            (each.range.table, each.range.number): each.range
            for each in read_range_progress(connection, run_id)
        }
        work_here(context, [spans[table, number] for table, number in share], tracker.poll)
    return {"ranges": [f"{table}/{number}" for table, number in share]}
