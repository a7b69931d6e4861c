"""The benchmark of the rules: contestants agree, figures are figures, and the command prints JSON only."""

import gc
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from atlas_workflows.cli.bench import app
from atlas_workflows.exact_json import loads
from atlas_workflows.settings import ROOT

FOLDER = ROOT / "benchmarks"


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(FOLDER))
    gc.freeze()  # each timing collects first, and that went through all that earlier tests left in this process
    yield importlib.import_module("rules")
    gc.unfreeze()


def test_every_contest_agrees_and_has_a_rate(rules: Any) -> None:
    contests = list(rules.contests())
    rows = [row for contest in contests for row in rules.measure(contest, rounds=1, seconds=0.001)]
    assert {row["measure"].partition(":")[0] for row in rows} == {
        "condition",
        "template",
        "schedule",
        "interpreter",
    }
    assert {row["peer"] for row in rows} == {"json-logic", "jinja2 sandbox", "croniter", None}
    assert all(row["ours"] > 0 for row in rows)
    assert all(row["ratio"] > 0 for row in rows if row["peer"] is not None)


def test_contestants_that_disagree_are_not_measured(rules: Any) -> None:
    with pytest.raises(AssertionError, match="do not agree"):
        rules._agree("x", [1, 2])


def test_outside_a_checkout_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLAS_ROOT", str(tmp_path))
    result = CliRunner().invoke(app, ["rules", "--json"])
    assert "checkout" in str(result.exception)


def test_json_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "rules.py").write_text(
        'def run():\n    return [{"measure": "x", "ours": 1}]\n'
    )
    monkeypatch.setenv("ATLAS_ROOT", str(tmp_path))
    monkeypatch.setattr(sys, "path", [*sys.path])
    sys.modules.pop("rules", None)
    try:
        result = CliRunner().invoke(app, ["rules", "--json"])
        assert loads(result.stdout) == {"benchmark": "rules", "rows": [{"measure": "x", "ours": 1}]}
        assert "measure" in CliRunner().invoke(app, ["rules"]).stdout
    finally:
        sys.modules.pop("rules", None)
