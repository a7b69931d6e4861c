"""The benchmark of the intake: contestants agree on every call, and the figures have their bars."""

import importlib
from typing import Any

import pytest

from atlas_workflows.settings import ROOT


@pytest.mark.slow
@pytest.mark.postgres
def test_every_contestant_takes_every_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    intake: Any = importlib.import_module("intake")
    monkeypatch.setattr(intake, "SMALL", intake.Sizes(rounds=1, requests=100, paced_seconds=1))
    rows = intake.run(quick=True)
    assert [row["who"] for row in rows] == ["ours", "floor", "single", "ours"]
    assert all(row["per second"] > 0 for row in rows)
    assert [row["must be"] for row in rows[1:]] == ["at least 0.8", "at least 1.5", "p99 under 50"]
