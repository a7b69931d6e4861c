"""Measures how long a live query takes while a backfill runs, and whether anybody waits for one, in a process of its own.

In the worker's own process the interpreter's lock would delay the clock by milliseconds and show load that is not there.
It is a plain program with pipes, as multiprocessing fails within an Airflow task and within a Celery worker.
"""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import IO, Any

import psycopg

from atlas_workflows.db.connect import connect
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import AtlasError
from atlas_workflows.exact_json import dumps_text, loads
from atlas_workflows.interpreter import python
from atlas_workflows.migration.pace.throttle import is_behind

INTERVAL_SECONDS = 0.05
WINDOW = 20
GONE_SECONDS = 5.0  # without a statement: then nobody is there
START_SECONDS = 10.0
END_SECONDS = 5.0


@dataclass(slots=True)
class Probe:
    """The last second of a live query: `latency` is its worst but one in seconds, `lag` that of the slowest replica.

    None where nothing was measured yet, or nothing can be any more: no measurement, no throttling. `is_alone`: nobody else
    uses the database, and no replica lags, so there is nobody to be gentle to.
    """

    latency: float | None = field(default=None)
    lag: float | None = field(default=None)
    is_alone: bool = field(default=False)
    is_over: bool = field(default=False, repr=False)
    has_said: Event = field(default_factory=Event, repr=False, compare=False)

    def listen(self, answers: IO[str]) -> None:
        """Keep the newest line until the last."""
        for line in answers:
            self.latency, self.lag, alone = (None if part == "-" else float(part) for part in line.split())
            self.is_alone = bool(alone)
            self.has_said.set()
        self.latency = self.lag = None
        self.is_alone = False
        self.has_said.set()
        if not self.is_over:
            logging.getLogger(__name__).warning("The probe has ended: from here on nothing is throttled.")


@contextmanager
def probing(dsn: str, statement: str) -> Iterator[Probe]:
    """Run `statement` every 50 ms in a process of its own as long as the block lasts.

    The block begins after the first measurement, taken in calm: all later ones are held against it.
    """
    command = python("-m", "atlas_workflows.migration.pace.probe")
    probe = Probe()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, process_group=0
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise AssertionError("both are pipes")
        process.stdin.write(
            dumps_text({"dsn": dsn, "statement": statement}) + "\n"
        )  # not for the process list
        process.stdin.flush()
        listener = Thread(target=probe.listen, args=(process.stdout,), daemon=True)
        listener.start()
        try:
            probe.has_said.wait(START_SECONDS)
            yield probe
        finally:
            probe.is_over = True
            process.terminate()
            listener.join(END_SECONDS)


def _measure(questions: IO[str], answers: IO[str]) -> None:
    asked = loads(questions.readline())
    try:
        with connect(asked["dsn"], application_name="atlas-probe", autocommit=True) as connection:
            _loop(connection, asked["statement"], answers)
    except (AtlasError, psycopg.Error, BrokenPipeError):
        pass  # the worker meets the same trouble itself, and says so


def _loop(connection: psycopg.Connection[Any], statement: str, answers: IO[str]) -> None:
    recent: list[float] = []
    lag, rounds, parent = None, 0, os.getppid()
    while os.getppid() == parent:
        began = time.perf_counter()
        connection.execute(statement.encode()).fetchall()
        recent = [*recent[-(WINDOW - 1) :], time.perf_counter() - began]
        if rounds % WINDOW == 0:
            lag = scalar(connection, sql("migration/pace/replication_lag"))
        # Seen twenty times a second: whoever connects anew for each statement is met soon, if not at once.
        is_alone = not is_behind(lag) and not scalar(
            connection, sql("migration/pace/company"), {"seconds": GONE_SECONDS}
        )
        said = "-" if lag is None else float(lag)
        print(sorted(recent)[max(0, len(recent) - 2)], said, int(is_alone), file=answers, flush=True)
        rounds += 1
        time.sleep(INTERVAL_SECONDS)


if __name__ == "__main__":
    _measure(sys.stdin, sys.stdout)
