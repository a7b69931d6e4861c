"""Measures how long a live query takes while a backfill runs, in a process of its own.

In the worker's own process the interpreter's lock would delay the clock by milliseconds and show load that is not there.
"""

import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from atlas_workflows.db.connect import connect
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import AtlasError

INTERVAL_SECONDS = 0.05
WINDOW = 20
NOTHING_YET = -1.0


@dataclass(frozen=True, slots=True)
class Probe:
    """The last second of a live query: `latency` is its worst but one in seconds, `lag` that of the slowest replica."""

    values: Any

    @property
    def latency(self) -> float | None:
        value = float(self.values[0])
        return None if value < 0 else value

    @property
    def lag(self) -> float | None:
        value = float(self.values[1])
        return None if value < 0 else value


@contextmanager
def probing(dsn: str, statement: str) -> Iterator[Probe]:
    """Run `statement` every 50 ms in a process of its own as long as the block lasts."""
    spawn = multiprocessing.get_context("spawn")
    values = spawn.Array("d", [NOTHING_YET, NOTHING_YET], lock=False)
    process = spawn.Process(
        target=_measure, args=(dsn, statement, values, os.getpid()), daemon=True, name="atlas-probe"
    )
    process.start()
    try:
        yield Probe(values)
    finally:
        process.terminate()
        process.join(5)


def _measure(dsn: str, statement: str, values: Any, parent: int) -> None:
    try:
        with connect(dsn, application_name="atlas-probe", autocommit=True) as connection:
            _loop(connection, statement, values, parent)
    except (AtlasError, psycopg.Error, KeyboardInterrupt):
        values[0] = NOTHING_YET  # no measurement, no throttling; the worker meets the same trouble itself


def _loop(connection: psycopg.Connection[Any], statement: str, values: Any, parent: int) -> None:
    recent: list[float] = []
    rounds = 0
    while os.getppid() == parent:
        began = time.perf_counter()
        connection.execute(statement.encode()).fetchall()
        recent = [*recent[-(WINDOW - 1) :], time.perf_counter() - began]
        values[0] = sorted(recent)[max(0, len(recent) - 2)]
        if rounds % WINDOW == 0:
            row = connection.execute(sql("migration/replication_lag").encode()).fetchone()
            values[1] = NOTHING_YET if row is None or row[0] is None else float(row[0])
        rounds += 1
        time.sleep(INTERVAL_SECONDS)
