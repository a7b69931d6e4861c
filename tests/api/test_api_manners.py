"""How the API speaks: problems by name, exact JSON, cursors, preconditions, requests that are sent again."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from api_world import CANARIES, World, definition_of
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas_workflows.api.manners import repeats
from atlas_workflows.api.manners.cursors import cursor_of, place_of
from atlas_workflows.api.manners.exact import DEEPEST, require_shallow
from atlas_workflows.api.manners.problems import HttpProblem
from atlas_workflows.errors import InvalidJson
from crm_world import ONE, TWO

RACING = 50


def _draft(world: World, organization: str = ONE) -> tuple[str, str, dict[str, Any]]:
    address = f"workflows/{world.ids[organization]['workflow']}/draft"
    answer = world.call("GET", address, organization=organization)
    return address, answer.headers["etag"], answer.json()["definition"]


def test_a_problem_says_what_where_and_what_to_do(world: World) -> None:
    answer = world.call("GET", "executions?limit=0")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert set(told) == {"type", "title", "status", "detail", "code", "field", "remedy", "problems"}
    assert (told["type"], told["code"], told["field"]) == ("urn:atlas:problem:invalid", "invalid", "limit")
    assert told["problems"][0]["field"] == "limit"
    assert len(answer.headers["x-request-id"]) == 32
    sent = {"X-Request-ID": "mine-1", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    answer = world.call("GET", "nowhere", headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (answer.headers["x-request-id"], answer.headers["x-trace-id"]) == ("mine-1", "a" * 32)


@settings(max_examples=50)
@given(st.text(max_size=60))
def test_a_cursor_that_we_did_not_make_is_refused(text: str) -> None:
    with pytest.raises(HttpProblem):
        place_of("executions", text)


@settings(max_examples=50)
@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_cursor_names_its_place_in_its_list_only(at: datetime, named: Any) -> None:
    made = cursor_of("executions", at, str(named))
    assert place_of("executions", made) == (at, str(named))
    with pytest.raises(HttpProblem):
        place_of("workflows", made)


def test_what_is_unknown_is_refused_by_name(world: World) -> None:
    for path, name in (("workflows?statuss=active", "statuss"), ("executions?limit=1&limit=2", "limit")):
        answer = world.call("GET", path)
        assert (answer.status_code, answer.json()["field"]) == (422, name)
    answer = world.start("workflows", {"name": "x", "nmae": "y"})
    assert (answer.status_code, answer.json()["field"]) == (422, "nmae")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"definition": {}', "application/json", 400),
        (b'{"definition": {"a": 1, "a": 2}}', "application/json", 400),
        (b'{"definition": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", "application/json", 400),
        (b'{"definition": ["\\\\", ' + b"[" * 500 + b"]" * 500 + b', "x"]}', "application/json", 400),
        (b'{"definition": {"a": NaN}}', "application/json", 400),
        (b'{"definition": {"a": 1e5000}}', "application/json", 400),
        (b'{"definition": {"a": 1e99999999999999999999999999}}', "application/json", 400),
        ('{"definition": {"a": 1}}'.encode("utf-16"), "application/json", 400),
        (b'{"definition": {"a": "\xff"}}', "application/json", 400),
        (b'{"definition": {}}', "text/plain", 415),
        (b'{"definition": {}}', "application/json; charset=latin-1", 415),
        (b'{"definition": {}}', "", 415),
        (b"", "application/json", 400),
        (b'{"definition": {"a": "' + b"x" * 4_200_000 + b'"}}', "application/json", 413),
        (b'{"definition": {"a": "\\ud800"}, "reason": "\\ud800"}', "application/json", 422),
        (b'{"definition": {"a": "\\u0000"}}', "application/json", 422),
        (b'{"definition": {}, "reason": "\\u0000"}', "application/json", 422),
    ],
)
def test_a_body_that_cannot_be_is_refused_and_nothing_is_stored(
    world: World, body: bytes, kind: str, status: int
) -> None:
    address, tag, before = _draft(world)
    answer = world.call("PUT", address, content=body, headers={"Content-Type": kind, "If-Match": tag})
    assert answer.status_code == status, answer.text
    assert _draft(world) == (address, tag, before)


def test_depth_is_of_brackets_outside_texts() -> None:
    require_shallow(b'{"a": "' + b"[" * 1_000 + b'"}')
    require_shallow(b"[" * DEEPEST + b"]" * DEEPEST)
    require_shallow(b"[" + b"[]," * 1_000 + b"0]")
    require_shallow(json.dumps([{"a": {"text": "x\ny"}, "html": '<a href="c">'}] * 80).encode())
    with pytest.raises(InvalidJson):
        require_shallow(b'["\\"", ' * (DEEPEST + 1))


def test_a_draft_comes_back_digit_for_digit(world: World) -> None:
    address, tag, draft = _draft(world)
    draft["nodes"][0]["parameters"]["extra"] = {"n": "@", "name": "Łódź"}
    text = json.dumps({"definition": draft}).replace('"@"', "[12345678901234567890123, 1.10, 1e400]")
    saved = world.call(
        "PUT", address, content=text, headers={"Content-Type": "application/json", "If-Match": tag}
    )
    assert saved.status_code == 200, saved.text
    assert saved.json()["valid"] is True, saved.text
    assert saved.headers["etag"] == f'"{saved.json()["revision"]}"'
    found = world.call("GET", address)
    assert "[12345678901234567890123,1.10," in found.text
    assert world.call("GET", address, headers={"If-None-Match": found.headers["etag"]}).status_code == 304


def test_who_saves_says_what_was_read(world: World) -> None:
    address, tag, draft = _draft(world)
    for match, status in ((None, 428), ('"x"', 412), (f"W/{tag}", 412), ('"9998", "9999"', 412)):
        headers = {} if match is None else {"If-Match": match}
        answer = world.call("PUT", address, json={"definition": draft}, headers=headers)
        assert (answer.status_code, answer.json()["field"]) == (status, "If-Match")
    assert (
        world.call("PUT", address, json={"definition": draft}, headers={"If-Match": tag}).status_code == 200
    )
    for match in ("*", f'"9999", "{int(tag[1:-1]) + 2}"'):
        saved = world.call("PUT", address, json={"definition": draft}, headers={"If-Match": match})
        assert saved.status_code == 200, (match, saved.text)
    late = world.call("PUT", address, json={"definition": {}}, headers={"If-Match": tag})
    assert late.status_code == 412
    assert late.json()["current"]["definition"] == draft
    assert (late.json()["ancestor_revision"], late.headers["etag"]) == (int(tag[1:-1]), _draft(world)[1])
    foreign = draft | {"id": world.ids[TWO]["workflow"]}
    answer = world.call("PUT", address, json={"definition": foreign}, headers={"If-Match": _draft(world)[1]})
    assert (answer.status_code, answer.json()["field"]) == (422, "definition.id")


def test_of_two_who_save_at_once_one_is_told(world: World) -> None:
    address, tag, draft = _draft(world)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(
            lambda n: world.call("PUT", address, json={"definition": draft | {"description": str(n)}}, headers={"If-Match": tag}),
            range(8),
        ))  # fmt: skip
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    (won,) = (answer for answer in answers if answer.status_code == 200)
    _, now, _ = _draft(world)
    assert now == won.headers["etag"] == f'"{int(tag[1:-1]) + 1}"'


@pytest.mark.parametrize("wish", [{"status": "paused"}, {"status": "archived", "running": "finish"}])
def test_what_has_changed_until_it_is_decided_counts(world: World, wish: dict[str, str]) -> None:
    """A publication that ends between the look at the ETag and the decision is a change since it was read."""
    workflow = world.ids[TWO]["workflow"]
    tag = world.call("GET", f"workflows/{workflow}", organization=TWO).headers["etag"]
    with psycopg.connect(world.dsn) as publishing, ThreadPoolExecutor(1) as pool:
        publishing.execute("UPDATE atlas.workflows SET revision = revision + 1 WHERE id = %s", [workflow])
        asked = pool.submit(
            world.call, "PATCH", f"workflows/{workflow}", organization=TWO, json=wish | {"reason": "x"}, headers={"If-Match": tag},
        )  # fmt: skip
        _until_blocked_by(world, publishing)
        publishing.commit()
        assert (asked.result().status_code, asked.result().json()["code"]) == (412, "stale")
    assert world.get(f"workflows/{workflow}", organization=TWO)["status"] == "active"


def _until_blocked_by(world: World, session: psycopg.Connection[Any]) -> None:
    with psycopg.connect(world.dsn, autocommit=True) as looking:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = looking.execute(
                "SELECT FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))",
                [session.info.backend_pid],
            ).fetchone()
            if found is not None:
                return
            time.sleep(0.02)
    raise AssertionError("nobody waits")


def test_a_checkpoint_and_a_publication_do_not_wait_for_each_other(world: World) -> None:
    """A checkpoint locks its row of the queue, then asks for the workflow's."""
    workflow, execution = world.ids[ONE]["workflow"], str(uuid4())
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO atlas.workflow_execution_queue (organization_id, execution_id) VALUES (%s, %s)",
            [ONE, execution],
        )
        connection.execute(
            "INSERT INTO atlas.execution_states (organization_id, execution_id, workflow_id, workflow_version, subject, document)"
            " VALUES (%s, %s, %s, 1, 's', '{}')", [ONE, execution, workflow],
        )  # fmt: skip
    address, tag, draft = _draft(world)
    draft["settings"] = {"concurrency": 3}
    saved = world.call("PUT", address, json={"definition": draft}, headers={"If-Match": tag}).json()
    assert saved["valid"], saved
    wish = {"revision": saved["revision"], "reason": "x"}
    with psycopg.connect(world.dsn) as checkpoint, ThreadPoolExecutor(1) as pool:
        checkpoint.execute(
            "SELECT FROM atlas.workflow_execution_queue WHERE execution_id = %s FOR UPDATE", [execution]
        )
        asked = pool.submit(world.start, f"workflows/{workflow}/publications", wish)
        _until_blocked_by(world, checkpoint)
        checkpoint.execute("SET lock_timeout = '5s'")
        checkpoint.execute("SELECT FROM atlas.workflows WHERE id = %s FOR UPDATE", [workflow])
        checkpoint.commit()
        assert asked.result().status_code == 201, asked.result().text
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        counted = connection.execute(
            "DELETE FROM atlas.workflow_execution_queue WHERE execution_id = %s RETURNING counted_for::text",
            [execution],
        ).fetchone()
        connection.execute("DELETE FROM atlas.execution_states WHERE execution_id = %s", [execution])
    assert counted == (workflow,)


def test_copies_of_a_request_that_race_make_one_workflow_and_get_one_answer(world: World) -> None:
    key, wish = uuid4().hex, {"name": "made once"}
    with ThreadPoolExecutor(RACING) as pool:
        answers = list(pool.map(lambda _: world.start("workflows", wish, key=key), range(RACING)))
    assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers if answer.status_code != 201][:1]  # fmt: skip
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == RACING - 1
    assert len(world.get("workflows?search=made once")["items"]) == 1
    noted = world.get("audit", params={"subject_id": answers[0].json()["id"]})["items"]
    assert [entry["action"] for entry in noted] == ["create_workflow"]
    other = world.start("workflows", {"name": "another"}, key=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert world.start("workflows", wish, key=key, organization=TWO).json()["id"] != answers[0].json()["id"]
    assert world.call("POST", "workflows", json=wish).json()["field"] == "Idempotency-Key"


def test_a_copy_of_a_slow_request_is_told_to_come_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixteen copies would hold every session there is."""
    monkeypatch.setattr(repeats, "PATIENCE", "100ms")
    key, quick, wish = uuid4().hex, uuid4().hex, {"name": "slow"}
    assert world.start("workflows", {"name": "quick"}, key=quick).status_code == 201
    with psycopg.connect(world.dsn) as first:
        first.execute(
            "INSERT INTO atlas.api_answers (organization_id, caller, idempotency_key, request_hash, answered_at)"
            " SELECT organization_id, caller, %s, request_hash, now() FROM atlas.api_answers WHERE idempotency_key = %s",
            [key, quick],
        )
        answer = world.start("workflows", wish, key=key)
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (
            409,
            "conflict",
            "2",
        )
        first.rollback()
    assert world.start("workflows", wish, key=key).status_code == 201


def test_what_was_refused_may_be_tried_again_and_answers_are_forgotten_after_a_day(world: World) -> None:
    key, workflow = uuid4().hex, world.ids[ONE]["workflow"]
    wish = {"revision": 1_000_000, "reason": "x"}
    for _ in range(2):
        assert world.start(f"workflows/{workflow}/publications", wish, key=key).status_code == 412
    made = world.start("workflows", {"name": "daily"}, key=key).json()
    began = world.clock.now
    try:
        world.clock.now = began + timedelta(hours=25)
        assert world.start("workflows", {"name": "daily"}, key=key).json()["id"] != made["id"]
    finally:
        world.clock.now = began


def test_a_workflow_is_published_paused_resumed_and_archived(world: World) -> None:
    made = world.start("workflows", {"name": "life", "definition": definition_of("x", ONE)}).json()
    address, named = f"workflows/{made['id']}", made["id"]
    plan = world.call("POST", f"{address}/publish-plan").json()
    assert (plan["valid"], plan["published_version"], plan["revision"]) == (True, None, 1)
    assert {(each["kind"], each["part"]) for each in plan["changes"]} >= {
        ("added", "nodes"),
        ("added", "triggers"),
    }
    wish = {"revision": 1, "reason": "ready", "plan": plan["plan"], "running": "follow"}
    published = world.start(f"{address}/publications", wish)
    assert (published.status_code, published.json()["version"]) == (201, 1), published.text
    assert world.start(f"{address}/publications", wish).status_code == 412, "the plan has moved"
    tag = world.call("GET", address).headers["etag"]
    assert tag == '"1.1.active"'
    refused = world.call("PATCH", address, json={"status": "paused", "reason": "x"})
    assert refused.status_code == 428
    for status, before in (
        ("paused", '"1.1.active"'),
        ("active", '"1.1.paused"'),
        ("archived", '"1.1.active"'),
    ):
        changed = world.call(
            "PATCH", address, json={"status": status, "reason": "x"}, headers={"If-Match": before}
        )
        assert changed.json()["status"] == status, changed.text
        late = world.call(
            "PATCH", address, json={"status": status, "reason": "x"}, headers={"If-Match": before}
        )
        assert late.status_code == 412
    staff = world.call("PATCH", address, role="staff", json={"status": "archived", "reason": "x"}, headers={"If-Match": '"1.1.archived"'})  # fmt: skip
    assert (staff.status_code, staff.json()["code"]) == (403, "forbidden")
    actions = [entry["action"] for entry in world.get(f"audit?subject_id={named}")["items"]]
    assert actions == ["archive_workflow", "resume_workflow", "pause_workflow", "publish_version_1", "create_workflow"]  # fmt: skip
    assert CANARIES[ONE] in json.dumps(world.get(f"{address}/versions/1"))
    diff = world.get(f"{address}/versions/1/diff/0")
    assert (diff["same_behaviour"], diff["items"]) == (True, [])
    invalid = world.start("workflows", {"name": "broken", "definition": {"nodes": [{"id": "n"}]}}).json()
    answer = world.start(f"workflows/{invalid['id']}/publications", {"revision": 1, "reason": "x"})
    assert answer.status_code == 422
    assert {problem["severity"] for problem in answer.json()["problems"]} >= {"error"}
