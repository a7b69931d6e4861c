"""A store with published workflows on a virtual clock, and a driver that plays everything to its end; used by the tests here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4, uuid5

import psycopg

from atlas_workflows import exact_json
from atlas_workflows.db.connect import connect
from atlas_workflows.engine.events import Event, Happened
from atlas_workflows.engine.limits import MAX_STEPS
from atlas_workflows.engine.program import Program
from atlas_workflows.graph.codec import to_json
from atlas_workflows.graph.model import Workflow
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.store.contacts import PostgresContacts
from atlas_workflows.store.definitions import PostgresDefinitions
from atlas_workflows.store.events import emit
from atlas_workflows.store.executions import PostgresExecutions
from atlas_workflows.store.intake import PostgresIntake
from atlas_workflows.store.ledger import PostgresLedger
from atlas_workflows.store.outbox import PostgresOutbox
from atlas_workflows.store.sessions import open_pool
from atlas_workflows.worker.arrivals import Occurred
from atlas_workflows.worker.exposures import Exposure
from atlas_workflows.worker.memory import MemoryStore
from atlas_workflows.worker.memory_outbox import MemoryOutbox
from atlas_workflows.worker.model import Answer, Dispatch, Finished, Performed, Start, Started
from atlas_workflows.worker.ports import Definitions, Executions, Intake, Ledger, Outbox
from atlas_workflows.worker.sending.facts import Facts, Said, Whereabouts
from atlas_workflows.worker.sending.policy import policy_from_text
from atlas_workflows.worker.turn import take_turn

ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LEASE = timedelta(seconds=60)
_NAMES = uuid4()
PEOPLE = """
CREATE TABLE IF NOT EXISTS public.contacts (
    id text PRIMARY KEY, organization_id uuid, email_opt_in boolean, whatsapp_opt_in boolean,
    unsubscribed_at timestamptz, phone text, timezone text
);
CREATE TABLE IF NOT EXISTS public.messages (contact_id text, type text, direction text, created_at timestamptz);
"""
# Whom a call may tell.
TOLD = [
    f"CREATE TABLE IF NOT EXISTS public.{name} (id text PRIMARY KEY, organization_id uuid, email text, phone text, external_id text)"
    for name in ("leads", "clients")
]


def workflow_id(name: str, organization: str = ONE) -> str:
    """The id under which `publish` puts a workflow that is called so."""
    return str(uuid5(_NAMES, organization + name))


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the queue, as both stores know it."""

    ready: bool
    leased: bool
    again: bool
    fencing: int
    due_at: datetime | None


class World(Protocol):
    """What the contract tests need of a store, whichever it is."""

    executions: Executions
    ledger: Ledger
    definitions: Definitions
    outbox: Outbox

    def emit(self, event: Occurred) -> bool: ...
    def person(self, subject: str, organization: str = ONE, **told: str) -> None: ...
    def waiting(self) -> list[str]: ...
    def refusals(self) -> dict[tuple[str, str], tuple[str, str, Any]]: ...
    def date_entry(self, anchor: str, at: datetime) -> None: ...
    def publish(self, workflow: Workflow, organization: str = ONE) -> str: ...
    def start(self, *starts: Start) -> list[Started]: ...
    def tell(self, organization: str, execution: str, event: Event) -> bool: ...
    def tell_all(self, organization: str, subject: str, event: Happened) -> int: ...
    def move_to(self, now: datetime) -> None: ...
    def entry(self, execution: str) -> Entry | None: ...
    def next_due(self) -> datetime | None: ...
    def steps(self, execution: str) -> list[tuple[Any, ...]]: ...
    def end(self, execution: str) -> tuple[str, str | None] | None: ...
    def effects(self) -> dict[str, str]: ...
    def exposures(self) -> list[Exposure]: ...
    def know(self, subject: str, policy: Mapping[str, Any], **known: Any) -> None: ...
    def aside(self, key: str) -> tuple[datetime | None, str | None]: ...


@dataclass(slots=True)
class MemoryWorld:
    now: datetime = NOON
    programs: dict[tuple[str, str, int], Program] = field(default_factory=dict)
    store: MemoryStore = field(init=False)
    outbox: MemoryOutbox = field(init=False)

    def __post_init__(self) -> None:
        self.store = MemoryStore(lambda: self.now, lease=LEASE)
        self.outbox = MemoryOutbox(self.store)

    def emit(self, event: Occurred) -> bool:
        return self.outbox.emit(event)

    def person(self, subject: str, organization: str = ONE, **told: str) -> None:
        """Somebody whom the CRM knows by `email`, `phone` or `external_id`; the subject is `lead:<id>` or `client:<id>`."""
        self.outbox.contacts[organization, subject] = told

    def waiting(self) -> list[str]:
        """The executions that wait for a place among those at once, in the order of their starts."""
        held = sorted((entry.id, place[1]) for place, entry in self.store.queue.items() if not entry.admitted)
        return [execution for _, execution in held]

    def date_entry(self, anchor: str, at: datetime) -> None:
        """Entries go by the store's clock, which is virtual here."""

    def refusals(self) -> dict[tuple[str, str], tuple[str, str, Any]]:
        return {
            (subject, workflow): (r.reason.value, r.explanation, list(r.leaves))
            for (_, subject, workflow, _), r in self.outbox.refusals.items()
        }

    @property
    def executions(self) -> Executions:
        return self.store

    @property
    def ledger(self) -> Ledger:
        return self.store

    @property
    def definitions(self) -> Definitions:
        return self

    def program(self, organization: str, workflow: str, version: int) -> Program | None:
        return self.programs.get((organization, workflow, version))

    def publish(self, workflow: Workflow, organization: str = ONE) -> str:
        name = workflow_id(workflow.id, organization)
        version = self.store.published.get((organization, name), 0) + 1
        self.store.published[organization, name] = version
        self.store.at_once.pop((organization, name), None)
        if workflow.settings.concurrency is not None:
            self.store.at_once[organization, name] = workflow.settings.concurrency
        self.outbox.workflows[organization, name] = workflow
        self.programs[organization, name, version] = Program(workflow, load_catalogue())
        return name

    def start(self, *starts: Start) -> list[Started]:
        return self.store.start(starts)

    def tell(self, organization: str, execution: str, event: Event) -> bool:
        return self.store.tell(organization, execution, event)

    def tell_all(self, organization: str, subject: str, event: Happened) -> int:
        return self.store.tell_all(organization, subject, event)

    def move_to(self, now: datetime) -> None:
        self.now = now

    def entry(self, execution: str) -> Entry | None:
        found = [entry for place, entry in self.store.queue.items() if place[1] == execution]
        return (
            Entry(found[0].ready, found[0].leased, found[0].again, found[0].fencing, found[0].due_at)
            if found
            else None
        )

    def next_due(self) -> datetime | None:
        due = [e.due_at for e in self.store.queue.values() if not e.ready and e.due_at is not None]
        return min(due, default=None)

    def steps(self, execution: str) -> list[tuple[Any, ...]]:
        found = [steps for place, steps in self.store.steps.items() if place[1] == execution]
        return [trace(step) for step in found[0]] if found else []

    def end(self, execution: str) -> tuple[str, str | None] | None:
        found = [end for place, end in self.store.ends.items() if place[1] == execution]
        return (found[0].outcome, found[0].reason) if found else None

    def effects(self) -> dict[str, str]:
        return {key: entered.status for (_, key), entered in self.store.effects.items()}

    def exposures(self) -> list[Exposure]:
        return sorted(self.store.exposures.values(), key=lambda shown: (shown.organization, shown.key))

    def know(self, subject: str, policy: Mapping[str, Any], **known: Any) -> None:
        """The organization's policy, and of a subject: opt_in, unsubscribed_at, phone, zone, heard_at."""
        columns = {"email": known.get("email_opt_in"), "whatsapp": known.get("whatsapp_opt_in")}
        said = [
            Said(name, value, f"contacts.{name}_opt_in")
            for name, value in columns.items()
            if value is not None
        ]
        if known.get("unsubscribed_at"):
            said.append(Said("all", False, "contacts.unsubscribed_at", known["unsubscribed_at"]))
        where = Whereabouts(
            tuple(filter(None, [known.get("zone")])), phones=tuple(filter(None, [known.get("phone")]))
        )
        found = policy_from_text(exact_json.dumps_text(policy))
        said.sort(key=lambda item: item.granted)
        self.store.facts[ONE, subject] = Facts(found, tuple(said), where, heard_at=known.get("heard_at"))

    def aside(self, key: str) -> tuple[datetime | None, str | None]:
        entered = self.store.effects[ONE, key]
        return entered.held_until, entered.reason


class PostgresWorld:
    """The real store; `close` gives its sessions back."""

    def __init__(self, dsn: str, now: datetime | None = NOON) -> None:
        self.dsn = dsn
        self.connection = connect(dsn, application_name="test", autocommit=True)
        self.pool = open_pool(dsn, 4)
        self.executions = PostgresExecutions(self.pool, lease=LEASE, now=now)
        self.ledger = PostgresLedger(self.pool, lease=LEASE, now=now)
        self.definitions = PostgresDefinitions(self.pool, load_catalogue())
        self.outbox = PostgresOutbox(self.pool, PostgresContacts(self.pool), now=now)

    def emit(self, event: Occurred) -> bool:
        with self.connection.transaction():
            found = emit(
                self.connection, event.organization, event.type, event.subject, event.data, key=event.key,
                anchor=event.anchor,
            )  # fmt: skip
            self.rows_changed(
                "UPDATE atlas.event_outbox SET occurred_at = %s WHERE event_key = %s AND handled_at IS NULL",
                event.at, event.key,
            )  # fmt: skip
        return found

    def person(self, subject: str, organization: str = ONE, **told: str) -> None:
        kind, _, named = subject.partition(":")
        for statement in TOLD:
            self.connection.execute(statement.encode())
        columns = [told.get(name) for name in ("email", "phone", "external_id")]
        statement = f"INSERT INTO public.{kind}s VALUES (%s, %s, %s, %s, %s)"
        self.connection.execute(statement.encode(), [named, organization, *columns])
        self.outbox.contacts.crm.forget()  # the tables were just made

    def waiting(self) -> list[str]:
        rows = self.rows(
            "SELECT execution_id::text FROM atlas.workflow_execution_queue WHERE waits_for = 'concurrency' ORDER BY id"
        )
        return [execution for (execution,) in rows]

    def refusals(self) -> dict[tuple[str, str], tuple[str, str, Any]]:
        rows = self.rows(
            "SELECT subject, workflow_id::text, reason, explanation, leaves FROM atlas.enrolment_refusals"
        )
        return {
            (subject, workflow): (reason, text, leaves) for subject, workflow, reason, text, leaves in rows
        }

    def date_entry(self, anchor: str, at: datetime) -> None:
        self.rows_changed("UPDATE atlas.enrolments SET enrolled_at = %s WHERE anchor = %s", at, anchor)

    def rows_changed(self, statement: str, *given: Any) -> int:
        return self.connection.execute(statement, given).rowcount

    def close(self) -> None:
        self.pool.close()
        self.connection.close()

    def publish(self, workflow: Workflow, organization: str = ONE) -> str:
        return publish(self.connection, workflow, organization)

    def start(self, *starts: Start) -> list[Started]:
        return self._in(lambda intake: intake.start(starts))

    def tell(self, organization: str, execution: str, event: Event) -> bool:
        return self._in(lambda intake: intake.tell(organization, execution, event))

    def tell_all(self, organization: str, subject: str, event: Happened) -> int:
        return self._in(lambda intake: intake.tell_all(organization, subject, event))

    def _in(self, work: Callable[[Intake], Any]) -> Any:
        with self.connection.transaction():
            return work(PostgresIntake(self.connection))

    def move_to(self, now: datetime) -> None:
        self.executions.now = self.ledger.now = self.outbox.now = now

    def entry(self, execution: str) -> Entry | None:
        rows = self.rows(
            "SELECT ready, leased, again, fencing, due_at FROM atlas.workflow_execution_queue WHERE execution_id = %s",
            execution,
        )
        return Entry(*rows[0]) if rows else None

    def next_due(self) -> datetime | None:
        return self.rows("SELECT min(due_at) FROM atlas.workflow_execution_queue WHERE NOT ready")[0][0]

    def steps(self, execution: str) -> list[tuple[Any, ...]]:
        rows = self.rows(
            "SELECT node_id, node_type, iteration, retry_count + 1, status, started_at, completed_at, "
            "coalesce(step_key, ''), input_data::text, output_data::text, error, port, coalesce(reason, ''), "
            "coalesce(unresolved, '{}') FROM atlas.workflow_execution_steps WHERE execution_id = %s ORDER BY position",
            execution,
        )
        return [
            (*row[:8], _canonical(row[8]), _canonical(row[9]), *row[10:13], tuple(row[13])) for row in rows
        ]

    def end(self, execution: str) -> tuple[str, str | None] | None:
        rows = self.rows("SELECT outcome, reason FROM atlas.workflow_executions WHERE id = %s", execution)
        return rows[0] if rows and rows[0][0] is not None else None

    def effects(self) -> dict[str, str]:
        return dict(self.rows("SELECT effect_key, status FROM atlas.effects"))

    def exposures(self) -> list[Exposure]:
        rows = self.rows(
            "SELECT organization_id::text, workflow_id::text, workflow_version, execution_id::text, subject, node_id, "
            "exposure_key, variant, shown_at FROM atlas.exposures ORDER BY 1, 7"
        )
        return [Exposure(*row) for row in rows]

    def know(self, subject: str, policy: Mapping[str, Any], **known: Any) -> None:
        """The same as rows of the old application's tables."""
        self.connection.execute(PEOPLE)
        self.connection.execute(
            "INSERT INTO atlas.send_policies (organization_id, document, set_by, reason) VALUES (%s, %s, 't', 't') "
            "ON CONFLICT (organization_id) DO UPDATE SET document = excluded.document",
            [ONE, exact_json.dumps_text(policy)],
        )
        columns = ("email_opt_in", "whatsapp_opt_in", "unsubscribed_at", "phone", "zone")
        self.connection.execute(
            "INSERT INTO public.contacts VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING",
            [subject, ONE, *(known.get(name) for name in columns)],
        )
        if known.get("heard_at"):
            self.connection.execute(
                "INSERT INTO public.messages VALUES (%s, 'whatsapp', 'inbound', %s)",
                [subject, known["heard_at"]],
            )

    def aside(self, key: str) -> tuple[datetime | None, str | None]:
        (row,) = self.rows(
            "SELECT CASE WHEN status = 'held' THEN held_until END, coalesce(skip_reason, held_reason) "
            "FROM atlas.effects WHERE effect_key = %s",
            key,
        )
        return row[0], row[1]

    def rows(self, statement: str, *given: Any) -> list[Any]:
        return self.connection.execute(statement, given).fetchall()


def publish(connection: psycopg.Connection[Any], workflow: Workflow, organization: str = ONE) -> str:
    """Put a workflow's next version into the database, active and ours."""
    name = workflow_id(workflow.id, organization)
    definition = exact_json.dumps_text(to_json(workflow))
    with connection.transaction():
        row = connection.execute(
            "INSERT INTO atlas.workflows (id, organization_id, name, status, owner, definition, published_version, at_once) "
            "VALUES (%s, %s, %s, 'active', 'atlas_enhanced', %s, 1, %s) ON CONFLICT (id) DO UPDATE "
            "SET published_version = atlas.workflows.published_version + 1, at_once = excluded.at_once "
            "RETURNING published_version",
            [name, organization, workflow.name, definition, workflow.settings.concurrency],
        ).fetchone()
        assert row
        connection.execute(
            "INSERT INTO atlas.workflow_versions (workflow_id, organization_id, version, definition, definition_hash) "
            "VALUES (%s, %s, %s, %s, 'h')",
            [name, organization, row[0], definition],
        )
    return name


def trace(step: Any) -> tuple[Any, ...]:
    """A recorded step as both stores give it back."""
    return (
        step.node, step.type, step.iteration, step.attempt, step.status, step.started_at, step.finished_at, step.key,
        _canonical(None if step.input is None else exact_json.dumps_text(step.input)),
        _canonical(None if step.output is None else exact_json.dumps_text(step.output)),
        step.error, step.port, step.note, tuple(step.unresolved),
    )  # fmt: skip


def _canonical(text: str | None) -> Any:
    return None if text is None else repr(_sorted(exact_json.loads(text)))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def wish(
    workflow: str, subject: str = "c1", anchor: str = "a", organization: str = ONE, **more: Any
) -> Start:
    """A start by the trigger t."""
    data = more.pop("data", {"contact": {"id": subject, "name": "Ana", "email": f"{subject}@example.com"}})
    return Start(organization, workflow, subject, anchor, "t", data, **more)


Answers = Callable[[Dispatch], Answer]


def everything_works(dispatch: Dispatch) -> Answer:
    return Performed()


def work(world: World, size: int = 100) -> int:
    """Take turns until nothing is ready; returns how many."""
    taken, batch = 0, world.executions.checkpoint((), size)[0]
    while batch.claimed:
        taken += len(batch.claimed)
        turns = [
            take_turn(c, world.definitions.program(c.organization, c.workflow, c.version), batch.now)
            for c in batch.claimed
        ]
        batch = world.executions.checkpoint(turns, size)[0]
    return taken


def perform(world: World, kinds: Sequence[str], answer: Answers, places: int = 16) -> int:
    """Perform what is intended, once through; returns how many."""
    taken = world.ledger.exchange((), dict.fromkeys(kinds, places))
    world.ledger.exchange([Finished(dispatch, answer(dispatch)) for dispatch in taken], {})
    return len(taken)


def play(
    world: World,
    kinds: Sequence[str],
    answer: Answers = everything_works,
    events: Sequence[tuple[datetime, Callable[[], Any]]] = (),
    rounds: int = 3 * MAX_STEPS,
) -> None:
    """Let everything come to its end: effects before the clock, as the simulation does it."""
    ahead = sorted(events, key=lambda event: event[0])
    for _ in range(rounds):
        if work(world) or perform(world, kinds, answer):
            continue
        due = world.next_due()
        if ahead and (due is None or ahead[0][0] <= due):
            at, happen = ahead.pop(0)
            world.move_to(at)
            happen()
        elif due is not None:
            world.move_to(due)
            world.executions.promote()
        else:
            return
    raise AssertionError("it does not come to its end")
