"""Versions and templates: translated in the frame of their workflow, secrets and all."""

from dataclasses import replace

from history_rows import PARENT, START, TENANCY, source
from legacy_rows import ORGANIZATION, WORKFLOW, action_node, edge, trigger_node

from atlas_workflows.exact_json import loads
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.history.versions import template_rows, version_rows
from atlas_workflows.legacy.records import Outcome, RowsOutcome

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
