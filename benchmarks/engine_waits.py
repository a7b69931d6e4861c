"""Waits and floods: what falls due after a restart, claims beside parked executions, one token beside a flood, first actions."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import psutil

from atlas_workflows.db.connect import connect
from atlas_workflows.graph.model import Node
from atlas_workflows.store.intake import PostgresIntake
from atlas_workflows.wiring import build_worker
from atlas_workflows.worker.model import Answer, Dispatch, Performed, Start
from atlas_workflows.worker.ports import Performer
from engine_ground import BATCH, ORGANIZATION, PER_SECOND, Bench, Row, line, percentiles, verdict
from engine_peers import Ours, running

TWO = "22222222-2222-4222-8222-222222222222"
EMIT = "SELECT atlas.emit_event(%s, 'lead_created', %s, jsonb_build_object('asked', %s::text))"
AHEAD_SECONDS = 30  # for making them all, stopping everything and starting it again
PARK = """
INSERT INTO atlas.workflow_execution_queue (organization_id, execution_id, due_at, ready)
SELECT %s, gen_random_uuid(), now() + n * interval '1 minute' + interval '1 day', false
FROM generate_series(1, %s) AS n
"""
FLOOD = """
INSERT INTO atlas.workflow_execution_queue (organization_id, execution_id)
SELECT %s, gen_random_uuid() FROM generate_series(1, %s)
"""
# One real execution that waits, so many times, each under its own id and falling due at its own instant.
COPIES = """
CREATE TABLE public.bench_due AS
SELECT
    gen_random_uuid() AS execution_id,
    %(first)s::timestamptz + n * (%(seconds)s * interval '1 second' / %(many)s) AS due_at
FROM generate_series(1, %(many)s) AS n;
INSERT INTO atlas.workflow_executions (id, organization_id, workflow_id, workflow_version, status, triggered_by)
SELECT d.execution_id, %(organization)s, %(workflow)s, 1, 'running', 'event' FROM public.bench_due AS d;
INSERT INTO atlas.execution_states (
    organization_id, execution_id, workflow_id, workflow_version, subject, recorded, begun, document
)
SELECT
    %(organization)s, d.execution_id, %(workflow)s, 1, d.execution_id::text, s.recorded, true,
    replace(
        replace(s.document::text, s.execution_id::text, d.execution_id::text),
        %(due)s, to_char(d.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US+00:00')
    )::json
FROM public.bench_due AS d
CROSS JOIN (SELECT * FROM atlas.execution_states WHERE execution_id = %(execution)s) AS s;
INSERT INTO atlas.workflow_execution_queue (organization_id, execution_id, due_at, ready)
SELECT %(organization)s, d.execution_id, d.due_at, false FROM public.bench_due AS d;
"""
LATENESS = """
SELECT extract(EPOCH FROM s.completed_at - d.due_at)::double precision * 1000
FROM public.bench_due AS d
INNER JOIN atlas.workflow_execution_steps AS s ON s.execution_id = d.execution_id
WHERE s.node_id = 'p' AND s.status = 'completed'
"""


def due_after_a_restart(found: Bench) -> list[Row]:
    """Milliseconds between an instant and the claim that serves it, after worker and server were stopped hard."""
    sizes = found.sizes
    first = _park_copies(found)
    port = found.server.port
    found.server.stop(mode="immediate")
    found.server.start(preferred_port=port)
    code = "from atlas_workflows.cli.app import main; main()"
    command = [sys.executable, "-P", "-c", code, "worker", "--metrics-port", "off", "--dsn", found.dsn]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            memory = _watch(process.pid, first + timedelta(seconds=sizes.due_seconds), found)
        finally:
            process.terminate()
    with connect(found.dsn, application_name="bench", autocommit=True) as connection:
        late = [milliseconds for (milliseconds,) in connection.execute(LATENESS).fetchall()]
    assert len(late) == sizes.due, f"{len(late)} of {sizes.due} went on"
    row: Row = {"measure": f"{sizes.due:,} waits due over {sizes.due_seconds} s after a restart, ms late"}
    row |= percentiles(late) | {"must be": "p99 under 5,000"}
    row["verdict"] = verdict(row["p99"] < 5_000)
    return [
        row,
        {
            "measure": "memory of that worker, MB",
            "peak": memory,
            "must be": "under 300",
            "verdict": verdict(memory < 300),
        },
    ]


def _park_copies(found: Bench) -> datetime:
    """Executions that wait, made from one that does; returns when the first falls due."""
    workflow = found.publish(line(_wait(86_400), Node("a", "set_variable", {"name": "a", "value": 1})))
    (execution,) = found.enqueue(1, workflow)
    batch = found.executions.checkpoint((), BATCH)[0]
    found.executions.checkpoint(found.turns(batch), 0)
    row = found.connection.execute(
        "SELECT due_at, now() FROM atlas.workflow_execution_queue WHERE execution_id = %s", [execution]
    ).fetchone()
    assert row is not None
    first = row[1] + timedelta(seconds=AHEAD_SECONDS if found.sizes.due >= 50_000 else 8)
    given = {
        "first": first, "seconds": found.sizes.due_seconds, "many": found.sizes.due, "organization": ORGANIZATION,
        "workflow": workflow, "execution": execution, "due": row[0].isoformat(),
    }  # fmt: skip
    for statement in COPIES.split(";\n")[:-1]:
        found.connection.execute(statement, given)  # type: ignore[call-overload]
    copied = found.connection.execute(
        "SELECT count(*) FROM atlas.execution_states WHERE document::text LIKE %s",
        [f"%{row[0].isoformat()}%"],
    ).fetchone()
    assert copied == (1,), "each falls due at its own instant"
    assert datetime.now(first.tzinfo) < first, "making them took too long"
    return first


def _wait(seconds: int) -> Node:
    return Node("p", "wait", {"wait": {"kind": "duration", "amount": seconds, "unit": "seconds"}})


def _watch(pid: int, until: datetime, found: Bench) -> int:
    """Until all is done; returns the most memory the process has held, in MB."""
    worker, most = psutil.Process(pid), 0
    with connect(found.dsn, application_name="bench", autocommit=True) as connection:
        left = "SELECT count(*) FROM (SELECT FROM atlas.workflow_execution_queue WHERE due_at < %s LIMIT 1) AS found"
        bound = until + timedelta(seconds=1)
        while datetime.now(until.tzinfo) < until or connection.execute(left, [bound]).fetchone() != (0,):
            most = max(most, worker.memory_info().rss)
            assert datetime.now(until.tzinfo) < until + timedelta(seconds=120), "it does not come to its end"
            time.sleep(0.5)
    return most // 1_000_000


def claims_beside_parked(found: Bench) -> list[Row]:
    """Milliseconds per claim of 100, beside executions that wait."""
    rows: list[Row] = []
    parked = 0
    for many in found.sizes.parked:
        found.connection.execute(PARK, [ORGANIZATION, many - parked])
        parked = many
        rows.append({"measure": "claim of 100, ms", "parked": many, "p50": round(_claim_ms(found), 2)})
    ratio = rows[-1]["p50"] / rows[0]["p50"]
    rows[-1] |= {
        "times that with none": round(ratio, 2),
        "must be": "at most 1.5",
        "verdict": verdict(ratio <= 1.5),
    }
    found.connection.execute("DELETE FROM atlas.workflow_execution_queue")
    return rows


def _claim_ms(found: Bench) -> float:
    found.enqueue(BATCH * 12)
    times, batches = [], []
    for _ in range(12):
        began = time.perf_counter()
        batches.append(found.executions.checkpoint((), BATCH)[0])
        times.append((time.perf_counter() - began) * 1000)
    assert all(len(batch.claimed) == BATCH for batch in batches)
    for batch in batches:
        found.executions.checkpoint(found.turns(batch), 0)
    return median(times)


def beside_a_flood(found: Bench) -> list[Row]:
    """How many claims pass before one organization's single execution is taken, beside another's flood."""
    found.connection.execute(FLOOD, [ORGANIZATION, found.sizes.flood])
    workflow = found.publish(line(_wait(86_400)), TWO)
    claims = []
    for number in range(5):
        found.executions.checkpoint((), BATCH)
        with found.connection.transaction():
            wish = Start(TWO, workflow, f"single{number}", "bench", "t", {})
            (begun,) = PostgresIntake(found.connection).start([wish])
        claims.append(_claims_until(found, begun.execution))
    found.connection.execute("TRUNCATE atlas.workflow_execution_queue")
    row: Row = {"measure": f"claims until a single one beside {found.sizes.flood:,}", "most": max(claims)}
    return [row | {"must be": "at most 2", "verdict": verdict(max(claims) <= 2)}]


def _claims_until(found: Bench, execution: str) -> int:
    for number in range(1, 100):
        batch = found.executions.checkpoint((), BATCH)[0]
        if execution in {claimed.execution for claimed in batch.claimed}:
            return number
    raise AssertionError("it is never claimed")


class FirstActions:
    """Performs notes by taking the time."""

    kind = "add_note"
    concurrency = 16

    def __init__(self) -> None:
        self.delays: list[float] = []

    def may_repeat(self, _effect: Dispatch) -> bool:
        return True

    def perform(self, effect: Dispatch) -> Answer:
        self.delays.append((time.time() - float(effect.content["text"])) * 1000)
        return Performed()


def event_to_first_action(found: Bench) -> list[Row]:
    """Milliseconds to the call that does the first action, at an even pace: from a start, and from an event by its trigger."""
    note = Node("n", "add_note", {"text": "{{ trigger.asked }}"})
    started = found.publish(line(note))
    found.publish(line(note, trigger="lead_created"))

    def start(_: int) -> None:
        found.enqueue(1, started, trigger={"asked": f"{time.time():.6f}"})

    def emit(number: int) -> None:
        found.connection.execute(EMIT, [ORGANIZATION, f"s{number}", f"{time.time():.6f}"])

    return [_first_actions(found, "start", start), _first_actions(found, "event", emit)]


def _first_actions(found: Bench, what: str, ask: Callable[[int], None]) -> Row:
    actions = FirstActions()
    many = PER_SECOND * found.sizes.seconds
    with _working(found.dsn, actions):
        time.sleep(1.0)
        ask(many)
        time.sleep(0.5)
        began = time.monotonic()
        for number in range(many):
            time.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
            ask(number)
        deadline = time.monotonic() + 30
        while len(actions.delays) <= many:
            assert time.monotonic() < deadline, f"{len(actions.delays)} of {many + 1} actions"
            time.sleep(0.05)
    row: Row = {"measure": f"{what} to first action at {PER_SECOND}/s, ms", **percentiles(actions.delays[1:])}
    met = row["p50"] < 30 and row["p99"] < 150
    return row | {"must be": "p50 under 30, p99 under 150", "verdict": verdict(met)}


@contextmanager
def _working(dsn: str, *performers: Performer) -> Iterator[None]:
    worker, listener = build_worker(dsn, {each.kind: each for each in performers})
    thread = threading.Thread(target=worker.run)
    listener.start()
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join()
        listener.stop()


def memory(found: Bench) -> list[Row]:
    """The most memory a worker has held after it worked through many executions, in MB."""
    many: Any = found.sizes.executions * 5
    ours = Ours("ours", found.dsn, found)
    with running(ours) as process:
        ours.ask(many)
        process.wait_for(many)
        held = psutil.Process(process.process.pid).memory_info().rss // 1_000_000
    row: Row = {"measure": f"memory of a worker after {many:,} executions, MB", "peak": held}
    return [row | {"must be": "under 300", "verdict": verdict(held < 300)}]
