"""The benchmark of the engine: floor and worker do the same statements, and every execution ends; sections run alone."""

import importlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from atlas_workflows.errors import InputError
from atlas_workflows.graph.model import Severity
from atlas_workflows.graph.validate import validate
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.settings import ROOT


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield importlib.import_module("engine")


def test_worker_and_floor_leave_the_same_behind_and_a_flood_holds_nobody_up(engine: Any) -> None:
    ground = importlib.import_module("engine_ground")
    assert [p for p in validate(ground.five_nodes(), load_catalogue()) if p.severity is Severity.ERROR] == []
    with engine.bench(replace(engine.SMALL, executions=120, flood=2_000)) as found:
        rows = engine.costs(found)
        steps = found.connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE status = 'completed') FROM atlas.workflow_execution_steps"
        ).fetchone()
        ends = found.connection.execute(
            "SELECT status, count(*) FROM atlas.workflow_executions GROUP BY 1"
        ).fetchall()
        (flood,) = engine.SECTIONS["flood"](found)
    assert steps == (360 * 5, 360 * 5)
    assert ends == [("completed", 360)]
    assert rows[0]["ratio to floor"] > 0.5  # so few say no more
    assert (flood["most"], flood["verdict"]) == (2, "reached") or flood["most"] == 1


def test_peers_do_the_same_five_steps(engine: Any) -> None:
    """What procrastinate, pgqueuer and DBOS are given comes to what the interpreter's variables come to."""
    worker = importlib.import_module("peer_worker")
    peers = importlib.import_module("engine_peers")
    known: dict[str, Any] = {}
    for step in worker.STEPS:
        known |= step(peers.payload(), known)
    assert known == {"greeting": "Hello Ana", "passed": True, "n": 3, "last": 3}
    assert set(worker.WORKERS) == set(peers.CONTESTANTS)


def test_a_section_that_is_not_there_is_refused_by_name() -> None:
    from atlas_workflows.cli.bench import engine

    with pytest.raises(InputError, match="no section speed"):
        engine(only=["speed"])
