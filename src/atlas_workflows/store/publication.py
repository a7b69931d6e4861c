"""What becomes of a workflow: published, paused, resumed, archived; each audited, with what happens to live executions."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, scalar, scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.engine.events import Cancelled
from atlas_workflows.errors import InputError
from atlas_workflows.graph.catalogue import Catalogue
from atlas_workflows.graph.model import Problem, Severity
from atlas_workflows.graph.parse import parse
from atlas_workflows.graph.validate import is_valid, validate
from atlas_workflows.store.executions import NOBODY
from atlas_workflows.store.intake import PostgresIntake
from atlas_workflows.store.schedule_rules import schedule_problems
from atlas_workflows.store.secret_references import secret_problems
from atlas_workflows.store.steering import By, audit

BATCH = 500
CANCELS_AT_ONCE = 200


class Running(StrEnum):
    """What executions that are under way do when another version is published."""

    FINISH = "finish"
    FOLLOW = "follow"


class AtArchive(StrEnum):
    """What becomes of executions that are under way when their workflow is archived."""

    FINISH = "finish"
    CANCEL = "cancel"


class StaleRevision(InputError):
    """The draft has moved on since it was read."""


class DraftInvalid(InputError):
    """The draft has errors; `problems` lists them with the warnings."""

    exit_code = 2

    def __init__(self, fact: str, *, remedy: str, problems: list[Problem]) -> None:
        super().__init__(fact, remedy=remedy)
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Standing:
    """A workflow as it stands; `definition` is the draft as JSON text."""

    id: str
    organization: str
    name: str
    status: str
    owner: str
    revision: int
    published_version: int | None
    awaiting_sign_off: bool
    definition: str


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing came to. `is_new` is false where the draft had been published as it is."""

    workflow: str
    name: str
    status: str
    version: int
    is_new: bool
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """A workflow's new state, and how many live executions that held, released, or ended."""

    workflow: str
    name: str
    status: str
    executions: int


def read_workflow(connection: Connection, organization: str, workflow: str) -> Standing:
    """A workflow as it stands. Raises InputError where the organization has none of this id."""
    return _read(connection, organization, workflow, "engine/workflow")


def publish(
    connection: Connection,
    organization: str,
    workflow: str,
    revision: int,
    catalogue: Catalogue,
    by: By,
    *,
    changes: str | None = None,
    now: datetime | None = None,
) -> Published:
    """Publish the draft as it was read at `revision`; a paused workflow stays paused, a draft becomes active.

    What is under way counts against the number that may be at once, where the version says one.

    Raises StaleRevision and DraftInvalid, and InputError where the workflow is archived or waits for a signature.
    """
    with connection.transaction():
        standing = _read(connection, organization, workflow, "engine/locked_workflow")
        _require_publishable(standing, revision)
        document = exact_json.loads(standing.definition)
        problems = _problems(connection, standing, document, catalogue, now or datetime.now(UTC))
        version, is_new = _version(connection, standing, document, changes)
        status = "paused" if standing.status == "paused" else "active"
        _set_state(connection, replace(standing, published_version=version), status)
        audit(connection, organization, ("workflows", workflow), f"publish_version_{version}", by)
    # In a transaction of its own, for checkpoints lock the queue before they ask for the workflow's row.
    given = {"organization": organization, "workflow": workflow}
    connection.execute(sql("engine/count_workflow"), given)
    return Published(workflow, standing.name, status, version, is_new, tuple(problems))


def pause(
    connection: Connection,
    organization: str,
    workflow: str,
    by: By,
    *,
    drain: bool = False,
    now: datetime | None = None,
) -> Changed:
    """Nothing of it starts any more. Live executions are held where they are; with `drain` they go on to their end."""
    changed = _change(connection, organization, workflow, by, "pause_workflow", _pausable)
    # In a transaction of its own, for checkpoints lock the queue before they ask for the workflow's row. What a pause
    # before this one holds goes on too.
    return _queue_changed(connection, "release" if drain else "hold", organization, changed, now)


def resume(
    connection: Connection, organization: str, workflow: str, by: By, *, now: datetime | None = None
) -> Changed:
    """Let a paused workflow start again, and what was held go on; the time between does not count for it."""
    changed = _change(connection, organization, workflow, by, "resume_workflow", _resumable)
    return _queue_changed(connection, "release", organization, changed, now)


def archive(
    connection: Connection, organization: str, workflow: str, by: By, running: AtArchive | None = None
) -> Changed:
    """Nothing of it starts any more, for good. Where executions are under way, `running` must say what becomes of them."""
    given = {"organization": organization, "workflow": workflow}
    live = int(scalar(connection, sql("engine/count_live"), given))
    if live and running is None:
        raise InputError(
            f"{live} executions of the workflow are under way.",
            remedy="Say what becomes of them: --running finish or --running cancel.",
        )
    changed = _change(connection, organization, workflow, by, "archive_workflow", _archivable)
    _queue_changed(connection, "release", organization, changed, None)
    if running is not AtArchive.CANCEL:
        return replace(changed, executions=live)
    return replace(changed, executions=_cancel_all(connection, organization, workflow, by))


def _require_publishable(standing: Standing, revision: int) -> None:
    if standing.revision != revision:
        raise StaleRevision(
            f"The draft of {standing.name!r} is at revision {standing.revision}, not {revision}.",
            remedy=f"Look at what has changed, then publish revision {standing.revision}.",
        )
    if standing.status == "archived":
        raise InputError(
            f"{standing.name!r} is archived.", remedy="Copy it to a new workflow and publish that one."
        )
    if standing.owner == "atlas_legacy":
        raise InputError(
            f"{standing.name!r} is executed with the old meaning, by atlas_legacy.",
            remedy="Cut its organization over again once it is ready, or give it back first.",
        )
    if standing.awaiting_sign_off:
        raise InputError(
            f"{standing.name!r} waits for a signature: what it means has changed.",
            remedy="See `atlas sign-off`, then publish again.",
        )


def _problems(
    connection: Connection, standing: Standing, document: Any, catalogue: Catalogue, now: datetime
) -> list[Problem]:
    workflow, problems = parse(document)
    if workflow is not None:
        problems += secret_problems(connection, standing.organization, document)
        problems += schedule_problems(connection, standing.organization, workflow, now)
        problems += validate(workflow, catalogue, hints=False)
    if workflow is not None and is_valid(problems):
        return problems
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    raise DraftInvalid(
        f"The draft of {standing.name!r} has {errors} {'error' if errors == 1 else 'errors'}.",
        remedy="Correct them and publish again; --json lists them all.",
        problems=problems,
    )


def _version(
    connection: Connection, standing: Standing, document: Any, changes: str | None
) -> tuple[int, bool]:
    digest = hashlib.sha256(exact_json.dumps(document)).hexdigest()
    if standing.published_version is not None and _published(connection, standing) == document:
        return standing.published_version, False
    given = {
        "organization": standing.organization, "workflow": standing.id, "definition": standing.definition,
        "hash": digest, "changes": changes,
    }  # fmt: skip
    return int(scalar(connection, sql("engine/insert_version"), given)), True


def _published(connection: Connection, standing: Standing) -> Any:
    given = {
        "organization": standing.organization, "workflow": standing.id, "version": standing.published_version,
    }  # fmt: skip
    text = scalar(connection, sql("engine/definition"), given)
    return None if text is None else exact_json.loads(text)


def _pausable(standing: Standing) -> str:
    if standing.status not in ("active", "paused"):
        raise InputError(
            f"{standing.name!r} is {standing.status}; only what is active can be paused.",
            remedy="There is nothing to do.",
        )
    return "paused"


def _resumable(standing: Standing) -> str:
    if standing.status not in ("paused", "active"):
        raise InputError(
            f"{standing.name!r} is {standing.status}, not paused.", remedy="Publish it to make it active."
        )
    if standing.awaiting_sign_off and standing.owner != "atlas_legacy":
        raise InputError(f"{standing.name!r} waits for a signature.", remedy="See `atlas sign-off`.")
    return "active"


def _archivable(_: Standing) -> str:
    return "archived"


def _change(
    connection: Connection,
    organization: str,
    workflow: str,
    by: By,
    action: str,
    state: Callable[[Standing], str],
) -> Changed:
    with connection.transaction():
        standing = _read(connection, organization, workflow, "engine/locked_workflow")
        status = state(standing)
        _set_state(connection, standing, status)
        audit(connection, organization, ("workflows", workflow), action, by)
    return Changed(workflow, standing.name, status, 0)


def _set_state(connection: Connection, standing: Standing, status: str) -> None:
    given = {
        "organization": standing.organization, "workflow": standing.id, "status": status,
        "version": standing.published_version,
    }  # fmt: skip
    connection.execute(sql("engine/set_workflow_state"), given)


def _queue_changed(
    connection: Connection, verb: str, organization: str, changed: Changed, now: datetime | None
) -> Changed:
    """Hold or release, unless somebody has changed the workflow's state again since."""
    given = {
        "organization": organization, "workflow": changed.workflow, "status": changed.status, "now": now,
    }  # fmt: skip
    with connection.transaction():
        count = connection.execute(sql(f"engine/{verb}_workflow"), given).rowcount
        connection.execute(sql("engine/notify"))
    return replace(changed, executions=count)


def _cancel_all(connection: Connection, organization: str, workflow: str, by: By) -> int:
    told, after = 0, NOBODY
    event = Cancelled(f"Its workflow was archived by {by.actor.strip()}: {by.reason.strip()}")
    while True:
        given = {
            "organization": organization, "workflow": workflow, "after": after, "before_version": None,
            "limit": CANCELS_AT_ONCE,
        }  # fmt: skip
        found = scalars(connection, sql("engine/live_executions"), given)
        if not found:
            return told
        with connection.transaction():
            intake = PostgresIntake(connection)
            told += sum(intake.tell(organization, execution, event) for execution in found)
        after = found[-1]


def _read(connection: Connection, organization: str, workflow: str, statement: str) -> Standing:
    found = one(connection, Standing, sql(statement), {"organization": organization, "workflow": workflow})
    if found is None:
        raise InputError(
            f"There is no workflow {workflow} in this organization.",
            remedy="Check --organization and the id.",
        )
    return found
