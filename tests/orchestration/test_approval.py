"""The task that waits for a person: asks only where it should, takes an answer on record, and ends a rejected phase."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException

from atlas_workflows.db.connect import connect
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.runs.controls import approval_of, approve_run
from atlas_workflows.migration.runs.records import insert_run
from atlas_workflows.orchestration.approval import WITHOUT_REASON, PhaseApproval, question, reason_asked

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def crm(atlas_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with schema atlas, named as Airflow's tasks find it."""
    monkeypatch.setenv("AIRFLOW_CONN_ATLAS_CRM", atlas_dsn)
    monkeypatch.setenv("ATLAS_HOME", str(tmp_path))
    return atlas_dsn


def begun(dsn: str, *, require_approval: bool) -> UUID:
    run_id = uuid4()
    with connect(dsn, application_name="test", autocommit=True) as connection:
        options = RunOptions(require_approval=require_approval)
        insert_run(connection, run_id, phase_named("p1"), Scope(), options, AT)
    return run_id


def task_for(run_id: UUID) -> PhaseApproval:
    with DAG(phase_named("p1").dag_id, schedule=None):
        return PhaseApproval(
            task_id="approve", phase_run_id=str(run_id), subject="Finish?", body="", params=reason_asked()
        )


def context(*, require_approval: bool) -> dict[str, Any]:
    dag = SimpleNamespace(dag_id=phase_named("p1").dag_id)
    return {"params": {"require_approval": require_approval}, "dag": dag}


def test_the_question_says_what_was_found_and_the_report_is_there(crm: str, tmp_path: Path) -> None:
    run_id = begun(crm, require_approval=True)
    asked = question(run_id, [{"differences": 0, "tables": {"workflows": {"migrated": 1200}}}, None])
    assert "- differences: 0\n- tables: workflows (migrated 1,200)" in asked
    assert "{" not in asked
    assert (tmp_path / "reports" / str(run_id) / "report.html").is_file()


def answer(option: str, **told: str) -> dict[str, Any]:
    who = {"id": "7", "name": "Ana"}
    return {"chosen_options": [option], "params_input": told, "responded_at": AT, "responded_by_user": who}


def recorded(dsn: str, run_id: UUID) -> Any:
    with connect(dsn, application_name="test", autocommit=True) as connection:
        return approval_of(connection, run_id)


def test_nobody_is_asked_where_no_approval_was_wanted(crm: str) -> None:
    run_id = begun(crm, require_approval=False)
    assert "no approval" in task_for(run_id).execute(context(require_approval=False))["why"]
    assert recorded(crm, run_id) is None


def test_an_approval_on_record_is_not_asked_for_again(crm: str) -> None:
    run_id = begun(crm, require_approval=True)
    with connect(crm, application_name="test", autocommit=True) as connection:
        approve_run(connection, run_id, "Bo", "looked at it")
    found = task_for(run_id).execute(context(require_approval=True))
    assert (found["approved_by"], found["reason"]) == ("Bo", "looked at it")


def test_an_answer_goes_on_record_with_the_name_of_who_gave_it(crm: str) -> None:
    run_id = begun(crm, require_approval=True)
    told = answer("Approve", reason="The counts are right.")
    found = task_for(run_id).execute_complete(context(require_approval=True), told)
    assert (found["approved_by"], found["reason"]) == ("Ana", "The counts are right.")
    assert recorded(crm, run_id).actor == "Ana"


def test_the_page_asks_for_a_reason_and_without_one_the_record_says_so(crm: str) -> None:
    run_id = begun(crm, require_approval=True)
    task = task_for(run_id)
    assert task.serialized_params["reason"]["schema"]["title"] == "Reason"
    found = task.execute_complete(context(require_approval=True), answer("Approve"))
    assert found["reason"] == WITHOUT_REASON


def test_a_rejection_fails_for_good_and_records_no_approval(crm: str) -> None:
    run_id = begun(crm, require_approval=True)
    told = answer("Reject", reason="two gyms are missing")
    with pytest.raises(AirflowFailException, match=r"rejected \(two gyms are missing\)"):
        task_for(run_id).execute_complete(context(require_approval=True), told)
    assert recorded(crm, run_id) is None
