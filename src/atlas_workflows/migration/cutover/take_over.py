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
from atlas_workflows.db.rows import scalars
from atlas_workflows.db.sql_files import sql
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
        if row is not None and decision.owner is Owner.ATLAS_ENHANCED and decision.cause is Cause.READY:
            decision = _take_one(connection, switch, item, row, decision, author)
        decided.append((item, decision))
    _note_fence(connection, [item for item, decision in decided if decision.cause is Cause.READY])
    return decided


def _is_as_seen(item: Candidate, row: Columns | None, settled: frozenset[str]) -> bool:
    return row is not None and item.source_id in settled and is_on(row) == item.facts.is_on_there


def _take_one(
    connection: Connection, switch: Switch, item: Candidate, row: Columns, decision: Decision, author: Author
) -> Decision:
    changes = switch.turn_off(connection, item.source_id, row)
    if changes is None:
        return Decision(decision.workflow, Owner.LEGACY_APP, Cause.SWITCH_REFUSED)
    note_changes(connection, item, changes, author)
    if item.facts.status == LIVE:
        publish(connection, item, decision, author)
    if item.facts.status == LIVE or item.is_published:
        arm(connection, item, decision)
    put_owner(connection, item, decision, author, fenced_at=author.at if switched(changes) else None)
    return decision


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
    text = exact_json.dumps_text(definition)
    connection.execute(
        sql("migration/cutover/publish"),
        {
            "workflow": item.facts.workflow, "organization": item.facts.organization, "definition": text,
            "hash": sha256(exact_json.dumps(definition)).hexdigest(),
            "is_edited": item.is_edited,
            "changes": f"published by the cutover of {author.phase}",
        },
    )  # fmt: skip


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
    connection: Connection, item: Candidate, decision: Decision, author: Author, *, fenced_at: datetime | None
) -> None:
    """Note the owner of every trigger of a workflow, and who decided it why."""
    given = {
        "workflow": item.facts.workflow, "organization": item.facts.organization, "owner": str(decision.owner),
        "fenced_at": fenced_at, "drained_at": None, "by": author.actor, "reason": decision.cause.sentence,
    }  # fmt: skip
    connection.execute(sql("migration/cutover/put_owner"), author.parameters | given)
    audit.record(
        connection,
        Subject("workflows", item.facts.workflow),
        actor=author.actor,
        action="change_owner",
        reason=f"{item.facts.owner} to {decision.owner}: {decision.cause.sentence}",
        organization_id=item.facts.organization,
    )


def _note_fence(connection: Connection, taken: Sequence[Candidate]) -> None:
    """The fence is the last thing of the transaction: what was noted in an earlier epoch is the old application's own."""
    workflows = [item.facts.workflow for item in taken]
    for organization, epoch in next_epochs(connection, (item.facts.organization for item in taken)).items():
        given = {"organization": organization, "workflows": workflows, "epoch": epoch}
        connection.execute(sql("migration/cutover/fence_now"), given)
