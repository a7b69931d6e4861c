"""The event outbox in PostgreSQL: events are taken with SKIP LOCKED and marked in the transaction of what comes of them."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg

from atlas_workflows import exact_json
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import named_rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.engine.limits import MAX_EVENTS_KEPT
from atlas_workflows.errors import InvalidJson
from atlas_workflows.integrations.crm.member import find_member
from atlas_workflows.store.contacts import PostgresContacts, reading
from atlas_workflows.store.executions import NOBODY
from atlas_workflows.store.intake import begin, lock, tell
from atlas_workflows.store.organizations import about_organization
from atlas_workflows.store.sessions import Pool, is_refusal, transact
from atlas_workflows.worker.arrivals import (
    Arrived,
    Consequences,
    Decide,
    Handled,
    Listening,
    Occurred,
    Refusal,
)
from atlas_workflows.worker.enrolment import about, happened, heard_as, member_told, only_value, rounds
from atlas_workflows.worker.messages import json_text
from atlas_workflows.worker.model import News
from atlas_workflows.worker.ports import TurnRefused

# An event, and the one trigger that is asked again where it was deferred.
Asked = tuple[Occurred, Listening | None]
SECONDS_KEPT = 60.0  # of what is known about an organization
LOOK_MILLISECONDS = 1_000  # for a look at the CRM's people, while all organizations wait


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of one event."""

    event: Occurred
    started: int = 0
    refused: int = 0
    told: int | None = 0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class _Taken:
    """Events in hand; `unreadable` are those of which nothing can come, whoever wrote them."""

    events: list[Occurred]
    unreadable: list[_Outcome]


@dataclass(slots=True)
class PostgresOutbox:
    """Events between their writing and their handling. `now` replaces the database's clock, for trials on a virtual one."""

    pool: Pool
    contacts: PostgresContacts
    now: datetime | None = None
    _after: str = NOBODY
    _organizations: dict[str, tuple[float, Mapping[str, Any]]] = field(default_factory=dict)

    def handle(self, decide: Decide, limit: int) -> Handled:
        """Take up to `limit` events, and write what comes of them in one transaction."""
        try:
            return transact(self.pool, lambda connection: self._handle(connection, decide, limit))
        except TurnRefused:
            taken = transact(self.pool, lambda connection: self._take(connection, limit))
            events = [*taken.events, *(done.event for done in taken.unreadable)]
            return sum((self._handle_alone(event, decide) for event in events), Handled())

    def handle_deferred(self, decide: Decide, limit: int) -> Handled:
        """Ask workflows again that had to wait for the old application's executions."""
        return transact(self.pool, lambda connection: self._handle_deferred(connection, decide, limit))

    def forget(self) -> int:
        """Let go of events and warnings of more than 30 days and of refusals of more than 90."""
        given = {"now": self.now}
        return int(transact(self.pool, lambda connection: scalar(connection, sql("events/forget"), given)))

    def _handle_alone(self, event: Occurred, decide: Decide) -> Handled:
        def work(connection: Connection) -> Handled:
            return self._handle_these(
                connection, self._found(connection, _take_one(connection, event)), decide
            )

        def give_up(connection: Connection, error: str) -> Handled:
            # What was told was taken back with the rest, so they are told where it is handled again.
            found = _take_one(connection, event).events
            return self._mark(connection, [_Outcome(each, told=None, error=error) for each in found])

        try:
            return transact(self.pool, work)
        except TurnRefused as cause:
            error = f"What comes of it cannot be stored: {cause}."
            return transact(self.pool, lambda connection: give_up(connection, error))

    def _handle(self, connection: Connection, decide: Decide, limit: int) -> Handled:
        return self._handle_these(connection, self._take(connection, limit), decide)

    def _take(self, connection: Connection, limit: int) -> _Taken:
        found = self._take_behind(connection, limit, self._after)
        if not found and self._after != NOBODY:
            found = self._take_behind(connection, limit, NOBODY)
        organizations = sorted({row.organization for row in found})
        self._after = organizations[-1] if len(organizations) >= limit else NOBODY
        return self._found(connection, _read(found))

    def _found(self, connection: Connection, taken: _Taken) -> _Taken:
        """With the subjects of those that tell one by an address or a number."""
        found, failed = [], {}
        for event in taken.events:
            member = member_told(event)
            if member is None:
                found.append(event)
            # One look that fails is enough in a round: what else the organization has comes in the next ones.
            elif event.organization not in failed:
                try:
                    found.append(self._about_whom(connection, event, member))
                except psycopg.Error as cause:
                    self.contacts.crm.forget()  # its tables may be others by now
                    failed[event.organization] = _not_found(event, cause)
        return _Taken(found, [*taken.unreadable, *failed.values()])

    def _about_whom(self, connection: Connection, event: Occurred, member: Mapping[str, Any]) -> Occurred:
        """Looked up once: who comes into being later is not whom it was about. Raises psycopg.Error, and undoes only the look."""
        subject = self._look(connection, event.organization, member)
        given = {"organization": event.organization, "key": event.key, "subject": subject}
        connection.execute(sql("events/set_subject"), given)
        return about(event, subject)

    def _look(self, connection: Connection, organization: str, member: Mapping[str, Any]) -> str | None:
        with reading(self.contacts.crm):
            crm = self.contacts.crm.of(connection)
        with connection.transaction():
            bound = {"milliseconds": LOOK_MILLISECONDS}
            before = scalar(connection, sql("events/bound_look"), bound)
            subject = find_member(connection, crm, organization, member["by"], str(member.get("value")))
            scalar(connection, sql("events/bound_look"), {"milliseconds": before})
        return subject

    def _take_behind(self, connection: Connection, limit: int, after: str) -> list[Any]:
        return named_rows(connection, sql("events/take"), {"after": after, "limit": limit})

    def _handle_these(self, connection: Connection, taken: _Taken, decide: Decide) -> Handled:
        if not taken.events and not taken.unreadable:
            return Handled()
        _lock_subjects(connection, taken.events)
        outcomes = taken.unreadable + [
            done
            for part in rounds(taken.events)
            for done in self._round(connection, [(event, None) for event in part], decide)
        ]
        return self._mark(connection, outcomes)

    def _handle_deferred(self, connection: Connection, decide: Decide, limit: int) -> Handled:
        rows = named_rows(connection, sql("events/take_deferred"), {"limit": limit})
        if not rows:
            return Handled()
        unreadable = _read(rows).unreadable
        keys = {(done.event.organization, done.event.key) for done in unreadable}
        asked: list[Asked] = [
            (_occurred(row), Listening(row.workflow, row.version, row.trigger, accepts="gone"))
            for row in rows
            if (row.organization, row.key) not in keys
        ]
        _lock_subjects(connection, [event for event, _ in asked])
        outcomes = unreadable + [self._ask_again(connection, one, decide) for one in asked]
        if failed := [done for done in outcomes if done.error is not None]:
            connection.execute(sql("events/fail"), {"failed": _error_rows(failed)})
        return _handled(outcomes)

    def _ask_again(self, connection: Connection, asked: Asked, decide: Decide) -> _Outcome:
        try:
            with connection.transaction():
                return self._round(connection, [asked], decide)[0]
        except psycopg.Error as cause:
            if not is_refusal(cause):
                raise
            return _Outcome(
                asked[0], error=f"What comes of it cannot be stored: {cause.diag.message_primary}."
            )

    def _round(self, connection: Connection, asked: Sequence[Asked], decide: Decide) -> list[_Outcome]:
        """Handle events about different subjects: tell who waits, then start who enters."""
        given = {"events": _questions(asked), "now": self.now}
        listening, waiting = _listening(connection, given), _waiting(connection, given)
        arrived = [
            self._arrived(
                connection, event, listening.get(place, [again] if again else []), is_awaited=place in waiting
            )
            for place, (event, again) in enumerate(asked)
        ]
        told = _tell(connection, arrived, waiting)
        found = [decide(each) for each in arrived]
        started = _start(connection, found)
        self._keep_the_rest(connection, arrived, found)
        outcomes = [
            _Outcome(each.event, started[place], len(then.refusals), told.get(place, 0), then.error)
            for place, (each, then) in enumerate(zip(arrived, found, strict=True))
        ]
        if any(outcome.started or outcome.told for outcome in outcomes):
            connection.execute(sql("engine/notify"))
        return outcomes

    def _arrived(
        self, connection: Connection, event: Occurred, listening: Sequence[Listening], *, is_awaited: bool
    ) -> Arrived:
        contact = self._contact(connection, event) if listening or is_awaited else None
        about = self._about(connection, event.organization) if listening else {}
        return Arrived(event, listening, contact, about, lambda: _earlier(connection, event))

    def _keep_the_rest(
        self, connection: Connection, arrived: Sequence[Arrived], found: Sequence[Consequences]
    ) -> None:
        """Who was refused, and who is asked again later."""
        refusals = {
            (r.event.organization, r.event.about, r.listening.workflow, r.listening.trigger): r
            for then in found
            for r in then.refusals
        }
        if refusals:
            given = {"refusals": _refusal_rows(refusals.values()), "now": self.now}
            connection.execute(sql("events/refuse"), given)
        deferred = _deferred_rows(arrived, found)
        if deferred:
            connection.execute(sql("events/defer"), {"deferred": json_text(deferred)})

    def _mark(self, connection: Connection, outcomes: Sequence[_Outcome]) -> Handled:
        rows = [
            {
                "organization_id": done.event.organization, "event_key": done.event.key, "started": done.started,
                "refused": done.refused, "told": done.told, "error": done.error,
            }
            for done in outcomes
        ]  # fmt: skip
        connection.execute(sql("events/mark_handled"), {"handled": json_text(rows), "now": self.now})
        return _handled(outcomes)

    def _contact(self, connection: Connection, event: Occurred) -> Mapping[str, Any] | None:
        if event.subject is None:
            return None
        return self.contacts.read_with(connection, event.organization, event.subject)

    def _about(self, connection: Connection, organization: str) -> Mapping[str, Any]:
        until, known = self._organizations.get(organization, (0.0, {}))
        if time.monotonic() < until:
            return known
        with reading(self.contacts.crm):
            found = about_organization(connection, self.contacts.crm.of(connection), organization)
        self._organizations[organization] = time.monotonic() + SECONDS_KEPT, found
        return found


def _not_found(event: Occurred, cause: psycopg.Error) -> _Outcome:
    """Nothing was done, so that it is handled as any other where it is handled again. Raises what is no matter of one look."""
    state = cause.sqlstate or ""
    if not is_refusal(cause) and state != psycopg.errors.QueryCanceled.sqlstate:
        raise cause
    error = f"Whom it is about cannot be looked up: {cause.diag.message_primary}."
    return _Outcome(event, told=None, error=error)


def _read(rows: Iterable[Any]) -> _Taken:
    taken = _Taken([], [])
    for row in rows:
        try:
            taken.events.append(_occurred(row))
        except InvalidJson as cause:
            error = f"Its data cannot be read: {cause.fact}"
            # Nobody was told, so they are where it can be read one day.
            taken.unreadable.append(_Outcome(_event(row, {}), told=None, error=error))
    return taken


def _occurred(row: Any) -> Occurred:
    return _event(row, exact_json.loads(row.data))


def _event(row: Any, data: Any) -> Occurred:
    return Occurred(
        row.organization, row.key, row.type, row.subject, row.anchor, data, row.at, row.epoch, row.caused_by, row.depth,
        row.is_told,
    )  # fmt: skip


def _take_one(connection: Connection, event: Occurred) -> _Taken:
    connection.execute(sql("engine/plan_by_values"))
    given = {"organization": event.organization, "key": event.key}
    return _read(named_rows(connection, sql("events/take_one"), given))


def _earlier(connection: Connection, event: Occurred) -> list[Occurred]:
    given = {
        "organization": event.organization, "subject": event.about, "at": event.at, "key": event.key,
        "limit": MAX_EVENTS_KEPT,
    }  # fmt: skip
    return _read(named_rows(connection, sql("events/earlier"), given)).events


def _lock_subjects(connection: Connection, events: Iterable[Occurred]) -> None:
    # In a statement of its own: what was written while a lock was waited for is seen by the next one.
    subjects = json_text([{"organization_id": e.organization, "subject": e.about} for e in events])
    connection.execute(sql("events/hold_decisions"), {"subjects": subjects})
    connection.execute(sql("events/lock_subjects"), {"subjects": subjects})


def _listening(connection: Connection, given: Mapping[str, Any]) -> dict[int, list[Listening]]:
    found: dict[int, list[Listening]] = {}
    for place, *row in connection.execute(sql("events/listening"), given).fetchall():
        found.setdefault(place, []).append(Listening(*row))
    return found


def _waiting(connection: Connection, given: Mapping[str, Any]) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = {}
    for place, execution, name in connection.execute(sql("events/waiting"), given).fetchall():
        found.setdefault(place, []).append((execution, name))
    return found


def _tell(
    connection: Connection, arrived: Sequence[Arrived], waiting: Mapping[int, list[tuple[str, str]]]
) -> dict[int, int]:
    news = [
        News(each.event.organization, execution, happened(each.event, name, each.contact))
        for place, each in enumerate(arrived)
        for execution, name in waiting.get(place, ())
    ]
    if news:
        lock(connection, ((item.organization, item.execution) for item in news))
        tell(connection, news)
    return {place: len({execution for execution, _ in found}) for place, found in waiting.items()}


def _start(connection: Connection, found: Sequence[Consequences]) -> list[int]:
    wishes = [wish for then in found for wish in then.starts]
    answers = begin(connection, wishes) if wishes else []
    begun = {answer.execution for answer in answers if answer.answer == "started"}
    return [len(begun & {wish.execution for wish in then.starts}) for then in found]


def _handled(outcomes: Sequence[_Outcome]) -> Handled:
    return Handled(
        len(outcomes),
        sum(done.started for done in outcomes),
        sum(done.told or 0 for done in outcomes),
        sum(done.error is not None for done in outcomes),
    )


def _questions(asked: Sequence[Asked]) -> str:
    """Events as the statements look them up."""
    rows = []
    for place, (event, only) in enumerate(asked):
        value = only_value(event)
        rows.append(
            {
                "place": place,
                "organization_id": event.organization,
                "types": heard_as(event.type),
                "only_values": None if value is None else ["", value],
                "subject": event.about,
                "at": event.at,
                "only_workflow": None if only is None else only.workflow,
                "only_trigger": None if only is None else only.trigger,
                "epoch": event.epoch,
                "is_told": event.is_told,
            }
        )
    return json_text(rows)


def _deferred_rows(arrived: Sequence[Arrived], found: Sequence[Consequences]) -> list[dict[str, str]]:
    return [
        {
            "organization_id": each.event.organization,
            "event_key": each.event.key,
            "workflow_id": listening.workflow,
            "trigger_key": listening.trigger,
        }
        for each, then in zip(arrived, found, strict=True)
        for listening in then.deferred
    ]


def _error_rows(failed: Iterable[_Outcome]) -> str:
    return json_text(
        [
            {"organization_id": done.event.organization, "event_key": done.event.key, "error": done.error}
            for done in failed
        ]
    )


def _refusal_rows(refusals: Iterable[Refusal]) -> str:
    return json_text(
        [
            {
                "organization_id": refusal.event.organization,
                "subject": refusal.event.about,
                "workflow_id": refusal.listening.workflow,
                "trigger_key": refusal.listening.trigger,
                "workflow_version": refusal.listening.version,
                "event_key": refusal.event.key,
                "event_type": refusal.event.type,
                "reason": refusal.reason.value,
                "explanation": refusal.explanation,
                "leaves": list(refusal.leaves),
                "occurred_at": refusal.event.at,
            }
            for refusal in refusals
        ]
    )
