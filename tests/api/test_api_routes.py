"""What the routes answer, over what is in the database, by the functions that the commands use too."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
from api_world import BY, CANARIES, World

from atlas_workflows.db.connect import connect
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.recurring.audience.saved import save_audience
from atlas_workflows.store.intake import PostgresIntake
from atlas_workflows.worker.model import Start
from crm_world import ANA, ONE, TWO


def _live(world: World, subject: str = "lead:live") -> str:
    """An execution that is under way."""
    with connect(world.dsn, application_name="test", autocommit=True) as connection:
        wish = Start(ONE, world.ids[ONE]["workflow"], subject, uuid4().hex, "t")
        with connection.transaction():
            (started,) = PostgresIntake(connection).start([wish])
    assert started.answer == "started"
    return started.execution


def test_the_catalogue_is_whole_and_costs_nothing_twice(world: World) -> None:
    for path, kinds in (("node-types", load_catalogue().nodes), ("triggers", load_catalogue().triggers)):
        answer = world.call("GET", path, role="member")
        items = answer.json()["items"]
        assert {(item["name"], item["version"]) for item in items} == set(kinds)
        assert all(item["title"] and item["parameters"]["properties"] is not None for item in items)
        again = world.call("GET", path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == answer.headers["etag"]


def test_executions_are_found_page_by_page_and_read_whole(world: World) -> None:
    workflow = world.ids[ONE]["workflow"]
    seen: list[str] = []
    cursor = None
    while True:
        params = {"limit": 2, "workflow": workflow, "subject": CANARIES[ONE]} | (
            {"cursor": cursor} if cursor else {}
        )
        found = world.get("executions", params=params)
        seen += [item["execution"] for item in found["items"]]
        cursor = found["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5
    assert len(world.get("executions?outcome=failed")["items"]) == 4
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert world.get("executions", params={"since": later})["items"] == []
    story = world.get(f"executions/{world.ids[ONE]['execution']}")
    assert story["execution"]["workflow_name"] == CANARIES[ONE]
    assert (story["steps"][0]["input"], story["standing"]) == ({"to": "ana@example.com"}, [])
    for path in ("", "/steps"):
        address = f"executions/{world.ids[ONE]['execution']}{path}"
        assert "ana@example.com" in world.call("GET", address).text
        masked = world.call("GET", address, role="member")
        assert masked.json()["masked"] is True
        assert "ana@example.com" not in masked.text


def test_a_live_execution_is_in_the_queue_until_it_is_cancelled(world: World) -> None:
    execution = _live(world)
    queue = world.get("queue")
    assert (queue["executions"], queue["items"][0]["state"]) == (1, "ready")
    assert world.get("queue", organization=TWO)["executions"] == 0
    key = uuid4().hex
    for _ in range(2):
        told = world.start(f"executions/{execution}/cancel", {"reason": "wrong person"}, key=key)
        assert (told.status_code, told.json()) == (202, {"execution": execution, "asked": True})
    with psycopg.connect(world.dsn) as connection:
        inbox = connection.execute("SELECT count(*) FROM atlas.execution_inbox WHERE execution_id = %s", [execution]).fetchone()  # fmt: skip
    assert inbox == (1,), "told once"
    noted = world.get(f"audit?subject_table=workflow_executions&subject_id={execution}")["items"]
    assert [(entry["action"], entry["reason"]) for entry in noted] == [("cancel_execution", "wrong person")]
    ended = world.ids[ONE]["execution"]
    assert world.start(f"executions/{ended}/cancel", {"reason": "x"}).json()["code"] == "conflict"
    assert world.start(f"executions/{execution}/cancel", {"reason": "x"}, role="member").status_code == 403


def test_dead_letters_are_counted_by_cause_and_replayed_once(world: World) -> None:
    (cause,) = world.get("dead-letters")["items"]
    assert (cause["error_class"], cause["executions"], cause["pattern"]) == (
        "configuration",
        4,
        CANARIES[ONE],
    )
    wish = {"error_class": "configuration", "pattern": CANARIES[ONE], "reason": "mended"}
    planned = world.start("dead-letters/replays", wish).json()
    assert (planned["was_done"], len(planned["replays"]), planned["refused"]) == (False, 4, [])
    assert world.get("dead-letters")["items"][0]["executions"] == 4
    one = cause["example"]
    tried = world.start(f"executions/{one}/replay", {"reason": "try one"}).json()
    assert (tried["was_done"], tried["may_send"]) == (False, True), (
        "what may send is done only where that is said"
    )
    assert world.start(f"executions/{one}/replay", {"reason": "go", "send": True}).json()["was_done"] is True
    key = uuid4().hex
    first, second = (
        world.start("dead-letters/replays", wish | {"send": True, "limit": 2}, key=key) for _ in range(2)
    )
    assert first.content == second.content
    assert len(first.json()["replays"]) == 2
    assert world.get("dead-letters")["items"][0]["executions"] == 1
    assert world.start(f"executions/{one}/replay", {"reason": "again"}).status_code == 409


def test_schedules_are_told_by_the_code_that_fires_them(world: World) -> None:
    asked = {"cron": "30 1 * * *", "timezone": "Europe/London", "from": "2026-03-28T00:00:00Z", "count": 3}
    told = world.call("POST", "schedules/preview", json=asked, role="member").json()
    assert [each["at"] for each in told["occurrences"]] == ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]  # fmt: skip
    assert told["occurrences"][1]["adjustment"] == "gap"
    described = world.call(
        "POST", "schedules/describe", json={"cron": "0 9 * * 1-5", "timezone": "Europe/London"}
    ).json()
    assert described["schedule"] == {"cron": "0 9 * * 1-5", "timezone": "Europe/London"}
    for wrong, field in (
        ({"cron": "99 * * * *", "timezone": "UTC"}, "cron"),
        ({"cron": "0 9 * * *", "count": 10_000}, "count"),
        ({"cron": "0 9 * * *", "timezone": "Mars/Base"}, "timezone"),
    ):
        answer = world.call("POST", "schedules/preview", json=wrong)
        assert answer.status_code == 422, answer.text
        assert answer.json()["field"].startswith(field)


def test_a_condition_is_answered_part_by_part(world: World) -> None:
    parts = (("contact.first_name", "equals", "Ana"), ("trigger.score", "greater_than", 5))
    leaves = [{"field": field, "operator": operator, "value": value} for field, operator, value in parts]
    condition = {"operator": "and", "conditions": leaves}
    body: dict[str, Any] = {"condition": condition, "member": ANA, "scope": {"trigger": {"score": 7}}}
    answer = world.call("POST", "conditions/explain", json=body)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["holds"], told["member_known"]) == (True, True)
    assert [member["actual"] for member in told["explanation"]["members"]] == ["Ana", 7]
    foreign = world.call("POST", "conditions/explain", json=body, organization=TWO).json()
    assert (foreign["holds"], foreign["member_known"]) == (False, False), (
        "another organization does not have her"
    )
    assert foreign["explanation"]["members"][0]["found"] is False
    wrong = world.call(
        "POST", "conditions/explain", json={"condition": {"field": "x", "operator": "is_like"}}
    )
    assert wrong.status_code == 422, wrong.text


def test_audiences_are_listed_and_a_query_is_counted(world: World) -> None:
    query = {"of": "leads", "where": {"field": "first_name", "operator": "equals", "value": "Ana"}}
    counted = world.call("POST", "audiences/count", json={"query": query})
    assert (counted.status_code, counted.json()) == (200, {"found": 1, "everybody": 1}), counted.text
    assert world.call("POST", "audiences/count", json={"query": query}, organization=TWO).json()["found"] == 0
    with connect(world.dsn, application_name="test", autocommit=True) as connection:
        save_audience(connection, ONE, "anas", query, BY, world.clock())
    (saved,) = world.get("audiences")["items"]
    assert (saved["name"], saved["query"]) == ("anas", query)
    assert world.get("audiences", organization=TWO)["items"] == []
    wrong = world.call("POST", "audiences/count", json={"query": {"of": "leads", "where": {"field": "nose"}}})
    assert wrong.status_code == 422


def test_why_a_member_got_nothing(world: World) -> None:
    workflow = world.ids[ONE]["workflow"]
    told = world.get(f"members/{ANA}/why?workflow={workflow}")
    assert (told["contact_known"], told["executions"], told["obstacles"]) == (True, [], [])
    assert world.get(f"members/nobody/why?workflow={workflow}")["contact_known"] is False


def test_what_the_migration_changes_is_shown(world: World) -> None:
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO atlas.workflows (organization_id, name, source_table, source_id, awaiting_sign_off, intended_status)"
            " VALUES (%s, 'waits', 'workflows', '7', true, 'active')", [ONE],
        )  # fmt: skip
        connection.execute(
            "INSERT INTO atlas.migration_ledger (source_table, source_id, organization_id, phase, outcome, changes) VALUES"
            " ('workflows', '7', %s, 'p1_database', 'migrated', '[{\"code\": \"WAIT_LONGER\", \"message\": \"m\"}]')", [ONE],
        )  # fmt: skip
        connection.execute("INSERT INTO atlas.cohorts (name, percentage, salt) VALUES ('first', 12.5, 's')")
    (found,) = world.get("migration/sign-offs")["items"]
    assert (found["name"], found["changes"][0]["code"], found["signed"]) == ("waits", "WAIT_LONGER", [])
    assert world.get("migration/sign-offs", organization=TWO)["items"] == []
    first = world.get("migration/differences?limit=1")
    second = world.get(f"migration/differences?limit=1&after={first['next']}")
    assert [page["items"][0]["position"] for page in (first, second)] == [1, 2]
    assert second["next"] is None
    world.session[0] = ("ops", False)
    try:
        assert world.client.get("/api/v2/migration/cohorts").json()["items"][0]["percentage"] == 12.5
        runs = world.client.get("/api/v2/migration/runs").json()["items"]
        assert {run["id"] for run in runs} == {world.ids[ONE]["run"], world.ids[TWO]["run"]}
        assert world.client.get(f"/api/v2/migration/runs/{uuid4()}/gates").status_code == 404
    finally:
        world.session[0] = None


def test_a_cause_has_its_executions_and_its_replay_is_counted_first(world: World) -> None:
    path = f"dead-letters/{world.ids[TWO]['cause']}"
    listed = world.get("dead-letters", organization=TWO)["items"]
    assert [each["cause"] for each in listed] == [world.ids[TWO]["cause"]]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = world.get(
            path, params={"limit": 3, **({"cursor": cursor} if cursor else {})}, organization=TWO
        )
        seen += [letter["execution"] for letter in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert len(seen) == len(set(seen)) == listed[0]["executions"] == 4
    assert {letter["message"] for letter in page["items"]} == {CANARIES[TWO]}
    masked = world.get(path, role="member", organization=TWO)
    assert {letter["message"] for letter in masked["items"]} == {""}
    plan = world.call("POST", f"{path}/replay-plan", json={"limit": 3}, organization=TWO).json()
    assert (plan["looked_at"], plan["replays"], plan["may_send"], plan["refused"]) == (3, 3, 3, {})
    assert world.get("dead-letters", organization=TWO)["items"] == listed, "a plan does nothing"
    assert world.call("GET", path).status_code == 404
    assert world.call("GET", "dead-letters/nothing").status_code == 422


def test_workflows_are_found_by_what_is_in_them_and_counted(world: World) -> None:
    for name, trigger, step, label in (
        ("one", "lead_created", "send_sms", "Say hello"),
        ("two", "manual", "send_sms", "Remind"),
        ("three", "lead_created", "add_tags", "HELLO again"),
    ):
        definition = {
            "triggers": [{"id": "t", "type": trigger, "parameters": {}}],
            "nodes": [{"id": "n", "type": step, "name": label, "parameters": {}}], "edges": [],
        }  # fmt: skip
        assert (
            world.start("workflows", {"name": f"found {name}", "definition": definition}).status_code == 201
        )
    broken = world.start(
        "workflows", {"name": "found broken", "definition": {"nodes": 7, "triggers": [1, None]}}
    )
    assert broken.status_code == 201

    def names(**params: Any) -> set[str]:
        return {
            each["name"].removeprefix("found ") for each in world.get("workflows", params=params)["items"]
        }

    assert names(step="send_sms") == {"one", "two"}
    assert names(step="send_sms", trigger="lead_created") == {"one"}
    assert names(search="hello") == {"one", "three"}
    assert names(search="found") == {"one", "two", "three", "broken"}
    counted = world.get("workflows", params={"search": "found", "count": True, "limit": 1})
    assert (counted["capped_count"], len(counted["items"])) == (4, 1)
    assert world.get("workflows", params={"limit": 1})["capped_count"] is None
    everything = world.get("executions", params={"count": True, "limit": 1, "outcome": "completed"})
    assert everything["capped_count"] >= 1
    assert (
        world.get("workflows", params={"search": "found", "count": True}, organization=TWO)["capped_count"]
        == 0
    )


def test_a_workflow_is_archived_by_who_has_seen_it(world: World) -> None:
    made = world.start("workflows", {"name": "to go"})
    path = f"workflows/{made.json()['id']}"
    tag = world.call("GET", path).headers["etag"]
    for headers, params, status in (
        ({}, {"reason": "r"}, 428),
        ({"If-Match": '"7"'}, {"reason": "r"}, 412),
        ({"If-Match": tag}, {}, 422),
        ({"If-Match": tag}, {"reason": "r", "running": "vanish"}, 422),
        ({"If-Match": tag}, {"reason": "out of season"}, 200),
    ):
        assert world.call("DELETE", path, params=params, headers=headers).status_code == status
    assert world.get(path)["status"] == "archived"
    assert (
        world.get("audit", params={"subject_id": made.json()["id"]})["items"][0]["reason"] == "out of season"
    )
    assert world.call("DELETE", path, params={"reason": "r"}, role="staff", headers={"If-Match": "*"}).status_code == 403  # fmt: skip
