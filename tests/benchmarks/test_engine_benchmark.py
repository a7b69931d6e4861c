"""The benchmark of the engine: floor and worker do the same statements, and every execution ends."""

import importlib
from typing import Any

import pytest

from atlas_workflows.graph.model import Severity
from atlas_workflows.graph.validate import validate
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.settings import ROOT


def test_worker_and_floor_leave_the_same_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    engine: Any = importlib.import_module("engine")
    monkeypatch.setattr(engine, "EXECUTIONS", 120)
    monkeypatch.setattr(engine, "ROUNDS", 1)
    assert [p for p in validate(engine.five_nodes(), load_catalogue()) if p.severity is Severity.ERROR] == []
    with engine.bench() as found:
        rows = engine.costs(found)
        steps = found.connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE status = 'completed') FROM atlas.workflow_execution_steps"
        ).fetchone()
        ends = found.connection.execute(
            "SELECT status, count(*) FROM atlas.workflow_executions GROUP BY 1"
        ).fetchall()
    assert steps == (360 * 5, 360 * 5)
    assert ends == [("completed", 360)]
    assert rows[0]["ratio to floor"] > 1
