"""Changes since a place: each once, none missed though transactions commit late; the same as a stream that goes on where it broke."""

import json
import time
from itertools import count
from typing import Any

import psycopg
import pytest
from api_world import CANARIES, World

from atlas_workflows.api.manners.problems import HttpProblem
from atlas_workflows.api.manners.streams import Streams
from crm_world import ONE, TWO

INSERT = "INSERT INTO atlas.audit_log (organization_id, actor, action, subject_table, subject_id) VALUES (%s, 'a', 'x', 't', %s)"


def _changes(world: World, since: str | None = None, **more: Any) -> Any:
    return world.get("changes", params={"since": since} if since else {}, **more)


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
