"""Failed executions by what made them fail, and the replay of all that failed by one cause."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, rows, scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.engine.behaviour import Kinds
from atlas_workflows.errors import InputError
from atlas_workflows.store.steering import By, Replay, replay


@dataclass(frozen=True, slots=True)
class Cause:
    """Executions that failed alike: error class, type of the step ("" where none is to blame), message without what varies.

    `cause` is what the three are called together.
    """

    cause: str
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
class Letter:
    """A failed execution."""

    execution: str
    workflow: str
    version: int
    subject: str
    node: str
    message: str
    failed_at: datetime


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """What a replay comes upon. `nodes`: how often each is tried anew; `effects_done` are not done again, `effects_unknown` wait.

    `held` of them go on only when their workflow does; `refused` says why, and of how many.
    """

    looked_at: int
    replays: int
    may_send: int
    held: int
    nodes: Mapping[str, int]
    effects_done: int
    effects_unknown: int
    refused: Mapping[str, int]


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
    given = {
        "organization": organization,
        "workflow": workflow,
        "since": since,
        "cause": None,
        "limit": limit,
    }
    return rows(connection, Cause, sql("engine/dead_letter_groups"), given)


def find_cause(connection: Connection, organization: str, cause: str) -> Cause | None:
    """The group that is called so, where there is any of it."""
    given = {"organization": organization, "workflow": None, "since": None, "cause": cause, "limit": 1}
    return one(connection, Cause, sql("engine/dead_letter_groups"), given)


def letters_of(
    connection: Connection, organization: str, cause: Cause, before: tuple[datetime, str] | None, limit: int
) -> list[Letter]:
    """The failed executions of a cause, the latest first."""
    at, behind = before or (None, None)
    given = {
        "organization": organization, "error_class": cause.error_class, "node_type": cause.node_type, "pattern": cause.pattern,
        "before_at": at, "before_id": behind, "limit": limit,
    }  # fmt: skip
    return rows(connection, Letter, sql("engine/dead_letters_of_cause"), given)


def plan_replay(connection: Connection, group: Group, kinds: Kinds) -> ReplayPlan:
    """What replaying a group would mean, counted; nothing is done."""
    found = list(replay_all(connection, group, kinds, None))
    plans = [each for each in found if isinstance(each, Replay)]
    return ReplayPlan(
        looked_at=len(found),
        replays=len(plans),
        may_send=sum(plan.may_send for plan in plans),
        held=sum(plan.is_held for plan in plans),
        # Plain dictionaries: dataclasses.asdict would count a Counter's pairs.
        nodes=dict(Counter(node for plan in plans for node in plan.nodes)),
        effects_done=sum(len(plan.done) for plan in plans),
        effects_unknown=sum(len(plan.unknown) for plan in plans),
        refused=dict(Counter(each.why for each in found if isinstance(each, NotReplayed))),
    )


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
