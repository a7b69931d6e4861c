"""Lets live executions follow the published version of their workflow, where their place still exists in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows, scalar, scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.engine.following import obstacle
from atlas_workflows.errors import InputError
from atlas_workflows.graph.parse import parse
from atlas_workflows.graph.plan import Plan
from atlas_workflows.store.executions import NOBODY
from atlas_workflows.store.intake import lock

BATCH = 200
OLD_MEANING = "It was begun with the old meaning and ends with it."
Plans = dict[int, Plan | None]


@dataclass(frozen=True, slots=True)
class Followed:
    """A live execution: it follows the version, or `obstacle` says why it finishes on its own one."""

    execution: str
    subject: str
    version: int
    obstacle: str | None


@dataclass(frozen=True, slots=True)
class _Live:
    execution: str
    version: int
    subject: str
    begun: bool
    document: str


def follow(connection: Connection, organization: str, workflow: str, version: int) -> Iterator[Followed]:
    """Every live execution of earlier versions, in batches of one transaction each; to repeat it does no harm."""
    plans: Plans = {version: _plan(connection, organization, workflow, version)}
    after = NOBODY
    while True:
        given = {
            "organization": organization, "workflow": workflow, "after": after, "before_version": version,
            "limit": BATCH,
        }  # fmt: skip
        found = scalars(connection, sql("engine/live_executions"), given)
        if not found:
            return
        with connection.transaction():
            told = list(_batch(connection, (organization, workflow, version), found, plans))
        yield from told
        after = found[-1]


def _batch(
    connection: Connection, what: tuple[str, str, int], executions: list[str], plans: Plans
) -> Iterator[Followed]:
    organization, workflow, version = what
    lock(connection, [(organization, execution) for execution in executions])
    given: dict[str, Any] = {"organization": organization, "executions": executions}
    live = rows(connection, _Live, sql("engine/states_of"), given)
    for old in {each.version for each in live} - set(plans):
        plans[old] = _plan(connection, organization, workflow, old)
    new = plans[version]
    if new is None:
        raise _unreadable(workflow, version)
    answers = [_answer(each, plans[each.version], new) for each in live]
    going = [answer.execution for answer in answers if answer.obstacle is None]
    connection.execute(sql("engine/follow_version"), given | {"executions": going, "version": version})
    connection.execute(sql("engine/notify"))
    yield from answers


def _answer(live: _Live, old: Plan | None, new: Plan) -> Followed:
    if old is None:
        return Followed(live.execution, live.subject, live.version, OLD_MEANING)
    found = obstacle(exact_json.loads(live.document), live.begun, old, new)
    return Followed(live.execution, live.subject, live.version, found)


def _plan(connection: Connection, organization: str, workflow: str, version: int) -> Plan | None:
    """The plan of a version; None of one with the old meaning."""
    given = {"organization": organization, "workflow": workflow, "version": version}
    if scalar(connection, sql("engine/executor_of_version"), given) == "atlas_legacy":
        return None
    text = scalar(connection, sql("engine/definition"), given)
    found = None if text is None else parse(exact_json.loads(text))[0]
    if found is None:
        raise _unreadable(workflow, version)
    return Plan(found)


def _unreadable(workflow: str, version: int) -> InputError:
    return InputError(
        f"Version {version} of workflow {workflow} cannot be read.",
        remedy="Its executions finish on it or fail; publish with --running finish.",
    )
