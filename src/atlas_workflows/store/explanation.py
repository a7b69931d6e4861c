"""Why a subject got, did not get or does not yet get something out of a workflow."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import relation_exists, rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.engine.behaviour import Kinds
from atlas_workflows.engine.program import Program
from atlas_workflows.expressions.paths import MISSING, look_up, parse_path
from atlas_workflows.store.acting_steps import ActingStep, Today, acting_steps_of
from atlas_workflows.store.definitions import program_of
from atlas_workflows.store.history import Execution, Story, story_of
from atlas_workflows.store.publication import Standing, read_workflow
from atlas_workflows.store.steering import THEIRS

EXECUTIONS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Leaf:
    """A comparison that decided: the value it saw then, and the one there is now."""

    field: str
    operator: str
    expected: Any
    then: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that reached a trigger and did not enrol the subject; `times` counts the same one."""

    trigger: str
    event_type: str
    reason: str
    explanation: str
    times: int
    occurred_at: datetime
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """An execution and what became of each of its acting steps; none where its version cannot be read."""

    story: Story
    acting_steps: tuple[ActingStep, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """`obstacles` say why nothing of the workflow starts; `contact_known` whether the CRM has the subject."""

    subject: str
    workflow: str
    workflow_name: str
    status: str
    owner: str
    executions: tuple[Explained, ...]
    refusals: tuple[Refusal, ...]
    obstacles: tuple[str, ...]
    contact_known: bool


def explain(
    connection: Connection, organization: str, subject: str, workflow: str, kinds: Kinds, today: Today
) -> Explanation:
    """The last executions, the newest first, and why others did not begin. Raises InputError where there is no workflow."""
    standing = read_workflow(connection, organization, workflow)
    given = {"organization": organization, "workflow": standing.id, "subject": subject}
    asked = given | {"id": subject.rpartition(":")[2], "limit": EXECUTIONS_SHOWN}
    found = rows(connection, Execution, sql("engine/subject_story"), asked)
    return Explanation(
        subject,
        standing.id,
        standing.name,
        standing.status,
        standing.owner,
        tuple(_explained(connection, execution, kinds, today) for execution in found),
        _refusals(connection, given, today),
        tuple(obstacles(standing)),
        today.contact is not None,
    )


def obstacles(standing: Standing) -> list[str]:
    """Why no execution of a workflow begins here at present."""
    found = []
    if standing.published_version is None:
        found.append("No version of it is published.")
    if standing.awaiting_sign_off and standing.owner != "atlas_legacy":
        found.append("It waits for a signature: what it means has changed.")
    elif standing.status != "active":
        found.append(f"It is {standing.status}; nothing of it starts.")
    if standing.owner == THEIRS:
        found.append(f"{standing.owner} executes it; what that one does is not recorded here.")
    return found


def _explained(connection: Connection, execution: Execution, kinds: Kinds, today: Today) -> Explained:
    story = story_of(connection, execution)
    program = _program(connection, execution, kinds)
    return Explained(story, () if program is None else acting_steps_of(story, program, today))


def _program(connection: Connection, execution: Execution, kinds: Kinds) -> Program | None:
    given = {
        "organization": execution.organization, "workflow": execution.workflow, "version": execution.version,
    }  # fmt: skip
    text = scalar(connection, sql("engine/definition"), given)
    return None if text is None else program_of(text, kinds)


def _refusals(connection: Connection, given: Mapping[str, Any], today: Today) -> tuple[Refusal, ...]:
    if not relation_exists(connection, "atlas.enrolment_refusals"):
        return ()

    def refusal(*, leaves: str, **columns: Any) -> Refusal:
        return Refusal(leaves=tuple(_leaf(leaf, today) for leaf in exact_json.loads(leaves)), **columns)

    return tuple(rows(connection, refusal, sql("engine/refusals"), given))


def _leaf(leaf: Mapping[str, Any], today: Today) -> Leaf:
    field, now = leaf["field"], None
    if today.contact is not None and field.startswith("contact."):
        found = look_up({"contact": today.contact}, parse_path(field))
        now = None if found is MISSING else found
    return Leaf(field, leaf["operator"], leaf.get("expected"), leaf.get("actual"), now)
