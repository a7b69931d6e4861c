"""The effect ledger in PostgreSQL: `done` shares its commit with the next `dispatching`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import named_rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.store.executions import NOBODY
from atlas_workflows.store.intake import lock
from atlas_workflows.store.limits import allowance_rows, allowances, charge
from atlas_workflows.store.rows import finished_rows
from atlas_workflows.store.sending import settle
from atlas_workflows.store.sessions import Pool, transact
from atlas_workflows.worker.messages import json_text
from atlas_workflows.worker.model import LONGEST_CALL, Dispatch, Finished

LEASE = LONGEST_CALL
RELEASED_AT_ONCE = 2_000
ROUNDS_ASIDE = 50  # a campaign at night is put aside faster than a round of the lane at a time


class PostgresLedger:
    """The ledger of all organizations. `now` replaces the database's clock, for trials on a virtual one."""

    def __init__(self, pool: Pool, *, lease: timedelta = LEASE, now: datetime | None = None) -> None:
        self.pool = pool
        self.lease = lease
        self.now = now
        self._after: dict[str, str] = {}

    def exchange(self, finished: Sequence[Finished], room: Mapping[str, int]) -> list[Dispatch]:
        """Write down what came of effects and take new ones, in one commit."""
        wanted = {kind: places for kind, places in room.items() if places > 0}
        if not finished and not wanted:
            return []
        rows, aside = transact(self.pool, lambda connection: self._exchange(connection, finished, wanted))
        # Nothing is being sent as yet, so another commit may fail without leaving anything unclear.
        for _ in range(ROUNDS_ASIDE):
            if rows or not aside:
                break
            rows, aside = transact(self.pool, lambda connection: self._exchange(connection, (), wanted))
        return [_dispatch(row) for row in sorted(rows, key=lambda row: row.id)]

    def release(self) -> int:
        """Make held effects whose time has come intended again; at most 2 000 at once."""
        given = {"now": self.now, "limit": RELEASED_AT_ONCE}
        return transact(self.pool, lambda c: c.execute(sql("engine/release_effects"), given).rowcount)

    def take_stale(self, limit: int) -> list[Dispatch]:
        """Effects whose worker did not come back in time."""
        given = {"now": self.now, "lease": self.lease, "limit": limit}
        rows = transact(
            self.pool, lambda connection: named_rows(connection, sql("engine/stale_effects"), given)
        )
        return [_dispatch(row) for row in rows]

    def _exchange(
        self, connection: Connection, finished: Sequence[Finished], room: Mapping[str, int]
    ) -> tuple[list[Any], bool]:
        """What goes out, and whether anything was held or skipped instead."""
        if finished:
            # Checkpoints lock the queue before the ledger; so does this.
            lock(connection, [(item.dispatch.organization, item.dispatch.execution) for item in finished])
            connection.execute(sql("engine/plan_by_values"))
            given = {"finished": finished_rows(finished), "now": self.now}
            connection.execute(sql("engine/finish_effects"), given)
        if not room:
            return [], False
        allowed = allowances(connection, list(room), self.now)
        taken = self._take_round(connection, room, allowance_rows(allowed))
        going = settle(connection, taken, self.now)
        # Only what goes out counts against a limit: a night of held messages leaves room for what may go.
        charge(connection, allowed, ((row.organization_id, row.kind) for row in going))
        return going, len(going) < len(taken)

    def _take_round(self, connection: Connection, room: Mapping[str, int], limits: str) -> list[Any]:
        rows = self._take_behind(connection, room, self._after, limits)
        empty = {kind: places for kind, places in room.items() if kind not in {row.kind for row in rows}}
        turned = {kind: places for kind, places in empty.items() if self._after.get(kind, NOBODY) != NOBODY}
        if turned:
            rows += self._take_behind(connection, turned, {}, limits)
        for kind in room:
            self._after[kind] = _last(rows, kind, room[kind])
        return rows

    def _take_behind(
        self, connection: Connection, room: Mapping[str, int], after: Mapping[str, str], limits: str
    ) -> list[Any]:
        asked = [
            {"kind": kind, "places": places, "after": after.get(kind, NOBODY)}
            for kind, places in room.items()
        ]
        given = {"room": json_text(asked), "limits": limits, "now": self.now, "lease": self.lease}
        return named_rows(connection, sql("engine/dispatch_effects"), given)


def _last(rows: Sequence[Any], kind: str, places: int) -> str:
    """Where the next round of a kind begins: behind the last organization while there are more than places."""
    served = sorted({row.organization_id for row in rows if row.kind == kind})
    return str(served[-1]) if served and len(served) >= places else NOBODY


def _dispatch(row: Any) -> Dispatch:
    return Dispatch(
        row.organization_id,
        row.execution_id,
        row.effect_key,
        row.kind,
        row.dispatches,
        exact_json.loads(row.content),
        {} if row.contact is None else exact_json.loads(row.contact),
        row.subject,
        row.intended_at,
    )
