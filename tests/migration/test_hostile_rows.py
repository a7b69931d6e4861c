"""Rows that no sample holds, put in by hand: none stops the run, none is refused by the database, none differs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from legacy_samples import clone_sample
from moving_phase import fetch, migrate
from test_every_shape import certain, reconciled

from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.request import Scope
from atlas_workflows.migration.rollback import roll_back

ACTION = {"id": "a", "type": "action", "data": {"actionType": "send_email"}}
# Times at the edges of what either side can hold, fractions finer than microseconds, numbers beyond any column.
STEPS = [
    '[{"timestamp": "2025-01-01T00:00:00+20:00"}, {"timestamp": "2025-01-01T00:00:00+15:59"}]',
    '[{"timestamp": "0001-01-01T00:00:00+14:00"}, {"timestamp": "9999-12-31T23:59:59-12:00"}]',
    '[{"timestamp": "2025-01-01T00:00:00.123456789Z"}, {"timestamp": 99999999999999}, {"timestamp": 1e13}]',
    '[{"duration": 1e400}, {"duration": -1}, {"nodeId": 1e400, "status": 5, "error": {"a": 1}}, null, [[]]]',
    '"[]"', '{"a": 1}', '""',
]  # fmt: skip
VARIABLES = [
    '""', "1", '{"": 1}', '[{"name": 1e400}]', '[{"name": "a b"}, {"name": "a-b"}, {"name": "a_b"}]',
    '[{"name": "a", "isSecret": true, "value": ""}, {"name": "b", "isSecret": true, "value": {}}]',
]  # fmt: skip


def uid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


@pytest.fixture
def legacy(request: pytest.FixtureRequest, pg_server: EmbeddedServer) -> Iterator[str]:
    """A tidy sample that keeps no rule but its primary keys, as copies and half-applied scripts leave them."""
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


def put(dsn: str, table: str, **columns: Any) -> None:
    names = ", ".join(columns)
    marks = ", ".join(["%s"] * len(columns))
    fetch(dsn, f"INSERT INTO {table} ({names}) VALUES ({marks})", *columns.values())


def two_workflows(dsn: str) -> list[tuple[str, str]]:
    return fetch(
        dsn,
        "SELECT DISTINCT ON (organization_id) id::text, organization_id::text FROM workflows"
        " WHERE organization_id IN (SELECT id FROM organizations) ORDER BY organization_id, id LIMIT 2",
    )


def migrates_for_certain(dsn: str, home: Path) -> None:
    """First, again, and after a rollback; the second time nothing is written."""
    for _ in range(2):
        assert migrate(dsn, home).status == "succeeded"
        certain(dsn, reconciled(dsn, home))
        again = fetch(dsn, "SELECT max(xmin::text::bigint) FROM atlas.migration_ledger")
        migrate(dsn, home)
        assert fetch(dsn, "SELECT max(xmin::text::bigint) FROM atlas.migration_ledger") == again
        roll_back(phase_named("p1"), Scope(), dsn=dsn, execute=True)


def codes(dsn: str, table: str, number: int) -> set[str]:
    [(reasons,)] = fetch(
        dsn,
        "SELECT reasons FROM atlas.migration_ledger WHERE source_table = %s AND source_id = %s",
        table, uid(number),
    )  # fmt: skip
    return {reason["code"] for reason in reasons}


@pytest.mark.parametrize("legacy", ["B"], indirect=True)
def test_what_is_there_twice(legacy: str, tmp_path: Path) -> None:
    (mine, us), (theirs, them) = two_workflows(legacy)
    for number, organization, workflow in ((1, us, mine), (2, us, mine), (3, them, theirs), (4, us, theirs)):
        put(
            legacy, "webhook_triggers", id=uid(number), organization_id=organization, workflow_id=workflow,
            name="hook", endpoint_id="same", secret=f"whsec_{number}abcdefghijklmn",
        )  # fmt: skip
    for number in (10, 11):
        put(legacy, "workflow_triggers", id=uid(number), workflow_id=mine, trigger_type="lead_created",
            trigger_config=json.dumps({"n": number}))  # fmt: skip
    for number, cron in ((10, "0 9 * * *"), (12, "0 9 * * *"), (13, "")):
        put(legacy, "schedule_triggers", id=uid(number), workflow_id=mine, schedule_type="cron",
            schedule_config=json.dumps({"cron": cron}))  # fmt: skip
    for number, version in ((20, 7), (21, 7), (22, 0), (23, 2**31 - 1)):
        put(legacy, "workflow_versions", id=uid(number), workflow_id=mine, version=version,
            workflow_data=json.dumps({"nodes": [], "edges": []}))  # fmt: skip
    names = ("same", "same", "my var", "my-var", "", "", "x" * 3000, "x" * 3000)
    for number, name in enumerate(names, 30):
        put(legacy, "workflow_variables", id=uid(number), organization_id=us, name=name, type="string")
    for number, value in enumerate(('""', "null", "{}", "0"), 40):
        put(legacy, "workflow_variables", id=uid(number), organization_id=us, name=f"s{number}", type="string",
            default_value=value, is_secret=True)  # fmt: skip
    for number, day in ((50, "2025-01-01"), (51, "2025-01-01"), (52, "infinity")):
        put(legacy, "workflow_analytics", id=uid(number), workflow_id=mine, date=day, executions_count=number)
    put(legacy, "workflow_queue", id=uid(60), workflow_id=mine, data="{}")
    migrates_for_certain(legacy, tmp_path)
    assert "WEBHOOK_ENDPOINT_DUPLICATE" in codes(legacy, "webhook_triggers", 2)
    assert "VERSION_DUPLICATE" in codes(legacy, "workflow_versions", 21)
    assert "VARIABLE_DUPLICATE" in codes(legacy, "workflow_variables", 31)
    assert "ANALYTICS_DUPLICATE" in codes(legacy, "workflow_analytics", 51)


@pytest.mark.parametrize("legacy", ["B"], indirect=True)
def test_what_lies_at_the_ends(legacy: str, tmp_path: Path) -> None:
    (mine, us), (theirs, _) = two_workflows(legacy)
    times = [("infinity", "infinity"), ("-infinity", None), ("4713-01-01 BC", "294276-12-31"), (None, None)]
    for number, (started, completed) in enumerate(times, 1):
        put(legacy, "workflow_executions", id=uid(number), workflow_id=theirs if number == 4 else mine,
            organization_id=us, status="", started_at=started, completed_at=completed, execution_time_ms=-5,
            trigger_data='{"n": 1e400}')  # fmt: skip
    for number, organization in ((10, us), (11, uid(999))):
        put(legacy, "workflows", id=uid(number), organization_id=organization, name="", description="", status="",
            workflow_data='""', trigger_type="", trigger_config='""', settings='""', stats='""',
            created_at="infinity", updated_at="4713-01-01 BC")  # fmt: skip
    put(legacy, "workflows", id=uid(12), organization_id=us, name="long " * 200_000, description="d " * 500_000,
        status="active", workflow_data=json.dumps({"nodes": [ACTION], "edges": []}), trigger_type="manual",
        stats='{"totalExecutions": 1e400, "failedExecutions": -5}')  # fmt: skip
    put(legacy, "workflow_code_snippets", id=uid(13), organization_id=us, name="", code="c" * 2_000_000)
    migrates_for_certain(legacy, tmp_path)
    assert "NAME_SHORTENED" in codes(legacy, "workflows", 12)
    assert "ORGANIZATION_UNKNOWN" in codes(legacy, "workflows", 11)


@pytest.mark.parametrize("legacy", ["B"], indirect=True)
def test_what_only_json_columns_hold(legacy: str, tmp_path: Path) -> None:
    (mine, us), _ = two_workflows(legacy)
    columns = (("workflow_code_snippets", "input_variables"), ("workflow_executions", "trigger_data"))
    for table, column in columns:
        fetch(legacy, f"ALTER TABLE {table} ALTER {column} DROP DEFAULT, ALTER {column} TYPE json")
    documents = ('{"a": 1, "a": 2}', r'{"a": "x\u0000y"}', r'{"a": "\ud800"}', r'{"\u0000": 1}', '{"a": 1e400}',
                 '{"a": 1e999999}', '{"a": [1e-20000, 1.50, -0]}', "  {  } ", '""')  # fmt: skip
    for number, document in enumerate(documents, 1):
        put(legacy, "workflow_code_snippets", id=uid(number), organization_id=us, name="s", code="c",
            input_variables=document)  # fmt: skip
        put(legacy, "workflow_executions", id=uid(number), workflow_id=mine, organization_id=us, status="failed",
            started_at="2025-01-01", trigger_data=document)  # fmt: skip
    migrates_for_certain(legacy, tmp_path)
    assert "NUMBER_NOT_STORABLE" in codes(legacy, "workflow_code_snippets", 6)


@pytest.mark.parametrize("legacy", ["A"], indirect=True)
def test_steps_and_variables_of_shape_a(legacy: str, tmp_path: Path) -> None:
    (mine, us), _ = two_workflows(legacy)
    for number, steps in enumerate(STEPS, 1):
        put(legacy, "workflow_executions", id=uid(number), workflow_id=mine, organization_id=us, status="completed",
            started_at="2025-01-01", completed_at="2025-01-02", execution_steps=steps, input_data='""')  # fmt: skip
    for number, variables in enumerate(VARIABLES, 1):
        put(legacy, "workflows", id=uid(number), organization_id=us, name=f"v{number}", status="active",
            nodes=json.dumps([ACTION]), edges='""', variables=variables, trigger_type="webhook",
            trigger_config='{"secret": "", "endpoint_id": "x"}', last_run_at="infinity")  # fmt: skip
    migrates_for_certain(legacy, tmp_path)


@pytest.mark.parametrize("legacy", ["B"], indirect=True)
def test_one_uuid_in_two_spellings_keeps_the_first_and_says_what_to_do(legacy: str, tmp_path: Path) -> None:
    """Where ids are text, the database lets in what is one id here."""
    (_, us), _ = two_workflows(legacy)
    for table, policy in fetch(
        legacy, "SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public'"
    ):
        fetch(legacy, f'DROP POLICY "{policy}" ON {table}')
    fetch(legacy, "ALTER TABLE workflows ALTER id DROP DEFAULT, ALTER id TYPE text")
    mine = "abcdef00-0000-4000-8000-000000000001"
    for spelled in (mine, mine.upper()):
        put(legacy, "workflows", id=spelled, organization_id=us, name=spelled, status="active",
            workflow_data=json.dumps({"nodes": [ACTION], "edges": []}), trigger_type="manual")  # fmt: skip
    assert migrate(legacy, tmp_path).exit_code == 3
    rows = fetch(
        legacy,
        "SELECT source_id, outcome, reasons FROM atlas.migration_ledger WHERE lower(source_id) = %s",
        mine,
    )
    refused = {source_id: reasons for source_id, outcome, reasons in rows if outcome == "quarantined"}
    assert (len(rows), len(refused)) == (2, 1)
    [(*_, last)] = refused.values()
    assert last["code"] == "LOAD_REFUSED"
    assert "id of its own at the source" in last["message"]


STRIPE = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"
RESEND = "re_AbCdEfGh_1234567890abcdefghijkl"


def all_that_we_hold(dsn: str) -> str:
    """Every row of schema atlas as text."""
    tables = fetch(
        dsn,
        "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'atlas'::regnamespace AND relkind = 'r'",
    )
    return "\n".join(
        line for (table,) in tables for (line,) in fetch(dsn, f"SELECT t::text FROM {table} AS t")
    )


@pytest.mark.parametrize("legacy", ["B"], indirect=True)
def test_secrets_wherever_they_stand_are_held_nowhere_in_clear(legacy: str, tmp_path: Path) -> None:
    (mine, us), _ = two_workflows(legacy)
    stated = {"message": f"Book now with the key {RESEND} please", "smtpPassword": 4711008}
    graph = {
        "nodes": [{"id": "a", "type": "action", "data": {"label": f"Send the key {STRIPE} to all", "actionType": "send_email", "config": stated}}], "edges": [],
        "variables": [{"name": "stripe", "value": STRIPE}, {"name": "mail", "type": "object", "value": {"password": "hunter22"}}],
    }  # fmt: skip
    put(legacy, "workflows", id=uid(1), organization_id=us, name=f"Pay with {STRIPE}", description=f"uses {STRIPE} &amp; co",
        status="active", workflow_data=json.dumps(graph), trigger_type="manual")  # fmt: skip
    put(legacy, "workflow_nodes", id=uid(2), workflow_id=mine, node_id="a", node_type="action", position="{}",
        data='{"smtpPassword": 4711008}')  # fmt: skip
    put(legacy, "workflow_executions", id=uid(3), workflow_id=mine, organization_id=us, status="failed",
        started_at="2025-01-01", completed_at="2025-01-01", error=f"401 from https://api.example?token={STRIPE} today")  # fmt: skip
    put(
        legacy,
        "webhook_triggers",
        id=uid(4),
        organization_id=uid(999),
        name="hook",
        endpoint_id="e",
        secret="hunter22",
    )
    assert migrate(legacy, tmp_path).status == "succeeded"
    certain(legacy, reconciled(legacy, tmp_path))
    held = all_that_we_hold(legacy)
    assert [secret for secret in (STRIPE, RESEND, "hunter22", "4711008") if secret in held] == []
