"""Live queries at a fixed arrival rate on the legacy tables, with and without a backfill beside them.

An open loop: queries arrive when they are due, whether or not the one before is answered, so a lock shows in the
latency of everything that queued behind it.
"""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any

import psycopg

from ground import Ground

CLIENTS = 4
SHARE = 0.3
ROUNDS = 3
SECONDS = 8.0
READ = "SELECT * FROM public.workflows WHERE id = %s"
WRITE = "UPDATE public.workflows SET updated_at = now() WHERE id = %s"
READS_OF_TEN = 7
# Messy rows include some that their own table's checks would refuse to write again.
UPDATABLE = "SELECT id::text FROM public.workflows WHERE status IN ('draft', 'active', 'paused', 'archived')"
BACKFILL = (
    "from atlas_workflows.cli.app import main; import sys;"
    "sys.argv = ['atlas', 'migrate', 'run', 'p1', '--dsn', sys.argv[1], '--no-backup', '--no-rehearse']; main()"
)


@dataclass(slots=True)
class Load:
    """A database under load. Latencies in seconds from when a query was due to when it was answered."""

    dsn: str
    ids: Sequence[str]
    latencies: list[float] = field(default_factory=list)

    def offer(self, rate: float, seconds: float) -> list[float]:
        """Latencies of `rate` queries per second for `seconds`."""
        due: SimpleQueue[float | None] = SimpleQueue()
        self.latencies = []
        clients = [threading.Thread(target=self._serve, args=(due, number)) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        _arrivals(due, rate, seconds)
        for client in clients:
            client.join()
        return sorted(self.latencies)

    def capacity(self, seconds: float) -> float:
        """Queries per second when every client asks again at once."""
        end = time.perf_counter() + seconds
        counts = [0] * CLIENTS

        def hammer(number: int) -> None:
            with psycopg.connect(self.dsn, autocommit=True) as connection:
                dice = random.Random(number)
                while time.perf_counter() < end:
                    self._ask(connection, dice)
                    counts[number] += 1

        clients = [threading.Thread(target=hammer, args=(number,)) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        return sum(counts) / seconds

    def _serve(self, due: "SimpleQueue[float | None]", number: int) -> None:
        dice = random.Random(number)
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            while (moment := due.get()) is not None:
                self._ask(connection, dice)
                self.latencies.append(time.perf_counter() - moment)

    def _ask(self, connection: "psycopg.Connection[Any]", dice: random.Random) -> None:
        query = READ if dice.randrange(10) < READS_OF_TEN else WRITE
        connection.execute(query.encode(), [dice.choice(self.ids)])


def live_rows(found: Ground) -> list[dict[str, Any]]:
    """p50 and p99 idle and during a backfill with the throttle on; three interleaved rounds."""
    idle, busy = list[float](), list[float]()
    rate = 0.0
    for _ in range(ROUNDS):
        with found.database() as dsn:
            with psycopg.connect(dsn) as connection:
                ids = [row[0] for row in connection.execute(UPDATABLE.encode())]
            load = Load(dsn, ids)
            rate = rate or SHARE * load.capacity(2.0)
            _checkpoint(dsn)
            idle += load.offer(rate, SECONDS)
            _checkpoint(dsn)
            busy += _while_migrating(found, load, rate)
    return [
        _row(name, rate, sorted(idle), sorted(busy), share) for name, share in (("p50", 0.5), ("p99", 0.99))
    ]


def _while_migrating(found: Ground, load: Load, rate: float) -> list[float]:
    command = [sys.executable, "-c", BACKFILL, load.dsn]
    env = {"ATLAS_SECRET_KEYS": ",".join(found.settings.secret_keys), "ATLAS_HOME": str(found.settings.home)}
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as backfill:
        _wait_for_rows(load.dsn)
        latencies = load.offer(rate, SECONDS)
        backfill.terminate()
        backfill.wait()
    return latencies


def _checkpoint(dsn: str) -> None:
    """Both begin alike, with log segments to use again: a server that has only just begun stalls to make each of them."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CHECKPOINT")


def _wait_for_rows(dsn: str) -> None:
    """Until the backfill has written its first rows: start-up and checks are not what is measured."""
    end = time.monotonic() + 120
    with psycopg.connect(dsn, autocommit=True) as connection:
        while time.monotonic() < end:
            row = connection.execute("SELECT EXISTS (SELECT 1 FROM atlas.migration_ledger)").fetchone()
            if row and row[0]:
                return
            time.sleep(0.05)
    raise RuntimeError("the backfill wrote nothing within two minutes")


def _arrivals(due: "SimpleQueue[float | None]", rate: float, seconds: float) -> None:
    dice = random.Random(1)
    begin = moment = time.perf_counter()
    while moment - begin < seconds:
        moment += dice.expovariate(rate)
        time.sleep(max(0.0, moment - time.perf_counter()))
        due.put(moment)
    for _ in range(CLIENTS):
        due.put(None)


def _row(
    name: str, rate: float, idle: Sequence[float], busy: Sequence[float], share: float
) -> dict[str, Any]:
    before, during = (1000 * values[int(len(values) * share)] for values in (idle, busy))
    return {
        "measure": f"live queries, {name} at {rate:.0f}/s", "unit": "ms during backfill", "ours": round(during, 2),
        "peer": "idle", "theirs": round(before, 2), "ratio": round(during / before, 2), "ratio_range": None,
    }  # fmt: skip
