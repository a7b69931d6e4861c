"""Executions and their steps: pure translation into target rows."""

from typing import Any

import pytest
from history_rows import END, PARENT, START, TENANCY, codes, execution, flags, source
from legacy_rows import ORGANIZATION, ROW, WORKFLOW

from atlas_workflows.exact_json import loads
from atlas_workflows.legacy.history.steps import execution_step_rows
from atlas_workflows.legacy.ids import step_id
from atlas_workflows.legacy.records import Outcome


def test_a_plain_execution_keeps_its_id_and_its_microseconds() -> None:
    verdict = execution(
        trigger_data='{"a": 1.10}', triggered_by="webhook", error_message="late", execution_time_ms="12"
    )
    row = verdict.rows["workflow_executions"][0]
    assert verdict.outcome is Outcome.MIGRATED
    assert (row["id"], row["workflow_id"], row["organization_id"]) == (ROW, WORKFLOW, ORGANIZATION)
    assert (row["started_at"], row["completed_at"], row["trigger_data"]) == (START, END, '{"a": 1.10}')
    assert (row["error"], row["execution_time_ms"], row["legacy_flags"]) == ("late", 12, [])


@pytest.mark.parametrize(
    ("columns", "flag", "code"),
    [
        ({"status": "running", "completed_at": None}, "stuck", "EXECUTION_STUCK"),
        ({"completed_at": None}, "contradictory", "EXECUTION_CONTRADICTORY"),
        ({"completed_at": "2025-03-30 01:00:00+00"}, "contradictory", "EXECUTION_CONTRADICTORY"),
        ({"status": "pending"}, "contradictory", "EXECUTION_CONTRADICTORY"),
        ({"started_at": None, "created_at": START}, "no_start", "STARTED_AT_MISSING"),
        ({"started_at": None, "completed_at": None, "status": "cancelled"}, "no_start", "STARTED_AT_MISSING"),
        ({"workflow_id": None, "organization_id": ORGANIZATION}, "no_workflow", "EXECUTION_WITHOUT_WORKFLOW"),
        ({"status": "exploded"}, "status_unknown", "EXECUTION_STATUS_UNKNOWN"),
        ({"status": None}, "status_unknown", "EXECUTION_STATUS_UNKNOWN"),
    ],
)  # fmt: skip
def test_what_is_odd_is_flagged_and_reported(columns: dict[str, Any], flag: str, code: str) -> None:
    verdict = execution(**columns)
    assert flags(verdict) == [flag]
    assert codes(verdict) == {code}
    assert verdict.outcome is Outcome.MIGRATED_WITH_WARNINGS


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2025-01-01 00:00:00+00", "2025-01-01 00:00:00.000001+00"),
        ("2025-01-01 00:00:00.5+00", "2025-01-01 00:00:00.51+00"),
    ],
)
def test_times_of_different_precision_are_compared_as_instants(earlier: str, later: str) -> None:
    assert flags(execution(started_at=earlier, completed_at=later)) == []
    assert flags(execution(started_at=later, completed_at=earlier)) == ["contradictory"]


def test_nothing_is_dated_now() -> None:
    row = execution(started_at=None, completed_at=None, status="cancelled").rows["workflow_executions"][0]
    assert row["started_at"] == "1970-01-01 00:00:00+00"
    assert row["created_at"] is None


def test_twins_name_each_other() -> None:
    verdict = execution(side={"workflow": (PARENT,), "twins": ({"id": ROW, "twin_id": WORKFLOW},)})
    assert flags(verdict) == ["twin"]
    assert WORKFLOW in verdict.reasons[0].message


@pytest.mark.parametrize(
    ("columns", "side", "code"),
    [({}, {}, "ORGANIZATION_MISSING"), ({"organization_id": ROW}, None, "ORGANIZATION_UNKNOWN")],
)
def test_nobody_is_given_an_execution_without_an_owner(
    columns: dict[str, Any], side: dict[str, Any] | None, code: str
) -> None:
    verdict = execution(side, **columns)
    assert verdict.outcome is Outcome.QUARANTINED
    assert code in codes(verdict)
    assert verdict.rows == {}


STEPS = [
    {"nodeId": "a", "nodeType": "action", "nodeLabel": "Mail", "status": "completed", "timestamp": "2025-03-30T02:00:00.123Z", "duration": 12.6, "output": {"id": 1}},
    {"nodeId": "b", "nodeType": "wait", "status": "exploded", "timestamp": 1743300000123, "error": "bad", "own": 7},
    None,
    "odd",
]  # fmt: skip


def test_steps_in_the_execution_become_rows_of_their_own() -> None:
    verdict = execution(execution_steps=STEPS)
    first, second = verdict.rows["workflow_execution_steps"]
    assert first["id"] == step_id("workflow_executions", ROW, 0)
    assert (first["position"], first["node_id"], first["status"], first["execution_time_ms"]) == (
        0,
        "a",
        "completed",
        13,
    )
    assert (first["started_at"], first["output_data"], first["context_snapshot"]) == (
        "2025-03-30T02:00:00.123Z",
        '{"id":1}',
        '{"label":"Mail"}',
    )
    assert (second["started_at"], second["status"], second["legacy_flags"]) == (
        "2025-03-30T02:00:00.123+00:00",
        "failed",
        ["status_unknown"],
    )
    assert loads(second["context_snapshot"]) == {"own": 7}
    assert codes(verdict) == {"STEPS_UNREADABLE"}


def test_the_logs_of_d_e_and_scoring() -> None:
    log = [{"step_id": "s", "step_name": "Mail", "status": "success", "timestamp": "soon", "result": 5}]
    row = execution(execution_log=log).rows["workflow_execution_steps"][0]
    assert (row["node_id"], row["status"], row["started_at"], row["legacy_flags"], row["output_data"]) == (
        "s",
        "completed",
        START,
        ["no_start"],
        "5",
    )
    scored = execution(results=[{"action": "send_sms", "success": False, "error": {"code": 1}}]).rows[
        "workflow_execution_steps"
    ][0]
    assert (scored["node_id"], scored["action_type"], scored["status"], scored["error"]) == (
        "send_sms",
        "send_sms",
        "failed",
        '{"code":1}',
    )


def test_secrets_in_payloads_are_sealed() -> None:
    verdict = execution(
        trigger_data='{"token": "hunter22", "n": 1.10}',
        execution_steps=[{"nodeId": "a", "status": "completed", "output": {"password": "pw-1"}}],
        error="Bearer abcdefgh12345678",
    )
    assert {secret.value for secret in verdict.secrets} == {"hunter22", "pw-1", "Bearer abcdefgh12345678"}
    assert "hunter22" not in repr(verdict.rows)
    assert "pw-1" not in repr(verdict.rows)
    assert "abcdefgh12345678" not in repr(verdict.rows)
    assert '"n":1.10' in verdict.rows["workflow_executions"][0]["trigger_data"]
    assert verdict.holds_secret


def test_a_step_row_takes_the_start_of_its_execution() -> None:
    side = {"execution": ({"id": WORKFLOW, "organization_id": ORGANIZATION, "started_at": START},)}
    columns = {
        "execution_id": WORKFLOW,
        "node_id": "a",
        "node_type": "action",
        "status": "running",
        "started_at": None,
    }
    verdict = execution_step_rows(source("workflow_execution_steps", side, **columns), TENANCY)
    row = verdict.rows["workflow_execution_steps"][0]
    assert (row["id"], row["started_at"], row["legacy_flags"]) == (ROW, START, ["no_start", "stuck"])
    orphan = execution_step_rows(source("workflow_execution_steps", {}, **columns), TENANCY)
    assert orphan.outcome is Outcome.QUARANTINED
    assert "PARENT_MISSING" in codes(orphan)
