"""Takes an organization's workflows over: fence, publication and owner of each in one transaction of the organization."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from itertools import groupby
from typing import Any
from uuid import UUID

from atlas_workflows import audit, exact_json
from atlas_workflows.audit import Subject
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar, scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.cutover.facts import Candidate
from atlas_workflows.migration.cutover.switch import Changed, Columns, Switch, is_on, switched
from atlas_workflows.migration.cutover.turning import next_epochs, turn_owners
from atlas_workflows.rollout.ownership import LIVE, Cause, Decision, Owner, Rules, decide
from atlas_workflows.rollout.rollouts import hold_going


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes, in which run of which phase, and when."""

    phase: str
    actor: str
    at: datetime
    run_id: UUID | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        return {"phase": self.phase, "actor": self.actor, "at": self.at, "run_id": self.run_id}


def author_of(context: PhaseContext) -> Author:
    """Who writes what, for the record."""
    return Author(context.phase.name, context.options.actor, context.now(), context.run_id)


def take_over(
    connection: Connection, switch: Switch, candidates: Iterable[Candidate], rules: Rules, author: Author
) -> list[tuple[Candidate, Decision]]:
    """Take over what may be taken, organization by organization; needs an autocommit session that acts as migration.

    What comes back is what holds: a workflow whose row changed since it was looked at stays, and so does one whose on/off
    column cannot be set. Raises PhaseRefused from the organization on before which the rollout was halted.
    """
    done: list[tuple[Candidate, Decision]] = []
    ordered = sorted(candidates, key=lambda item: item.facts.organization)
    for _, members in groupby(ordered, key=lambda item: item.facts.organization):
        take = partial(_take_while_going, connection, switch, list(members), rules, author)
        done += turn_owners(connection, take)
    return done


def counted(decisions: Iterable[Decision]) -> dict[str, dict[str, int]]:
    """How many workflows each owner has, by cause."""
    counts: dict[str, Counter[str]] = {}
    for decision in decisions:
        counts.setdefault(str(decision.owner), Counter())[str(decision.cause)] += 1
    return {owner: dict(sorted(causes.items())) for owner, causes in sorted(counts.items())}


def _take_while_going(
    connection: Connection, switch: Switch, members: Sequence[Candidate], rules: Rules, author: Author
) -> list[tuple[Candidate, Decision]]:
    hold_going(connection, author.phase)
    return _take_organization(connection, switch, members, rules, author)


def _take_organization(
    connection: Connection, switch: Switch, members: Sequence[Candidate], rules: Rules, author: Author
) -> list[tuple[Candidate, Decision]]:
    rows = switch.lock(connection, [item.source_id for item in members])
    settled = frozenset(scalars(connection, sql("migration/cutover/settled"), {"ids": list(rows)}))
    decided = []
    for item in members:
        row = rows.get(item.source_id)
        now = replace(item.facts, is_settled=_is_as_seen(item, row, settled))
        decision = decide(now, rules)
        if row is not None and decision.owner is not item.facts.owner:
            decision = _take_one(connection, switch, item, row, decision, author)
        decided.append((item, decision))
    _note_fence(connection, [item for item, decision in decided if _is_fenced(item, decision)])
    return decided


def _is_fenced(item: Candidate, decision: Decision) -> bool:
    """Whether it just came from the old application; what changes hands here keeps the fence it has."""
    return item.facts.owner is Owner.LEGACY_APP and decision.owner is not Owner.LEGACY_APP


def _is_as_seen(item: Candidate, row: Columns | None, settled: frozenset[str]) -> bool:
    return row is not None and item.source_id in settled and is_on(row) == item.is_on


def _take_one(
    connection: Connection, switch: Switch, item: Candidate, row: Columns, decision: Decision, author: Author
) -> Decision:
    changes = switch.turn_off(connection, item.source_id, row)
    if changes is None:
        return Decision(decision.workflow, Owner.LEGACY_APP, Cause.SWITCH_REFUSED)
    note_changes(connection, item, changes, author)
    fenced_at = author.at if switched(changes) else None
    if decision.owner is Owner.ATLAS_LEGACY:
        return _take_as_it_is(connection, item, decision, author, fenced_at)
    if item.facts.status == LIVE:
        publish(connection, item, decision, author)
    if item.facts.owner is Owner.ATLAS_LEGACY:
        set_status(connection, item, item.facts.status)
    if item.facts.status == LIVE or item.is_published:
        arm(connection, item, decision)
    fallback = _keep_fallback(connection, item, author)
    put_owner(connection, item, decision, author, fenced_at=fenced_at, fallback_version=fallback)
    return decision


def _keep_fallback(connection: Connection, item: Candidate, author: Author) -> int | None:
    """Keep the row as it stands for executions that fail before their first effect, where that is wanted."""
    return None if item.fallback is None else keep_version(connection, item, item.fallback, author)


def keep_version(connection: Connection, item: Candidate, document: Mapping[str, Any], author: Author) -> int:
    """Keep a version in the old format beside the published one; the same one twice is one."""
    given = _version(item, document, author, executor=str(Owner.ATLAS_LEGACY))
    return int(scalar(connection, sql("migration/cutover/keep_version"), given))


def _take_as_it_is(
    connection: Connection, item: Candidate, decision: Decision, author: Author, fenced_at: datetime | None
) -> Decision:
    """Publish the row as it stands, executed with the old meaning; the translation stays what it is, a draft."""
    assert item.old is not None  # else it would not have been decided so
    assert item.old.document is not None
    _publish(connection, item, item.old.document, author, executor=str(Owner.ATLAS_LEGACY))
    # The owner first: who is not signed may be on only with the old meaning.
    put_owner(connection, item, decision, author, fenced_at=fenced_at, status_before=item.facts.status)
    set_status(connection, item, LIVE)
    return replace(decision, asleep=item.old.asleep)


def note_changes(
    connection: Connection,
    item: Candidate,
    changes: Iterable[Changed],
    author: Author,
    *,
    kind: str = "switch",
) -> None:
    """Note what stood in the legacy row before; a column that only a database trigger of theirs changed is `touched`."""
    for change in changes:
        meant = change.is_switch if kind == "switch" else change.column not in TOUCHED
        given = {
            "organization": item.facts.organization, "source_id": item.source_id, "column_name": change.column,
            "kind": kind if meant else "touched", "prior_value": change.before, "written": change.after,
        }  # fmt: skip
        connection.execute(sql("migration/cutover/note_legacy_write"), author.parameters | given)


# What their own database triggers keep.
TOUCHED = frozenset({"updated_at", "version"})


def publish(connection: Connection, item: Candidate, decision: Decision, author: Author) -> None:
    """Publish the draft, with the triggers that stay asleep switched off in it.

    A version that is published stays where the draft was edited here since, or says the same.
    """
    definition = without(item.definition, decision.asleep)
    _publish(connection, item, definition, author, executor=str(Owner.ATLAS_ENHANCED))


def _publish(
    connection: Connection, item: Candidate, definition: Mapping[str, Any], author: Author, *, executor: str
) -> None:
    # Edits of the draft are none of the row that is executed as it is.
    is_edited = item.is_edited and executor == str(Owner.ATLAS_ENHANCED)
    given = _version(item, definition, author, executor=executor) | {"is_edited": is_edited}
    connection.execute(sql("migration/cutover/publish"), given)


def _version(
    item: Candidate, definition: Mapping[str, Any], author: Author, *, executor: str
) -> dict[str, Any]:
    return {
        "workflow": item.facts.workflow, "organization": item.facts.organization,
        "definition": exact_json.dumps_text(definition), "hash": sha256(exact_json.dumps(definition)).hexdigest(),
        "executor": executor, "changes": f"published by the cutover of {author.phase}",
    }  # fmt: skip


def set_status(connection: Connection, item: Candidate, status: str) -> None:
    """Set the status of a workflow whose executor changes."""
    given = {"workflow": item.facts.workflow, "organization": item.facts.organization, "status": status}
    connection.execute(sql("migration/cutover/set_status"), given)


def arm(connection: Connection, item: Candidate, decision: Decision) -> None:
    """Switch its triggers on, but for those that stay asleep; one that was paused here has them on for when it goes on."""
    given = {
        "workflow": item.facts.workflow, "organization": item.facts.organization, "asleep": list(decision.asleep),
    }  # fmt: skip
    connection.execute(sql("migration/cutover/arm"), given)


def without(definition: Mapping[str, Any], asleep: Sequence[str]) -> Mapping[str, Any]:
    """The definition with these triggers switched off."""
    if not asleep:
        return definition
    triggers = [
        {**trigger, "enabled": False} if trigger.get("id") in asleep else trigger
        for trigger in definition.get("triggers", ())
    ]
    return {**definition, "triggers": triggers}


def put_owner(
    connection: Connection,
    item: Candidate,
    decision: Decision,
    author: Author,
    *,
    fenced_at: datetime | None,
    status_before: str | None = None,
    fallback_version: int | None = None,
) -> None:
    """Note the owner of every trigger of a workflow, and who decided it why."""
    given = {
        "workflow": item.facts.workflow, "organization": item.facts.organization, "owner": str(decision.owner),
        "fenced_at": fenced_at, "drained_at": None, "by": author.actor, "reason": decision.sentence,
        "status_before": status_before, "fallback_version": fallback_version,
    }  # fmt: skip
    connection.execute(sql("migration/cutover/put_owner"), author.parameters | given)
    audit.record(
        connection,
        Subject("workflows", item.facts.workflow),
        actor=author.actor,
        action="change_owner",
        reason=f"{item.facts.owner} to {decision.owner}: {decision.sentence}",
        organization_id=item.facts.organization,
    )


def _note_fence(connection: Connection, taken: Sequence[Candidate]) -> None:
    """The fence is the last thing of the transaction: what was noted in an earlier epoch is the old application's own."""
    workflows = [item.facts.workflow for item in taken]
    for organization, epoch in next_epochs(connection, (item.facts.organization for item in taken)).items():
        given = {"organization": organization, "workflows": workflows, "epoch": epoch}
        connection.execute(sql("migration/cutover/fence_now"), given)
