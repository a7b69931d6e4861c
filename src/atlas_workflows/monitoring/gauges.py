"""What the database alone knows: depth and age of the queue, effects that wait, who executes what. Read when asked for."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock

import psycopg
import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.rows import relation_exists
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import DatabaseError
from atlas_workflows.monitoring.metrics import (
    HALTED,
    ORGANIZATIONS,
    PENDING,
    PENDING_AGE,
    QUEUE,
    QUEUE_AGE,
    READ,
    ROLLOUT,
    WORKFLOWS,
)

BOUND = 10_000
ORGANIZATIONS_LOOKED_AT = 200
# Both well under what Prometheus waits for a page: that the database is away is to be read there.
CONNECT_SECONDS = 3
STATEMENT_TIMEOUT = "2s"
# The planner must not take the size of a table that was empty once for a reason to read all of it.
PLANS = {"plan_cache_mode": "force_custom_plan", "enable_seqscan": "off", "jit": "off"}
SAMPLES = {
    "queue": QUEUE, "queue_age": QUEUE_AGE, "pending": PENDING, "pending_age": PENDING_AGE,
    "workflows": WORKFLOWS, "organizations": ORGANIZATIONS, "rollout": ROLLOUT, "halted": HALTED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """A statement; what it said is good enough for `seconds`. Left out where the database has no relation `needs`."""

    statement: str
    seconds: float
    needs: str | None = None


READINGS = (
    Reading("monitoring/live", 5.0),
    Reading("monitoring/held", 5.0, "atlas.effects_held"),
    Reading("monitoring/owners", 60.0),
    Reading("monitoring/rollouts", 60.0, "atlas.rollouts"),
)
Row = tuple[str, list[str], float]
log = structlog.get_logger()


class DatabaseGauges(Collector):
    """One session of its own, opened at the first question and again after it broke."""

    def __init__(self, dsn: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.dsn = dsn
        self.clock = clock
        self._lock = Lock()
        self._connection: Connection | None = None
        self._kept: dict[Reading, tuple[float, Sequence[Row]]] = {}

    def describe(self) -> Iterator[Family]:
        """Families without samples; the database is not asked."""
        return iter(_families([]))

    def collect(self) -> Iterator[Family]:
        """Families with what the database says now or said a few seconds ago."""
        with self._lock:
            try:
                rows = [row for reading in READINGS for row in self._rows(reading)]
                reachable = 1.0
            except (psycopg.Error, DatabaseError) as cause:
                log.warning("the gauges cannot be read", error=str(cause).partition("\n")[0])
                self.close()
                rows, reachable = [], 0.0
        families = _families(rows)
        families[0].add_metric((), reachable)
        return iter(families)

    def close(self) -> None:
        """Give the session back."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._kept.clear()

    def _rows(self, reading: Reading) -> Sequence[Row]:
        read_at, rows = self._kept.get(reading, (-math.inf, ()))
        if self.clock() - read_at < reading.seconds:
            return rows
        connection, rows = self._session(), ()
        if reading.needs is None or relation_exists(connection, reading.needs):
            given = {"bound": BOUND, "organizations": ORGANIZATIONS_LOOKED_AT}
            rows = connection.execute(sql(reading.statement), given).fetchall()
        self._kept[reading] = self.clock(), rows
        return rows

    def _session(self) -> Connection:
        if self._connection is None:
            self._connection = connect(
                self.dsn, application_name="atlas-metrics", autocommit=True, connect_timeout=CONNECT_SECONDS
            )
            for name, value in (PLANS | {"statement_timeout": STATEMENT_TIMEOUT}).items():
                self._connection.execute("SELECT set_config(%s, %s, false)", [name, value])
        return self._connection


def _families(rows: Sequence[Row]) -> list[GaugeMetricFamily]:
    families = {metric: GaugeMetricFamily(metric.name, metric.help, labels=metric.labels) for metric in READ}
    for name, labels, value in rows:
        families[SAMPLES[name]].add_metric(labels, float(value))
    return [*families.values()]  # DATABASE_REACHABLE is the first of READ
