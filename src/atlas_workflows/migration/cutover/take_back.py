"""Gives workflows back to the old application: its column as it was, ours without new starts, nothing lost of what was made here."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from atlas_workflows import audit
from atlas_workflows.audit import Subject
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.engine.events import Cancelled
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.source.texts import clean_name
from atlas_workflows.migration.cutover.switch import TABLE, Changed, Columns, Switch
from atlas_workflows.migration.cutover.take_over import TOUCHED, Author
from atlas_workflows.migration.cutover.turning import next_epochs
from atlas_workflows.migration.ledger.edited import edited_workflows
from atlas_workflows.migration.request import Parked
from atlas_workflows.rollout.ownership import LIVE, Owner
from atlas_workflows.store.intake import PostgresIntake

TEXTS = ("name", "description")


@dataclass(frozen=True, slots=True)
class Owned:
    """A workflow that came from the legacy row `source_id` and is executed here."""

    workflow: str
    organization: str
    source_id: str
    owner: str
    status: str
    name: str
    description: str | None


@dataclass(frozen=True, slots=True)
class Born:
    """A workflow that the old application never had."""

    workflow: str
    organization: str
    name: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A value of ours in an on/off column, and what it was before."""

    source_id: str
    column_name: str
    prior_value: str | None
    written_value: str | None


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What was given back, or would be. `kept` are sentences about what stays here because the old format cannot hold it."""

    counts: Mapping[str, int] = field(default_factory=dict)
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Holdings:
    """What there is to give back."""

    owned: Sequence[Owned]
    born: Sequence[Born]
    live: Sequence[tuple[str, str]]
    kept: tuple[str, ...]

    def given_back(self, parked: Parked) -> GivenBack:
        """In numbers: the same before and after it is done."""
        counts = {
            "workflows_given_back": len(self.owned),
            "workflows_put_to_rest": len(self.born),
            "executions_cancelled" if parked == "cancel" else "executions_that_finish_here": len(self.live),
        }
        return GivenBack({name: count for name, count in counts.items() if count}, self.kept)


def holdings(
    connection: Connection, organizations: Sequence[str] | None, only: Collection[str] | None = None
) -> Holdings:
    """Read what a rollback would give back; changes nothing. `only` these workflows; None: all of the organizations."""
    given = {"organizations": None if organizations is None else list(organizations)}
    owned = rows(connection, Owned, sql("migration/cutover/owned"), given)
    born = rows(connection, Born, sql("migration/cutover/born"), given) if only is None else []
    owned = [item for item in owned if only is None or item.workflow in only]
    ours = {"workflows": [item.workflow for item in owned] + [item.workflow for item in born]}
    live = connection.execute(sql("migration/cutover/live_executions"), ours).fetchall()
    edited = frozenset(edited_workflows(connection, organizations=organizations))
    kept = [
        f"Workflow {item.workflow} ({item.name}) was edited here: its draft stays and returns with the next cutover."
        for item in owned
        if item.workflow in edited
    ]
    kept += [
        f"Workflow {item.workflow} ({item.name}) was made here: it rests until the next cutover."
        for item in born
    ]
    return Holdings(owned, born, live, tuple(kept))


def take_back(
    connection: Connection,
    switch: Switch,
    organizations: Sequence[str] | None,
    parked: Parked,
    author: Author,
    reason: str,
    only: Collection[str] | None = None,
) -> GivenBack:
    """Give everything back, or `only` these workflows; in the transaction of `turn_owners`, on a session that acts as migration."""
    whose = sorted({item.organization for item in holdings(connection, organizations, only).owned})
    connection.execute(sql("migration/cutover/stop_deciding"), {"organizations": whose})
    # Anew: what a worker began meanwhile is there now.
    found = holdings(connection, organizations, only)
    if parked == "cancel":
        _cancel(connection, found.live, reason)
    locked = switch.lock(connection, [item.source_id for item in found.owned])
    standing = _standing(connection, found.owned)
    for item in found.owned:
        row, ours = locked.get(item.source_id), standing.get(item.source_id, ())
        if row is not None:
            _put_back(connection, switch, item, row, ours, author)
        for write in ours:
            _close(connection, item, write, row, author)
        if item.owner == Owner.ATLAS_LEGACY and item.status == LIVE:
            connection.execute(sql("migration/cutover/restore_status"), {"workflow": item.workflow})
        _change_owner(connection, item, author, reason)
    ids = {"workflows": [item.workflow for item in found.owned]}
    connection.execute(sql("migration/cutover/disarm"), ids)
    connection.execute(
        sql("migration/cutover/rest_born"), {"workflows": [item.workflow for item in found.born]}
    )
    _note_return(connection, found.owned, owes=parked == "finish")
    given = found.given_back(parked)
    return replace(given, kept=(*given.kept, *_with_nobody(connection, switch, found.owned, standing)))


def _with_nobody(
    connection: Connection, switch: Switch, owned: Sequence[Owned], standing: Mapping[str, Sequence[Standing]]
) -> Iterator[str]:
    """Sentences about what was switched on here, and could not be over there."""
    here = [item for item in owned if item.status == LIVE and not standing.get(item.source_id)]
    on = switch.read_on(connection, [item.source_id for item in here])
    for item in here:
        if item.source_id not in on:
            yield (
                f"Workflow {item.workflow} ({item.name}) was switched on here, and its legacy row is gone or kept off by a "
                "rule of its table: nobody executes it until somebody switches it on over there."
            )


def _note_return(connection: Connection, owned: Sequence[Owned], *, owes: bool) -> None:
    """The last thing of the transaction: events noted before are ours still, those noted later are not."""
    workflows = [item.workflow for item in owned]
    owing = [item.workflow for item in owned if owes and item.status == LIVE]
    for organization, epoch in next_epochs(connection, (item.organization for item in owned)).items():
        given = {"organization": organization, "workflows": workflows, "owing": owing, "epoch": epoch}
        connection.execute(sql("migration/cutover/return_now"), given)


def _cancel(connection: Connection, live: Iterable[tuple[str, str]], reason: str) -> None:
    intake = PostgresIntake(connection)
    for organization, execution in live:
        intake.tell(
            organization, execution, Cancelled(f"Its organization went back to the old application: {reason}")
        )


def _standing(connection: Connection, owned: Iterable[Owned]) -> Mapping[str, list[Standing]]:
    by_row: dict[str, list[Standing]] = defaultdict(list)
    given = {"ids": [item.source_id for item in owned]}
    for write in rows(connection, Standing, sql("migration/cutover/switches"), given):
        by_row[write.source_id].append(write)
    return by_row


def _put_back(
    connection: Connection,
    switch: Switch,
    item: Owned,
    row: Columns,
    standing: Sequence[Standing],
    author: Author,
) -> None:
    """One statement on the legacy row: the column's prior value, and edits that the old format can hold."""
    values = switch_values(item, row, standing) | projected_texts(item, row)
    changes = switch.write(connection, item.source_id, row, values)
    if not standing and item.status == LIVE:
        changes += _switched_on(connection, switch, item)
    restored = {write.column_name for write in standing}
    for change in changes:
        if change.column not in restored:
            _note(connection, item, change, author)


def _switched_on(connection: Connection, switch: Switch, item: Owned) -> tuple[Changed, ...]:
    """It was switched on here: on it goes, in the word that stood there before we ever wrote; nothing where no word goes in."""
    given = {"source_id": item.source_id, "columns": list(switch.columns)}
    prior: dict[str, str | None] = dict(
        connection.execute(sql("migration/cutover/prior_switches"), given).fetchall()
    )
    row = switch.lock(connection, [item.source_id])[item.source_id]
    return switch.turn_on(connection, item.source_id, row, prior) or ()


def _close(connection: Connection, item: Owned, write: Standing, row: Columns | None, author: Author) -> None:
    """Note that a value of ours does not stand any more; so it is too where its row is gone."""
    found = None if row is None else row.get(write.column_name)
    stays_off = item.status != LIVE and found == write.written_value
    given = {
        "organization": item.organization, "source_id": item.source_id, "column_name": write.column_name,
        "kind": "projected" if stays_off else "switch",
        "found": None if found == write.written_value else found,
    }  # fmt: skip
    connection.execute(sql("migration/cutover/switch_restored"), author.parameters | given)


def switch_values(item: Owned, row: Columns, standing: Iterable[Standing]) -> dict[str, str | None]:
    """What goes back into the on/off columns. Pure.

    Somebody's change over there is left alone; a workflow that was switched off here stays off over there.
    """
    return {
        write.column_name: write.prior_value
        for write in standing
        if item.status == LIVE and row.get(write.column_name) == write.written_value
    }


def projected_texts(item: Owned, row: Columns) -> dict[str, str | None]:
    """Name and description, where they were edited here. Pure."""
    ours = {"name": item.name, "description": item.description}
    return {
        name: ours[name]
        for name in TEXTS
        if name in row
        and (clean_name(row[name] or "", name, Findings(TABLE, item.source_id)) or "") != (ours[name] or "")
    }


def _note(connection: Connection, item: Owned, change: Changed, author: Author) -> None:
    kind = "touched" if change.column in TOUCHED else "projected"
    given = {
        "organization": item.organization, "source_id": item.source_id, "column_name": change.column, "kind": kind,
        "prior_value": change.before, "written": change.after,
    }  # fmt: skip
    connection.execute(sql("migration/cutover/note_legacy_write"), author.parameters | given)


def _change_owner(connection: Connection, item: Owned, author: Author, reason: str) -> None:
    given: dict[str, Any] = {
        "workflow": item.workflow, "organization": item.organization, "owner": str(Owner.LEGACY_APP),
        "fenced_at": None, "drained_at": None, "by": author.actor, "reason": reason, "status_before": None,
        "fallback_version": None,
    }  # fmt: skip
    connection.execute(sql("migration/cutover/put_owner"), author.parameters | given)
    audit.record(
        connection,
        Subject("workflows", item.workflow),
        actor=author.actor,
        action="change_owner",
        reason=f"{item.owner} to {Owner.LEGACY_APP}: {reason}",
        organization_id=item.organization,
    )
