"""Changes since a place: each once, none missed though transactions commit late; the same as a stream that goes on where it broke."""

import json
import time
from itertools import count
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from api_world import CANARIES, World

from atlas_workflows.api.manners.problems import HttpProblem
from atlas_workflows.api.manners.streams import Streams
from atlas_workflows.db.connect import connect
from atlas_workflows.site import crm_site
from atlas_workflows.store.intake import PostgresIntake
from atlas_workflows.wiring import work_until_done
from atlas_workflows.worker.model import Start
from crm_world import ONE, TWO

INSERT = "INSERT INTO atlas.audit_log (organization_id, actor, action, subject_table, subject_id) VALUES (%s, 'a', 'x', 't', %s)"


def _changes(world: World, since: str | None = None, *, limit: int = 100, **more: Any) -> Any:
    return world.get("changes", params={"limit": limit, **({"since": since} if since else {})}, **more)


def _until(world: World, since: str, size: int) -> Any:
    """The changes once there are so many: a transaction of the server's own may hold one back for a moment."""
    deadline = time.monotonic() + 60
    while len((told := _changes(world, since))["items"]) < size:
        assert time.monotonic() < deadline, told
        time.sleep(0.02)
    return told


def _ids(told: Any) -> list[str]:
    return [change["id"] for change in told["items"]]


def _write(connection: psycopg.Connection[Any], named: str, organization: str = ONE) -> None:
    connection.execute(INSERT, [organization, named])


def test_a_change_is_seen_once_and_by_its_own_organization(world: World) -> None:
    start = _changes(world)
    assert (start["items"], start["reset"]) == ([], False)
    made = world.start("workflows", {"name": "seen"}).json()
    world.start("workflows", {"name": CANARIES[TWO]}, organization=TWO)
    told = _until(world, start["next"], 1)
    assert [(change["action"], change["what"], change["id"]) for change in told["items"]] == [("create_workflow", "workflows", made["id"])]  # fmt: skip
    assert told["next"] == told["items"][0]["place"]
    assert _ids(_changes(world, told["next"])) == []


def test_none_is_missed_though_transactions_commit_late(world: World) -> None:
    place = _changes(world)["next"]
    seen: list[str] = []

    def look() -> None:
        nonlocal place
        told = _changes(world, place)
        seen.extend(_ids(told))
        place = told["next"]

    with (
        psycopg.connect(world.dsn) as early,
        psycopg.connect(world.dsn) as late,
        psycopg.connect(world.dsn) as other,
    ):
        _write(early, "1")
        _write(late, "2")
        late.commit()
        look()
        assert seen == [], "what was written behind a transaction that goes on waits for it"
        _write(other, "3")
        _write(early, "4")
        other.commit()
        look()
        early.commit()
        _write(late, "5")
        late.rollback()
    _until(world, place, 4 - len(seen))
    look()
    assert sorted(seen) == ["1", "2", "3", "4"]
    assert len(seen) == len(set(seen))


def test_who_knows_all_gets_304(world: World) -> None:
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        place = _changes(world)["next"]
        _write(connection, "known")
        _until(world, place, 1)
        answer = world.call("GET", "changes", params={"since": place})
        tag, following = answer.headers["etag"], answer.json()["next"]
        again = world.call("GET", "changes", params={"since": following}, headers={"If-None-Match": tag})
        assert (again.status_code, again.headers["etag"]) == (304, tag)
        _write(connection, "new")
    _until(world, following, 1)
    fresh = world.call("GET", "changes", params={"since": following}, headers={"If-None-Match": tag})
    assert (fresh.status_code, _ids(fresh.json())) == (200, ["new"])


@pytest.mark.parametrize(
    "place", ["0", "x.1", "1.x", "-1.1", "1.-1", "1." + "9" * 30, "9" * 30 + ".1", "01.1", "1.1 ", "\u0661.1"]
)
def test_a_place_that_is_none_is_refused(world: World, place: str) -> None:
    for path in ("changes", "changes/stream"):
        answer = world.call("GET", path, params={"since": place})
        assert (answer.status_code, answer.json()["field"]) == (422, "since"), answer.text


def test_a_place_of_another_database_is_told_apart(world: World) -> None:
    told = _changes(world, f"{10**18}.7")
    assert (told["reset"], told["items"]) == (True, [])
    assert _changes(world, told["next"])["reset"] is False


def test_a_stream_goes_on_where_it_broke(world: World) -> None:
    place = _changes(world)["next"]
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        for named in ("a", "b"):
            _write(connection, named)
        _write(connection, "theirs", TWO)
        _until(world, place, 2)
        first = world.call("GET", "changes/stream", params={"since": place})
        assert first.headers["content-type"].startswith("text/event-stream")
        events = _events(first.text)
        assert [event["id"] for event in events] == ["a", "b"]
        _write(connection, "c")
    _until(world, place, 3)
    going_on = world.call("GET", "changes/stream", headers={"Last-Event-ID": events[0]["place"]})
    assert [event["id"] for event in _events(going_on.text)] == ["b", "c"]


def test_a_caller_has_two_streams_and_hears_that_they_live(world: World) -> None:
    ticks, usual = count(step=4.0), world.app.state.streams
    streams = world.app.state.streams = Streams(60.0, pause=0.0, clock=lambda: float(next(ticks)))
    try:
        whole = world.call("GET", "changes/stream", params={"since": _changes(world)["next"]})
    finally:
        world.app.state.streams = usual
    assert whole.text.count(": still here") >= 2
    ends = [streams._enter("somebody") for _ in range(2)]
    with pytest.raises(HttpProblem, match="2 streams open"):
        streams._enter("somebody")
    streams._leave("somebody", ends[0])
    streams._enter("somebody")


def _events(text: str) -> list[dict[str, Any]]:
    return [
        json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")
    ]


def _start(world: World, workflow: str, subject: str) -> str:
    """An execution started by the engine."""
    with connect(world.dsn, application_name="test", autocommit=True) as connection:
        wish = Start(ONE, workflow, subject, uuid4().hex, "t", triggered_by="manual")
        with connection.transaction():
            (started,) = PostgresIntake(connection).start([wish])
    assert started.answer == "started"
    return started.execution


def test_executions_that_start_and_end_are_among_the_changes(world: World) -> None:
    place = _changes(world)["next"]
    found = {_start(world, world.ids[ONE]["workflow"], f"member-{number}") for number in range(3)}
    told = _until(world, place, 3)
    assert {(each["action"], each["what"]) for each in told["items"]} == {("execution_started", "workflow_executions")}  # fmt: skip
    assert set(_ids(told)) == found
    one_by_one, at = [], place
    while page := _changes(world, at, limit=1)["items"]:
        one_by_one += page
        at = page[0]["place"]
    assert one_by_one == told["items"], "a page may end between two that one transaction wrote"
    assert _changes(world, told["next"])["items"] == []
    assert _changes(world, place, organization=TWO)["items"] == []
    work_until_done(crm_site(world.dsn))
    ended = _until(world, told["next"], 3)
    assert [each["action"] for each in ended["items"]] == ["execution_ended"] * 3
    assert set(_ids(ended)) == found
    with psycopg.connect(world.dsn) as connection:
        outcomes = connection.execute("SELECT DISTINCT ended_by IS NULL, completed_at IS NULL FROM atlas.workflow_executions WHERE id = ANY(%s)", [list(found)]).fetchall()  # fmt: skip
    assert outcomes == [(False, False)]
    streamed = world.call("GET", "changes/stream", headers={"Last-Event-ID": ended["items"][0]["place"]})
    assert [event["id"] for event in _events(streamed.text)] == _ids(ended)[1:]


def test_the_end_of_an_execution_stays_an_update_in_place(world: World) -> None:
    """No index but a BRIN one may hold what an end writes: any other would have every index of the row written anew."""
    with psycopg.connect(world.dsn) as connection:
        found = connection.execute(
            "SELECT DISTINCT am.amname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_am AS am ON am.oid = c.relam"
            " JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)"
            " WHERE i.indrelid = 'atlas.workflow_executions'::regclass"
            " AND a.attname = ANY(ARRAY['status', 'outcome', 'reason', 'error', 'completed_at', 'execution_time_ms', 'ended_by'])"
        ).fetchall()
    assert found == [("brin",)]
