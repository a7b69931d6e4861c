"""The DAGs as built: their tasks, their order, their forms. No database, no scheduler."""

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import ParamValidationError

from atlas_workflows.cli.app import load_command
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.phases import all_phases, phase_named
from atlas_workflows.migration.steps import STEP_KINDS
from atlas_workflows.orchestration.engine_sweep_dag import build_engine_sweep_dag
from atlas_workflows.orchestration.phase_dag import LOST_ANSWERS, build_phase_dag
from atlas_workflows.orchestration.retention_dag import build_retention_dag
from atlas_workflows.orchestration.rollback_dag import build_rollback_dag
from atlas_workflows.orchestration.rollout_dag import build_rollout_dag
from atlas_workflows.orchestration.scheduled_sweep_dag import EVERY, STAYS, build_scheduled_sweep_dag
from atlas_workflows.orchestration.stages import ABOUT, STAGE_OF, stages_of
from atlas_workflows.worker.shares import shares_of

ORGANIZATION = "3f1c0e3e-6c52-4b38-9d4c-0f5f9c1d2e3a"


@pytest.fixture(scope="module")
def dag() -> DAG:
    return build_phase_dag(phase_named("p1"))


def _ancestors(dag: DAG, task_id: str) -> set[str]:
    return {task.task_id for task in dag.get_task(task_id).get_flat_relatives(upstream=True)}


def test_every_step_of_the_phase_has_a_task_in_its_order(dag: DAG) -> None:
    kinds = phase_named("p1").steps
    assert set(dag.task_ids) == {"begin", *kinds, "plan_ranges", "backfill_ranges", "close"}
    for earlier, later in zip(["begin", *kinds], kinds, strict=False):
        assert earlier in _ancestors(dag, later)


def test_the_backfill_is_mapped_over_shares(dag: DAG) -> None:
    assert dag.get_task("backfill_ranges").is_mapped
    assert _ancestors(dag, "backfill") >= {"plan_ranges", "backfill_ranges"}
    assert dag.get_task("backfill").trigger_rule == "none_failed"


def test_a_phase_is_a_handful_of_groups_whose_tasks_keep_their_names(dag: DAG) -> None:
    groups = dag.task_group.get_task_group_dict()
    members = {group.group_display_name: sorted(group.children) for name, group in groups.items() if name}
    assert list(members) == ["prepare", "move", "prove", "decide"]
    assert members["move"] == ["backfill", "backfill_ranges", "plan_ranges"]
    assert members["prove"] == ["reconcile", "validate"]
    assert members["decide"] == ["approve", "finish"]
    assert sorted(dag.task_group.children) == ["begin", "close", *sorted(f"stage_{name}" for name in members)]


def test_every_step_is_in_a_group_and_in_its_order() -> None:
    assert set(STAGE_OF) >= {kind for phase in all_phases() for kind in phase.steps}
    assert set(STAGE_OF.values()) == set(ABOUT)
    for phase in all_phases():
        stages = stages_of(phase.steps)
        assert tuple(step for stage in stages for step in stage.steps) == phase.steps
        assert len({stage.name for stage in stages}) == len(stages)
        assert all(stage.about for stage in stages)


def test_closing_runs_whatever_happened(dag: DAG) -> None:
    assert dag.get_task("close").is_teardown
    assert dag.get_task("begin").is_setup
    assert not dag.get_task("close").on_failure_fail_dagrun


def test_every_task_is_retried(dag: DAG) -> None:
    attempts = {task.task_id: task.retries for task in dag.tasks}
    assert attempts.pop("approve") == LOST_ANSWERS
    assert set(attempts.values()) == {2}


def test_a_phase_declared_as_data_is_all_it_takes() -> None:
    short = Phase("p9_test", "A test", ("preflight", "finish"), STEP_KINDS)
    built = build_phase_dag(short)
    assert built.dag_id == "migration_p9_test"
    assert set(built.task_ids) == {"begin", "preflight", "finish", "close"}
    assert built.schedule is None


def test_dag_ids_are_distinct() -> None:
    ids = [phase.dag_id for phase in all_phases()]
    assert len(ids) == len(set(ids))
    assert "migration_p1_database" in ids


def test_the_second_phase_has_a_task_for_each_of_its_steps() -> None:
    second = build_phase_dag(phase_named("p2"))
    assert second.dag_id == "migration_p2_core"
    assert set(second.task_ids) == {"begin", *phase_named("p2").steps, "close"}
    assert {"decide", "validate", "approve"} <= _ancestors(second, "cutover")
    assert _ancestors(second, "finish") >= {"cutover", "watch"}
    assert _validated(second, watch_minutes=0)["watch_minutes"] == 0


def test_the_fourth_phase_asks_before_anything_wakes_up() -> None:
    fourth = build_phase_dag(phase_named("p4"))
    assert fourth.dag_id == "migration_p4_advanced"
    assert set(fourth.task_ids) == {"begin", *phase_named("p4").steps, "close"}
    assert {"plan_scheduling", "approve"} <= _ancestors(fourth, "scheduling")
    assert _ancestors(fourth, "finish") >= {"scheduling", "validate"}


def test_a_rollout_says_who_would_be_next_until_somebody_turns_that_off() -> None:
    rollout = build_rollout_dag("page")
    assert (rollout.dag_id, rollout.params["dry_run"]) == ("migration_rollout", True)
    assert [task.retries for task in rollout.tasks] == [0]
    assert _validated(rollout, percents=[1, 10], allow=[ORGANIZATION])["percents"] == [1, 10]
    assert _validated(rollout, error_percent=2.5)["error_percent"] == 2.5
    limits = ({"error_percent": 101}, {"latency_seconds": 0}, {"unsubscribe_percent": -1}, {"least_ended": 0})
    for wrong in (
        {"percents": 10},
        {"percents": [0]},
        {"allow": ["gym"]},
        {"watch_minutes": -1},
        *limits,
    ):
        with pytest.raises(ParamValidationError):
            _validated(rollout, **wrong)


def test_a_sweep_maps_its_work_and_waits_to_be_turned_on() -> None:
    sweep = build_engine_sweep_dag("page")
    assert sweep.get_task("work").is_mapped
    assert _ancestors(sweep, "work") == {"reap"}
    assert (sweep.is_paused_upon_creation, sweep.max_active_runs, sweep.catchup) == (True, 1, False)


def test_the_sweep_of_schedules_is_on_and_alone() -> None:
    sweep = build_scheduled_sweep_dag("page")
    assert (sweep.is_paused_upon_creation, sweep.max_active_runs, sweep.catchup) == (False, 1, False)
    assert [task.task_id for task in sweep.tasks] == ["sweep"]
    assert STAYS > EVERY, "what is due at the beginning of a minute is begun by the sweep of the one before"
    assert sweep.deadline
    assert [shares_of(backlog) for backlog in (0, 4_999, 5_000, 60_000, 1_000_000)] == [0, 0, 8, 12, 16]


def test_old_days_go_once_a_day_by_the_bounds_of_the_command() -> None:
    retention = build_retention_dag("page")
    assert (retention.task_ids, retention.is_paused_upon_creation, retention.catchup) == (
        ["let_go"],
        True,
        False,
    )
    assert retention.schedule == timedelta(days=1)
    assert _validated(retention) == {"executions_days": 400, "logs_days": 30}
    for wrong in ({"executions_days": 29}, {"logs_days": 0}, {"executions_days": "many"}):
        with pytest.raises(ParamValidationError):
            _validated(retention, **wrong)


def test_the_page_shows_an_example(dag: DAG) -> None:
    assert '"dry_run": false' in (dag.doc_md or "")
    assert "migration_rollback" in (dag.doc_md or "")


def _validated(dag: DAG, **given: Any) -> Any:
    params = deepcopy(dag.params)
    params.update(given)
    return params.validate()


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"organizations": [ORGANIZATION]},
        {"organizations": None, "percent": 5},
        {"waivers": ["tls=inside the VPN", "search_path = the old application is gone"]},
        {"waivers": None},
        {"dry_run": True, "batch_rows": 50_000, "workers": 8, "rehearse": False, "require_approval": True},
    ],
)
def test_the_form_takes(dag: DAG, given: dict[str, Any]) -> None:
    merged = _validated(dag, **given)
    assert given.items() <= merged.items()


@pytest.mark.parametrize(
    "given",
    [
        {"organizations": "all"},
        {"organizations": [7]},
        {"percent": 0},
        {"percent": 101},
        {"percent": "10"},
        {"batch_rows": 0},
        {"batch_rows": 1.5},
        {"workers": 99},
        {"workers": "many"},
        {"dry_run": "yes"},
        {"require_approval": None},
        {"waivers": "tls=inside the VPN"},
        {"waivers": ["tls"]},
        {"waivers": ["tls= "]},
        {"waivers": ["=because"]},
    ],
)
def test_the_form_refuses(dag: DAG, given: dict[str, Any]) -> None:
    with pytest.raises(ParamValidationError):
        _validated(dag, **given)


def test_a_phase_is_a_dry_run_until_somebody_turns_it_off(dag: DAG) -> None:
    assert dag.params["dry_run"] is True


def test_form_and_command_line_have_the_same_bounds(dag: DAG) -> None:
    command = load_command("migrate").commands["run"]
    options = {item.name: item for item in command.params}
    for name in ("workers", "batch_rows", "percent"):
        schema = dag.params.get_param(name).schema
        assert (options[name].min, options[name].max) == (schema["minimum"], schema["maximum"])


def test_rollback_is_a_dry_run_by_default_and_knows_every_phase() -> None:
    dag = build_rollback_dag("page")
    assert dag.params["dry_run"] is True
    assert dag.params.get_param("phase").schema["enum"] == [phase.name for phase in all_phases()]
    assert [task.retries for task in dag.tasks] == [0]
    with pytest.raises(ParamValidationError):
        _validated(dag, phase="p99_nothing")


def test_the_same_phase_builds_the_same_dag_twice() -> None:
    phase = replace(phase_named("p1"))
    first, second = build_phase_dag(phase), build_phase_dag(phase)
    assert sorted(first.task_ids) == sorted(second.task_ids)
    assert first.doc_md == second.doc_md
