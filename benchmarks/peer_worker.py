"""A worker process of one contestant: `python peer_worker.py NAME DSN`; answers `ready`, `done`, `delays` on its input."""

import asyncio
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

CONCURRENCY = 100
SESSIONS = 4
POLL_SECONDS = 0.05  # of DBOS, whose queues are looked at every second unless told otherwise
INSERT = """
INSERT INTO public.bench_steps (execution, position, node, status, input, output, started_at, completed_at)
SELECT x.execution, x.position, x.node, x.status, x.input, x.output, x.started_at, x.completed_at
FROM json_to_recordset({}::json) AS x (
    execution text, position integer, node text, status text, input json, output json,
    started_at timestamptz, completed_at timestamptz
)
"""


class Noted:
    """What happened so far. Appending is safe in threads."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.delays: list[float] = []
        self.done: list[None] = []

    def begin(self, asked: float) -> None:
        self.delays.append((time.time() - asked) * 1000)

    def answer(self) -> None:
        """Answer questions until the input ends, then end the process."""
        for question in sys.stdin:
            if question == "ready\n":
                self.ready.wait()
            answers = {"ready\n": True, "done\n": len(self.done), "delays\n": self.delays}
            sys.stdout.write(json.dumps(answers[question]) + "\n")
            sys.stdout.flush()
        os._exit(0)


def greet(given: dict[str, Any], _: dict[str, Any]) -> Any:
    return {"greeting": f"Hello {given['contact']['name']}"}


def score(given: dict[str, Any], _: dict[str, Any]) -> Any:
    return {"passed": given["contact"]["score"] > 10}


def number(_given: dict[str, Any], _: dict[str, Any]) -> Any:
    return {"n": 3}


def tagged(given: dict[str, Any], _: dict[str, Any]) -> Any:
    return {"passed": "trial" in given["contact"]["tags"]}


def last(_given: dict[str, Any], before: dict[str, Any]) -> Any:
    return {"last": before["n"]}


STEPS: Sequence[Callable[[dict[str, Any], dict[str, Any]], Any]] = (greet, score, number, tagged, last)


def five_steps(given: dict[str, Any]) -> str:
    """The five steps done, as rows in JSON."""
    rows, known = [], {}
    for position, step in enumerate(STEPS):
        began = datetime.now(UTC).isoformat()
        output = step(given, known)
        known |= output
        rows.append(
            {
                "execution": given["execution"],
                "position": position,
                "node": step.__name__,
                "status": "completed",
                "input": {"contact": given["contact"]["id"]},
                "output": output,
                "started_at": began,
                "completed_at": datetime.now(UTC).isoformat(),
            }
        )
    return json.dumps(rows)


def ours(dsn: str, noted: Noted) -> None:
    import logging

    import structlog

    from atlas_workflows.wiring import build_worker

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    worker, listener = build_worker(dsn, {})
    for lane in worker.lanes:
        lane.executions = Watched(lane.executions, noted)  # type: ignore[assignment]
    listener.start()
    noted.ready.set()
    worker.run()


class Watched:
    """Executions of which the claim and the end are noted."""

    def __init__(self, inner: Any, noted: Noted) -> None:
        self.inner = inner
        self.noted = noted

    def promote(self) -> int:
        return int(self.inner.promote())

    def checkpoint(self, turns: Sequence[Any], limit: int) -> Any:
        batch, stale = self.inner.checkpoint(turns, limit)
        self.noted.done += [None for turn in turns if turn.end is not None]
        for claimed in batch.claimed:
            self.noted.begin(json.loads(claimed.document)["data"]["asked"])
        return batch, stale


def pgqueuer(dsn: str, noted: Noted) -> None:
    import asyncpg
    from pgqueuer import PgQueuer
    from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver

    async def main() -> None:
        pool = await asyncpg.create_pool(dsn, min_size=SESSIONS, max_size=SESSIONS)
        queue = PgQueuer(AsyncpgPoolDriver(pool))

        @queue.entrypoint("five_steps")
        async def work(job: Any) -> None:
            given = json.loads(job.payload)
            noted.begin(given["asked"])
            await pool.execute(INSERT.format("$1"), five_steps(given))
            noted.done.append(None)

        noted.ready.set()
        await queue.run(batch_size=CONCURRENCY, max_concurrent_tasks=2 * CONCURRENCY)

    asyncio.run(main())


def procrastinate(dsn: str, noted: Noted) -> None:
    import procrastinate as library
    from psycopg_pool import AsyncConnectionPool

    async def main() -> None:
        connector = library.PsycopgConnector(conninfo=dsn, min_size=SESSIONS, max_size=SESSIONS)
        app = library.App(connector=connector)
        pool = AsyncConnectionPool(dsn, min_size=SESSIONS, max_size=SESSIONS, open=False)
        await pool.open()

        @app.task(name="five_steps")
        async def work(**given: Any) -> None:
            noted.begin(given["asked"])
            async with pool.connection() as connection:
                await connection.execute(INSERT.format("%s"), [five_steps(given)])
            noted.done.append(None)

        async with app.open_async():
            noted.ready.set()
            await app.run_worker_async(
                concurrency=CONCURRENCY, delete_jobs="always", install_signal_handlers=False
            )

    asyncio.run(main())


def dbos(dsn: str, noted: Noted) -> None:
    from dbos import DBOS

    size = 20
    DBOS(config={"name": "bench", "system_database_url": dsn, "sys_db_pool_size": size, "log_level": "ERROR"})
    steps = [DBOS.step(name=step.__name__)(step) for step in STEPS]

    @DBOS.workflow(name="five_steps")
    def work(given: dict[str, Any]) -> None:
        noted.begin(given["asked"])
        known: dict[str, Any] = {}
        for step in steps:
            known |= step(given, known)
        noted.done.append(None)

    DBOS.launch()
    DBOS.register_queue("bench", worker_concurrency=size, polling_interval_sec=POLL_SECONDS)
    noted.ready.set()
    threading.Event().wait()


WORKERS: dict[str, Callable[[str, Noted], None]] = {
    "ours": ours, "pgqueuer": pgqueuer, "procrastinate": procrastinate, "dbos": dbos,
}  # fmt: skip

if __name__ == "__main__":
    known = Noted()
    threading.Thread(target=known.answer, daemon=True).start()
    WORKERS[sys.argv[1]](sys.argv[2], known)
