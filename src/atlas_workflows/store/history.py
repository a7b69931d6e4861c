"""Executions as people read them: lists, and one with its steps, its effects and what it waits for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.engine.state import State, Token, state_from_json
from atlas_workflows.errors import InputError
from atlas_workflows.site import utc_now

# How far back a page of executions is looked for at first, then, and at last: without end.
SPANS = (timedelta(days=2), timedelta(days=30), None)
_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which executions of an organization; None asks nothing. `before` is where the page before ended."""

    organization: str
    workflow: str | None = None
    subject: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    before: tuple[datetime, str] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution in one line. `outcome` is how it ended, or queued or running.

    `executor` is whose execution it was; `waits_for` is what holds it back; `due_at` when the clock has something to say to it.
    `fell_back`: why it was begun anew with the old meaning.
    """

    organization: str
    execution: str
    workflow: str | None
    workflow_name: str | None
    version: int | None
    subject: str | None
    outcome: str
    reason: str | None
    triggered_by: str | None
    executor: str
    started_at: datetime
    completed_at: datetime | None
    waits_for: str | None
    due_at: datetime | None
    fell_back: str | None = None

    @property
    def place(self) -> tuple[datetime, str]:
        """Where the next page begins."""
        return self.started_at, self.execution

    @property
    def is_live(self) -> bool:
        return self.outcome in ("queued", "running")


@dataclass(frozen=True, slots=True)
class Step:
    """One attempt at one node."""

    position: int
    node: str
    type: str
    iteration: int | None
    attempt: int
    status: str
    started_at: datetime
    finished_at: datetime | None
    key: str | None
    input: Any
    output: Any
    error: str | None
    port: str | None
    note: str | None
    unresolved: list[str] | None


@dataclass(frozen=True, slots=True)
class EffectLine:
    """An effect as the ledger has it. `waits_for` is what holds it back, `error` also why a send policy holds or skips it."""

    key: str
    node: str
    kind: str
    status: str
    dispatches: int
    intended_at: datetime
    lease_until: datetime | None
    finished_at: datetime | None
    error: str | None
    waits_for: str | None
    held_until: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A place where a live execution is: what it waits for there, since when and until when."""

    node: str
    status: str
    since: datetime
    until: datetime | None
    events: tuple[str, ...] = ()
    condition: Any = None


@dataclass(frozen=True, slots=True)
class Story:
    """Everything about one execution."""

    execution: Execution
    steps: tuple[Step, ...]
    effects: tuple[EffectLine, ...]
    standing: tuple[Standing, ...]


def find_executions(connection: Connection, wanted: Wanted) -> list[Execution]:
    """The newest first, at most `wanted.limit`.

    Looked for in the last days first and further back only where they do not fill the page: a statement that may need every
    partition costs the planner tens of milliseconds, whatever it finds.
    """
    found = list[Execution]()
    for span in SPANS:
        within = _within(wanted, span)
        found = _executions(connection, within, None)
        if len(found) >= wanted.limit or within.since == wanted.since:
            break
    return found


def count_executions(connection: Connection, wanted: Wanted, most: int) -> int:
    """How many there are in all, whatever the page; `most` where there are as many or more."""
    given = {
        name: getattr(wanted, name) for name in ("organization", "workflow", "subject", "outcome", "since")
    }
    return int(scalar(connection, sql("api/count_executions"), given | {"most": most}))


def read_story(connection: Connection, organization: str, execution: str) -> Story:
    """One execution, whole. Raises InputError where the organization has none of this id."""
    found = _executions(connection, Wanted(organization, limit=1), execution)
    if not found:
        raise InputError(
            f"There is no execution {execution} in this organization.",
            remedy="See `atlas execution list --organization ID`.",
        )
    return story_of(connection, found[0])


def story_of(connection: Connection, execution: Execution) -> Story:
    """An execution with its steps, its effects and what it waits for."""
    given = {"organization": execution.organization, "execution": execution.execution}
    return Story(
        execution,
        tuple(rows(connection, _step, sql("engine/steps"), given)),
        tuple(rows(connection, EffectLine, sql("engine/effects_of_execution"), given)),
        _standing(connection, given) if execution.is_live else (),
    )


def _within(wanted: Wanted, span: timedelta | None) -> Wanted:
    """The same, no further back than `span` before the page's place (before now for the first page)."""
    if span is None:
        return wanted
    end = wanted.before[0] if wanted.before else utc_now()
    since = end - min(span, end - _EARLIEST)
    return wanted if wanted.since is not None and wanted.since >= since else replace(wanted, since=since)


def _executions(connection: Connection, wanted: Wanted, execution: str | None) -> list[Execution]:
    before_at, before_id = wanted.before or (None, None)
    given = {
        "organization": wanted.organization,
        "workflow": wanted.workflow,
        "subject": wanted.subject,
        "outcome": wanted.outcome,
        "since": wanted.since,
        "before_at": before_at,
        "before_id": before_id,
        "execution": execution,
        "limit": wanted.limit,
    }
    return rows(connection, Execution, sql("engine/executions"), given)


def _step(*, input: str | None, output: str | None, **columns: Any) -> Step:  # noqa: A002 (the columns' names)
    return Step(input=_value(input), output=_value(output), **columns)


def _value(text: str | None) -> Any:
    return None if text is None else exact_json.loads(text)


@dataclass(frozen=True, slots=True)
class _Kept:
    begun: bool
    document: str


def _standing(connection: Connection, given: Mapping[str, Any]) -> tuple[Standing, ...]:
    kept = one(connection, _Kept, sql("engine/live_state"), given)
    if kept is None or not kept.begun:
        return ()
    return standing_of(state_from_json(exact_json.loads(kept.document)))


def standing_of(state: State) -> tuple[Standing, ...]:
    """The places where an execution is, in the order in which it came to them."""
    return tuple(_place(token) for token in state.tokens.values() if token.status.value != "loop")


def _place(token: Token) -> Standing:
    details = token.details
    until = details.get("until")
    return Standing(
        token.node,
        token.status.value,
        token.since,
        token.due_at if until is None else datetime.fromisoformat(until),
        tuple(event["type"] for event in details.get("events", ())),
        details.get("condition"),
    )
