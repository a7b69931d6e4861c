"""Variables, snippets, analytics and the rest; and whatever a row beside the workflows holds, nothing raises."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from history_rows import START, TENANCY, codes, source
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from legacy_rows import ORGANIZATION, ROW, WORKFLOW

from atlas_workflows.exact_json import dumps_text, loads
from atlas_workflows.legacy.history.records_beside import (
    analytics_rows,
    definition_rows,
    node_copy_rows,
    queue_rows,
)
from atlas_workflows.legacy.history.registered_triggers import trigger_rows, webhook_rows
from atlas_workflows.legacy.history.variables import snippet_rows, variable_rows
from atlas_workflows.legacy.records import Outcome, RowsOutcome, SourceRow, Tenancy
from atlas_workflows.legacy.source.tables import BESIDE


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
