"""What a person does to an execution, audited: cancel a live one, let a failed one go on from the step that failed."""

from dataclasses import dataclass
from datetime import datetime

from atlas_workflows import exact_json
from atlas_workflows.audit import Subject, record
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.engine.behaviour import Kinds
from atlas_workflows.engine.events import Cancelled
from atlas_workflows.engine.program import Program
from atlas_workflows.engine.resuming import asked_again, resumed, waited_for
from atlas_workflows.engine.state import state_from_json, state_to_json
from atlas_workflows.errors import InputError
from atlas_workflows.store.acting_steps import acts
from atlas_workflows.store.definitions import program_of
from atlas_workflows.store.history import EffectLine
from atlas_workflows.store.intake import PostgresIntake
from atlas_workflows.worker.messages import json_text

THEIRS = "legacy_app"


@dataclass(frozen=True, slots=True)
class By:
    """Who decides, and why; both go into the audit log."""

    actor: str
    reason: str

    def __post_init__(self) -> None:
        if not self.actor.strip() or not self.reason.strip():
            raise InputError("A decision needs a name and a reason.", remedy="Add --by NAME --reason WHY.")


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay means, or meant: `nodes` are tried anew; `done` effects are not done again; `unknown` ones wait.

    `may_send`: a step that is tried anew, or one that may come behind it, does something outside.
    """

    organization: str
    execution: str
    workflow: str
    version: int
    subject: str
    cause: str
    message: str
    nodes: tuple[str, ...]
    done: tuple[str, ...]
    unknown: tuple[str, ...]
    may_send: bool
    is_held: bool
    was_done: bool = False


@dataclass(frozen=True, slots=True)
class _Letter:
    execution_id: str
    workflow_id: str
    workflow_version: int
    subject: str
    node_id: str
    node_type: str
    error_class: str
    message: str
    failed_at: datetime
    started_at: datetime
    begun: bool
    document: str
    untold: str
    workflow_status: str
    owner: str
    published_version: int | None
    executor: str


def cancel(connection: Connection, organization: str, execution: str, by: By) -> None:
    """Tell a live execution that nobody wants it any more, whatever holds it. Raises InputError where it is not live."""
    with connection.transaction():
        intake = PostgresIntake(connection)
        reason = f"Cancelled by {by.actor.strip()}: {by.reason.strip()}"
        if not intake.tell(organization, execution, Cancelled(reason)):
            raise InputError(
                f"No execution {execution} of this organization is under way.",
                remedy="See `atlas execution show`; it may have ended.",
            )
        connection.execute(sql("engine/let_go"), {"organization": organization, "execution": execution})
        audit(connection, organization, ("workflow_executions", execution), "cancel_execution", by)


def replay(
    connection: Connection,
    organization: str,
    execution: str,
    kinds: Kinds,
    by: By | None,
    *,
    now: datetime | None = None,
) -> Replay:
    """Let a failed execution go on from the step that failed; with `by` None only say what that would mean.

    Its effects keep their keys: what the ledger has as done is not done again. Raises InputError where it cannot be.
    `now` replaces the database's clock, for trials on a virtual one.
    """
    with connection.transaction():
        connection.execute(sql("engine/hold_letters"))
        letter = _letter(connection, organization, execution)
        plan = _planned(connection, organization, letter, _program(connection, organization, letter, kinds))
        if by is None:
            return plan
        given = {
            "organization": organization,
            "execution": execution,
            "version": letter.workflow_version,
            "document": _revived(letter),
            "wanted": _wanted(letter),
            "held": plan.is_held,
            "now": now,
        }
        connection.execute(sql("engine/revive"), given)
        audit(connection, organization, ("workflow_executions", execution), "replay_execution", by)
        connection.execute(sql("engine/notify"))
    return _as_done(plan)


def audit(connection: Connection, organization: str, subject: tuple[str, str], action: str, by: By) -> None:
    """Note what a person did to a row of `subject` (table, id)."""
    record(
        connection,
        Subject(*subject),
        actor=by.actor.strip(),
        action=action,
        reason=by.reason.strip(),
        organization_id=organization,
    )


def _letter(connection: Connection, organization: str, execution: str) -> _Letter:
    given = {"organization": organization, "execution": execution}
    letter = one(connection, _Letter, sql("engine/dead_letter"), given)
    if letter is None:
        raise InputError(
            f"There is no failed execution {execution} in this organization that could be replayed.",
            remedy="See `atlas dead-letters list`; it may have been replayed, or be older than what is kept.",
        )
    if letter.owner == THEIRS or letter.workflow_status == "archived":
        state = "archived" if letter.workflow_status == "archived" else f"executed by {letter.owner}"
        raise InputError(
            f"The workflow of execution {execution} is {state}; nothing of it goes on here.",
            remedy="Cut the workflow over first, or leave the execution as it is.",
        )
    return letter


def _program(connection: Connection, organization: str, letter: _Letter, kinds: Kinds) -> Program | None:
    if letter.executor == "atlas_legacy":
        return None  # the old format says nothing here of what lies ahead
    given = {"organization": organization, "workflow": letter.workflow_id, "version": letter.workflow_version}
    found = scalar(connection, sql("engine/definition"), given)
    program = None if found is None else program_of(found, kinds)
    if program is None:
        raise InputError(
            f"Version {letter.workflow_version} of workflow {letter.workflow_id} cannot be read.",
            remedy="Publish the workflow anew; what began on this version cannot go on.",
        )
    return program


def _planned(connection: Connection, organization: str, letter: _Letter, program: Program | None) -> Replay:
    given = {"organization": organization, "execution": letter.execution_id}
    effects = rows(connection, EffectLine, sql("engine/effects_of_execution"), given)
    nodes, may_send = _ahead(letter, program)
    return Replay(
        organization,
        letter.execution_id,
        letter.workflow_id,
        letter.workflow_version,
        letter.subject,
        letter.error_class,
        letter.message,
        nodes,
        tuple(effect.key for effect in effects if effect.status == "done"),
        tuple(effect.key for effect in effects if effect.status in ("unknown", "dispatching")),
        may_send,
        letter.workflow_status == "paused",
    )


def _ahead(letter: _Letter, program: Program | None) -> tuple[tuple[str, ...], bool]:
    """The nodes that are tried anew, and whether anything that may come does something outside."""
    state = state_from_json(exact_json.loads(letter.document)) if letter.begun else None
    again = () if state is None else tuple(asked_again(state))
    if program is None:
        return again, True
    plan = program.plan
    ahead = (
        set(plan.nodes) if state is None else plan.reachable(token.node for token in state.tokens.values())
    )
    may_send = any(acts(program, plan.nodes[node]) for node in ahead if node in plan.nodes)
    return tuple(node for node in again if node in plan.nodes), may_send


def _revived(letter: _Letter) -> str:
    document = exact_json.loads(letter.document)
    if not letter.begun:
        return letter.document
    return json_text(state_to_json(resumed(state_from_json(document))))


def _wanted(letter: _Letter) -> list[str]:
    return waited_for(state_from_json(exact_json.loads(letter.document))) if letter.begun else []


def _as_done(plan: Replay) -> Replay:
    values = {name: getattr(plan, name) for name in plan.__slots__}
    return Replay(**{**values, "was_done": True})
