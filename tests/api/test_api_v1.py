"""The old application's routes: recorded answers, what is kept and what is refused, who is let in, who is counted."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest
from api_world import BY, CANARIES, World, definition_of
from golden_play import fresh, play

from atlas_workflows.api.v1.counting import Counter
from atlas_workflows.api.v1.errors import ELSEWHERE
from atlas_workflows.api.v1.listing import route_names
from atlas_workflows.api.v1.routing import ending_headers
from atlas_workflows.db.connect import connect
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.settings import ROOT, load_settings
from atlas_workflows.store.v1_let_ins import find_let_in, let_in, list_let_ins, withdraw
from atlas_workflows.store.v1_usage import read_usage, read_watch
from crm_world import ONE, TWO

GOLDEN = sorted((Path(__file__).parent / "golden_v1").glob("*.json"))
OLD = "/api/automations/workflows"
LEAD, FORM = "/api/webhooks/lead-created", "/api/webhooks/form-submitted"


def _document(**more: Any) -> dict[str, Any]:
    nodes = [
        {"id": "t1", "type": "trigger", "position": {"x": 10, "y": 20},
         "data": {"label": "New lead", "actionType": "lead_created", "config": {"source": "website"}}},
        {"id": "a1", "type": "action", "position": {"x": 10, "y": 120},
         "data": {"label": "Add Tag", "actionType": "add_tag", "config": {"tag": "hot"}}},
    ]  # fmt: skip
    return {
        "name": "Welcome", "nodes": nodes, "edges": [{"id": "e1", "source": "t1", "target": "a1"}],
        "trigger_type": "lead_created", "trigger_config": {"source": "website"}, "settings": {"timezone": "UTC"}, **more,
    }  # fmt: skip


def _made(world: World, **more: Any) -> dict[str, Any]:
    answer = world.call("POST", OLD, json=_document(**more))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _draft(world: World, workflow: str) -> dict[str, Any]:
    found: dict[str, Any] = world.get(f"workflows/{workflow}/draft")["definition"]
    return found


def _put(world: World, workflow: str, **sent: Any) -> Any:
    return world.call("PUT", f"{OLD}/{workflow}", json=sent)


@pytest.mark.parametrize("story", GOLDEN, ids=lambda path: path.stem)
def test_every_route_answers_as_it_was_recorded(world: World, story: Path) -> None:
    names = {
        "one": ONE, "two": TWO, "theirs": world.ids[ONE]["workflow"], "foreign": world.ids[TWO]["workflow"],
        "endpoint": world.ids[ONE]["endpoint"], **fresh(),
    }  # fmt: skip
    play(world, json.loads(story.read_text())["calls"], ONE, names)


def test_every_route_has_a_recorded_answer_and_a_recorded_refusal() -> None:
    calls = [call for story in GOLDEN for call in json.loads(story.read_text())["calls"]]
    for succeeds in (True, False):
        played = {_route_of(call) for call in calls if (call["status"] < 400) is succeeds}
        missing = set(route_names()) - played
        # What both addresses do is one function; the older one is played once.
        assert missing <= ({"GET /api/workflows", "POST /api/workflows"} if not succeeds else set()), missing
    assert {call["status"] for call in calls} >= {200, 201, 400, 401, 403, 404, 409, 413, 415}
    assert len(calls) > 150


def _route_of(call: Mapping[str, Any]) -> str:
    method, _, address = call["call"].partition(" ")
    parts = address.partition("?")[0].split("/")
    at = 5 if "manage" in parts else 4
    if len(parts) > at and parts[2] == "automations":
        parts[at] = "{endpoint}" if at == 5 else "{workflow}"
    return f"{method} {'/'.join(parts)}"


def test_a_filter_outlives_a_trigger_that_was_only_moved(world: World) -> None:
    made = _made(world, status="active")
    before = _draft(world, made["id"])
    assert before["triggers"][0]["parameters"] == {"sources": ["website"]}
    nodes = _document()["nodes"]
    nodes[0]["position"] = {"x": 400, "y": 9.25}
    assert _put(world, made["id"], nodes=nodes).status_code == 200
    after = _draft(world, made["id"])
    assert after["triggers"][0]["parameters"] == before["triggers"][0]["parameters"]
    assert after["triggers"][0]["position"] == {"x": 400, "y": 9.25}
    # Without the column, whose settings the old doors went by, the node's filter would narrow nothing: refused, not widened.
    refused = _put(world, made["id"], nodes=nodes, trigger_config={"source": "all"})
    assert refused.status_code == 400, refused.text
    assert _draft(world, made["id"]) == after


def test_what_was_changed_in_v2_is_never_shown_as_it_was_sent(world: World) -> None:
    made = _made(world)
    draft = world.call("GET", f"workflows/{made['id']}/draft")
    changed = draft.json()["definition"]
    changed["nodes"][0]["parameters"] = {"tags": ["cold"]}
    put = {"json": {"definition": changed}, "headers": {"If-Match": draft.headers["etag"]}}
    assert world.call("PUT", f"workflows/{made['id']}/draft", **put).status_code == 200
    shown = world.get(f"{OLD}/{made['id']}")
    assert shown["nodes"][1]["data"]["config"] == {"tags": ["cold"]}
    assert [each["code"] for each in shown["warnings"]] == ["WRITTEN_BACK"]
    # What v1 can say whole it may change, and from then on it is as it was sent again.
    shown["nodes"][1]["data"]["config"]["tags"] = ["warm"]
    assert _put(world, made["id"], nodes=shown["nodes"]).status_code == 200
    assert world.get(f"{OLD}/{made['id']}")["warnings"] == []
    assert _draft(world, made["id"])["nodes"][0]["parameters"] == {"tags": ["warm"]}


def test_what_v1_cannot_say_is_said_and_not_lost(world: World) -> None:
    named = str(uuid4())
    definition = definition_of(named, ONE) | {
        "nodes": [
            {"id": "n", "type": "add_tags", "parameters": {"tags": ["a"]}, "retry": {"attempts": 7}},
        ]
    }  # fmt: skip
    made = world.start("workflows", {"name": "Born in v2", "definition": definition}).json()["id"]
    shown = world.get(f"{OLD}/{made}")
    assert [each["code"] for each in shown["warnings"]] == ["NOT_SAID_IN_V1"]
    nodes = json.loads(json.dumps(shown["nodes"]))
    nodes[1]["data"]["config"]["tags"] = ["b"]
    refused = _put(world, made, nodes=nodes)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "CONFLICT"), refused.text
    moved = shown["nodes"]
    moved[1]["position"] = {"x": 5, "y": 6}
    assert _put(world, made, nodes=moved, name="Moved").status_code == 200
    kept = _draft(world, made)["nodes"][0]
    assert (kept["retry"], kept["position"]) == ({"attempts": 7}, {"x": 5, "y": 6})
    assert world.get(f"{OLD}/{made}")["name"] == "Moved"


def _migrated(world: World, document: Mapping[str, Any], owner: str = "atlas_enhanced") -> str:
    """A workflow that was migrated and not touched since, with its original."""
    made = _made(world)["id"]
    columns = {
        "id": made,
        "name": "Old",
        "nodes": dumps_text(document["nodes"]),
        "edges": dumps_text(document["edges"]),
    }
    columns |= {
        "trigger_type": document["trigger_type"],
        "trigger_config": dumps_text(document["trigger_config"]),
    }
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        connection.execute("DELETE FROM atlas.v1_documents WHERE workflow_id = %s", [made])
        connection.execute(
            "UPDATE atlas.workflows SET source_table = 'workflows', source_id = %s, owner = %s WHERE id = %s",
            [made, owner, made],
        )
        connection.execute(
            "INSERT INTO atlas.originals (source_table, source_id, organization_id, content, content_hash) "
            "VALUES ('workflows', %s, %s, %s, 'x')", [made, ONE, dumps_text({**columns, "settings": '{"timezone": "UTC"}'})],
        )  # fmt: skip
    return str(made)


def test_a_migrated_workflow_is_shown_as_its_row_was(world: World) -> None:
    document = _document()
    document["nodes"][0]["data"]["icon"] = "spark"
    made = _migrated(world, document)
    shown = world.get(f"{OLD}/{made}")
    assert shown["nodes"] == document["nodes"]
    assert (shown["trigger_config"], shown["settings"], shown["warnings"]) == (
        {"source": "website"},
        {"timezone": "UTC"},
        [],
    )
    (listed,) = [each for each in world.get(f"{OLD}?page_size=100")["workflows"] if each["id"] == made]
    assert listed["nodes"] == document["nodes"]
    assert CANARIES[TWO] not in dumps_text(listed)
    document["nodes"][1]["data"]["config"] = {"tag": "cold"}
    assert _put(world, made, nodes=document["nodes"]).status_code == 200
    assert world.get(f"{OLD}/{made}")["nodes"] == document["nodes"]
    assert _draft(world, made)["nodes"][0]["parameters"]["tags"] == ["cold"]


def test_a_migrated_workflow_that_was_renamed_is_shown_as_its_row_was(world: World) -> None:
    document = _document()
    document["nodes"][0]["data"]["icon"] = "spark"
    made = _migrated(world, document)
    for name in ("Newer", "Newest"):
        put = _put(world, made, name=name)
        assert (put.status_code, put.json()["nodes"]) == (200, document["nodes"]), put.text
    shown = world.get(f"{OLD}/{made}")
    assert (shown["name"], shown["nodes"], shown["warnings"]) == ("Newest", document["nodes"], [])
    document["nodes"][1]["data"]["config"] = {"tag": "cold"}
    assert _put(world, made, nodes=document["nodes"]).status_code == 200


def _drafted_in_v2(world: World, workflow: str, tags: list[str]) -> dict[str, Any]:
    draft = world.call("GET", f"workflows/{workflow}/draft")
    changed: dict[str, Any] = draft.json()["definition"]
    changed["nodes"][0]["parameters"] = {"tags": tags}
    put = {"json": {"definition": changed}, "headers": {"If-Match": draft.headers["etag"]}}
    assert world.call("PUT", f"workflows/{workflow}/draft", **put).status_code == 200
    return changed


def _published(world: World, workflow: str) -> list[str]:
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        found = connection.execute(
            "SELECT v.definition #> '{nodes,0,parameters,tags}' FROM atlas.workflows AS w JOIN atlas.workflow_versions AS v"
            " ON v.workflow_id = w.id AND v.version = w.published_version WHERE w.id = %s", [workflow],
        ).fetchone()  # fmt: skip
    assert found is not None
    tags: list[str] = found[0]
    return tags


def test_a_draft_of_somebody_else_is_never_published_by_v1(world: World) -> None:
    made = _made(world, status="active")["id"]
    draft = _drafted_in_v2(world, made, [])  # not even valid
    nodes = world.get(f"{OLD}/{made}")["nodes"]
    nodes[0]["position"] = {"x": 1, "y": 1}
    for status in ("paused", "active"):
        put = _put(world, made, status=status)
        assert (put.status_code, put.json()["status"]) == (200, status), put.text
        assert "DRAFT_NOT_PUBLISHED" in [each["code"] for each in put.json()["warnings"]]
        for change in ({"name": "x"}, {"nodes": nodes}):
            assert _put(world, made, **change).status_code == 409, change
    assert (_published(world, made), _draft(world, made)) == (["hot"], draft)


def test_what_v1_changed_while_it_was_paused_is_published_when_it_is_resumed(world: World) -> None:
    made = _made(world, status="active")["id"]
    assert _put(world, made, status="paused").status_code == 200
    nodes = _document()["nodes"]
    nodes[1]["data"]["config"] = {"tag": "cold"}
    assert _put(world, made, nodes=nodes).status_code == 200
    assert _published(world, made) == ["hot"]
    assert _put(world, made, status="active").json()["warnings"] == []
    assert _published(world, made) == ["cold"]


def test_a_change_without_a_status_leaves_it_to_whoever_pauses_meanwhile(world: World) -> None:
    made = _made(world, status="active")["id"]
    with ThreadPoolExecutor(1) as thread, psycopg.connect(world.dsn) as other:
        other.execute("UPDATE atlas.workflows SET status = 'paused' WHERE id = %s", [made])
        put = thread.submit(_put, world, made, name="saved by itself")
        _wait_for_a_lock(world)
        other.commit()
        answer = put.result(timeout=30)
    assert (answer.status_code, answer.json()["status"]) == (200, "paused"), answer.text


def test_what_is_given_back_meanwhile_is_not_archived(world: World) -> None:
    made = _migrated(world, _document())
    with ThreadPoolExecutor(1) as thread, psycopg.connect(world.dsn) as other:
        other.execute("UPDATE atlas.workflows SET owner = 'legacy_app' WHERE id = %s", [made])
        deleted = thread.submit(world.call, "DELETE", f"{OLD}/{made}")
        _wait_for_a_lock(world)
        other.commit()
        assert deleted.result(timeout=30).status_code == 409
    assert world.get(f"{OLD}/{made}")["status"] == "draft"


def _wait_for_a_lock(world: World) -> None:
    """Until a request of the application waits for a row that is held."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        for _ in range(200):
            if connection.execute(waiting).fetchone() != (0,):
                return
            time.sleep(0.02)
    raise AssertionError("nobody waits")


def test_a_place_that_cannot_be_used_is_told_and_holds_nothing(world: World) -> None:
    made = _made(world)["id"]
    for position in ({"x": 5_000_000, "y": 0}, None, "a", {"x": 1, "y": 2, "password": "s3cret"}):
        nodes = _document()["nodes"]
        nodes[1]["position"] = position
        put = _put(world, made, nodes=nodes)
        is_told = put.status_code == 400 or bool(put.json()["warnings"])
        assert is_told or _draft(world, made)["nodes"][0]["position"] == position, (position, put.text)


def test_a_let_in_that_has_expired_gives_its_name_back(world: World) -> None:
    named, _ = _let_in(world, "stand", ["203.0.113.0/24"], days=1)
    world.clock.now += timedelta(days=2)
    try:
        with connect(world.dsn, application_name="test", autocommit=True) as connection:
            assert withdraw(connection, ONE, named, BY, world.clock()) == "stand"
        again, _ = _let_in(world, "stand", ["203.0.113.0/24"])
        with connect(world.dsn, application_name="test", autocommit=True) as connection:
            assert withdraw(connection, ONE, again, BY, world.clock()) == "stand"
    finally:
        world.clock.now -= timedelta(days=2)


def test_what_the_old_application_executes_is_changed_there(world: World) -> None:
    made = _migrated(world, _document(), owner="legacy_app")
    for method, body in (("PUT", {"name": "x"}), ("PATCH", {"status": "paused"}), ("DELETE", None)):
        answer = world.call(method, f"{OLD}/{made}", **({} if body is None else {"json": body}))
        assert answer.status_code == 409, (method, answer.text)
    assert world.call("POST", f"{OLD}/{made}/execute").json()["error"]["code"] == "EXECUTION_FAILED"


def test_a_refused_change_leaves_everything_as_it_was(world: World) -> None:
    made = _made(world, status="active")
    nodes = _document()["nodes"]
    nodes.append({"id": "m", "type": "action", "position": {"x": 0, "y": 0}, "data": {"label": "Mail", "actionType": "send_email", "config": {}}})  # fmt: skip
    edges = [{"id": "e1", "source": "t1", "target": "a1"}, {"id": "e2", "source": "a1", "target": "m"}]
    before = (world.get(f"{OLD}/{made['id']}"), _draft(world, made["id"]))
    refused = _put(world, made["id"], name="Half", nodes=nodes, edges=edges)
    assert refused.status_code == 400, refused.text
    assert refused.json()["error"]["details"]["field"].startswith("m")
    assert (world.get(f"{OLD}/{made['id']}"), _draft(world, made["id"])) == before


def test_a_list_is_paged_by_the_database_and_none_is_left_out(world: World) -> None:
    names = {_made(world, name=f"page {number:02}")["id"] for number in range(27)}
    found = [world.get(f"{OLD}?search=page&sort_by=name&page={page}") for page in (1, 2, 3)]
    assert [len(page["workflows"]) for page in found] == [25, 2, 0]
    assert {(page["total"], page["total_pages"], page["page_size"]) for page in found} == {(27, 2, 25)}
    assert {each["id"] for page in found for each in page["workflows"]} == names


def _capture_leads(world: World) -> None:
    from atlas_workflows.store.events import install_capture

    with connect(world.dsn, application_name="test", autocommit=True) as connection:
        install_capture(connection)


def test_a_lead_that_the_table_and_the_field_tell_of_is_one_event(world: World) -> None:
    _capture_leads(world)
    told = {}
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        columns = {
            name for (name,) in connection.execute(
                "SELECT attname::text FROM pg_attribute WHERE attrelid = 'public.leads'::regclass AND attnum > 0"
            )
        }  # fmt: skip
        tenant = "organization_id" if "organization_id" in columns else "org_id"
        for place, first in enumerate(("table", "field")):
            lead = str(uuid4())
            steps = [
                lambda lead=lead: connection.execute(
                    f"INSERT INTO leads (id, {tenant}) VALUES (%s, %s)", [lead, ONE]
                ),
                lambda lead=lead, first=first: told.update(
                    {first: world.call("POST", LEAD, json={"leadId": lead}).json()["duplicate"]}
                ),
            ]
            for step in steps if place == 0 else reversed(steps):
                step()
            noted = connection.execute(
                "SELECT count(*) FROM atlas.event_outbox WHERE subject = %s", [lead]
            ).fetchone()
            assert noted == (1,), first
    assert told == {"table": True, "field": False}


def test_an_id_is_the_same_however_it_is_written(world: World) -> None:
    lead = uuid4()
    written = (str(lead), str(lead).upper(), lead.hex, f"{{{lead}}}")
    told = [world.call("POST", LEAD, json={"leadId": each}).json() for each in written]
    assert {each["event_id"] for each in told} == {f"leads {lead} lead_created"}
    assert [each["duplicate"] for each in told] == [False, True, True, True]
    form = {"formId": "f", "submissionId": str(uuid4()).upper(), "clientId": str(lead).upper()}
    assert world.call("POST", FORM, json=form).json()["event_id"].split()[1] == form["submissionId"].lower()
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        subjects = connection.execute(
            "SELECT count(*) FROM atlas.event_outbox WHERE subject = %s", [str(lead)]
        ).fetchone()
    assert subjects == (2,)


def test_a_key_of_another_form_is_refused_and_the_same_form_is_answered_again(world: World) -> None:
    def sent(goal: str) -> Any:
        headers = {"Idempotency-Key": "form-of-today"}
        return world.call("POST", FORM, json={"formId": "f", "formData": {"goal": goal}}, headers=headers)

    first, again, other = sent("strength"), sent("strength"), sent("rest")
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert (other.status_code, other.json()["error"]["code"]) == (409, "CONFLICT"), other.text


def _let_in(world: World, name: str, networks: list[str], days: int = 30) -> tuple[str, str]:
    with connect(world.dsn, application_name="test", autocommit=True) as connection:
        ends = world.clock() + timedelta(days=days)
        kept, made = let_in(connection, ONE, name, networks, ends, BY, world.clock())
    return kept.id, made.text


def _call_field(world: World, secret: str, address: str = "testclient", path: str = LEAD, **more: Any) -> int:
    """With the address of a proxy's header where one is trusted."""
    body = {"leadId": uuid4().hex} if path == LEAD else {"formId": "f"}
    headers = {"X-Webhook-Secret": secret, "X-Forwarded-For": address, **more.pop("headers", {})}
    return world.client.post(path, json={**body, **more}, headers=headers).status_code


@pytest.fixture
def behind_a_proxy(world: World) -> Any:
    """The application knows callers by what one proxy in front of it saw."""
    world.app.state.doors.proxies = 1
    yield world
    world.app.state.doors.proxies = 0


def test_one_who_is_let_in_may_use_the_fields_only_from_its_network_and_for_its_time(
    behind_a_proxy: World,
) -> None:
    world = behind_a_proxy
    named, secret = _let_in(world, "landing page", ["203.0.113.0/24", "2001:db8::/48"])
    assert _call_field(world, secret, "203.0.113.9") == 200
    assert _call_field(world, secret, "2001:db8::7", FORM) == 200
    assert _call_field(world, secret, "::ffff:203.0.113.9") == 200
    assert _call_field(world, secret, "203.0.114.9") == 401
    assert _call_field(world, secret, "nowhere") == 401
    assert _call_field(world, secret, "203.0.113.9, 198.51.100.1") == 401, (
        "what a caller writes itself is not believed"
    )
    assert _call_field(world, secret[:-1] + ("a" if secret[-1] != "a" else "b"), "203.0.113.9") == 401
    assert _call_field(world, secret, "203.0.113.9", organizationId=TWO) == 403
    # Where credentials are sent they alone decide.
    assert _call_field(world, secret, "203.0.113.9", headers={"Authorization": "Bearer atlas_0"}) == 401
    for path in (OLD, "/api/v2/workflows"):
        answer = world.client.get(
            path, headers={"X-Webhook-Secret": secret, "X-Forwarded-For": "203.0.113.9"}
        )
        assert answer.status_code == 401, "it opens the fields and nothing else"
    world.clock.now += timedelta(days=31)
    assert _call_field(world, secret, "203.0.113.9") == 401
    world.clock.now -= timedelta(days=31)
    world.app.state.v1.counter.flush()
    with connect(world.dsn, application_name="test", autocommit=True) as connection:
        (listed,) = [each for each in list_let_ins(connection, ONE) if each.id == named]
        assert listed.calls == 8, "refused calls count too"
        assert withdraw(connection, ONE, named, BY, world.clock()) == "landing page"
        assert find_let_in(connection, secret) is not None
    assert _call_field(world, secret, "203.0.113.9") == 401
    noted = world.get(f"audit?subject_table=v1_let_ins&subject_id={named}")["items"]
    assert [each["action"] for each in noted] == ["withdraw_from_v1", "let_in_to_v1"]


def test_calls_are_added_up_per_day_and_a_database_that_is_away_loses_none(world: World) -> None:
    counter = Counter(world.app.state.doors.database, world.clock)
    counter.close()  # nothing is written by itself
    counter.note(ONE, "GET /x", "api-key:1", refused=False)
    counter.note(ONE, "GET /x", "api-key:1", refused=True)
    counter.note(None, "GET /x", "nobody", refused=True)
    patient, counter.database = counter.database, _Away()
    with pytest.raises(psycopg.OperationalError):
        counter.flush()
    counter.note(ONE, "GET /x", "api-key:1", refused=False)
    counter.database = patient
    counter.flush()
    counter.note(ONE, "GET /x", "api-key:1", refused=False)
    counter.flush()
    with connect(world.dsn, application_name="test", autocommit=True) as connection:
        found = {
            each.caller: (each.organization, each.calls, each.refused)
            for each in read_usage(connection, world.clock().date())
            if each.route == "GET /x"
        }
        watch = read_watch(connection, world.clock().date(), world.clock().date())
    assert found == {"api-key:1": (ONE, 4, 1), "nobody": (None, 1, 1)}
    assert watch.began_at is not None
    assert watch.days_without == 0


class _Deaf:
    """A database that commits and is never heard to have done so."""

    def __init__(self, database: Any) -> None:
        self.database = database

    @contextmanager
    def session(self) -> Iterator[Any]:
        with self.database.session() as connection:
            yield connection
        raise psycopg.OperationalError("server closed the connection unexpectedly")


def test_a_count_of_which_nobody_heard_that_it_arrived_is_added_once(world: World) -> None:
    counter = Counter(world.app.state.doors.database, world.clock)
    counter.close()
    counter.note(ONE, "GET /deaf", "api-key:1", refused=False)
    heard, counter.database = counter.database, _Deaf(counter.database)  # type: ignore[assignment]
    for _ in range(2):
        with pytest.raises(psycopg.OperationalError):
            counter.flush()
        counter.note(ONE, "GET /deaf", "api-key:1", refused=False)
    assert _calls(world.dsn, "GET /deaf") == 1
    counter.database = heard
    counter.flush()
    assert _calls(world.dsn, "GET /deaf") == 1, "late: it comes with the next batch"
    counter.flush()
    assert _calls(world.dsn, "GET /deaf") == 3


def _calls(dsn: str, route: str) -> int:
    with connect(dsn, application_name="test", autocommit=True) as connection:
        found = read_usage(connection, date(2020, 1, 1))
    return sum(each.calls for each in found if each.route == route)


COUNTING = """
import sys
from atlas_workflows.api.database import Database
from atlas_workflows.api.v1.counting import Counter
from atlas_workflows.site import utc_now
dsn, route = sys.argv[1:]
counter = Counter(Database(lambda: dsn), utc_now, every=0.02)
for number in range(1, 1_000_000):
    counter.note(None, route, "nobody", refused=False)
    print(number, flush=True)
"""


def test_a_server_that_is_killed_loses_what_it_counted_last_and_doubles_nothing(world: World) -> None:
    noted = 0
    for wanted in (1, 200, 2_000):
        before = _calls(world.dsn, "GET /killed")
        with subprocess.Popen(
            [sys.executable, "-c", COUNTING, world.dsn, "GET /killed"], stdout=subprocess.PIPE, text=True
        ) as server:
            assert server.stdout is not None
            while (written := _calls(world.dsn, "GET /killed") - before) < wanted:
                assert server.poll() is None
                server.stdout.readline()
            server.kill()
            told = [int(line) for line in server.stdout if line.endswith("\n")]
        # It may have noted one more than it came to say.
        noted += told[-1] + 1
        assert _calls(world.dsn, "GET /killed") >= before + written, "what was written stays"
        assert _calls(world.dsn, "GET /killed") <= noted
    assert _calls(world.dsn, "GET /killed") >= 2_201


FORKING = """
import os, sys
from atlas_workflows.api.database import Database
from atlas_workflows.api.v1.counting import Counter
from atlas_workflows.site import utc_now
dsn, route = sys.argv[1:]
counter = Counter(Database(lambda: dsn), utc_now)
child = os.fork()
counter.note(None, route, "nobody", refused=False)
counter.close()
if child:
    os.waitpid(child, 0)
"""


def test_servers_that_fork_after_they_are_built_are_counted_each(world: World) -> None:
    subprocess.run([sys.executable, "-c", FORKING, world.dsn, "GET /forked"], check=True, timeout=60)
    assert _calls(world.dsn, "GET /forked") == 2


class _Away:
    """A database that does not answer: nothing listens at its address."""

    def session(self) -> Any:
        return psycopg.connect("postgresql://nobody@127.0.0.1:1/none", connect_timeout=1)


def test_an_endpoint_whose_id_has_slashes_is_managed_at_its_old_address(world: World) -> None:
    """The old application let anything stand in an id; it is one segment of the address there, or several."""
    path = "/api/automations/webhooks/manage/"
    for named in ("gym/eu/leads", "a/../b", "manage/x", "ends/"):
        made = world.call("POST", "webhooks", json={"name": named, "endpoint_id": named, "reason": "old ids"})
        if made.status_code != 201:
            assert made.json()["field"] == "endpoint_id", made.text
            continue
        # A client takes dots out of an address by itself, unless the slashes beside them are written otherwise.
        quoted = quote(named, safe="")
        for address in (quoted, *([] if ".." in named else [named])):
            shown = world.call("GET", path + address)
            assert (shown.status_code, shown.json()["endpoint_id"]) == (200, named), shown.text
        assert world.call("GET", path + quoted, organization=TWO).status_code == 404
        renamed = world.call("PUT", path + quoted, json={"name": "another"})
        assert (renamed.status_code, renamed.json()["name"]) == (200, "another"), renamed.text
        gone = world.call("DELETE", path + quoted)
        assert (gone.status_code, gone.json()["endpoint_id"]) == (200, named), gone.text
        assert world.call("GET", path + quoted).status_code == 404
    assert world.call("GET", path).status_code == 404


def test_what_no_route_answers_is_refused_in_the_same_words(world: World) -> None:
    for method, path, status, code in (
        ("PATCH", "/api/workflows", 405, "METHOD_NOT_ALLOWED"),
        ("GET", LEAD, 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/api/automations/scoring", 404, "ADDRESS_NOT_FOUND"),
    ):
        answer = world.call(method, path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
        assert answer.headers["sunset"], "who asks for what is not there learns of the end too"
    world.app.state.v1.counter.flush()
    with connect(world.dsn, application_name="test", autocommit=True) as connection:
        noted = [
            each.calls for each in read_usage(connection, world.clock().date()) if each.route == ELSEWHERE
        ]
    assert sum(noted) >= 3
    assert world.call("PATCH", "/api/v2/queue").json()["code"] == "method_not_allowed"


def test_a_draft_that_holds_anything_is_shown_and_may_be_moved(world: World) -> None:
    """Drafts may be wrong: v2 saves them and publishes none of them."""
    for definition in (
        {"triggers": 5, "nodes": [7, {"id": 3}, {"type": None, "parameters": {"sources": 1}}], "edges": {}},
        {"triggers": [{"type": "lead_created", "parameters": {"sources": 5, "extra": [1]}}], "settings": 3, "variables": "x"},
        {"triggers": [{"type": "form_submitted", "parameters": {"form_ids": "f"}}], "nodes": [{"type": "wait", "parameters": 1}]},
        {"nodes": [{"type": "condition", "parameters": {"condition": 1}, "position": 4}], "edges": [{"source_port": 9}, None]},
    ):  # fmt: skip
        made = world.start("workflows", {"name": "wrong", "definition": definition}).json()["id"]
        shown = world.call("GET", f"{OLD}/{made}")
        assert shown.status_code == 200, shown.text
        nodes = shown.json()["nodes"]
        for position in ({"x": 1, "y": 2}, {"x": 10**30, "y": "a"}, None, []):
            for node in nodes:
                node["position"] = position
            put = _put(world, made, nodes=nodes)
            assert put.status_code in (200, 400, 409)
            is_told = put.status_code != 200 or position == {"x": 1, "y": 2} or put.json()["warnings"]
            assert is_told or not nodes, put.text
        assert world.call("POST", f"{OLD}/{made}/test").status_code == 400
        assert _put(world, made, status="active").status_code == 400
        assert world.call("GET", f"{OLD}?search=wrong").status_code == 200


def test_answers_say_when_v1_ends_and_what_comes_after_it(world: World) -> None:
    headers = world.call("GET", OLD).headers
    assert headers["deprecation"] == "@1796083200"
    assert headers["sunset"] == "Wed, 30 Jun 2027 00:00:00 GMT"
    assert headers["link"] == '</api/v2/workflows>; rel="successor-version"'
    others = ending_headers(date(2026, 12, 2), date(2027, 1, 2), "/x")
    assert (others["Deprecation"], others["Sunset"]) == ("@1796169600", "Sat, 02 Jan 2027 00:00:00 GMT")
    named = load_settings({"ATLAS_V1_SUNSET": "2028-02-29", "ATLAS_V1_DEPRECATED": "2028-01-31"})
    assert (named.v1_deprecated, named.v1_sunset) == (date(2028, 1, 31), date(2028, 2, 29))


def _atlas(world: World, *words: str, status: int = 0) -> str:
    done = subprocess.run(
        [str(ROOT / ".atlas" / "venv" / "bin" / "atlas"), *words], capture_output=True, text=True, timeout=120,
        env=os.environ | {"ATLAS_CRM_DSN": world.dsn, "ATLAS_ROOT": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == status, (words, done.stdout, done.stderr)
    return done.stdout + done.stderr


def test_the_commands_let_in_count_and_withdraw(world: World) -> None:
    about = ("--organization", ONE, "--by", "ana", "--reason", "their developer is away")
    ends = (datetime.now(UTC) + timedelta(days=60)).date().isoformat()
    too_late = (datetime.now(UTC) + timedelta(days=200)).date().isoformat()
    network = ("--network", "203.0.113.0/24")
    assert "within 180 days" in _atlas(
        world, "v1", "let-in", "shop", *about, *network, "--expires", too_late, status=2
    )
    made = json.loads(_atlas(world, "v1", "let-in", "shop", *about, *network, "--expires", ends, "--json"))
    assert made["secret"].startswith("atlas_")
    world.call("GET", OLD)
    world.app.state.v1.counter.flush()
    told = json.loads(_atlas(world, "v1", "usage", "--since", "2026-01-01", "--organization", ONE, "--json"))
    assert {"owner"} <= {each["named"] for each in told["calls"]}
    assert (told["nobody_calls"], told["counted_since"] is not None) == (None, True)
    quiet = _atlas(world, "v1", "usage", "--organization", str(uuid4()))
    assert "0 callers, 0 calls" in quiet
    assert f"GET {OLD}" in quiet
    assert "has not come yet" in _atlas(world, "v1", "usage", "--since", "2099-01-01", status=2)
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        connection.execute("UPDATE atlas.v1_watches SET began_at = began_at - interval '40 days'")
    quiet += _atlas(world, "v1", "usage", "--organization", str(uuid4()))
    assert "Nobody calls" not in quiet, "others call, and whoever was refused may be of that one"
    assert "Nobody calls" not in _atlas(world, "v1", "usage"), "owner calls"
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        connection.execute("DELETE FROM atlas.v1_usage")
    assert "Nobody calls v1 any more." in _atlas(world, "v1", "usage")
    listed = _atlas(world, "v1", "let-ins", "--organization", ONE)
    assert made["secret"] not in listed
    assert "1 in force" in listed
    assert "let in no more" in _atlas(world, "v1", "withdraw", made["id"], *about)
