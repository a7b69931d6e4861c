"""The worker as a whole: lanes, effects, poison, hostile workflows, and restarts of everything."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from workflows import line, node, setting, wait
from world import LEASE, ONE, PostgresWorld, publish, wish

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.engine.behaviour import Call
from atlas_workflows.errors import DatabaseUnreachable
from atlas_workflows.graph.model import Edge, Node, Workflow
from atlas_workflows.settings import load_settings
from atlas_workflows.site import Site
from atlas_workflows.store.executions import PostgresExecutions
from atlas_workflows.store.intake import PostgresIntake
from atlas_workflows.store.listener import Listener
from atlas_workflows.store.sessions import PLANS_ONCE, UNHURRIED, open_pool
from atlas_workflows.wiring import build_worker, work_until_done
from atlas_workflows.worker.model import (
    Answer,
    Batch,
    Dispatch,
    Finished,
    NotSent,
    Performed,
    Refused,
    Turn,
    Unclear,
)
from atlas_workflows.worker.ports import Performer, TurnRefused
from atlas_workflows.worker.turn import take_turn

SECONDS = 60.0


class Outside:
    """Performs one kind in memory: answers as told, and counts how many it does at once."""

    def __init__(
        self, answer: Callable[[Dispatch], Answer] = lambda dispatch: Performed(), concurrency: int = 4
    ) -> None:
        self.kind = "add_note"
        self.concurrency = concurrency
        self.answer = answer
        self.done: list[str] = []
        self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()

    def may_repeat(self, effect: Dispatch) -> bool:
        return False

    def perform(self, effect: Dispatch) -> Answer:
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            time.sleep(0.01)
            return self.answer(effect)
        finally:
            with self._lock:
                self.at_once -= 1
                self.done.append(effect.key)


@pytest.fixture
def live(atlas_dsn: str) -> Iterator[PostgresWorld]:
    """PostgreSQL on its own clock."""
    found = PostgresWorld(atlas_dsn, now=None)
    yield found
    found.close()


@contextmanager
def working(dsn: str, *performers: Performer, **options: Any) -> Iterator[None]:
    """A worker in this process, until the end of the block."""
    lease = timedelta(seconds=options.pop("lease", 60))
    worker, listener = build_worker(
        dsn, {p.kind: p for p in performers}, lease=lease, effect_lease=lease, **options
    )
    thread = threading.Thread(target=worker.run)
    listener.start()
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(SECONDS)
        listener.stop()
        assert not thread.is_alive()


def until(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)
    return found


def test_executions_with_effects_go_through(live: PostgresWorld) -> None:
    outside = Outside()
    workflow = live.publish(line("w", setting("a"), node("n"), setting("b")))
    with working(live.dsn, outside):
        found = live.start(*(wish(workflow, f"c{i}") for i in range(60)))
        until(lambda: all(live.end(each.execution) for each in found))
    assert sorted(outside.done) == sorted(f"{each.execution}/n" for each in found)
    assert outside.most_at_once <= outside.concurrency
    assert set(live.effects().values()) == {"done"}


def test_work_begins_when_it_is_said_and_not_at_the_next_look(live: PostgresWorld) -> None:
    workflow = live.publish(line("w", setting("a")))
    with working(live.dsn):
        time.sleep(1)
        (begun,) = live.start(wish(workflow))
        until(lambda: live.end(begun.execution))
    waited = live.rows(
        "SELECT min(s.started_at - e.started_at) FROM atlas.workflow_executions e "
        "JOIN atlas.workflow_execution_steps s ON s.execution_id = e.id"
    )[0][0]
    assert waited < timedelta(seconds=5)


def test_without_a_listener_it_polls(live: PostgresWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Listener, "start", lambda self: None)
    monkeypatch.setattr(Listener, "stop", lambda self: None)
    workflow = live.publish(line("w", setting("a")))
    with working(live.dsn):
        time.sleep(0.5)
        (begun,) = live.start(wish(workflow))
        assert until(lambda: live.end(begun.execution)) == ("completed", None)


def test_what_has_been_claimed_is_finished_before_the_end(live: PostgresWorld) -> None:
    outside = Outside(concurrency=2)
    workflow = live.publish(line("w", setting("a"), node("n")))
    with working(live.dsn, outside, batch=7):
        live.start(*(wish(workflow, f"c{i}") for i in range(200)))
        until(lambda: outside.done)
    leased = live.rows("SELECT count(*) FROM atlas.workflow_execution_queue WHERE leased")[0][0]
    assert leased == 0
    assert "dispatching" not in live.effects().values()


def test_a_poison_execution_ends_alone(live: PostgresWorld) -> None:
    """Its step says what the database cannot hold: the batch is split until it is alone, and it fails with the reason."""
    live.connection.execute(
        "ALTER TABLE atlas.workflow_execution_steps ADD CHECK (input_data::text NOT LIKE '%poison%')"
    )
    workflow = live.publish(line("w", node("n", "add_note", text="{{ contact.name }}")))
    with working(live.dsn, Outside()):
        names = {f"c{i}": "poison" if i in (3, 17) else "fine" for i in range(40)}
        wishes = [
            wish(workflow, subject, data={"contact": {"name": name}}) for subject, name in names.items()
        ]
        found = live.start(*wishes)
        ends = until(lambda: (e := [live.end(each.execution) for each in found]) and all(e) and e)
    failed = [place for place, end in enumerate(ends) if end[0] == "failed"]
    assert failed == [3, 17]
    assert "cannot be stored" in ends[3][1]
    assert [end[0] for place, end in enumerate(ends) if place not in failed] == ["completed"] * 38


def test_a_fault_of_the_interpreter_ends_one_execution(
    live: PostgresWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    from atlas_workflows.nodes.catalogue import load_catalogue

    broken = load_catalogue().nodes["set_variable", 1]

    def run(call: Call) -> Any:
        raise MemoryError

    good = live.publish(line("w", node("n")))
    bad = live.publish(line("x", setting("a")))
    monkeypatch.setitem(load_catalogue().nodes, ("set_variable", 1), _with_run(broken, run))
    with working(live.dsn, Outside()):
        one, two = live.start(wish(bad), wish(good))
        until(lambda: live.end(one.execution) and live.end(two.execution))
    assert live.end(one.execution) == ("failed", "The interpreter failed: MemoryError.")
    assert live.end(two.execution) == ("completed", None)


def _with_run(kind: Any, run: Callable[[Call], Any]) -> Any:
    from dataclasses import replace

    return replace(kind, run=run)


def test_a_definition_that_cannot_be_read_fails_and_says_so(live: PostgresWorld) -> None:
    workflow = live.publish(line("w", setting("a")))
    live.connection.execute("ALTER TABLE atlas.workflow_versions DISABLE TRIGGER USER")
    live.connection.execute('UPDATE atlas.workflow_versions SET definition = \'{"format": "none"}\'')
    with working(live.dsn):
        (begun,) = live.start(wish(workflow))
        assert until(lambda: live.end(begun.execution)) == (
            "failed",
            "Version 1 of the workflow cannot be read.",
        )


def test_an_entry_without_an_execution_leaves_the_queue(live: PostgresWorld) -> None:
    live.connection.execute(
        "INSERT INTO atlas.workflow_execution_queue (organization_id, execution_id) VALUES (%s, gen_random_uuid())",
        [ONE],
    )
    with working(live.dsn):
        assert until(lambda: live.rows("SELECT count(*) FROM atlas.workflow_execution_queue") == [(0,)])


def test_a_hostile_workflow_ends_and_its_neighbours_with_it(live: PostgresWorld) -> None:
    loops = Workflow(
        "w",
        "W",
        (
            Node("l", "loop", {"kind": "count", "count": 1000}),
            Node("m", "loop", {"kind": "count", "count": 1000}),
            setting("s"),
        ),
        (
            Edge("a", "t", "l"),
            Edge("b", "l", "m", "body"),
            Edge("c", "m", "s", "body"),
            Edge("d", "s", "m"),
            Edge("e", "m", "l", "done"),
        ),
        line("x", setting("a")).triggers,
    )
    hostile, fine = live.publish(loops), live.publish(line("f", setting("a")))
    with working(live.dsn):
        found = live.start(wish(hostile), wish(fine))
        ends = until(lambda: (e := [live.end(each.execution) for each in found]) and all(e) and e)
    assert ends[0][0] == "failed"
    assert "MAX_STEPS" in ends[0][1]
    assert ends[1] == ("completed", None)


def test_what_nobody_can_tell_is_parked_and_a_performer_s_fault_too(live: PostgresWorld) -> None:
    def answer(dispatch: Dispatch) -> Answer:
        if "1" in dispatch.content["text"]:
            raise ZeroDivisionError
        return (
            Unclear("fell silent")
            if "2" in dispatch.content["text"]
            else Refused("provider", "no", may_retry=False)
        )

    workflow = live.publish(line("w", node("n", text="{{ contact.name }}")))
    with working(live.dsn, Outside(answer)):
        live.start(*(wish(workflow, f"c{i}", data={"contact": {"name": str(i)}}) for i in (1, 2, 3)))
        until(lambda: sorted(live.effects().values()) == ["failed", "unknown", "unknown"])
    errors = live.rows("SELECT error FROM atlas.effects ORDER BY error")
    assert errors == [("The performer failed: ZeroDivisionError.",), ("fell silent",), ("provider: no",)]


def test_what_was_not_sent_is_sent_after_all(live: PostgresWorld) -> None:
    answers = iter([NotSent(), NotSent(), Performed()])
    workflow = live.publish(line("w", node("n")))
    with working(live.dsn, Outside(lambda dispatch: next(answers))):
        (begun,) = live.start(wish(workflow))
        until(lambda: live.end(begun.execution))
    assert live.rows("SELECT status, dispatches FROM atlas.effects") == [("done", 3)]


def test_an_answer_that_cannot_be_stored_is_kept_without_its_content(live: PostgresWorld) -> None:
    live.connection.execute("ALTER TABLE atlas.effects ADD CHECK (answer::text NOT LIKE '%poison%')")
    workflow = live.publish(line("w", node("n")))
    with working(live.dsn, Outside(lambda dispatch: Performed({"said": "poison"}))):
        (begun,) = live.start(wish(workflow))
        until(lambda: live.end(begun.execution))
    assert set(live.effects().values()) == {"done"}


# Nothing but a commit that waits brings the log to the disk: what the server does by itself comes later than a test takes.
LAZY = {
    "fsync": "off", "full_page_writes": "off", "wal_writer_delay": "10s", "bgwriter_lru_maxpages": "0",
    "autovacuum": "off",
}  # fmt: skip


@pytest.fixture(scope="module")
def mortal() -> Iterator[EmbeddedServer]:
    """A server that may crash, with a database `crm`."""
    from atlas_workflows.db.schema import upgrade

    with tempfile.TemporaryDirectory(prefix="atlas-test-pg-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = EmbeddedServer(folder / "data", settings=LAZY).start()
        try:
            upgrade(server.create_database("crm"))
            yield server
        finally:
            server.stop(mode="immediate")


def crashed(server: EmbeddedServer) -> PostgresWorld:
    """The server has crashed and is there again."""
    port = server.port
    server.stop(mode="immediate")
    server.start(preferred_port=port)
    return PostgresWorld(server.dsn("crm"), now=None)


@pytest.mark.postgres
def test_a_wait_survives_a_restart_of_everything(mortal: EmbeddedServer) -> None:
    with connect(mortal.dsn("crm"), application_name="test", autocommit=True) as connection:
        workflow = publish(connection, line("w", wait("pause", 3, "seconds"), setting("b")))
        (begun,) = PostgresIntake(connection).start([wish(workflow)])
    with working(mortal.dsn("crm")):
        time.sleep(1)
    world = crashed(mortal)
    with working(world.dsn):
        until(lambda: world.end(begun.execution))
    late = world.rows(
        "SELECT max(completed_at - started_at) FROM atlas.workflow_execution_steps WHERE node_id = 'pause'"
    )
    world.close()
    assert late[0][0] >= timedelta(seconds=3)


def unhurried(world: PostgresWorld) -> PostgresExecutions:
    """As a worker's lanes have them."""
    return PostgresExecutions(open_pool(world.dsn, 1, PLANS_ONCE | UNHURRIED), lease=LEASE)


def turns_of(world: PostgresWorld, batch: Batch) -> list[Turn]:
    return [
        take_turn(each, world.definitions.program(ONE, each.workflow, each.version), batch.now)
        for each in batch.claimed
    ]


def is_lost_by_a_crash(world: PostgresWorld) -> bool:
    """Whether something is committed that is not on the disk."""
    return bool(world.rows("SELECT pg_current_wal_flush_lsn() < pg_current_wal_insert_lsn()")[0][0])


@pytest.mark.postgres
def test_what_a_crash_undoes_is_taken_up_anew_and_nobody_outside_had_seen_it(mortal: EmbeddedServer) -> None:
    before = PostgresWorld(mortal.dsn("crm"), now=None)
    workflow = before.publish(line("unhurried", setting("a"), node("n"), setting("b")))
    (begun,) = before.start(wish(workflow))
    lanes = unhurried(before)
    batch = lanes.checkpoint((), 10)[0]
    turns = turns_of(before, batch)
    assert lanes.checkpoint(turns, 0)[1] == frozenset()
    assert [step[0] for step in before.steps(begun.execution)][:1] == ["a"], "it is committed"
    assert before.effects() == {f"{begun.execution}/n": "intended"}
    assert is_lost_by_a_crash(before), "and nothing has brought it to the disk"
    world = crashed(mortal)
    entry = world.entry(begun.execution)
    assert entry is not None, "the start waited for the disk"
    assert (entry.ready, entry.fencing, world.steps(begun.execution), world.effects()) == (True, 0, [], {})

    # The worker that wrote the turn is still there, and another one gets the same claim under the same number.
    lanes = unhurried(world)
    again = lanes.checkpoint((), 10)[0]
    assert [each.fencing for each in again.claimed] == [each.fencing for each in batch.claimed] == [1]
    assert lanes.checkpoint(turns_of(world, again), 0)[1] == frozenset()
    assert lanes.checkpoint(turns, 0)[1] == {(ONE, begun.execution)}, "whoever comes second writes nothing"
    assert [step[0] for step in world.steps(begun.execution)].count("a") == 1
    assert is_lost_by_a_crash(world)
    (sent,) = world.ledger.exchange((), {"add_note": 1})
    assert not is_lost_by_a_crash(world), "the commit before a call waits, and with it all that led to it"

    after = crashed(mortal)
    assert after.effects() == {f"{begun.execution}/n": "dispatching"}
    assert [step[0] for step in after.steps(begun.execution)].count("a") == 1
    after.ledger.exchange([Finished(sent, Performed())], {})
    with working(after.dsn):
        assert until(lambda: after.end(begun.execution)) == ("completed", None)
    assert [step[0] for step in after.steps(begun.execution)] == ["a", "n", "b"]
    for each in (before, world, after):
        each.close()


def test_the_command_drains_when_it_is_told_to_end(live: PostgresWorld) -> None:
    workflow = live.publish(line("w", setting("a"), wait("p", 1, "seconds"), setting("b")))
    command = [str(Path(sys.executable).with_name("atlas")), "worker", "--processes", "2"]
    environment = os.environ | {"ATLAS_CRM_DSN": live.dsn}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = ""
    try:
        while (
            said.count('"worker starts"') < 2
        ):  # one that is told to end before it began has nothing to drain
            said += process.stderr.readline()
            assert process.poll() is None, said
        found = live.start(*(wish(workflow, f"c{i}") for i in range(50)))
        deadline = time.monotonic() + 90
        while not all(live.end(each.execution) for each in found):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        said += process.communicate(timeout=60)[1]
    finally:
        process.kill()
    assert process.returncode == 0, said
    assert said.count('"worker starts"') == 2
    assert said.count('"worker ends"') == 2
    assert "postgresql://" not in said


def test_a_database_without_the_schema_is_refused_with_what_to_do(dsn: str) -> None:
    from atlas_workflows.errors import InputError

    with pytest.raises(InputError, match="atlas schema upgrade"):
        build_worker(dsn, {})


def test_executions_land_in_the_partition_of_their_day(live: PostgresWorld) -> None:
    workflow = live.publish(line("w", setting("a")))
    with working(live.dsn):
        (begun,) = live.start(wish(workflow))
        until(lambda: live.end(begun.execution))
    tables = live.rows(
        "SELECT tableoid::regclass::text FROM atlas.workflow_executions "
        "UNION ALL SELECT tableoid::regclass::text FROM atlas.workflow_execution_steps"
    )
    assert len(tables) == 2
    days = "(SELECT to_char(now() AT TIME ZONE 'UTC' + n * interval '1 day', 'YYYY_MM_DD') FROM generate_series(0, 3) AS n)"
    assert {name[-10:] for (name,) in tables} <= {day for (day,) in live.rows(days)}


def test_a_lane_that_fails_ends_the_worker_with_it(live: PostgresWorld) -> None:
    worker, _ = build_worker(live.dsn, {})
    live.connection.execute("ALTER TABLE atlas.workflow_execution_queue RENAME TO gone")
    with pytest.raises(TurnRefused, match="workflow_execution_queue"):
        worker.run()


class Blind(Site):
    """A site whose backlog cannot be looked at."""

    def connect(self, purpose: str, *, autocommit: bool = False) -> Connection:
        raise DatabaseUnreachable("It is gone.", remedy="Wait.")


@pytest.mark.postgres
def test_a_backlog_that_cannot_be_looked_at_is_not_done(atlas_dsn: str) -> None:
    with pytest.raises(DatabaseUnreachable, match="It is gone"):
        work_until_done(Blind(atlas_dsn, load_settings({})))
