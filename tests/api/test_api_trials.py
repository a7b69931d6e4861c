"""Simulations by the interpreter that executes, within a bound; forecasts by the starts of late."""

import json
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from api_world import World

from atlas_workflows.api.manners.heavy import heavy
from atlas_workflows.api.manners.refusals import as_problem
from atlas_workflows.nodes.trial import play_trial, trigger_named
from atlas_workflows.store.forecasts import forecast
from atlas_workflows.store.trials import Deadline, TrialTooLong, program_to_try
from crm_world import ANA, ONE, TWO

MAIL = {"id": "m", "type": "send_email", "name": "Mail", "parameters": {"subject": "Hi {{contact.first_name}}", "body": "b"}}  # fmt: skip


def definition(*nodes: dict[str, Any], trigger: dict[str, Any] | None = None) -> dict[str, Any]:
    """One node behind the other."""
    start = {"id": "t", "type": "manual", "parameters": {}, **(trigger or {})}
    chain = [start, *nodes]
    edges = [
        {"id": f"e{place}", "source": before["id"], "target": after["id"]}
        for place, (before, after) in enumerate(zip(chain, nodes, strict=False))
    ]
    return {"triggers": [start], "nodes": list(nodes), "edges": edges}


def _workflow(world: World, found: dict[str, Any], organization: str = ONE) -> str:
    made = world.start("workflows", {"name": "tried", "definition": found}, organization=organization)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def _simulate(world: World, **body: Any) -> Any:
    answer = world.call("POST", "simulations", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_draft_is_played_for_a_member_and_nothing_is_done(world: World) -> None:
    workflow = _workflow(world, definition(MAIL))
    told = _simulate(world, workflow=workflow, member=ANA, at="2026-03-28T09:00:00Z")
    assert (told["outcome"], told["member_known"], told["trigger"], told["at"]) == ("completed", True, "t", "2026-03-28T09:00:00Z")  # fmt: skip
    [effect] = told["effects"]
    assert (effect["kind"], effect["content"]["subject"]) == ("send_email", "Hi Ana")
    assert [step["status"] for step in told["steps"]] == ["completed"]
    failing = _simulate(world, workflow=workflow, member=ANA, failures={"m": 99})
    assert (failing["outcome"], failing["effects"]) == ("failed", [])
    with psycopg.connect(world.dsn) as connection:
        done = connection.execute("SELECT count(*) FROM atlas.effects").fetchone()
    assert done == (0,)
    theirs = world.call("POST", "simulations", json={"workflow": workflow}, organization=TWO)
    assert theirs.status_code == 404


def test_what_a_trial_cannot_be_is_said_by_name(world: World) -> None:
    workflow, good = _workflow(world, definition(MAIL)), definition(MAIL) | {"id": str(uuid4()), "name": "x", "format": "atlas.workflow/1"}  # fmt: skip
    for body, status, field in (
        ({}, 422, "workflow"),
        ({"workflow": workflow, "definition": good}, 422, "workflow"),
        ({"workflow": workflow, "trigger": "nope"}, 422, "trigger"),
        ({"workflow": workflow, "failures": {"nope": 1}}, 422, "failures"),
        ({"workflow": workflow, "failures": {"m": -1}}, 422, "failures"),
        ({"workflow": workflow, "member": ANA, "data": {"contact": {}}}, 422, "member"),
        ({"workflow": workflow, "data": {"contact": 7}}, 422, "data.contact"),
        ({"workflow": workflow, "version": 4}, 404, None),
        ({"definition": good, "version": 7}, 422, "version"),
        ({"definition": good, "at": "0001-01-01T00:00:00+14:00"}, 422, "at"),
        ({"definition": good, "at": "9999-12-31T23:59:59Z"}, 422, "at"),
        (
            {"definition": good, "events": [{"type": "x", "at": "0001-01-01T00:00:00+14:00"}]},
            422,
            "events.0.at",
        ),
        ({"workflow": workflow, "at": 1772442000}, 422, "at"),
        ({"workflow": workflow, "events": [{"type": "x", "at": "1772442000"}]}, 422, "events.0.at"),
        ({"definition": {"nodes": 7}}, 422, None),
    ):
        answer = world.call("POST", "simulations", json=body)
        assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text
    assert _simulate(world, definition=good, data={"contact": {"first_name": "Eve"}})["effects"][0]["content"]["subject"] == "Hi Eve"  # fmt: skip


def test_a_trial_that_takes_too_long_is_ended() -> None:
    program = program_to_try(
        definition(MAIL) | {"id": str(uuid4()), "name": "x", "format": "atlas.workflow/1"}
    )
    trigger, at = trigger_named(program.workflow, None, field="trigger"), datetime(2026, 3, 28, tzinfo=UTC)
    assert play_trial(program, trigger, {}, at, between=Deadline(60.0)).simulation.outcome == "completed"
    with pytest.raises(TrialTooLong, match="longer than 0 seconds") as refused:
        play_trial(program, trigger, {}, at, between=Deadline(0.0))
    told = as_problem(refused.value)
    assert told.code == "conflict"
    assert "atlas workflow execute" in told.remedy


@pytest.mark.parametrize("mails", [1, 2])
def test_a_forecast_plays_the_last_starts_through_the_draft(world: World, mails: int) -> None:
    nodes = [{**MAIL, "id": f"m{place}"} for place in range(mails)]
    workflow = _workflow(world, definition(*nodes))
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        for day in (1, 2, 3, 40):
            connection.execute(
                "INSERT INTO atlas.workflow_executions (organization_id, workflow_id, status, subject, triggered_by, trigger_data,"
                " started_at) VALUES (%s, %s, 'completed', %s, 'manual', %s, %s)",
                [ONE, workflow, ANA, json.dumps({"a": day}), world.clock() - timedelta(days=day)],
            )  # fmt: skip
    told = world.call("POST", "forecasts", json={"workflow": workflow, "days": 30}).json()
    assert (told["starts"], told["played"], told["started"], told["complete"]) == (3, 3, 3, True)
    assert told["messages"] == {"send_email": 3 * mails}
    assert (told["starts_a_day"], told["messages_a_day"]) == (0.1, 0.1 * mails)
    assert told["expected"] == []
    assert world.call("POST", "forecasts", json={"workflow": workflow}, organization=TWO).status_code == 404


def test_a_forecast_that_takes_too_long_tells_what_was_played(world: World) -> None:
    found = definition(MAIL, {**MAIL, "id": "n"})
    workflow = _workflow(world, found)
    program = program_to_try(found | {"id": workflow, "name": "x", "format": "atlas.workflow/1"})
    now, whole = world.clock(), []
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        for day in (1, 2, 3):
            connection.execute(
                "INSERT INTO atlas.workflow_executions (organization_id, workflow_id, status, triggered_by, started_at)"
                " VALUES (%s, %s, 'completed', 'manual', %s)", [ONE, workflow, now - timedelta(days=day)],
            )  # fmt: skip
        for looks in range(40):
            deadline = Deadline(looks - 0.5, count().__next__)
            told = forecast(connection, ONE, program, now, days=30, deadline=deadline)
            assert told.complete == (told.played == 3)
            assert told.messages.get("send_email", 0) == 2 * told.started == 2 * told.played
            whole.append(told.played)
    assert set(whole) == {0, 1, 2, 3}


def test_what_is_tried_leaves_the_others_their_sessions(world: World) -> None:
    wish = {"definition": definition(MAIL) | {"id": str(uuid4()), "name": "x", "format": "atlas.workflow/1"}}
    with ExitStack() as held:
        for _ in range(4):
            held.enter_context(heavy())
        refused = world.call("POST", "simulations", json=wish)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert world.call("GET", "workflows").status_code == 200
    _simulate(world, **wish)


def test_a_workflow_that_never_started_has_what_its_migration_found(world: World) -> None:
    workflow = _workflow(world, definition(MAIL))
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO atlas.trigger_evidence (workflow_id, trigger_key, organization_id, trigger_type, evidence, rule, forecast)"
            " VALUES (%s, 't', %s, 'lead_created', 'silent', 'r', '{\"messages_a_day\": [1.5, 3]}')", [workflow, ONE],
        )  # fmt: skip
    told = world.call("POST", "forecasts", json={"workflow": workflow}).json()
    assert (told["starts"], told["messages_a_day"]) == (0, None)
    assert told["expected"] == [
        {"trigger": "t", "evidence": "silent", "rule": "r", "forecast": {"messages_a_day": [1.5, 3]}}
    ]
