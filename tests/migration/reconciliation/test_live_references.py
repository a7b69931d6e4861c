"""{"$secret": …} and {"$formula": …} in legacy data are text of somebody's; nowhere do they become references of ours."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from agreement import differences, moved, tables_of
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from odd_rows import GYM, KEY

from atlas_workflows.errors import InvalidJson
from atlas_workflows.exact_json import loads
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.records import SourceRow, Tenancy
from atlas_workflows.legacy.source.references import holds_reference, without_references
from atlas_workflows.migration.movement.entry import make_entry
from atlas_workflows.migration.reconciliation.workflows import secret_references
from atlas_workflows.secrets.sealing import Sealer

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


@pytest.mark.parametrize("own", [FOREIGN, "1", {"deep": 1}])
@pytest.mark.parametrize(
    "wrap", [lambda value: value, json.dumps, lambda value: json.dumps(json.dumps(value))]
)
def test_a_key_of_ours_beside_a_secret_hides_nothing_from_sealing(own: Any, wrap: Any) -> None:
    clear = "Bearer abcdefgh12345678"
    headers = {"$secret": own, "Authorization": clear, "deep": {"$secret": own, "pin": "4711"}}
    told = {"id": KEY, "organization_id": GYM, "name": "W", "status": "draft"}
    node = graph({"url": "https://a.example", "headers": wrap(headers), "note": {"$secret": clear}})
    rows = (
        ("workflows", {**told, "workflow_data": json.dumps(node)}),
        ("workflow_executions", {**told, "workflow_id": KEY, "trigger_data": json.dumps({"h": headers})}),
        ("workflow_queue", {**told, "workflow_id": KEY, "data": json.dumps([{"headers": headers}])}),
    )
    for table, columns in rows:
        made = moved(SourceRow(table, KEY, columns, BESIDE), tables_of("B")[table], TENANCY)
        shown = json.dumps([made.rows, made.reasons, made.changes, made.content], default=str)
        assert "abcdefgh12345678" not in shown, table
        assert "4711" not in shown, table
        ids = {str(secret.id) for secret in made.secrets}
        assert {
            key for rows in made.rows.values() for item in documents(rows) for key in secret_references(item)
        } <= ids


def test_the_id_of_a_secret_needs_the_key() -> None:
    columns = {"id": KEY, "organization_id": GYM, "name": "W", "status": "draft", "workflow_data": json.dumps(graph({"apiKey": "hunter22"}))}  # fmt: skip
    row, table = SourceRow("workflows", KEY, columns), tables_of("B")["workflows"]
    (ours,), (named,) = moved(row, table, TENANCY).secrets, table.rows(row, TENANCY).secrets
    assert ours == moved(row, table, TENANCY).secrets[0]
    assert ours.id != named.id
    assert ours.id.version == 4
    other = make_entry(row, table, TENANCY, Sealer((Fernet.generate_key().decode(),)))
    assert other.secrets[0].id != ours.id
    assert str(ours.id) in other.rows["workflows"][0]["definition"].replace(
        str(other.secrets[0].id), str(ours.id)
    )


def test_a_named_secret_is_hidden_wherever_else_the_row_says_it() -> None:
    node = {
        "id": "a",
        "type": "odd",
        "data": {"label": "uses hunter22!", "hunter22!": 1, "config": {"password": "hunter22!"}},
    }
    columns = {"id": KEY, "organization_id": GYM, "name": "with hunter22! in it", "status": "draft", "workflow_data": json.dumps({"nodes": [node], "edges": []})}  # fmt: skip
    row = SourceRow("workflows", KEY, columns)
    made = moved(row, tables_of("B")["workflows"], TENANCY)
    assert "hunter22!" not in json.dumps([made.rows, made.reasons, made.changes, made.content], default=str)
    assert differences(row, made) == []


def test_what_belongs_to_nobody_has_no_secret_in_clear_and_none_sealed() -> None:
    columns = {
        "id": KEY,
        "name": "T",
        "is_public": "true",
        "workflow_data": json.dumps(graph({"apiKey": "hunter22"})),
    }
    made = moved(SourceRow("workflow_templates", KEY, columns), tables_of("B")["workflow_templates"], TENANCY)
    assert (made.organization_id, made.secrets, made.content) == (None, (), None)
    assert "hunter22" not in str(made.rows)
    assert "$secret" not in made.rows["workflow_templates"][0]["definition"]


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
