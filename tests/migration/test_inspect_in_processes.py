"""Step `inspect` by several processes: the same facts of the same workflows, in the same order, as by one."""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from legacy_samples import clone_sample
from moving_phase import fetch
from plain_source import settings_at
from spied import spy

from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import InvalidJson
from atlas_workflows.exact_json import loads
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.evidence.gather import gather
from atlas_workflows.migration.movement.ranges import SMALLEST_RANGE
from atlas_workflows.migration.movement.workers import in_processes
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.steps import inspect
from atlas_workflows.migration.steps.inspect import TABLE, inspected
from atlas_workflows.site import Progress, Site

COPIES = """
INSERT INTO workflows
SELECT copy.*
FROM workflows AS workflow
CROSS JOIN generate_series(1, %s) AS number
CROSS JOIN LATERAL jsonb_populate_record(workflow, jsonb_build_object('id', md5(workflow.id::text || number)::uuid)) AS copy
"""


def context_of(dsn: str, home: Path, told: list[Progress], **options: object) -> PhaseContext:
    chosen = RunOptions(backup=False, rehearse=False, throttle=False, **options)  # type: ignore[arg-type]
    site = Site(dsn, settings_at(home), progress=told.append)
    return PhaseContext(uuid4(), phase_named("p1"), Scope(), chosen, site)


@pytest.mark.slow
def test_two_processes_say_what_one_says(
    pg_server: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = clone_sample(pg_server, "B", workflows=60, executions=60)
    [(count,)] = fetch(dsn, "SELECT count(*) FROM workflows")
    fetch(dsn, COPIES, 1 + 2 * SMALLEST_RANGE // int(count))
    told = list[Progress]()
    alone, beside = (context_of(dsn, tmp_path, told, workers=workers) for workers in (1, 2))
    gather(alone)
    one = inspected(alone)
    begun = list[int]()
    monkeypatch.setattr(inspect, "in_processes", spy(inspect.in_processes, begun))
    two = inspected(beside)
    assert begun == [2]
    assert len(one["source_id"]) > 2 * SMALLEST_RANGE
    assert one == two
    assert one["source_id"] == sorted(one["source_id"])
    assert told[-1] == Progress("inspect", TABLE, len(two["source_id"]))
    task = replace(beside, site=replace(beside.site, is_task=True))
    assert (inspected(task), begun) == (one, [2])


def test_an_error_of_a_worker_is_what_its_leader_raises() -> None:
    with pytest.raises(InvalidJson, match="JSON"):
        in_processes(1, loads, ["{}", "{"], lambda _: None)


def test_results_come_in_the_order_of_the_jobs() -> None:
    told = list[int]()
    assert in_processes(2, loads, ["1", "2", "3"], lambda found: told.append(len(found))) == [1, 2, 3]
    assert told[-1] == 3
