"""{"$secret": …} and {"$formula": …} in legacy data are text of somebody's; nowhere do they become references of ours."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from agreement import differences, moved, tables_of
from hypothesis import given
from hypothesis import strategies as st
from odd_rows import GYM, KEY

from atlas_workflows.errors import InvalidJson
from atlas_workflows.exact_json import loads
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.records import SourceRow, Tenancy
from atlas_workflows.legacy.source.references import holds_reference, without_references
from atlas_workflows.migration.reconciliation.workflows import secret_references

TENANCY = Tenancy(frozenset({GYM}))
FOREIGN = "99999999-9999-4999-8999-999999999999"
SECRET = {"$secret": FOREIGN}
FORMULA = {"$formula": "contact.score * 2"}
ESCAPED = json.dumps(SECRET).replace("$", r"\u0024")
BESIDE = {"workflow": ({"id": KEY, "organization_id": GYM, "name": "W"},)}


def graph(config: dict[str, Any], kind: str = "http_request") -> dict[str, Any]:
    node = {"id": "a", "type": "action", "data": {"actionType": kind, "config": config}}
    return {"nodes": [node], "edges": []}


CONFIGS = [
    {"url": SECRET}, {"headers": {"X-Key": SECRET}}, {"body": [{"a": {"b": SECRET}}]}, {"body": FORMULA}, {"odd": SECRET},
    {"$secret": FOREIGN}, {"$secret": FOREIGN, "password": "hunter2 hunter2"}, {"$$secret": "x", "$secret": FOREIGN},
    {"conditions": [{"field": "score", "operator": "greater_than", "value": FORMULA}]},
    {"conditions": json.dumps([{"field": "score", "operator": "greater_than", "value": FORMULA}])},
    {"conditions": json.dumps({"field": "score", "operator": "equals", "value": SECRET})},
]  # fmt: skip
ROWS = [
    *(("workflows", {"workflow_data": json.dumps(graph(config))}) for config in CONFIGS),
    *(("workflows", {"workflow_data": json.dumps(json.dumps(graph(config)))}) for config in CONFIGS),
    ("workflows", {"workflow_data": json.dumps(graph({"field": "score", "operator": "gt", "value": FORMULA}, "condition"))}),
    ("workflows", {"workflow_data": json.dumps(graph({"field": "score", "operator": "has_any", "value": FORMULA}, "condition"))}),
    ("workflows", {"workflow_data": json.dumps({"nodes": [], "variables": [{"name": "k", "isSecret": True, "value": SECRET}]})}),
    ("workflows", {"workflow_data": json.dumps({"nodes": [], "variables": {"k": SECRET, "$secret": "x"}})}),
    ("workflows", {"workflow_data": "{}", "trigger_type": "webhook", "trigger_config": json.dumps({"secret": SECRET})}),
    ("workflows", {"workflow_data": "{}", "trigger_type": "webhook", "trigger_config": ESCAPED}),
    ("workflows", {"workflow_data": "{}", "settings": json.dumps({"conditions": [{"field": "a", "operator": "gt", "value": FORMULA}]})}),
    ("workflows", {"workflow_data": "{}", "stats": json.dumps(SECRET), "tags": json.dumps([SECRET])}),
    ("workflow_templates", {"workflow_data": json.dumps(graph(CONFIGS[1])), "default_settings": json.dumps(SECRET)}),
    ("workflow_versions", {"workflow_data": json.dumps(graph(CONFIGS[0])), "version": "2", "workflow_id": KEY}),
    ("workflow_variables", {"name": "k", "type": "object", "default_value": json.dumps(SECRET)}),
    ("workflow_variables", {"name": "k", "type": "object", "is_secret": "true", "default_value": json.dumps(SECRET)}),
    ("workflow_variables", {"name": "k", "type": "object", "default_value": json.dumps({"a": [FORMULA]})}),
    ("workflow_code_snippets", {"name": "s", "code": "x", "input_variables": json.dumps([SECRET]), "output_variables": ESCAPED}),
    ("schedule_triggers", {"workflow_id": KEY, "schedule_type": "cron", "schedule_config": json.dumps({"cron": "0 9 * * *", "x": SECRET})}),
    ("workflow_executions", {"workflow_id": KEY, "status": "failed", "started_at": "2025-01-01 00:00:00+00", "completed_at": "2025-01-01 00:00:01+00",
                             "trigger_data": json.dumps({"a": SECRET}), "context": ESCAPED}),
    ("workflow_queue", {"workflow_id": KEY, "data": json.dumps(SECRET)}),
]  # fmt: skip


def documents(value: Any) -> Iterator[Any]:
    """Every JSON document in the rows, those inside texts as well."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from documents(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from documents(item)
    elif isinstance(value, str) and value[:1] in "{[":
        try:
            yield from documents(loads(value))
        except InvalidJson:
            return


@pytest.mark.parametrize(("table", "columns"), ROWS)
def test_no_reference_comes_alive(table: str, columns: dict[str, str]) -> None:
    row = SourceRow(
        table, KEY, {"id": KEY, "organization_id": GYM, "name": "W", "status": "draft", **columns}, BESIDE
    )
    made = moved(row, tables_of("B")[table], TENANCY)
    assert "REFERENCE_ESCAPED" in {reason["code"] for reason in made.reasons}
    ours = {str(secret.id) for secret in made.secrets}
    found = [item for rows in made.rows.values() for item in documents(rows)]
    assert {key for item in found for key in secret_references(item)} <= ours
    assert [item for item in found if "$formula" in item] == []
    assert {item.get("secret_id") for item in made.rows.get("workflow_variables", ())} <= {None, *ours}
    assert {item.get("webhook_secret_id") for item in made.rows.get("workflow_triggers", ())} <= {None, *ours}
    assert differences(row, made) == []


def test_a_formula_of_the_old_application_still_becomes_one_of_ours() -> None:
    config = {"field": "score", "operator": "greater_than", "value": "=lead.score * 2"}
    row = SourceRow("workflows", KEY, {"id": KEY, "organization_id": GYM, "name": "W", "status": "draft",
                                       "workflow_data": json.dumps(graph(config, "condition"))})  # fmt: skip
    made = moved(row, tables_of("B")["workflows"], TENANCY)
    assert '"$formula"' in made.rows["workflows"][0]["definition"]
    assert "REFERENCE_ESCAPED" not in {reason["code"] for reason in made.reasons}


keys = st.sampled_from(("$secret", "$formula", "$$secret", "$$$secret", "a"))


@given(
    st.recursive(st.integers(), lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=20)
)
def test_escaping_renames_and_loses_nothing(value: Any) -> None:
    findings = Findings("t", "1")
    made = without_references(value, "p", findings)
    assert not holds_reference(made)
    assert bool(findings.reasons) is holds_reference(value)
    assert [len(item) for item in documents(made)] == [len(item) for item in documents(value)]
