"""Writes entries: everything of a batch in one savepoint, and where the database refuses, in halves down to the row.

So one bad row costs a few retries and is quarantined with what the database said; its neighbours go through.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import errors

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import loads
from atlas_workflows.legacy.records import Outcome
from atlas_workflows.migration.ledger.edited import archive_workflows, edited_workflows
from atlas_workflows.migration.movement.entry import Entry, Sealer, json_text, refused
from atlas_workflows.migration.movement.target import (
    UPSERTED,
    RowGroups,
    Target,
    copy_in,
    grouped,
    remove,
    tables_of,
    upsert,
)
from atlas_workflows.migration.pace.throttle import Breathe, no_rest
from atlas_workflows.secrets.masking import hint, mask

REFUSALS = (psycopg.DataError, psycopg.IntegrityError, errors.ProgramLimitExceeded, errors.RaiseException)
SAME_ID = (
    " Another row took this id first; ids that differ only in capitals, braces or dashes are one UUID."
    " Give one of the two an id of its own at the source and run the phase again."
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What every row written by a batch carries: the phase run, the phase, the instant."""

    run_id: UUID
    phase: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Before:
    """What the ledger recorded when the row was written the last time."""

    inputs_hash: str | None
    target_hash: str | None


@dataclass(frozen=True, slots=True)
class Loader:
    """Writes entries of one source table; the caller owns the transaction."""

    connection: Connection
    target: Target
    sealer: Sealer
    stamp: Stamp
    breathe: Breathe = no_rest

    def load(self, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """Write all entries and return them as written: refused ones come back quarantined."""
        if not entries:
            return ()
        try:
            with self.connection.transaction():
                self._write(entries)
        except REFUSALS as cause:
            return self._load_after(cause, entries)
        return tuple(entries)

    def _load_after(self, cause: psycopg.Error, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        if len(entries) > 1:
            middle = len(entries) // 2
            return self.load(entries[:middle]) + self.load(entries[middle:])
        quarantined = refused(entries[0], refusal_text(cause))
        with self.connection.transaction():
            self._write([quarantined])
        return (quarantined,)

    def _write(self, entries: Sequence[Entry]) -> None:
        table = entries[0].table
        before = self._written_before(table, [entry.id for entry in entries])
        fresh = [entry for entry in entries if entry.id not in before]
        again = [entry for entry in entries if entry.id in before]
        copy_in(self.connection, self.groups(fresh), self.breathe)
        if again:
            self._write_again(table, again, before)

    def _write_again(self, table: str, entries: Sequence[Entry], before: Mapping[str, Before]) -> None:
        ids = [entry.id for entry in entries]
        altered = [entry.id for entry in entries if entry.inputs_hash != before[entry.id].inputs_hash]
        self._archive_edited(table, altered)
        self._execute("ledger/void_sign_offs", table, altered)
        gone = [entry.id for entry in entries if not entry.rows.get("workflows")]
        remove(self.connection, self._cleared(before, entries), table, ids)
        remove(self.connection, UPSERTED, table, gone)
        self._forget_named([name for entry in entries for name in entry.named])
        groups = self.groups(entries)
        upsert(self.connection, self.target, {key: rows for key, rows in groups.items() if key[0] in _KEYED})
        others = {key: rows for key, rows in groups.items() if key[0] not in _KEYED}
        copy_in(self.connection, others, self.breathe)
        healed = [entry.id for entry in entries if entry.outcome is not Outcome.QUARANTINED]
        self._execute("movement/resolve_quarantine", table, healed)
        self._execute("ledger/honour_sign_offs", table, ids)

    def _archive_edited(self, table: str, ids: Sequence[str]) -> None:
        edited = edited_workflows(self.connection, source_table=table, ids=ids)
        archive_workflows(
            self.connection,
            edited,
            reason="edited here, then changed at the source",
            run_id=self.stamp.run_id,
            at=self.stamp.at,
        )

    def _execute(self, name: str, table: str, ids: Sequence[str]) -> None:
        if ids:
            parameters = {"source_table": table, "ids": list(ids), "at": self.stamp.at}
            self.connection.execute(sql(f"migration/{name}"), parameters)

    def _forget_named(self, names: Sequence[UUID]) -> None:
        """Earlier releases sealed secrets under names that could be computed; now they have keyed ids."""
        if names:
            self.connection.execute(sql("migration/movement/forget_named_secrets"), {"ids": list(names)})

    def _cleared(self, before: Mapping[str, Before], entries: Sequence[Entry]) -> list[str]:
        recorded = {table for entry in entries for table in loads(before[entry.id].target_hash or "{}")}
        return [table for table in tables_of(self.target, recorded) if table not in UPSERTED]

    def _written_before(self, table: str, ids: list[str]) -> dict[str, Before]:
        cursor = self.connection.execute(
            sql("migration/movement/written_before"), {"source_table": table, "ids": ids}
        )
        return {key: Before(inputs_hash, target_hash) for key, inputs_hash, target_hash, _ in cursor}

    def groups(self, entries: Sequence[Entry]) -> RowGroups:
        """Every row that these entries become, ready for COPY."""
        return grouped(row for entry in entries for row in self._rows_of(entry))

    def _rows_of(self, entry: Entry) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for secret in entry.secrets:
            yield "secrets", self._secret_row(entry, secret.id, secret.value)
        yield "originals", self._original_row(entry)
        yield "migration_ledger", self._ledger_row(entry)
        if entry.outcome is Outcome.QUARANTINED:
            yield "quarantine", self._quarantine_row(entry)
        for table, rows in entry.rows.items():
            for row in rows:
                yield table, row

    def _secret_row(self, entry: Entry, secret_id: UUID, value: str) -> dict[str, Any]:
        return {
            "id": secret_id,
            "organization_id": entry.organization_id,
            "sealed": self.sealer.seal(value),
            "key_id": self.sealer.key_id,
            "hint": hint(value),
            "phase": self.stamp.phase,
            "created_at": self.stamp.at,
        }

    def _original_row(self, entry: Entry) -> dict[str, Any]:
        return {
            "source_table": entry.table,
            "source_id": entry.id,
            "organization_id": entry.organization_id,
            "content": entry.content,
            "sealed": entry.sealed,
            "content_hash": entry.source_hash,
            "first_seen_run": self.stamp.run_id,
            "updated_run": self.stamp.run_id,
        }

    def _ledger_row(self, entry: Entry) -> dict[str, Any]:
        return {
            "source_table": entry.table,
            "source_id": entry.id,
            "organization_id": entry.organization_id,
            "phase": self.stamp.phase,
            "outcome": str(entry.outcome),
            "reasons": json_text(entry.reasons),
            "changes": json_text(entry.changes),
            "source_hash": entry.source_hash,
            "inputs_hash": entry.inputs_hash,
            "target_hash": entry.target_hash,
            "phase_run_id": self.stamp.run_id,
            "migrated_at": self.stamp.at,
            "source_deleted_at": None,
            "rolled_back_at": None,
        }

    def _quarantine_row(self, entry: Entry) -> dict[str, Any]:
        return {
            "source_table": entry.table,
            "source_id": entry.id,
            "organization_id": entry.organization_id,
            "phase": self.stamp.phase,
            "reasons": json_text(entry.reasons),
            "phase_run_id": self.stamp.run_id,
            "quarantined_at": self.stamp.at,
            "resolved_at": None,
            "resolution": None,
        }


# The archive names no source, so what is written there again cannot be cleared away first.
_KEYED = frozenset({"secrets", "originals", "migration_ledger", "quarantine", "archive", *UPSERTED})


def refusal_text(cause: psycopg.Error) -> str:
    """What the database said and what to do, without the row it said it about (its DETAIL would quote customer data)."""
    said = cause.diag.message_primary or str(cause).splitlines()[0]
    where = cause.diag.constraint_name or cause.diag.column_name
    remedy = SAME_ID if isinstance(cause, psycopg.errors.UniqueViolation) else ""
    return mask(f"{said}{f' ({where})' if where else ''}")[:500] + remedy
