"""What is decided about the migration over the API: signatures for what was read, phases started and approved."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Barrier, Thread
from typing import Any, ClassVar
from uuid import uuid4

import psycopg
import pytest
from api_world import World
from httpx import Response

from atlas_workflows.api.routes import phases
from crm_world import ONE, TWO

CHANGES = json.dumps([{"code": code, "message": "m"} for code in ("WAIT_LONGER", "OTHER_ZONE")])


def _waiting(world: World, source: str) -> str:
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        found = connection.execute(
            "INSERT INTO atlas.workflows (organization_id, name, source_table, source_id, awaiting_sign_off, intended_status)"
            " VALUES (%s, 'waits', 'workflows', %s, true, 'active') RETURNING id::text", [ONE, source],
        ).fetchone()  # fmt: skip
        connection.execute(
            "INSERT INTO atlas.migration_ledger (source_table, source_id, organization_id, phase, outcome, changes, source_hash)"
            " VALUES ('workflows', %s, %s, 'p1_database', 'migrated', %s, %s)", [source, ONE, CHANGES, f"hash-{source}"],
        )  # fmt: skip
    assert found
    return str(found[0])


def _edited(world: World, source: str) -> None:
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        connection.execute("UPDATE atlas.migration_ledger SET source_hash = 'edited' WHERE source_id = %s", [source])  # fmt: skip


def _signatures(world: World) -> list[tuple[str, str]]:
    with psycopg.connect(world.dsn) as connection:
        found = connection.execute(
            "SELECT workflow_id::text, code FROM atlas.sign_offs ORDER BY workflow_id, code"
        ).fetchall()
    return [(workflow, code) for workflow, code in found]


def test_a_signature_holds_for_what_was_read_and_goes_live_with_the_last(world: World) -> None:
    source = uuid4().hex
    workflow = _waiting(world, source)
    listed = {each["workflow"]: each for each in world.get("migration/sign-offs")["items"]}
    read = {"source_hash": listed[workflow]["source_hash"], "reason": "we talked about it"}
    path, key = f"migration/sign-offs/{workflow}", uuid4().hex
    assert world.start(path, read | {"codes": ["WAIT_LONGER"]}, role="manager").status_code == 403
    first, again = (world.start(path, read | {"codes": ["WAIT_LONGER"]}, key=key) for _ in range(2))
    assert first.status_code == 201, first.text
    assert (first.json()["outstanding"], first.content) == (["OTHER_ZONE"], again.content)
    assert world.start(path, read | {"codes": ["OTHER_ZONE"]}, organization=TWO).status_code == 404
    assert world.start(path, read | {"codes": ["NO_SUCH"]}).status_code == 409
    _edited(world, source)
    stale = world.start(path, read | {"codes": ["OTHER_ZONE"]})
    assert stale.status_code == 412, stale.text
    assert (workflow, "OTHER_ZONE") not in _signatures(world)
    fresh = read | {"source_hash": "edited", "codes": ["OTHER_ZONE", "WAIT_LONGER"]}
    done = world.start(path, fresh)
    assert (done.json()["outstanding"], done.json()["status"]) == ([], "active")
    entries = world.get("audit", params={"subject_id": workflow})["items"]
    assert [entry["action"] for entry in entries] == ["sign_off"] * 3
    assert entries[-1]["reason"] == "WAIT_LONGER: we talked about it"


def test_one_change_is_signed_for_several_workflows_or_for_none(world: World) -> None:
    sources = [uuid4().hex, uuid4().hex]
    workflows = [_waiting(world, source) for source in sources]
    before = _signatures(world)
    _edited(world, sources[1])
    read = [
        {"workflow": workflow, "source_hash": f"hash-{source}"}
        for workflow, source in zip(workflows, sources, strict=True)
    ]
    wish = {"code": "WAIT_LONGER", "workflows": read, "reason": "for all"}
    assert world.start("migration/sign-offs", wish).status_code == 412
    assert _signatures(world) == before
    read[1]["source_hash"] = "edited"
    signed = world.start("migration/sign-offs", wish)
    assert signed.status_code == 201, signed.text
    assert [each["workflow"] for each in signed.json()["items"]] == workflows
    assert {workflow for workflow, _ in set(_signatures(world)) - set(before)} == set(workflows)


@pytest.fixture
def operator(world: World):  # type: ignore[no-untyped-def]
    """Headers of a login that may change the whole installation."""
    world.session[0] = ("ops", True)
    token = world.client.get("/api/v2/session").json()["csrf"]
    yield {"Sec-Fetch-Site": "same-origin", "X-Atlas-CSRF": token}
    world.session[0] = None
    world.client.cookies.clear()


@pytest.fixture
def operators(operator: dict[str, str]) -> list[dict[str, str]]:
    """The same of two logins."""
    return [operator | {"X-Test-Login": login} for login in ("ada", "bo")]


def test_a_phase_is_not_started_where_there_is_no_airflow(world: World, operator: dict[str, str]) -> None:
    headers = operator | {"Idempotency-Key": uuid4().hex}
    for settings, phase, status, word in (
        ({}, "p1", 409, "atlas migrate run p1"),
        ({"no_such_setting": 1}, "p1", 422, "settings.no_such_setting"),
        ({"waivers": 5}, "p1", 422, "settings.waivers"),
        ({"organizations": 5}, "p1", 422, "settings.organizations"),
        ({"organizations": "abc"}, "p1", 422, "settings.organizations"),
        ({"organizations": ["abc"]}, "p1", 422, "settings.organizations"),
        ({"assume_organization": "x"}, "p1", 422, "settings.assume_organization"),
        ({"dry_run": "no"}, "p1", 422, "settings.dry_run"),
        ({}, "p9", 409, "p9"),
    ):
        wish = {"phase": phase, "settings": settings, "reason": "r"}
        answer = world.client.post("/api/v2/migration/runs", json=wish, headers=headers)
        assert answer.status_code == status, answer.text
        assert word in answer.text
    assert world.start("migration/runs", {"phase": "p1", "reason": "r"}).status_code == 403


class Airflow(BaseHTTPRequestHandler):
    """Answers as Airflow's API does to who starts DAG runs: a second run of one id is a 409."""

    runs: ClassVar[dict[str, Any]] = {}
    paused: ClassVar[bool] = False
    state: ClassVar[str] = "running"

    def do_GET(self) -> None:
        _, of_a_run, run = self.path.partition("/dagRuns/")
        if not of_a_run:
            self._answer(200, {"is_paused": self.paused})
        elif run in self.runs:
            self._answer(200, {"conf": self.runs[run], "state": self.state})
        else:
            self._answer(404, {"detail": "The DagRun was not found"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/auth/token":
            self._answer(201, {"access_token": "t"})
            return
        assert self.path.startswith("/api/v2/dags/migration_p"), self.path
        assert self.path.endswith("/dagRuns"), self.path
        known = body["dag_run_id"] in self.runs
        self.runs.setdefault(body["dag_run_id"], body["conf"])
        self._answer(409 if known else 200, {"dag_run_id": body["dag_run_id"]})

    def _answer(self, status: int, document: Any) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Iterator[HTTPServer]:
    """Something that speaks as Airflow does, at ATLAS_AIRFLOW_URL."""
    server = HTTPServer(("127.0.0.1", 0), Airflow)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("ATLAS_AIRFLOW_URL", f"http://127.0.0.1:{server.server_port}")
    Airflow.runs, Airflow.paused, Airflow.state = {}, False, "running"
    yield server
    server.shutdown()
    server.server_close()


def test_a_phase_is_started_by_its_dag_once_per_key(
    world: World, operator: dict[str, str], airflow: HTTPServer
) -> None:
    headers = operator | {"Idempotency-Key": uuid4().hex}
    wish = {"phase": "p1", "settings": {"batch_rows": 500, "dry_run": None}, "reason": "the night is quiet"}

    def start(body: Any) -> Any:
        return world.client.post("/api/v2/migration/runs", json=body, headers=headers)

    Airflow.paused = True
    assert start(wish).status_code == 409
    assert Airflow.runs == {}
    Airflow.paused = False
    first, again = start(wish), start(wish)
    others = [
        start(wish | {"settings": {}}),
        start(wish | {"phase": "p2"}),
        start(wish | {"reason": "another"}),
    ]
    airflow.shutdown()
    airflow.server_close()
    assert first.status_code == 202, first.text
    assert first.json() == again.json()
    assert Airflow.runs == {first.json()["dag_run_id"]: {"dry_run": True, "batch_rows": 500}}
    for other in others:
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    gone = start(wish)
    assert gone.status_code == 503, gone.text
    with psycopg.connect(world.dsn) as connection:
        noted = connection.execute("SELECT actor, reason FROM atlas.audit_log WHERE action = 'start_phase_p1_database'").fetchall()  # fmt: skip
    assert noted == [("operator:ops", "the night is quiet")]


def test_a_run_is_approved_once_and_it_is_audited(world: World, operator: dict[str, str]) -> None:
    run = world.ids[ONE]["run"]
    path = f"/api/v2/migration/runs/{run}/approvals"
    first = world.client.post(path, json={"reason": "looked at it"}, headers=operator)
    assert first.status_code == 201, first.text
    again = world.client.post(path, json={"reason": "another reason"}, headers=operator)
    assert again.json() == first.json()
    assert first.json()["reason"] == "looked at it"
    with psycopg.connect(world.dsn) as connection:
        noted = connection.execute("SELECT count(*) FROM atlas.audit_log WHERE action = 'approve_phase_run' AND subject_id = %s", [run]).fetchone()  # fmt: skip
    assert noted == (1,)
    missing = world.client.post(path.replace(run, str(uuid4())), json={"reason": "r"}, headers=operator)
    assert missing.status_code == 404


def _at_once(asks: Sequence[Callable[[], Response]]) -> list[Response]:
    """Their answers, asked at one moment; those that were let in come first."""
    line = Barrier(len(asks))

    def ask(wish: Callable[[], Response]) -> Response:
        line.wait()
        return wish()

    with ThreadPoolExecutor(len(asks)) as threads:
        return sorted(threads.map(ask, asks), key=lambda answer: answer.status_code)


def _start(world: World, headers: dict[str, str], phase: str, key: str = "") -> Response:
    keyed = headers | {"Idempotency-Key": key or uuid4().hex}
    return world.client.post("/api/v2/migration/runs", json={"phase": phase, "reason": "now"}, headers=keyed)


def test_of_two_who_start_a_phase_at_once_one_does(
    world: World, operators: Sequence[dict[str, str]], airflow: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *others = _at_once([partial(_start, world, each, "p2") for each in operators])
    assert first.status_code == 202, first.text
    assert list(Airflow.runs) == [first.json()["dag_run_id"]]
    for other in others:
        told = other.json()
        assert (other.status_code, told["code"]) == (409, "conflict"), told
        assert first.json()["dag_run_id"] in told["detail"]
    Airflow.runs.clear()  # Airflow does not know of it yet, or never will
    world.clock.now += timedelta(minutes=2)
    assert _start(world, operators[0], "p2").status_code == 409, "by the database's clock it was just now"
    monkeypatch.setattr(phases, "UNKNOWN_FOR", timedelta(0))
    Airflow.state = "success"
    again = _start(world, operators[0], "p2")
    assert again.status_code == 202, again.text
    assert _start(world, operators[1], "p2").status_code == 202, "that one has ended"


def test_a_start_that_airflow_never_heard_of_is_not_repeated_beside_a_later_one(
    world: World, operator: dict[str, str], airflow: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phases, "UNKNOWN_FOR", timedelta(0))
    keys = [uuid4().hex for _ in range(3)]
    assert _start(world, operator, "p4", keys[0]).status_code == 202
    Airflow.runs.clear()  # its trigger timed out
    later = _start(world, operator, "p4", keys[1])
    assert later.status_code == 202, later.text
    repeated = _start(world, operator, "p4", keys[0])
    assert repeated.status_code == 409, repeated.text
    assert later.json()["dag_run_id"] in repeated.json()["detail"]
    assert _start(world, operator, "p4", keys[1]).json() == later.json()
    assert list(Airflow.runs) == [later.json()["dag_run_id"]]
    Airflow.state = "success"
    first = _start(world, operator, "p4", keys[0])
    assert first.status_code == 202, first.text
    Airflow.state = "running"
    third = _start(world, operator, "p4", keys[2])
    assert third.status_code == 409, "the last start is the repeated one"
    assert first.json()["dag_run_id"] in third.json()["detail"]


def test_of_two_who_approve_a_run_at_once_one_does(world: World, operators: Sequence[dict[str, str]]) -> None:
    path = f"/api/v2/migration/runs/{world.ids[TWO]['run']}/approvals"

    def approve(place: int) -> Response:
        return world.client.post(path, json={"reason": f"reason {place}"}, headers=operators[place])

    first, second = _at_once([partial(approve, place) for place in range(2)])
    assert (first.status_code, second.status_code) == (201, 409), (first.text, second.text)
    told = first.json()
    assert second.json()["detail"].endswith(f"approved by {told['approved_by']} before: {told['reason']}")
