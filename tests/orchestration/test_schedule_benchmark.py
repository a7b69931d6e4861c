"""The benchmark of recurring workflows: both sides are given the same DAGs, the reader counts them, delays are ranked."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from atlas_workflows.errors import InputError
from atlas_workflows.orchestration.scheduled_dag import build_scheduled_dag
from atlas_workflows.settings import ROOT


@pytest.fixture(scope="module")
def bench() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        names = ("schedule", "schedule_ground", "schedule_live")
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in names})


def test_both_are_given_the_same_dags(bench: Any, tmp_path: Path) -> None:
    entries = bench.schedule_ground.entries(3)
    bench.schedule_ground.lay_theirs(entries, tmp_path / "theirs")
    documents = [yaml.safe_load(file.read_text()) for file in sorted((tmp_path / "theirs").glob("*.yaml"))]
    assert [list(document) for document in documents] == [[entry.dag_id] for entry in entries]
    for entry, document in zip(entries, documents, strict=True):
        dag, theirs = build_scheduled_dag(entry, bench.schedule_ground.TZDATA_VERSION), document[entry.dag_id]
        tasks = {task["task_id"]: set(task["dependencies"]) for task in theirs["tasks"]}
        assert tasks == {task.task_id: task.upstream_task_ids for task in dag.tasks}
        assert (theirs["doc_md"], theirs["tags"]) == (dag.doc_md, sorted(dag.tags))
        for task in theirs["tasks"]:
            module, name = task["python_callable"].rsplit(".", 1)
            assert callable(getattr(importlib.import_module(module), name))


def test_the_reader_counts_what_it_read_and_builds_one_alone(bench: Any, tmp_path: Path) -> None:
    entries = bench.schedule_ground.entries(3)
    bench.schedule_ground.lay_ours(entries, tmp_path / "ours")
    found = bench.schedule._read(tmp_path / "ours")
    assert found["dags"] == 3
    assert min(found["read"], found["serialised"]) > 0
    assert found["bytes"] > 3_000
    assert bench.schedule._read(tmp_path / "ours", entries[1].dag_id)["warm"] > 0


def test_a_rank_is_one_that_was_measured(bench: Any) -> None:
    row = bench.schedule_live._row([1.0, 2.0, 30.0], 2.0, 10.0, "p95")
    assert (row["p50"], row["p95"], row["last"], row["verdict"]) == (2.0, 30.0, 30.0, "reached")
    assert bench.schedule_live._row([1.0], 11.0, 10.0, "p95")["verdict"] == "MISSED"


def test_ratios_are_of_the_same_round(bench: Any) -> None:
    row = bench.schedule._compared("x", [1.0, 4.0, 3.0], [2.0, 5.0, 10.0], has_bar=True)
    assert (row["ratio"], row["ratio_range"], row["verdict"]) == (0.5, [0.3, 0.8], "reached")


def test_a_section_that_is_not_there_is_refused_by_name() -> None:
    from atlas_workflows.cli.bench import schedule

    with pytest.raises(InputError, match=r"no section speed.*"):
        schedule(only=["speed"])
