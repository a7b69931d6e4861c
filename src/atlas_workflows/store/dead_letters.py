"""Failed executions by what made them fail, and the replay of all that failed by one cause."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows, scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.engine.behaviour import Kinds
from atlas_workflows.errors import InputError
from atlas_workflows.store.steering import By, Replay, replay


@dataclass(frozen=True, slots=True)
class Cause:
    """Executions that failed alike: error class, type of the step ("" where none is to blame), message without what varies."""

    error_class: str
    node_type: str
    pattern: str
    executions: int
    workflows: int
    first_at: datetime
    last_at: datetime
    example: str


@dataclass(frozen=True, slots=True)
class Group:
    """Which dead letters; None asks nothing."""

    organization: str
    error_class: str
    node_type: str | None = None
    pattern: str | None = None
    workflow: str | None = None
    since: datetime | None = None
    limit: int = 1_000


@dataclass(frozen=True, slots=True)
class NotReplayed:
    """A failed execution that could not be replayed, and why."""

    execution: str
    why: str


def causes(
    connection: Connection,
    organization: str,
    *,
    workflow: str | None = None,
    since: datetime | None = None,
    limit: int = 50,
) -> list[Cause]:
    """The largest group first."""
    given = {"organization": organization, "workflow": workflow, "since": since, "limit": limit}
    return rows(connection, Cause, sql("engine/dead_letter_groups"), given)


def replay_all(
    connection: Connection, group: Group, kinds: Kinds, by: By | None
) -> Iterator[Replay | NotReplayed]:
    """Replay a group, the oldest first, each in a transaction of its own; with `by` None only say what that would mean."""
    given = {name: getattr(group, name) for name in group.__slots__}
    for execution in scalars(connection, sql("engine/dead_letters_of_group"), given):
        try:
            yield replay(connection, group.organization, execution, kinds, by)
        except InputError as refusal:
            yield NotReplayed(execution, refusal.fact)
