"""Recurring workflows under a real scheduler: the local stack as `./atlas up` starts it, and what its processes cost.

Delay is from the due instant to the start of the first task, as Airflow's own database has them.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
from cryptography.fernet import Fernet

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.schema import upgrade
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.rollout.postgres import PostgresFlags
from atlas_workflows.settings import ROOT, Settings
from atlas_workflows.supervision.airflow_programs import METADATA_DATABASE
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.stack import embedded_server, stack_state, start_stack, stop_stack
from engine_ground import Row, verdict

CRM = "crm"
LEAD = timedelta(
    seconds=75
)  # from publishing until the first is due: a refresh, the reading, a look of the scheduler
PATIENCE = 900.0
FIRST_TASKS = """
    SELECT extract(epoch FROM min(t.start_date) - r.logical_date)::float8 AS delay
    FROM dag_run AS r LEFT JOIN task_instance AS t ON t.dag_id = r.dag_id AND t.run_id = r.run_id
    WHERE r.dag_id LIKE 'recurring.%' AND r.run_type = 'scheduled'
    GROUP BY r.dag_id, r.run_id, r.logical_date
"""
VISIBLE = "SELECT count(*) FROM dag WHERE dag_id LIKE 'recurring.%' AND NOT is_stale AND NOT is_paused"
STARTED = (
    "SELECT extract(epoch FROM e.enrolled_at - e.anchor::timestamptz)::float8 FROM atlas.enrolments AS e"
)


@dataclass(frozen=True, slots=True)
class Live:
    """A stack that runs, with a session on the CRM database and one on Airflow's own."""

    settings: Settings
    crm: Connection
    metadata: Connection

    def publish(self, first: int, anchors: Sequence[datetime]) -> None:
        """Active workflows, due once a day at these instants; numbered from `first`."""
        with self.crm.transaction():
            for number, anchor in enumerate(anchors, first):
                self._publish(number, anchor)

    def _publish(self, number: int, anchor: datetime) -> None:
        organization, workflow = UUID(int=1 << 100 | number % 200), UUID(int=number + 1)
        schedule = {"every": {"amount": 1, "unit": "days", "anchor": anchor.isoformat()}, "timezone": "UTC"}
        trigger = {"id": "due", "type": "schedule", "parameters": {"schedule": schedule}}
        definition = {
            "format": "atlas.workflow/1", "name": f"Newsletter {number}", "nodes": [], "edges": [], "triggers": [trigger],
        }  # fmt: skip
        self.crm.execute(
            "INSERT INTO atlas.workflows (id, organization_id, name, status, owner, published_version) "
            "VALUES (%s, %s, %s, 'active', 'atlas_enhanced', 1)",
            [workflow, organization, definition["name"]],
        )
        self.crm.execute(
            "INSERT INTO atlas.workflow_versions (workflow_id, organization_id, version, definition, definition_hash) "
            "VALUES (%s, %s, 1, %s, 'h')",
            [workflow, organization, dumps_text(definition)],
        )

    def seconds_until_visible(self, many: int) -> float:
        """How long it takes from now until Airflow shows so many."""
        began = time.monotonic()
        _wait_for(lambda: _number(self.metadata, VISIBLE) >= many, f"{many} DAGs")
        return time.monotonic() - began

    def delays(self, many: int) -> list[float]:
        """Seconds from due to first task, as soon as so many have begun, and all executions with them."""
        found = _all(self.metadata, FIRST_TASKS, many)
        self.executions(many)
        return found

    def executions(self, many: int) -> list[float]:
        """Seconds from due to the beginning of the execution, as soon as so many have begun."""
        return _all(self.crm, STARTED, many)

    def busy(self) -> dict[str, float]:
        """CPU seconds so far of each of the stack's processes, with all that they have started."""
        state = stack_state(StackPaths.of(self.settings))
        assert state is not None
        return {each.name: _seconds(each.pid) for each in state.processes if each.pid is not None}


@contextmanager
def live_stack() -> Iterator[Live]:
    """Set it all up, and take it away again."""
    folder = Path(tempfile.mkdtemp(prefix="atlas-bench-"))
    folder.chmod(0o755)
    keys = (Fernet.generate_key().decode(),)
    settings = Settings(root=ROOT, home=folder, crm_dsn=None, pg_bin=None, secret_keys=keys)
    try:
        StackPaths.of(settings).make()
        upgrade(embedded_server(settings).create_database(CRM))
        start_stack(settings, f"embedded:{CRM}", lambda _text: None)
        server = EmbeddedServer(StackPaths.of(settings).postgres).start()
        with _session(server.dsn(CRM)) as crm, _session(server.dsn(METADATA_DATABASE)) as metadata:
            yield Live(settings, crm, metadata)
    finally:
        stop_stack(settings)
        shutil.rmtree(folder, ignore_errors=True)


def spread(many: int, seconds: float) -> list[Row]:
    """So many DAGs, one due after the other within the time given; the bar is ten seconds at p95."""
    step = seconds / many
    with live_stack() as found:
        begin = _whole_second(datetime.now(UTC) + LEAD)
        found.publish(0, [begin + timedelta(seconds=int(place * step)) for place in range(many)])
        shown = found.seconds_until_visible(many)
        time.sleep(seconds)  # only then does the patience with the last of them begin
        delays = found.delays(many)
    row = {"measure": f"{many} recurring DAGs due within {seconds:.0f} s: seconds from due to first task"}
    return [_published(many, shown), row | _row(delays, _share(delays, 0.95), 10.0, "p95")]


def instant(many: int) -> list[Row]:
    """So many DAGs due at the same instant; the bar is 150 seconds for the last."""
    with live_stack() as found:
        begin = _whole_second(datetime.now(UTC) + LEAD)
        found.publish(0, [begin] * many)
        found.seconds_until_visible(many)
        delays = found.delays(many)
    row = {"measure": f"{many} recurring DAGs due in the same instant: seconds from due to first task"}
    return [row | _row(delays, delays[-1], 150.0, "all")]


def swept(many: int) -> list[Row]:
    """The same through the sweep, one DAG for all; the bar is ten seconds for the last."""
    from atlas_workflows.rollout.known import MOST_DAGS

    with live_stack() as found:
        act_as_migration(found.crm)
        PostgresFlags(found.crm).put_flag(replace(MOST_DAGS, default=0), actor="bench", reason="all of them")
        found.publish(0, [_whole_second(datetime.now(UTC) + 2 * LEAD)] * many)
        delays = found.executions(many)
    row = {"measure": f"{many} due in the same instant, swept: seconds from due to execution"}
    return [row | _row(delays, delays[-1], 10.0, "all")]


def load(many: int, seconds: float) -> list[Row]:
    """So many DAGs, on and none of them due: the share of a core that each process of the stack needs."""
    with live_stack() as found:
        later = _whole_second(datetime.now(UTC) + timedelta(hours=6))
        found.publish(0, [later + timedelta(seconds=place) for place in range(many)])
        shown = found.seconds_until_visible(many)
        time.sleep(60)  # the first reading and what follows from it
        before, began = found.busy(), time.monotonic()
        time.sleep(seconds)
        took, after = time.monotonic() - began, found.busy()
    shares = {name: round((after[name] - before[name]) / took * 100, 1) for name in before if name in after}
    rows = [
        {"measure": f"% of a core with {many} DAGs on", "who": name, "ours": shares[name]} for name in shares
    ]
    return [_published(many, shown), *rows]


def _published(many: int, seconds: float) -> Row:
    bar: Row = {"must be": "under 60", "verdict": verdict(seconds < 60)}
    return {
        "measure": f"seconds from publishing {many} until Airflow shows all",
        "ours": round(seconds, 1),
        **bar,
    }


def _row(delays: Sequence[float], reached: float, bar: float, what: str) -> Row:
    half, most = _share(delays, 0.5), delays[-1]
    row: Row = {"p50": round(half, 1), "p95": round(_share(delays, 0.95), 1), "last": round(most, 1)}
    return row | {"must be": f"{what} within {bar:.0f}", "verdict": verdict(reached <= bar)}


def _share(ordered: Sequence[float], share: float) -> float:
    """The nearest rank."""
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def _session(dsn: str) -> Any:
    return connect(dsn, application_name="bench", autocommit=True)


def _all(connection: Connection, statement: str, many: int) -> list[float]:
    def found() -> list[float]:
        return sorted(delay for (delay,) in connection.execute(statement) if delay is not None)

    _wait_for(lambda: len(found()) >= many, f"{many} beginnings")
    return found()


def _number(connection: Connection, statement: str) -> int:
    (row,) = connection.execute(statement).fetchall()
    return int(row[0])


def _whole_second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not appear within {PATIENCE:.0f} s")
        time.sleep(0.5)


def _seconds(pid: int) -> float:
    """Of the process, of those that live under it, and of those that have ended since they began."""
    total = 0.0
    leader = psutil.Process(pid)
    for process in (leader, *leader.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total
