"""Executions, steps, versions, templates and the rest: pure translation into target rows."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from legacy_rows import ORGANIZATION, ROW, WORKFLOW, action_node, edge, text_of, trigger_node

from atlas_workflows.exact_json import dumps_text, loads
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.history.executions import execution_rows
from atlas_workflows.legacy.history.records_beside import (
    analytics_rows,
    definition_rows,
    node_copy_rows,
    queue_rows,
)
from atlas_workflows.legacy.history.registered_triggers import schedule_rows, trigger_rows, webhook_rows
from atlas_workflows.legacy.history.steps import execution_step_rows
from atlas_workflows.legacy.history.variables import snippet_rows, variable_rows
from atlas_workflows.legacy.history.versions import template_rows, version_rows
from atlas_workflows.legacy.ids import derived_id
from atlas_workflows.legacy.records import Outcome, RowsOutcome, SourceRow, Tenancy
from atlas_workflows.legacy.source.tables import BESIDE

TENANCY = Tenancy(frozenset({ORGANIZATION}))
PARENT = {"id": WORKFLOW, "organization_id": ORGANIZATION}
START, END = "2025-03-30 01:59:59.999999+00", "2025-03-30 02:00:00.5+00"


def source(table: str, side: dict[str, Any] | None = None, **columns: Any) -> SourceRow:
    row = {"id": ROW, "workflow_id": WORKFLOW, **{name: text_of(value) for name, value in columns.items()}}
    sides = {"workflow": (PARENT,)} if side is None else side
    return SourceRow(table, ROW, row, sides)


def execution(side: dict[str, Any] | None = None, **columns: Any) -> RowsOutcome:
    facts = {"status": "completed", "started_at": START, "completed_at": END, **columns}
    return execution_rows(source("workflow_executions", side, **facts), TENANCY)


def flags(verdict: RowsOutcome) -> list[str]:
    found: list[str] = verdict.rows["workflow_executions"][0]["legacy_flags"]
    return found


def codes(verdict: RowsOutcome) -> set[str]:
    return {str(reason.code) for reason in verdict.reasons}


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
    assert first["id"] == str(derived_id("workflow_executions", ROW, "step:0"))
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


DATA = {"nodes": [trigger_node(), action_node("send_sms", message="Hi")], "edges": [edge("t", "a")]}


def test_a_version_is_translated_in_the_frame_of_its_workflow() -> None:
    side = {
        "workflow": (
            {
                **PARENT,
                "name": "Welcome",
                "trigger_type": "new_lead",
                "trigger_config": None,
                "settings": None,
            },
        )
    }
    verdict = version_rows(
        source("workflow_versions", side, version="3", workflow_data=DATA, changes="text", created_at=START),
        TENANCY,
    )
    row = verdict.rows["workflow_versions"][0]
    definition = loads(row["definition"])
    assert (row["workflow_id"], row["version"], row["origin"], row["created_at"]) == (
        WORKFLOW,
        3,
        "legacy",
        START,
    )
    assert (definition["id"], definition["name"], definition["nodes"][0]["type"]) == (
        WORKFLOW,
        "Welcome",
        "send_sms",
    )
    assert (
        version_rows(source("workflow_versions", {}, version="3", workflow_data=DATA), TENANCY).outcome
        is Outcome.QUARANTINED
    )


def test_versions_of_one_workflow_keep_a_secret_each() -> None:
    frame = {**PARENT, "name": "Shop", "trigger_type": "webhook", "trigger_config": None, "settings": None}

    def version(number: int, secret: str) -> RowsOutcome:
        data = {
            "nodes": [action_node("send_webhook", url="https://hooks.example/in", secret=secret)],
            "edges": [],
        }
        columns = {"version": str(number), "workflow_data": data, "created_at": START}
        row = source("workflow_versions", {"workflow": (frame,)}, **columns)
        return version_rows(replace(row, id=f"{number:08d}-0000-4000-8000-000000000000"), TENANCY)

    first, second = version(1, "fake-secret-of-the-first"), version(2, "fake-secret-of-the-second")
    assert [found.value for found in (*first.secrets, *second.secrets)] == [
        "fake-secret-of-the-first",
        "fake-secret-of-the-second",
    ]
    assert first.secrets[0].id != second.secrets[0].id
    for verdict in (first, second):
        assert str(verdict.secrets[0].id) in verdict.rows["workflow_versions"][0]["definition"]


def test_two_secrets_in_one_place_are_two() -> None:
    findings = Findings("workflows", WORKFLOW)
    ids = [findings.secret("trigger.secret", value) for value in ("one", "two", "one")]
    assert (ids[0] == ids[2], ids[0] == ids[1]) == (True, False)
    assert [found.value for found in findings.secrets] == ["one", "two"]


def test_templates_of_an_organization_and_of_everybody() -> None:
    own = template_rows(
        source(
            "workflow_templates",
            {},
            organization_id=ORGANIZATION,
            name="Tom &amp;amp; Co",
            workflow_data=DATA,
            category="custom",
        ),
        TENANCY,
    )
    row = own.rows["workflow_templates"][0]
    assert (row["organization_id"], row["name"], loads(row["definition"])["nodes"][0]["id"]) == (
        ORGANIZATION,
        "Tom & Co",
        "a",
    )
    shared = template_rows(
        source("workflow_templates", {}, name="x", workflow_data=DATA, is_public="true"), TENANCY
    )
    assert shared.organization_id is None
    assert "organization_id" not in loads(shared.rows["workflow_templates"][0]["definition"])
    assert (
        template_rows(source("workflow_templates", {}, name="x", workflow_data=DATA), TENANCY).outcome
        is Outcome.QUARANTINED
    )


def test_registered_triggers_are_carried_by_their_workflow() -> None:
    verdict = trigger_rows(
        source("workflow_triggers", trigger_type="new_lead", trigger_config='{"secret": "hunter22"}'), TENANCY
    )
    assert (verdict.outcome, verdict.rows, verdict.parent, verdict.holds_secret) == (
        Outcome.MIGRATED,
        {},
        ("workflows", WORKFLOW),
        True,
    )


def test_a_webhook_keeps_its_endpoint_seals_its_secret_and_stays_off() -> None:
    columns = {
        "organization_id": ORGANIZATION,
        "name": "W",
        "endpoint_id": "ep",
        "secret": "hunter22",
        "is_active": "true",
        "request_count": "7",
    }
    verdict = webhook_rows(source("webhook_triggers", **columns), TENANCY)
    row = verdict.rows["workflow_webhooks"][0]
    assert (row["endpoint_id"], row["is_active"], row["total_requests"], row["secret_id"]) == (
        "ep",
        False,
        7,
        str(verdict.secrets[0].id),
    )
    assert (verdict.secrets[0].value, verdict.outcome, verdict.holds_secret) == (
        "hunter22",
        Outcome.MIGRATED,
        True,
    )
    assert verdict.secrets[0].id == derived_id("webhook_triggers", ROW, "secret:secret")
    assert "hunter22" not in repr(verdict)


def test_a_schedule_is_normalised_and_off() -> None:
    columns = {
        "schedule_type": "cron",
        "schedule_config": {"cronExpression": "0 9 * * 1"},
        "timezone": "Europe/Paris",
        "is_active": "true",
    }
    row = schedule_rows(source("schedule_triggers", **columns), TENANCY).rows["workflow_schedules"][0]
    assert (loads(row["schedule"])["cron"], row["timezone"], row["is_active"]) == (
        "0 9 * * 1",
        "Europe/Paris",
        False,
    )
    broken = schedule_rows(
        source("schedule_triggers", schedule_type="cron", schedule_config={"cronExpression": "never"}),
        TENANCY,
    )
    assert broken.outcome is Outcome.QUARANTINED


@pytest.mark.parametrize(
    ("settings", "column", "zone"),
    [
        ('{"timezone": "Europe&#x2F;London"}', None, "Europe/London"),
        (
            '{"timezone": "Asia/Tokyo"}',
            "America/New_York",
            "Asia/Tokyo",
        ),  # the column's own default says nothing
        ('{"timezone": "Asia/Tokyo"}', "Europe/Paris", "Europe/Paris"),
        (None, None, "America/New_York"),
        ("no JSON", None, "America/New_York"),
    ],
)
def test_a_schedule_without_a_zone_has_its_workflows(
    settings: str | None, column: str | None, zone: str
) -> None:
    columns = {
        "schedule_type": "cron",
        "schedule_config": {"cronExpression": "0 9 * * 1"},
        "timezone": column,
    }
    side = {"workflow": ({**PARENT, "settings": settings},)}
    verdict = schedule_rows(source("schedule_triggers", side, **columns), TENANCY)
    row = verdict.rows["workflow_schedules"][0]
    assert (row["timezone"], loads(row["schedule"])["timezone"]) == (zone, zone)


@pytest.mark.parametrize(
    ("columns", "name", "type_", "secret"),
    [
        ({"name": "gym", "type": "string", "default_value": '"Harbour"'}, "gym", "string", False),
        ({"name": "gym name", "type": "text", "default_value": "5"}, f"gym_name_{sha256(ROW.encode()).hexdigest()[:8]}", "any", False),
        ({"name": "key", "type": "string", "default_value": '"hush"', "is_secret": "true"}, "key", "string", True),
        ({"name": "api_key", "data_type": "string", "default_value": '"hush"'}, "api_key", "string", True),
    ],
)  # fmt: skip
def test_variables_of_an_organization(columns: dict[str, Any], name: str, type_: str, secret: bool) -> None:
    verdict = variable_rows(
        source("workflow_variables", {}, organization_id=ORGANIZATION, **{"workflow_id": None, **columns}),
        TENANCY,
    )
    row = verdict.rows["workflow_variables"][0]
    assert (row["name"], row["data_type"], row["is_secret"], row["scope"]) == (name, type_, secret, "global")
    assert (row["secret_id"] is not None) is secret
    assert "hush" not in repr(row)


def test_snippets_hide_secrets_and_are_shared_no_more() -> None:
    columns = {
        "organization_id": ORGANIZATION,
        "name": "s",
        "code": "call('sk_live_abcdefghijkl')",
        "is_shared": "true",
    }
    verdict = snippet_rows(source("workflow_code_snippets", {}, **columns), TENANCY)
    row = verdict.rows["workflow_code_snippets"][0]
    assert (row["code"], row["is_shared"]) == ("call('•••')", False)
    assert verdict.secrets[0].value == "call('sk_live_abcdefghijkl')"


def test_analytics_stay_what_the_old_application_reported() -> None:
    columns = {
        "date": "2025-01-01",
        "executions_count": "9",
        "success_count": "5",
        "failure_count": "-3",
        "total_execution_time_ms": None,
    }
    verdict = analytics_rows(source("workflow_analytics", **columns), TENANCY)
    row = verdict.rows["workflow_analytics"][0]
    assert (
        row["origin"],
        row["date"],
        row["executions_count"],
        row["failed_count"],
        row["total_execution_time_ms"],
    ) == ("legacy_reported", "2025-01-01", 9, 0, None)
    assert codes(verdict) == {"COUNTER_INVALID"}


def test_definitions_queue_and_the_query_copy() -> None:
    trigger = definition_rows(
        SourceRow(
            "trigger_definitions",
            "new_lead",
            {"id": "new_lead", "name": "New", "category": "c", "config_schema": "{}", "is_active": "true"},
        ),
        TENANCY,
    )
    assert trigger.rows["workflow_trigger_definitions"][0]["trigger_type"] == "new_lead"
    action = definition_rows(
        SourceRow(
            "action_definitions",
            "send_email",
            {"id": "send_email", "name": "E", "category": "c", "is_premium": "true"},
        ),
        TENANCY,
    )
    assert action.rows["workflow_action_definitions"][0]["is_premium"] is True
    queued = queue_rows(
        source("workflow_queue", data='{"password": "hunter22", "a": 1}', status="waiting"), TENANCY
    )
    assert (queued.outcome, queued.secrets[0].value) == (Outcome.ARCHIVED, "hunter22")
    assert loads(queued.rows["archive"][0]["row"])["data"]["a"] == 1
    copy = node_copy_rows(source("workflow_nodes", node_id="a", data='{"secret": "hunter22"}'), TENANCY)
    assert (copy.outcome, copy.rows, copy.holds_secret, copy.secrets) == (Outcome.SKIPPED, {}, True, ())


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_characters="\x00"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["nodeId", "status", "timestamp", "error", "token", "nodes"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
COLUMNS = st.sampled_from(
    ["organization_id", "workflow_id", "status", "started_at", "completed_at", "trigger_data", "execution_steps", "results", "error", "workflow_data", "version",
     "trigger_config", "schedule_config", "secret", "endpoint_id", "name", "default_value", "type", "data", "executions_count", "code", "is_secret", "config_schema"]
)  # fmt: skip
ROWS = st.dictionaries(
    COLUMNS,
    ANY.map(dumps_text) | st.sampled_from([None, ORGANIZATION, WORKFLOW, START, "completed", "running"]),
    max_size=8,
)


@pytest.mark.parametrize("rows", [table.rows for table in BESIDE], ids=[table.table for table in BESIDE])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(columns=ROWS, parent=ROWS)
def test_no_row_of_any_table_raises(
    rows: Callable[[SourceRow, Tenancy], RowsOutcome],
    columns: dict[str, str | None],
    parent: dict[str, str | None],
) -> None:
    sides = {"workflow": ({**parent, "id": WORKFLOW},), "execution": ({**parent, "id": WORKFLOW},)}
    for table in ("workflow_executions", "trigger_definitions"):
        verdict = rows(SourceRow(table, ROW, {"id": ROW, **columns}, sides), TENANCY)
        assert verdict.outcome in Outcome
        assert verdict.outcome is not Outcome.QUARANTINED or (verdict.reasons and not verdict.rows)


@pytest.mark.parametrize(
    ("rows", "table", "columns"),
    [
        (webhook_rows, "webhook_triggers", {"name": "Form", "endpoint_id": "e", "secret": "hunter22"}),
        (
            variable_rows,
            "workflow_variables",
            {"name": "pin", "is_secret": "true", "default_value": '"4711"'},
        ),
    ],
)
def test_a_quarantined_row_whose_column_holds_a_secret_is_sealed(
    rows: Callable[..., RowsOutcome], table: str, columns: dict[str, str]
) -> None:
    verdict = rows(source(table, {}, organization_id="nobody", **columns), TENANCY)
    assert verdict.outcome is Outcome.QUARANTINED
    assert verdict.holds_secret


@pytest.mark.parametrize(
    ("rows", "table", "columns"),
    [
        (trigger_rows, "workflow_triggers", {"trigger_config": "{}", "webhook_secret": "hunter22"}),
        (trigger_rows, "workflow_triggers", {"trigger_config": {"webhook": {"password": 471100}}}),
        (node_copy_rows, "workflow_nodes", {"data": {"smtpPassword": 471100}}),
        (
            node_copy_rows,
            "workflow_nodes",
            {"data": {}, "action_type": "post to https://a.example?token=abcdef12"},
        ),
    ],
)
def test_a_row_that_only_its_workflow_carries_on_is_sealed_whichever_column_holds_the_secret(
    rows: Callable[..., RowsOutcome], table: str, columns: dict[str, Any]
) -> None:
    assert rows(source(table, **columns), TENANCY).holds_secret
