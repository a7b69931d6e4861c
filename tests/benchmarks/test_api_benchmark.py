"""The benchmark of the API: what it walks is the whole list, and the raw statement gives the same pages."""

import importlib
from typing import Any

import pytest

from atlas_workflows.settings import ROOT


@pytest.mark.slow
@pytest.mark.postgres
def test_lists_are_walked_whole_and_the_start_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    api: Any = importlib.import_module("api")
    monkeypatch.setattr(api, "SMALL", api.Sizes(rows=450, starts=1))
    rows = api.run(quick=True)
    assert [(row["who"], row.get("pages")) for row in rows[1:4:2]] == [("raw", 3), ("raw", 3)]
    assert [(row["rows"], row["twice"], row["missed"]) for row in rows[:4:2]] == [(450, 0, 0)] * 2
    assert rows[4]["CPU"] > 0.1
