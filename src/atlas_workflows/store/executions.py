"""Executions in PostgreSQL: promotion, fair claims, and checkpoints in which a stale worker writes nothing."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.engine.events import Event
from atlas_workflows.store.falling_back import fall_back, falling_back
from atlas_workflows.store.intake import begin, lock, tell
from atlas_workflows.store.rows import (
    effect_rows,
    enrolment_rows,
    exposure_rows,
    given_up_rows,
    letter_rows,
    places,
    report_rows,
    step_rows,
    subscription_rows,
    told_rows,
    turn_rows,
)
from atlas_workflows.store.sessions import Pool, Timed, transact, untimed
from atlas_workflows.worker.exposures import exposures_of
from atlas_workflows.worker.messages import event_from_json, json_text, starter_from_json
from atlas_workflows.worker.model import LONGEST_CALL, Batch, Claimed, News, Place, Start, Started, Turn
from atlas_workflows.worker.turn import farewell, news_of_start

PROMOTED_AT_ONCE = 2_000
NOBODY = "00000000-0000-0000-0000-000000000000"
LEASE = timedelta(seconds=60)
DAY_SECONDS = 86_400.0


class PostgresExecutions:
    """Executions between turns. `now` replaces the database's clock, for trials on a virtual one."""

    def __init__(
        self, pool: Pool, *, lease: timedelta = LEASE, now: datetime | None = None, timed: Timed = untimed
    ) -> None:
        self.pool = pool
        self.lease = lease
        self.now = now
        self.timed = timed
        self._after = NOBODY
        self._turning = Lock()
        self._room_until = time.monotonic() + DAY_SECONDS

    def promote(self) -> int:
        """Make ready what is due by the clock, what workers held too long, and what has a place now; at most 2 000 at once."""
        self._make_room()
        given = {"now": self.now, "limit": PROMOTED_AT_ONCE}
        return transact(
            self.pool,
            lambda c: c.execute(sql("engine/promote"), given).rowcount + _admit(c),
        )

    def _make_room(self) -> None:
        # A worker may live for weeks; the days ahead need their partitions.
        with self._turning:
            is_late = self._room_until <= time.monotonic()
            if is_late:
                self._room_until = time.monotonic() + DAY_SECONDS
        if is_late:
            transact(self.pool, lambda c: c.execute(sql("engine/ensure_partitions")))

    def checkpoint(self, turns: Sequence[Turn], limit: int) -> tuple[Batch, frozenset[Place]]:
        """Write turns in one piece, then claim up to `limit` executions."""
        return transact(self.pool, lambda connection: self._checkpoint(connection, turns, limit))

    def _checkpoint(
        self, connection: Connection, turns: Sequence[Turn], limit: int
    ) -> tuple[Batch, frozenset[Place]]:
        nested = _nested(connection, turns)
        held = _held(connection, turns, nested)
        if held:
            with self.timed("write"):
                _write(connection, held, nested)
        stale = {turn.claimed.place for turn in turns} - {turn.claimed.place for turn in held}
        return self._claim(connection, limit), frozenset(stale)

    def _claim(self, connection: Connection, limit: int) -> Batch:
        rows = self._claim_behind(connection, limit, self._after) if limit else []
        if limit and not rows and self._after != NOBODY:
            rows = self._claim_behind(connection, limit, NOBODY)
        if not rows:
            return Batch(datetime.now(UTC))
        fencing = {(organization, execution): number for organization, execution, number, *_ in rows}
        return Batch(rows[0][3], _loaded(connection, fencing, self.now))

    def _claim_behind(self, connection: Connection, limit: int, after: str) -> list[tuple[Any, ...]]:
        given = {"after": after, "limit": limit, "lease": self.lease, "now": self.now}
        with self.timed("claim"):
            rows = connection.execute(sql("engine/claim"), given).fetchall()
        with self._turning:
            # Behind the last organization the next claim begins with the first one again.
            self._after = rows[0][5] if rows and rows[0][4] >= limit else NOBODY
        return rows


def _loaded(connection: Connection, fencing: dict[Place, int], now: datetime | None) -> tuple[Claimed, ...]:
    # In statements of their own: what a claim waited for is not in the snapshot that it began with.
    given = {
        "organizations": [o for o, _ in fencing], "executions": [e for _, e in fencing], "now": now,
        "longest_call": LONGEST_CALL,
    }  # fmt: skip
    inbox: dict[Place, list[tuple[int, Event]]] = {}
    for organization, execution, number, text in connection.execute(sql("engine/load_inbox"), given):
        inbox.setdefault((organization, execution), []).append((number, _event(text)))
    return tuple(
        _claimed((organization, execution), fencing[organization, execution], rest, inbox)
        for organization, execution, *rest in connection.execute(sql("engine/load_states"), given)
    )


def _event(text: str) -> Event:
    return event_from_json(exact_json.loads(text))


def _claimed(
    place: Place, fencing: int, rest: Sequence[Any], inbox: Mapping[Place, Sequence[tuple[int, Event]]]
) -> Claimed:
    workflow, version, subject, started_at, recorded, begun, document, starter, held_at, resumed_at, idle = (
        rest
    )
    if document is None:
        return Claimed(*place, fencing)
    waits = None if starter is None else starter_from_json(exact_json.loads(starter))
    return Claimed(
        *place, fencing, workflow, version, subject, started_at, recorded, begun, document, waits,
        tuple(inbox.get(place, ())), None if resumed_at is None or held_at is None else (held_at, resumed_at),
        () if idle is None else tuple(map(_span, exact_json.loads(idle))),
    )  # fmt: skip


def _span(ends: Sequence[str]) -> tuple[datetime, datetime]:
    began_at, ended_at = map(datetime.fromisoformat, ends)
    return began_at, ended_at


def _nested(connection: Connection, turns: Sequence[Turn]) -> dict[Place, list[Place]]:
    """Live executions whose end was asked for by what has ended now."""
    asked = [turn.claimed.place for turn in turns if turn.may_have_nested]
    found: dict[Place, list[Place]] = {}
    if asked:
        rows = connection.execute(sql("engine/nested"), {"executions": places(asked)}).fetchall()
        for organization, starter, execution in rows:
            found.setdefault((organization, starter), []).append((organization, execution))
    return found


def _held(
    connection: Connection, turns: Sequence[Turn], nested: Mapping[Place, Sequence[Place]]
) -> list[Turn]:
    """The turns whose claims stand. Whom they have news for is locked along with them, in the one common order."""
    if not turns:
        return []
    told = [(news.organization, news.execution) for turn in turns for news in turn.news]
    children = [place for found in nested.values() for place in found]
    found = lock(connection, [*(turn.claimed.place for turn in turns), *told, *children])
    return [turn for turn in turns if found.get(turn.claimed.place) == (turn.claimed.fencing, True)]


def _write(connection: Connection, turns: Sequence[Turn], nested: Mapping[Place, Sequence[Place]]) -> None:
    connection.execute(sql("engine/plan_by_values"))
    _copy_steps(connection, turns)
    if shown := [*exposures_of(turns)]:
        connection.execute(sql("engine/record_exposures"), {"exposures": exposure_rows(shown)})
    if versions := falling_back(connection, turns):
        fall_back(connection, [turn for turn in turns if turn.claimed.place in versions], versions)
        turns = [turn for turn in turns if turn.claimed.place not in versions]
    if given_up := [*given_up_rows(turns), *_left_behind(connection, turns)]:
        connection.execute(sql("engine/cancel_effects"), {"effects": json_text(given_up)})
    if letters := letter_rows(turns):
        connection.execute(sql("engine/keep_dead_letters"), {"letters": json_text(letters)})
    woken = _intend(connection, turns)
    days = sorted({turn.claimed.started_at for turn in turns if turn.claimed.started_at is not None})
    written = {"turns": turn_rows(turns, woken), "told": told_rows(turns), "days": days}
    has_freed = any(freed for (freed,) in connection.execute(sql("engine/checkpoint"), written))
    _keep_subscriptions(connection, turns)
    if any(turn.report for turn in turns):
        connection.execute(sql("engine/keep_reports"), {"reports": report_rows(turns)})
    news = [item for turn in turns for item in turn.news]
    news += [farewell(*place) for turn in turns for place in nested.get(turn.claimed.place, ())]
    starts = [wish for turn in turns for wish in turn.starts]
    answers = begin(connection, starts) if starts else []
    tell(connection, news + _explained(connection, starts, answers))
    if has_freed and _admit(connection):
        connection.execute(sql("engine/notify"))


def _admit(connection: Connection) -> int:
    """Let executions begin that wait for a place among those of their workflow under way at once."""
    return int(scalar(connection, sql("engine/admit"), {"limit": PROMOTED_AT_ONCE}))


def _left_behind(connection: Connection, turns: Sequence[Turn]) -> list[dict[str, Any]]:
    """The open effects of executions that ended without a state: nothing says what they waited for."""
    ended = [turn.claimed.place for turn in turns if turn.end is not None and turn.state is None]
    given = {"executions": places(ended)}
    return rows(connection, dict, sql("engine/open_effects"), given) if ended else []


def _keep_subscriptions(connection: Connection, turns: Sequence[Turn]) -> None:
    if wanted := subscription_rows(turns):
        connection.execute(sql("events/subscribe"), {"wanted": json_text(wanted)})
    if over := [turn.claimed.place for turn in turns if turn.unsubscribes]:
        connection.execute(sql("events/unsubscribe"), {"executions": places(over)})


def _copy_steps(connection: Connection, turns: Sequence[Turn]) -> None:
    if not any(turn.steps for turn in turns):
        return
    with connection.cursor() as cursor, cursor.copy(sql("engine/copy_steps")) as copy:
        for row in step_rows(turns):
            copy.write_row(row)


def _intend(connection: Connection, turns: Sequence[Turn]) -> frozenset[Place]:
    """Enter effects; the executions that ask again for what is done have their answer in the inbox already."""
    wanted = effect_rows(turns)
    if not wanted:
        return frozenset()
    rows = connection.execute(sql("engine/intend_effects"), {"effects": json_text(wanted)}).fetchall()
    entered = {key for (key,) in rows}
    again = [row for row in wanted if row["effect_key"] not in entered]
    if not again:
        return frozenset()
    keys = [{"organization_id": row["organization_id"], "effect_key": row["effect_key"]} for row in again]
    told = connection.execute(sql("engine/answer_again"), {"effects": json_text(keys)}).fetchall()
    answered = {execution for (execution,) in told}
    return frozenset(
        (row["organization_id"], row["execution_id"]) for row in again if row["execution_id"] in answered
    )


def _explained(connection: Connection, starts: Sequence[Start], answers: Sequence[Started]) -> list[News]:
    """What steps that asked for executions are told at once."""
    known = [wish for wish, answer in zip(starts, answers, strict=True) if answer.answer == "enrolled"]
    given = {"asked": enrolment_rows(known)}
    rows = connection.execute(sql("engine/read_reports"), given).fetchall() if known else []
    reports = {execution: _event(text) for execution, text in rows}
    news = [
        news_of_start(wish, answer.answer, reports.get(wish.execution))
        for wish, answer in zip(starts, answers, strict=True)
    ]
    return [item for item in news if item is not None]
