"""What names another tenant's things: an endpoint, a workflow, a template. Nothing of one reaches the other."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from legacy_samples import clone_sample
from moving_phase import fetch, migrate
from test_every_shape import certain, reconciled
from test_hostile_rows import codes, put, two_workflows, uid

from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.migration.movement.tenants import contested

TRIGGER = {"id": "t", "type": "trigger", "data": {"actionType": "webhook", "config": {"subtype": "webhook"}}}


@pytest.fixture
def legacy(request: pytest.FixtureRequest, pg_server: EmbeddedServer) -> Iterator[str]:
    """A tidy sample without the rules that would keep such rows out."""
    dsn = clone_sample(pg_server, request.param, workflows=30, executions=60, messy=False)
    rules = fetch(
        dsn,
        "SELECT conrelid::regclass::text, conname FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace AND contype IN ('f', 'u', 'c') ORDER BY contype DESC",
    )
    for table, name in rules:
        fetch(dsn, f'ALTER TABLE {table} DROP CONSTRAINT IF EXISTS "{name}" CASCADE')
    yield dsn
    pg_server.drop_database(dsn.rpartition("/")[2])


def endpoints(dsn: str, name: str) -> list[tuple[str, str]]:
    return fetch(
        dsn,
        "SELECT organization_id::text, source_id FROM atlas.workflow_triggers WHERE webhook_endpoint = %s"
        " UNION SELECT organization_id::text, source_id FROM atlas.workflow_webhooks WHERE endpoint_id = %s ORDER BY 1, 2",
        name, name,
    )  # fmt: skip


@pytest.mark.parametrize("legacy", ["B"], indirect=True)
def test_an_endpoint_of_two_organizations_is_delivered_to_one(legacy: str, tmp_path: Path) -> None:
    (_, us), (_, them) = two_workflows(legacy)
    for number, organization in ((1, us), (2, them)):
        put(legacy, "workflows", id=uid(number), organization_id=organization, name="hook", status="active",
            workflow_data=json.dumps({"nodes": [TRIGGER], "edges": []}), trigger_type="webhook", trigger_config="{}")  # fmt: skip
        put(legacy, "webhook_triggers", id=uid(number + 10), organization_id=organization, workflow_id=uid(number), name="hook",
            endpoint_id="same", secret=f"whsec_{number}abcdefghijklmn", is_active=True)  # fmt: skip
    # A third only says so in its configuration, a fourth in its node.
    put(legacy, "workflows", id=uid(3), organization_id=them, name="config", status="active", workflow_data='{"nodes": []}',
        trigger_type="webhook", trigger_config=json.dumps({"webhook_id": "same"}))  # fmt: skip
    node = {
        **TRIGGER,
        "data": {"actionType": "webhook", "config": {"subtype": "webhook", "webhookId": "same"}},
    }
    put(legacy, "workflows", id=uid(4), organization_id=them, name="node", status="active",
        workflow_data=json.dumps({"nodes": [node], "edges": []}), trigger_type="manual")  # fmt: skip
    assert migrate(legacy, tmp_path).status == "succeeded"
    certain(legacy, reconciled(legacy, tmp_path))
    assert endpoints(legacy, "same") == [(us, uid(1)), (us, uid(11))]
    assert "WEBHOOK_ENDPOINT_DUPLICATE" in codes(legacy, "webhook_triggers", 12)
    for number in (2, 3, 4):
        assert "WEBHOOK_ENDPOINT_FOREIGN" in codes(legacy, "workflows", number)
    assert "WEBHOOK_ENDPOINT_FOREIGN" not in codes(legacy, "workflows", 1)
    states = dict(
        fetch(
            legacy,
            "SELECT source_id, intended_status FROM atlas.workflows WHERE source_id = ANY(%s)",
            [uid(2), uid(3), uid(4)],
        )
    )
    assert set(states.values()) == {"paused"}


@pytest.mark.parametrize("legacy", ["A"], indirect=True)
def test_an_endpoint_in_the_column_of_two_organizations(legacy: str, tmp_path: Path) -> None:
    (_, us), (_, them) = two_workflows(legacy)
    for number, organization in ((1, them), (2, us)):
        put(legacy, "workflows", id=uid(number), organization_id=organization, name="hook", status="active", nodes="[]", edges="[]",
            trigger_type="webhook", trigger_config=json.dumps({"webhook_id": "same"}))  # fmt: skip
    assert migrate(legacy, tmp_path).status == "succeeded"
    certain(legacy, reconciled(legacy, tmp_path))
    assert endpoints(legacy, "same") == [(them, uid(1))]
    # Once the first is gone the endpoint is the other's, although its own row did not change.
    fetch(legacy, "DELETE FROM workflows WHERE id = %s", uid(1))
    assert migrate(legacy, tmp_path).status == "succeeded"
    assert endpoints(legacy, "same") == [(us, uid(2))]


@pytest.mark.parametrize("legacy", ["B"], indirect=True)
def test_an_execution_of_another_organizations_workflow(legacy: str, tmp_path: Path) -> None:
    (_, us), (theirs, _) = two_workflows(legacy)
    put(legacy, "workflow_executions", id=uid(1), workflow_id=theirs, organization_id=us, status="completed",
        started_at="2025-01-01", completed_at="2025-01-02")  # fmt: skip
    put(
        legacy,
        "workflow_execution_steps",
        id=uid(2),
        execution_id=uid(1),
        node_id="a",
        node_type="action",
        status="completed",
    )
    assert migrate(legacy, tmp_path).status == "succeeded"
    certain(legacy, reconciled(legacy, tmp_path))
    [found] = fetch(
        legacy,
        "SELECT organization_id::text, workflow_id, legacy_flags FROM atlas.workflow_executions WHERE id = %s",
        uid(1),
    )
    assert found == (us, None, ["foreign_workflow"])
    assert "WORKFLOW_FOREIGN" in codes(legacy, "workflow_executions", 1)
    counted = "SELECT count(*) FROM atlas.workflow_analytics WHERE origin = 'atlas' AND date = '2025-01-02' AND organization_id = %s"
    assert fetch(legacy, counted, us) == [(0,)]
    fetch(legacy, "UPDATE atlas.workflow_executions SET workflow_id = %s WHERE id = %s", theirs, uid(1))
    assert "TENANT_CROSSED" in {str(item.kind) for item in reconciled(legacy, tmp_path).differences}


@pytest.mark.parametrize("legacy", ["B"], indirect=True)
def test_a_template_of_another_organization(legacy: str, tmp_path: Path) -> None:
    (_, us), (_, them) = two_workflows(legacy)
    for number, is_public in ((1, False), (2, True)):
        put(legacy, "workflow_templates", id=uid(number), organization_id=them, name="t", category="custom",
            workflow_data='{"nodes": []}', is_public=is_public)  # fmt: skip
        put(legacy, "workflows", id=uid(number + 10), organization_id=us, name="w", status="draft", trigger_type="manual",
            workflow_data='{"nodes": []}', template_id=uid(number))  # fmt: skip
    assert migrate(legacy, tmp_path).status == "succeeded"
    certain(legacy, reconciled(legacy, tmp_path))
    kept = fetch(
        legacy,
        "SELECT template_id::text FROM atlas.workflows WHERE source_id = ANY(%s) ORDER BY source_id",
        [uid(11), uid(12)],
    )
    assert kept == [(None,), (uid(2),)]
    assert "TEMPLATE_FOREIGN" in codes(legacy, "workflows", 11)
    assert "TEMPLATE_FOREIGN" not in codes(legacy, "workflows", 12)


def test_who_comes_first_keeps_what_several_name() -> None:
    assert contested([("a", "1"), ("b", "1"), ("a", "2"), ("b", "1"), ("c", None)]) == {"a": "1"}
