"""What the database alone knows: depth and age of the queue, effects that wait, who executes what. Read when asked for."""

import time
from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import Any

import psycopg
import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import DatabaseError
from atlas_workflows.monitoring.metrics import (
    ORGANIZATIONS,
    PENDING,
    PENDING_AGE,
    QUEUE,
    QUEUE_AGE,
    READ,
    WORKFLOWS,
)

BOUND = 10_000
ORGANIZATIONS_LOOKED_AT = 200
STATEMENT_TIMEOUT = "2s"
# The planner must not take the size of a table that was empty once for a reason to read all of it.
PLANS = {"plan_cache_mode": "force_custom_plan", "enable_seqscan": "off", "jit": "off"}
SAMPLES = {
    "queue": QUEUE, "queue_age": QUEUE_AGE, "pending": PENDING, "pending_age": PENDING_AGE,
    "workflows": WORKFLOWS, "organizations": ORGANIZATIONS,
}  # fmt: skip
# Statement -> for how many seconds what it said is good enough.
STATEMENTS = {"monitoring/live": 5.0, "monitoring/owners": 60.0}
Row = tuple[str, list[str], float]
log = structlog.get_logger()


class DatabaseGauges(Collector):
    """One session of its own, opened at the first question and again after it broke."""

    def __init__(self, dsn: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.dsn = dsn
        self.clock = clock
        self._lock = Lock()
        self._connection: Connection | None = None
        self._kept: dict[str, tuple[float, Sequence[Row]]] = {}

    def describe(self) -> Iterator[Family]:
        """Families without samples; the database is not asked."""
        return iter(_families([]))

    def collect(self) -> Iterator[Family]:
        """Families with what the database says now or said a few seconds ago."""
        with self._lock:
            try:
                rows = [row for name, seconds in STATEMENTS.items() for row in self._rows(name, seconds)]
                reachable = 1.0
            except (psycopg.Error, DatabaseError) as cause:
                log.warning("the gauges cannot be read", error=str(cause).splitlines()[0])
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

    def _rows(self, name: str, seconds: float) -> Sequence[Row]:
        read_at, rows = self._kept.get(name, (0.0, ()))
        if name in self._kept and self.clock() - read_at < seconds:
            return rows
        given = {"bound": BOUND, "organizations": ORGANIZATIONS_LOOKED_AT}
        fresh: list[Any] = self._session().execute(sql(name), given).fetchall()
        self._kept[name] = self.clock(), fresh
        return fresh

    def _session(self) -> Connection:
        if self._connection is None:
            self._connection = connect(self.dsn, application_name="atlas-metrics", autocommit=True)
            for name, value in (PLANS | {"statement_timeout": STATEMENT_TIMEOUT}).items():
                self._connection.execute("SELECT set_config(%s, %s, false)", [name, value])
        return self._connection


def _families(rows: Sequence[Row]) -> list[GaugeMetricFamily]:
    families = {metric: GaugeMetricFamily(metric.name, metric.help, labels=metric.labels) for metric in READ}
    for name, labels, value in rows:
        families[SAMPLES[name]].add_metric(labels, float(value))
    return [*families.values()]  # DATABASE_REACHABLE is the first of READ
